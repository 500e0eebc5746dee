"""Steps to the bottom of a bowl against the rate: slow in proportion on one side, a cliff on the other (goes with 4.9)."""

import inspect
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import sgd
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import number
from gradbook.text import Lang, Text, same

type Floats = NDArray[np.float64]

STRETCHES: Final = (2, 20, 200)  # κ = λ_max / λ_min
PARTS: Final = np.unique(np.round(np.concatenate([10 ** np.linspace(-1.3, 0, 27), np.linspace(0.9, 1.02, 13)]), 4))
FAR: Final = 1e-3  # arrived when the distance in each direction stays below this share of the start
HORIZON: Final = 15_000  # steps that we watch
LOOKS: Final = dict(zip(STRETCHES, (style.SERIES[0], style.SERIES[1], style.SERIES[2]), strict=True))


@dataclass(frozen=True)
class Measurement:
    steps: Floats  # (stretches, rates), ∞ where it does not arrive
    expected: Floats  # the same in theory

    @property
    def off(self) -> int:
        """How many of the counted numbers of steps are not exactly the predicted ones."""
        return int((self.steps != self.expected).sum())

    def ratio(self, stretch: int, part: float) -> float:
        """Steps at this part of 2/λ_max over the fewest, in theory."""
        least = expected(np.array([best(stretch)]), stretch)
        return float(expected(np.array([part]), stretch)[0] / least[0])


def best(stretch: float) -> float:
    """η = 2 / (λ_max + λ_min), in parts of 2 / λ_max."""
    return stretch / (stretch + 1)


def expected(parts: Floats, stretch: float) -> Floats:
    """The least T with ρᵀ ≤ FAR, where ρ = max |1 − ηλ| over λ_min = 1/κ and λ_max = 1; ∞ where ρ ≥ 1."""
    rho = np.maximum(abs(1 - 2 * parts), abs(1 - 2 * parts / stretch))
    with np.errstate(divide="ignore"):
        return np.where(rho < 1, np.ceil(np.log(FAR) / np.log(np.minimum(rho, 1))), np.inf)


def counted(parts: Floats, stretch: float, horizon: int = HORIZON) -> Floats:
    """The same by walking: all rates at once, on f = ½ (u² + v²/κ) from (1, 1)."""
    curvature = np.array([1.0, 1 / stretch])
    step = inspect.unwrap(sgd)  # without its checks, it takes a column of rates for a column of points
    theta, steps = np.ones((len(parts), 2)), np.full(len(parts), np.inf)
    going = np.arange(len(parts))
    for t in range(1, horizon + 1):
        theta, _ = step(theta, curvature * theta, eta=2 * parts[going, None])
        distance = np.abs(theta).max(axis=1)
        steps[going[distance <= FAR]] = t
        on = (distance > FAR) & (distance < 1e6)  # beyond that it will not come back
        theta, going = theta[on], going[on]
        if not going.size:
            break
    return steps


def measure() -> Measurement:
    """Counted and predicted steps at every rate on every bowl."""
    return Measurement(
        np.array([counted(PARTS, k) for k in STRETCHES]), np.array([expected(PARTS, k) for k in STRETCHES])
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    middle = STRETCHES[1]
    fewest = expected(np.array([best(middle)]), middle)[0]
    return {
        "off": same(str(m.off)),
        "walks": same(str(m.steps.size)),
        "middle": same(str(middle)),
        "fewest": same(f"{fewest:.0f}"),
        "tenth": same(number(m.ratio(middle, best(middle) / 10), 1)),
        "at_once": same(number(m.ratio(middle, 0.5), 2)),
        "above": same(number(100 * (1 / best(middle) - 1), 0)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.1)
    for k, counts in zip(STRETCHES, m.steps, strict=True):
        fine = np.concatenate([10 ** np.linspace(-1.35, -0.05, 60), 1 - 10 ** np.linspace(-1, -4, 30)])
        rho = np.maximum(abs(1 - 2 * fine), abs(1 - 2 * fine / k))
        color = LOOKS[k]["color"]
        axes.plot(fine, np.log(FAR) / np.log(rho), color=style.INK, linestyle=":", linewidth=1.2, zorder=3)
        axes.plot(PARTS, np.where(np.isfinite(counts), counts, np.nan), color=color, marker=LOOKS[k]["marker"],
                  markersize=4, linestyle="none", label=f"κ = {k}")  # fmt: skip
    axes.plot([], [], color=style.INK, linestyle=":", linewidth=1.2, label=Text("이론", "theory")[lang])
    axes.axvline(0.5, color=style.MUTED, linewidth=1, linestyle="--")
    axes.axvline(1, color=style.RED, linewidth=1)
    style.log(axes.xaxis, [0.05, 0.1, 0.2, 0.5, 1])
    style.log(axes.yaxis, [10, 100, 1000, 10_000])
    axes.set(xlim=(0.043, 1.2), ylim=(3, 30_000))
    axes.text(0.48, 14_000, Text("1/λ_max: 여기서부터 넘어감", "1/λ_max: overshoots from here")[lang], ha="right")
    axes.text(1.03, 3.6, "2/λ_max", color=style.RED, ha="left", va="bottom", rotation=90)
    axes.set_xlabel(Text("학습률 ÷ (2/λ_max)", "rate over 2/λ_max")[lang])
    axes.set_ylabel(Text("바닥까지 걸음", "steps to the bottom")[lang])
    made.legend(loc="outside lower center", ncols=4)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    k = STRETCHES[1]
    tenth = number(m.ratio(k, best(k) / 10), 1)
    return {
        "ko": Words(
            "학습률이 작으면 그만큼 느리고, 2/λ_max를 넘으면 닿지 못합니다",
            f"곡률이 1과 1/κ인 그릇에서 거리가 {FAR:g}배로 줄기까지 걸음. 점은 센 값, 점선은 이론. 빨간 선부터는 닿지 못합니다.",
            f"κ = {k}: 가장 좋은 학습률의 10분의 1이면 걸음이 {tenth}배. 세 곡선 모두 1/λ_max과 2/λ_max 사이에서 가장 낮고 2/λ_max에서 끝없이 솟습니다.",
        ),
        "en": Words(
            "A small rate is slow in proportion; beyond 2/λ_max nothing arrives",
            f"Steps until the distance is {FAR:g} of what it was, on bowls of curvatures 1 and 1/κ. Marks: counted; dotted: theory. From the red line on nothing arrives.",
            f"κ = {k}: a tenth of the best rate takes {tenth} times the steps. All three curves are lowest between 1/λ_max and 2/λ_max and rise without end at 2/λ_max.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

"""Gradient descent on the bowl, rate by rate: how each direction shrinks, when it zig-zags, how long it takes (claim 3.12)."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import sgd
from gradbook import style
from gradbook.ch3_weights.bowl import BOWL, HORIZON, TARGET, arrival, descend
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import order, power_of_ten_above
from gradbook.text import Lang, Text, same

ETAS = np.arange(1, 61) * 0.02  # 0.02 … 1.2
COUNTED = 20  # steps over which shrinking and flips are counted


@dataclass(frozen=True)
class Measurement:
    shrink: NDArray[np.float64]  # |coordinate| after a step over before, geometric mean, (rates, x and y)
    flips: NDArray[np.float64]  # share of the counted steps in which y changed its sign, (rates,)
    steps: NDArray[np.float64]  # until arrival, (rates,)

    @property
    def fastest(self) -> int:
        return int(np.argmin(self.steps))

    @property
    def fastest_without(self) -> int:
        """The fastest rate at which y never changes its sign."""
        return int(np.argmin(np.where(self.flips == 0, self.steps, np.inf)))

    @property
    def error(self) -> float:
        """The largest difference between a measured shrinking and |1 − ηλ|."""
        return float(np.abs(self.shrink - theory()).max())


def theory() -> NDArray[np.float64]:
    return np.abs(1 - ETAS[:, None] * BOWL.curvature)


def measure() -> Measurement:
    """From the usual start; the rates go beyond the largest that converges."""
    paths = [descend(partial(sgd, eta=float(eta)), HORIZON) for eta in ETAS]
    counted = np.array([path[: COUNTED + 1] for path in paths])
    shrink = np.abs(counted[:, -1] / counted[:, 0]) ** (1 / COUNTED)
    flips = (counted[:, 1:, 1] * counted[:, :-1, 1] < 0).mean(axis=1)
    return Measurement(shrink, flips, np.array([float(arrival(BOWL.height(path))) for path in paths]))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    gentle, steep = BOWL.curvature
    with_flips = ETAS[m.flips > 0]
    return {
        "fastest_eta": same(f"{ETAS[m.fastest]:.2f}"),
        "fastest_steps": same(f"{m.steps[m.fastest]:.0f}"),
        "fastest_flips": same(f"{100 * m.flips[m.fastest]:.0f}"),
        "straight_eta": same(f"{ETAS[m.fastest_without]:.2f}"),
        "straight_steps": same(f"{m.steps[m.fastest_without]:.0f}"),
        "first_flip": same(f"{with_flips[0]:.2f}"),
        "error": same(order(power_of_ten_above(m.error))),
        "best_theory": same(f"{2 / (gentle + steep):.3f}"),
        "modulus_theory": same(f"{(steep - gentle) / (steep + gentle):.3f}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (upper, lower) = style.figure(4.3, nrows=2, sharex=True)
    steep = BOWL.curvature[1]
    fine = np.linspace(0, ETAS[-1], 241)
    for k, (name, line) in enumerate(zip("xy", (style.SERIES[0], style.SERIES[1]), strict=True)):
        upper.plot(fine, np.abs(1 - fine * BOWL.curvature[k]), color=line["color"], linestyle=line["linestyle"])
        upper.plot(ETAS[::3], m.shrink[::3, k], linestyle="none", color=line["color"], marker=line["marker"],
                   label=Text(f"{name}: 잰 값", f"{name}: measured")[lang])  # fmt: skip
    upper.plot([], [], color=style.MUTED, label=Text("선: 이론 |1 − ηλ|", "lines: theory |1 − ηλ|")[lang])
    upper.axhline(1, color=style.INK, linewidth=0.9)
    upper.set_ylim(0, 1.45)
    upper.set_ylabel(Text("한 걸음에 몇 배", "factor per step")[lang])
    arrived = np.isfinite(m.steps)
    lower.plot(ETAS[arrived], m.steps[arrived], **style.SERIES[0], markersize=3)
    lower.plot(ETAS[m.fastest], m.steps[m.fastest], "*", color=style.INK, markersize=10, zorder=4)
    style.log(lower.yaxis, [20, 50, 100, 200, 500])
    lower.set_ylim(20, 700)
    lower.set_ylabel(Text("바닥까지 걸음", "steps to the bottom")[lang])
    lower.set_xlabel(Text("학습률 η", "learning rate η")[lang])
    lower.set_xlim(0, ETAS[-1])
    for axes in (upper, lower):
        axes.axvspan(1 / steep, 2 / steep, color=style.ORANGE, alpha=0.1, linewidth=0)
        axes.axvline(2 / steep, color=style.INK, linestyle=":", linewidth=1.2)
    spots = {0.5: Text("곧게", "straight"), 1.5: Text("지그재그", "zig-zag"), 2.2: Text("발산", "diverges")}
    for product, text in spots.items():
        lower.annotate(text[lang], (product / steep, 25), ha="center")
    made.legend(*upper.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    k, j = m.fastest, m.fastest_without
    gentle, steep = BOWL.curvature
    return {
        "ko": Words(
            f"곧게 내려가면 아무리 빨라도 {m.steps[j]:.0f}걸음, 지그재그로 가면 {m.steps[k]:.0f}걸음",
            f"f = x²/20 + y² 위의 SGD. 위: 한 걸음에 x와 y가 몇 배로 줄어드는지. 아래: f가 출발 높이의 {TARGET:g}배 아래에 머물 때까지의 걸음. 색칠한 곳에서 y의 부호가 걸음마다 바뀝니다. ★: 가장 적은 걸음. 점선: 학습률의 한계 2/λ = {2 / steep:g}.",
            f"위: x의 배율은 학습률 0에서 {ETAS[-1]:.1f}까지 1에서 {1 - ETAS[-1] * gentle:.2f}로 천천히 내려갑니다. y의 배율은 {1 / steep:g}에서 0이 되었다가 {2 / steep:g}에서 1로 돌아옵니다. 아래: 걸음은 {ETAS[j]:.2f}에서 {m.steps[j]:.0f}, {ETAS[k]:.2f}에서 가장 적은 {m.steps[k]:.0f}.",
        ),
        "en": Words(
            f"Going straight takes {m.steps[j]:.0f} steps at best, zig-zagging {m.steps[k]:.0f}",
            f"SGD on f = x²/20 + y². Top: the factor by which a step shrinks x and y. Bottom: steps until f stays below {TARGET:g} of its height at the start. In the shaded part y changes its sign with each step. ★: fewest steps. Dotted: the limit of the rate, 2/λ = {2 / steep:g}.",
            f"Top: the factor of x falls slowly from 1 at rate 0 to {1 - ETAS[-1] * gentle:.2f} at {ETAS[-1]:.1f}. That of y is 0 at {1 / steep:g} and back at 1 at {2 / steep:g}. Bottom: {m.steps[j]:.0f} steps at {ETAS[j]:.2f}, and the fewest, {m.steps[k]:.0f}, at {ETAS[k]:.2f}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

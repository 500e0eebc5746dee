"""How fast a staircase of sigmoids closes in on a curve as steps are added, against the bound L·h/2 (claim 2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import staircase
from gradbook import style
from gradbook.ch2_approximation.curve import Curve, random_curve
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, same

STEPS = (3, 7, 15, 31, 63, 127, 255)  # hidden units: one fewer than the treads of the stairs
SHARP = 2000  # steepness times the width of a tread
NEAR = 0.01  # in treads: how close to an edge the error is looked for
FITTED = 3  # the rate is fitted from this place of STEPS on


@dataclass(frozen=True)
class Measurement:
    error: NDArray[np.float64]  # largest |network − curve| on [0, 1], (curves, steps)
    bound: NDArray[np.float64]  # L·h/2 of the same curve, (curves, steps)

    def rate(self) -> Estimate:
        """p of error ∝ hᵖ, where h = 1/(steps + 1) is the width of a tread: the mean over the curves."""
        h = np.log(1 / (np.array(STEPS[FITTED:]) + 1))
        return mean_interval(np.polyfit(h, np.log(self.error[:, FITTED:]).T, 1)[0])


def build_error(curve: Curve, steps: int, sharp: float = SHARP) -> float:
    """The largest error of the staircase whose levels are the curve's values in the middle of each tread."""
    h = 1 / (steps + 1)
    edges = h * np.arange(1, steps + 1)
    net, theta = staircase(edges, curve(h * (np.arange(steps + 1) + 0.5)), sharp / h)
    x = np.unique(np.concatenate([np.linspace(0, 1, 2 * (steps + 1) + 1), edges - NEAR * h, edges + NEAR * h]))
    y, _ = net(theta, x[:, None])
    return float(np.abs(y[:, 0] - curve(x)).max())


def measure(seeds: Sequence[int] = range(100)) -> Measurement:
    """One random curve a seed; every number of steps builds it anew."""
    curves = [random_curve(np.random.default_rng(seed)) for seed in seeds]
    return Measurement(
        error=np.array([[build_error(curve, n) for n in STEPS] for curve in curves]),
        bound=np.array([[curve.steepest / (2 * (n + 1)) for n in STEPS] for curve in curves]),
    )


def judge(m: Measurement) -> list[Claim]:
    rate = m.rate()
    kept = bool((m.error <= m.bound * (1 + 1e-6)).all())
    return [
        Claim(
            id="2.2",
            text=Text(
                "가파른 시그모이드를 둘씩 묶어 언덕을 만들고, 언덕을 늘어놓으면 어떤 곡선이든 나타낼 수 있다",
                "Pairs of steep sigmoids make bumps, and bumps in a row make any curve",
            ),
            verdict="holds" if kept and rate.above(0.5) else "does-not-hold",
            finding=Text(
                f"무작위 곡선 {rate.n}개에서 디딤판의 폭 h를 줄이면 가장 큰 오차가 h의 {rate.number()}제곱에 비례해 줄어듭니다. "
                + ("모두 상한 L·h/2 안에 있습니다." if kept else "상한 L·h/2를 넘은 것이 있습니다."),
                f"On {rate.n} random curves the largest error falls like h to the power {rate.number()}, where h is the width of a tread. "
                + ("All lie within the bound L·h/2." if kept else "Some exceed the bound L·h/2."),
            ),
            estimate=rate,
            unit=Text("오차 ∝ hᵖ의 p", "p in error ∝ hᵖ"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "curves": same(str(len(m.error))),
        "few": same(str(STEPS[0])),
        "many": same(str(STEPS[-1])),
        "few_error": same(f"{np.median(m.error[:, 0]):.2f}"),
        "many_error": same(f"{np.median(m.error[:, -1]):.4f}"),
        "of_bound": same(f"{100 * (m.error / m.bound).max():.0f}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.2)
    low, median, high = np.quantile(m.error, [0.05, 0.5, 0.95], axis=0)
    axes.plot(STEPS, np.median(m.bound, axis=0), color=style.INK, linestyle=":",
              label=Text("상한 L·h/2 (중앙값)", "bound L·h/2 (median)")[lang])  # fmt: skip
    axes.plot(STEPS, median, color=style.BLUE, marker="o",
              label=Text("측정: 중앙값과 5–95 %", "measured: median and 5–95%")[lang])  # fmt: skip
    style.band(axes, STEPS, low, high, style.BLUE)
    axes.set_xscale("log", base=2)
    axes.set_xticks(STEPS, [str(n) for n in STEPS])
    style.log(axes.yaxis, [0.001, 0.01, 0.03, 0.1, 0.3, 1])
    axes.set_xlabel(Text("계단의 수 (은닉층의 뉴런 수)", "steps (units in the hidden layer)")[lang])
    axes.set_ylabel(Text("가장 큰 오차", "largest error")[lang])
    axes.legend(loc="lower left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    rate, n = m.rate(), len(m.error)
    factor = f"{2**rate.value:.1f}"
    return {
        "ko": Words(
            f"계단을 두 배로 늘리면 오차는 {factor}분의 1로 줄어듭니다",
            f"0과 1 사이의 무작위 곡선 {n}개, 가파르기는 {SHARP:,} ÷ 디딤판의 폭. 띠는 곡선의 5–95 %입니다. 점선은 상한으로, L은 곡선의 가장 가파른 기울기, h는 디딤판의 폭입니다.",
            f"가로축은 계단의 수 {STEPS[0]}–{STEPS[-1]}, 세로축은 로그 눈금의 오차. 측정한 선이 상한의 점선 바로 아래에서 나란히 내려갑니다.",
        ),
        "en": Words(
            f"Twice the steps divide the error by {factor}",
            f"{n} random curves on [0, 1], steepness {SHARP:,} over the width of a tread. The band holds 5–95% of the curves. Dotted, the bound: L is the steepest slope of the curve, h the width of a tread.",
            f"Steps from {STEPS[0]} to {STEPS[-1]} against the error on a log scale. The measured line falls alongside the dotted bound, just below it.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1400)},
)

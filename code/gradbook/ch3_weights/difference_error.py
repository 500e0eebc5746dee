"""How wrong central differences are, for every size of the nudge, and how wrong backpropagation (goes with claim 3.11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import (
    Activation,
    Array,
    Dense,
    Network,
    central_difference,
    relative_error,
    sigmoid,
    squared_error,
    xavier_normal,
)
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, order, power_of_ten_above, scientific
from gradbook.text import Lang, Text, same

INPUTS, HIDDEN, BIAS = 2, 3, 0.5
NUDGES = 10.0 ** np.arange(-14, 0.25, 0.5)
WIDE, NARROW = (1e-3, 1e-1), (1e-12, 1e-8)  # where the formula's error rules, and where rounding does
DIGITS, TINY = 60, Decimal("1e-20")  # for the reference: differences again, but with so many digits


@dataclass(frozen=True)
class Measurement:
    difference: NDArray[np.float64]  # relative error of the gradient by central differences, (seeds, nudges)
    backprop: NDArray[np.float64]  # of the gradient by backpropagation, (seeds,)

    def slope(self, reach: tuple[float, float]) -> Estimate:
        """p in error ∝ hᵖ for nudges in the reach."""
        chosen = (reach[0] * 0.99 <= NUDGES) & (reach[1] * 1.01 >= NUDGES)
        x = np.log(NUDGES[chosen])
        return mean_interval([np.polyfit(x, np.log(row[chosen]), 1)[0] for row in self.difference])

    @property
    def typical(self) -> NDArray[np.float64]:
        """Geometric mean over the seeds, (nudges,)."""
        return np.asarray(np.exp(np.log(self.difference).mean(axis=0)))


def network() -> Network:
    return Network([Dense(INPUTS, HIDDEN, xavier_normal), Activation(sigmoid), Dense(HIDDEN, 1, xavier_normal)])


def exact_cost(theta: Sequence[Decimal], x: Sequence[Decimal], t: Decimal) -> Decimal:
    """The same network and loss, written out for numbers of any length."""
    at = iter(theta)
    W = [[next(at) for _ in range(HIDDEN)] for _ in range(INPUTS)]
    b = [next(at) for _ in range(HIDDEN)]
    v, c = [next(at) for _ in range(HIDDEN)], next(at)
    z = [sum((x[i] * W[i][k] for i in range(INPUTS)), b[k]) for k in range(HIDDEN)]
    h = [1 / (1 + (-number).exp()) for number in z]
    y = sum((h[k] * v[k] for k in range(HIDDEN)), c)
    return (y - t) ** 2 / 2


def exact_gradient(theta: Array, x: Array, t: float) -> NDArray[np.float64]:
    """Central differences with DIGITS digits and nudges of TINY: right far beyond float64's sixteen digits."""
    with localcontext() as context:
        context.prec = DIGITS
        numbers_, inputs, target = [Decimal(float(w)) for w in theta], [Decimal(float(a)) for a in x], Decimal(t)
        found = []
        for k in range(len(numbers_)):
            up, down = list(numbers_), list(numbers_)
            up[k] += TINY
            down[k] -= TINY
            found.append((exact_cost(up, inputs, target) - exact_cost(down, inputs, target)) / (2 * TINY))
        return np.array([float(number) for number in found])


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """One small network with random weights and biases and one random example a seed, in float64."""
    net = network()
    difference, backprop = np.empty((len(seeds), len(NUDGES))), np.empty(len(seeds))
    for row, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        theta = net.init(rng, dtype=np.float64)
        for own in net.views(theta):
            if "b" in own:
                own["b"][:] = rng.normal(0, BIAS, own["b"].shape)
        x, t = rng.normal(size=(1, INPUTS)), 1.0
        target = np.array([[t]])
        right = exact_gradient(theta, x[0], t)
        y, back = net(theta, x)
        backprop[row] = relative_error(back(squared_error(y, target)[1]()), right)

        def cost(moved: Array, x: Array = x, target: Array = target) -> float:
            return squared_error(net(moved, x)[0], target)[0]

        difference[row] = [relative_error(central_difference(cost, theta, float(h)), right) for h in NUDGES]
    return Measurement(difference, backprop)


def judge(m: Measurement) -> list[Claim]:
    return []


def best(m: Measurement) -> tuple[float, float]:
    """(nudge, error) where central differences are best, for the typical network."""
    k = int(np.argmin(m.typical))
    return float(NUDGES[k]), float(m.typical[k])


def nudge(h: float) -> str:
    return scientific(h, 1) if round(np.log10(h)) != np.log10(h) else order(h)


def numbers(m: Measurement) -> dict[str, Text]:
    h, error = best(m)
    return {
        "wide": same(m.slope(WIDE).shown()),
        "narrow": same(m.slope(NARROW).shown(sign=True)),
        "best_nudge": same(nudge(h)),
        "best_error": same(scientific(error)),
        "backprop": same(order(power_of_ten_above(float(m.backprop.max())))),
        "parameters": same(str(network().size)),
        "digits": same(str(DIGITS)),
        "seeds": same(str(len(m.backprop))),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.3)
    axes.plot(NUDGES, m.typical, label=Text("중앙 차분", "central difference")[lang], **style.SERIES[1])
    style.band(axes, NUDGES, m.difference.min(axis=0), m.difference.max(axis=0), style.ORANGE)
    axes.axhline(float(np.exp(np.log(np.maximum(m.backprop, 1e-18)).mean())), color=style.BLUE,
                 label=Text("역전파", "backpropagation")[lang])  # fmt: skip
    axes.axhspan(
        float(np.maximum(m.backprop, 1e-18).min()), float(m.backprop.max()), color=style.BLUE, alpha=0.18, linewidth=0
    )
    k, j = int(np.argmin(abs(NUDGES - 1e-2))), int(np.argmin(abs(NUDGES - 1e-10)))
    right, left = NUDGES[NUDGES > 3e-5], NUDGES[NUDGES < 1e-6]
    axes.plot(right, m.typical[k] * (right / NUDGES[k]) ** 2, color=style.INK, linestyle=":", linewidth=1.2)
    axes.plot(left, m.typical[j] * NUDGES[j] / left, color=style.INK, linestyle=":", linewidth=1.2,
              label=Text("예측한 기울기: h⁻¹, h²", "predicted slopes: h⁻¹, h²")[lang])  # fmt: skip
    style.log(axes.xaxis, [1e-14, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1])
    style.log(axes.yaxis, [1e-16, 1e-13, 1e-10, 1e-7, 1e-4, 0.1])
    axes.set_xlabel(Text("가중치를 민 크기 h", "size h of the nudge")[lang])
    axes.set_ylabel(Text("기울기의 상대 오차", "relative error of the gradient")[lang])
    made.legend(loc="outside lower center", ncols=3)
    return made  # fmt: skip


def words(m: Measurement, lang: Lang) -> Words:
    h, error = best(m)
    bound = order(power_of_ten_above(float(m.backprop.max())))
    n, size = len(m.backprop), network().size
    return {
        "ko": Words(
            f"중앙 차분은 가장 알맞게 밀어도 오차가 {scientific(error)}이고, 역전파는 {bound} 아래입니다",
            f"매개변수가 {size}개인 신경망 {n}개. {DIGITS}자리로 계산한 기울기와의 상대 오차. 선은 기하평균, 띠는 가장 작은 값에서 가장 큰 값까지.",
            f"로그 눈금의 V자. 오차는 h가 10⁻¹⁴에서 커질수록 줄다가 {nudge(h)}에서 {scientific(error)}으로 가장 작고, 거기서부터 두 배로 가파르게 오릅니다. 역전파는 맨 아래의 수평선입니다.",
        ),
        "en": Words(
            f"At the best nudge central differences are off by {scientific(error)}, backpropagation by less than {bound}",
            f"{n} networks of {size} parameters. Relative error against gradients computed with {DIGITS} digits. Lines: geometric means; bands: from the smallest to the largest.",
            f"A V on log scales. As h grows from 10⁻¹⁴ the error falls to {scientific(error)} at {nudge(h)} and from there climbs twice as steeply. Backpropagation is the level line at the bottom.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
)

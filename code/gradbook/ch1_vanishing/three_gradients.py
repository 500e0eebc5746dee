"""The same gradient three ways: backpropagation, the closed product, central differences (claim 1.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import chain, local_derivatives, sigmoid
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, order, power_of_ten_above
from gradbook.text import Lang, Text, same

TARGET = 1.0
DEPTHS = tuple(range(1, 31))


@dataclass(frozen=True)
class Measurement:
    depths: NDArray[np.int64]
    gradient: NDArray[np.float64]  # median |∂C/∂w₁|, (depths,)
    product_error: NDArray[np.float64]  # worst relative error of backpropagation against the product, (depths,)
    difference_error: NDArray[np.float64]  # median relative error of the central difference, (depths,)
    difference_error_shallow: float  # worst of all chains up to depth 3
    chains: int


def cost(x: NDArray[np.float64], w: NDArray[np.float64]) -> NDArray[np.float64]:
    """C = ½(h_L − t)², one value for each chain."""
    return np.asarray(0.5 * (chain(x, w)[0] - TARGET) ** 2)


def measure(seeds: Sequence[int] = range(200), step: float = 1e-5) -> Measurement:
    """One chain a seed: U(−1, 1) weights, no bias, input from U(0, 1), at every depth from 1 to 30."""
    gradient, product_error, difference_error = (np.empty((len(DEPTHS), len(seeds))) for _ in range(3))
    for j, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        all_w, x = rng.uniform(-1, 1, size=DEPTHS[-1]), np.asarray(rng.uniform())
        for i, depth in enumerate(DEPTHS):
            w = all_w[:depth]
            output, back = chain(x, w)
            by_backpropagation = back(output - TARGET)[1][0]

            links = local_derivatives(x, w)
            _, slope_back = sigmoid(w[0] * x)
            by_product = (output - TARGET) * np.prod(links[1:]) * slope_back(np.ones(())) * x

            nudge = np.zeros(depth)
            nudge[0] = step
            by_difference = (cost(x, w + nudge) - cost(x, w - nudge)) / (2 * step)

            gradient[i, j] = abs(by_backpropagation)
            product_error[i, j] = abs(by_backpropagation / by_product - 1)
            difference_error[i, j] = abs(by_difference / by_backpropagation - 1)
    return Measurement(
        depths=np.array(DEPTHS),
        gradient=np.median(gradient, axis=1),
        product_error=product_error.max(axis=1),
        difference_error=np.median(difference_error, axis=1),
        difference_error_shallow=float(difference_error[:3].max()),
        chains=len(seeds),
    )


def lost_at(m: Measurement) -> int:
    """The first depth at which the central difference is off by more than half the gradient."""
    return int(m.depths[np.argmax(m.difference_error > 0.5)])


def judge(m: Measurement) -> list[Claim]:
    worst = float(m.product_error.max())
    bound = power_of_ten_above(worst)
    exponent = order(bound)
    return [
        Claim(
            id="1.2",
            text=Text(
                "폭이 1이고 편향이 없는 사슬에서 ∂C/∂w₁은 국소 도함수의 곱이다",
                "In a bias-free chain one neuron wide, ∂C/∂w₁ is the product of the local derivatives",
            ),
            verdict="holds" if worst < 1e-12 and m.difference_error_shallow < 1e-4 else "does-not-hold",
            finding=Text(
                f"깊이 1–{m.depths[-1]}의 사슬에서 역전파와 곱의 상대 오차는 {exponent} 아래입니다. "
                f"보통의 사슬에서 중앙 차분은 깊이 {lost_at(m)}부터 반올림 오차에 묻힙니다.",
                f"For depths 1–{m.depths[-1]} backpropagation equals the product to a relative error below {exponent}. "
                f"In a typical chain central differences drown in rounding from depth {lost_at(m)} on.",
            ),
            estimate=Estimate(bound, n=m.chains * m.depths.size),
            unit=Text("상대 오차의 상한", "bound on the relative error"),
            shown=same(f"< {exponent}"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    return {"lost_at": same(str(lost_at(m))), "deepest": same(str(m.depths[-1]))}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.0)
    floor = 1e-17
    axes.plot(m.depths, m.difference_error, color=style.ORANGE, marker="s", markevery=3,
                  label=Text("중앙 차분", "central difference")[lang])  # fmt: skip
    axes.plot(m.depths, np.maximum(m.product_error, floor), color=style.BLUE, marker="o", markevery=3,
                  label=Text("역전파 (최악의 경우)", "backpropagation (worst case)")[lang])  # fmt: skip
    style.log(axes.yaxis)
    axes.axhline(1, color=style.INK, linestyle=":", linewidth=1.2)
    axes.annotate(
        Text("오차 = 기울기", "error = the gradient itself")[lang], (1, 1), xytext=(0, 3), textcoords="offset points"
    )
    axes.set_xlabel(Text("깊이 L (층)", "depth L (layers)")[lang])
    axes.set_ylabel(Text("상대 오차", "relative error")[lang])
    axes.set_ylim(1e-17, 1e6)
    axes.legend(loc="center right")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            "역전파는 서른 층에서도 정확하지만, 차분은 기울기와 함께 사라집니다",
            f"사슬 {m.chains}개, 가중치 U(−1, 1), float64. 곱의 공식에 견준 역전파의 상대 오차(가장 큰 값)와 역전파에 견준 중앙 차분의 상대 오차(중앙값).",
            "가로축은 깊이 1–30, 세로축은 로그 눈금의 상대 오차. 역전파의 선은 10의 −15제곱 근처에 평평하고, 중앙 차분의 선은 깊이와 함께 곧게 오르다가 1에서 멈춥니다.",
        ),
        "en": Words(
            "Backpropagation stays exact at thirty layers; differences vanish with the gradient",
            f"{m.chains} chains, weights U(−1, 1), float64. Relative error of backpropagation against the product formula (worst case), and of the central difference against backpropagation (median).",
            "Depth 1 to 30 against relative error on a log scale. The line of backpropagation is flat near ten to the minus 15; the line of the central difference climbs straight with depth until it stays at 1.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

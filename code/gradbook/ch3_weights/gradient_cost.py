"""What one gradient costs in arithmetic operations, as parameters grow: three ways to find it (claim 3.11)."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

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
    softmax_cross_entropy,
    xavier_normal,
)
from gradbook import style
from gradbook.ch3_weights.counting import Tally, counted
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, order, power_of_ten_above, scientific
from gradbook.text import Lang, Text, same

WIDTHS, IMAGES = (1, 2, 4, 8, 16, 32), 10
TAIL = 4  # exponents are those of the largest networks
METHODS = ("forward", "backprop", "tangents", "differences")


@dataclass(frozen=True)
class Measurement:
    parameters: NDArray[np.int64]  # (widths,)
    cost: dict[str, NDArray[np.int64]]  # operations for one loss, and for one whole gradient by each method, (widths,)
    error: dict[str, float]  # largest relative difference from backpropagation's gradient

    def exponent(self, method: str) -> float:
        """p in cost ∝ parametersᵖ, fitted to the largest networks."""
        x, y = np.log(self.parameters[-TAIL:]), np.log(self.cost[method][-TAIL:])
        return float(np.polyfit(x, y, 1)[0])

    def ratio(self, method: str) -> NDArray[np.float64]:
        """The cost of a gradient in units of one loss, (widths,)."""
        return self.cost[method] / self.cost["forward"]


def network(width: int) -> Network:
    sizes = (64, width, width, 10)
    *hidden, last = (Dense(n, m, xavier_normal) for n, m in pairwise(sizes))
    return Network([*(layer for dense in hidden for layer in (dense, Activation(sigmoid))), last])


def tangent(net: Network, theta: Array, x: Array, direction: Array) -> tuple[Array, Array]:
    """Scores, and how fast they change as θ moves along the direction: derivatives carried forward, layer by layer."""
    h, dh = x, 0 * x
    for layer, own, moved in zip(net.layers, net.views(theta), net.views(direction), strict=True):
        if isinstance(layer, Dense):
            h, dh = h @ own["W"] + own["b"], dh @ own["W"] + h @ moved["W"] + moved["b"]
        else:
            h, back = sigmoid(h)
            dh = back(dh)  # elementwise: the way back is the way forward
    return h, dh


def by_tangents(net: Network, theta: Array, x: Array, labels: Array) -> Array:
    """The gradient, one pass for each parameter."""
    found = np.empty(net.size)
    for k in range(net.size):
        direction = np.zeros(net.size)
        direction[k] = 1
        scores, dscores = tangent(net, theta, x, direction)
        back = softmax_cross_entropy(scores, labels)[1]
        found[k] = (back() * dscores).sum()
    return found


def by_backprop(net: Network, theta: Array, x: Array, labels: Array) -> Array:
    """The gradient, one way forward and one way back."""
    scores, back = net(theta, x)
    return np.asarray(back(softmax_cross_entropy(scores, labels)[1]()))


def by_differences(net: Network, theta: Array, x: Array, labels: Array) -> Array:
    """The gradient, two losses for each parameter."""
    return central_difference(lambda moved: loss(net, moved, x, labels), np.asarray(theta))


def loss(net: Network, theta: Array, x: Array, labels: Array) -> float:
    return softmax_cross_entropy(net(theta, x)[0], labels)[0]


def measure(widths: tuple[int, ...] = WIDTHS) -> Measurement:
    """Networks 64-n-n-10 with random weights, the loss of a few digits; every operation on a number is counted."""
    images, labels = digits().x[:IMAGES].astype(np.float64), digits().labels[:IMAGES]
    ways: dict[str, Callable[..., Array | float]] = {
        "forward": loss, "backprop": by_backprop, "tangents": by_tangents, "differences": by_differences,
    }  # fmt: skip
    cost: dict[str, list[int]] = {method: [] for method in METHODS}
    error = dict.fromkeys(METHODS[2:], 0.0)
    sizes = []
    for width in widths:
        net = network(width)
        theta = net.init(np.random.default_rng(width), dtype=np.float64)
        found = {}
        for method, way in ways.items():
            tally = Tally()
            found[method] = way(net, theta, counted(images, tally), labels)
            cost[method].append(tally.operations)
        for method in error:
            error[method] = max(error[method], relative_error(found[method], found["backprop"]))
        sizes.append(net.size)
    return Measurement(np.array(sizes), {method: np.array(counts) for method, counts in cost.items()}, error)


def judge(m: Measurement) -> list[Claim]:
    backprop, tangents = m.exponent("backprop"), m.exponent("tangents")
    dearest = float(m.ratio("backprop").max())
    more_than_reuse = tangents - backprop > 0.8 and dearest < 5 and m.error["tangents"] < 1e-10
    ratio, size = float(m.ratio("backprop")[-1]), int(m.parameters[-1])
    tangent_ratio, difference_ratio = (float(m.ratio(method)[-1]) for method in METHODS[2:])
    return [
        Claim(
            id="3.11",
            text=Text(
                "역전파를 하는 까닭은 미분값의 재활용만이 아니다",
                "Backpropagation is more than reusing derivatives",
            ),
            verdict="holds" if more_than_reuse else "does-not-hold",
            finding=Text(
                f"매개변수 {size:,}개의 기울기에 역전파는 손실을 {ratio:.1f}번, 앞에서부터 재활용하는 전진 모드는 {tangent_ratio:,.0f}번, 중앙 차분은 {difference_ratio:,.0f}번 구할 만큼의 연산이 듭니다. "
                f"비용은 매개변수의 {backprop:.2f}제곱, {tangents:.2f}제곱, {m.exponent('differences'):.2f}제곱에 비례합니다.",
                f"A gradient of {size:,} parameters takes backpropagation the work of {ratio:.1f} losses, forward mode, which reuses them from the front, {tangent_ratio:,.0f}, central differences {difference_ratio:,.0f}. "
                f"The costs grow like the power {backprop:.2f}, {tangents:.2f} and {m.exponent('differences'):.2f} of the number of parameters.",
            ),
            estimate=Estimate(ratio),
            unit=Text(f"역전파 ÷ 손실 한 번, 매개변수 {size:,}개", f"backpropagation ÷ one loss, {size:,} parameters"),
            shown=same(f"{ratio:.2f}"),
        )
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    ratios = m.ratio("backprop")
    return {
        "smallest": same(f"{m.parameters[0]:,}"),
        "largest": same(f"{m.parameters[-1]:,}"),
        "ratio_low": same(f"{ratios.min():.2f}"),
        "ratio_high": same(f"{ratios.max():.2f}"),
        "forward": same(f"{m.cost['forward'][-1]:,}"),
        "backprop": same(f"{m.cost['backprop'][-1]:,}"),
        "tangents_ratio": same(f"{m.ratio('tangents')[-1]:,.0f}"),
        "differences_ratio": same(f"{m.ratio('differences')[-1]:,.0f}"),
        "tangents_error": same(order(power_of_ten_above(m.error["tangents"]))),
        "differences_error": same(order(power_of_ten_above(m.error["differences"]))),
        "images": same(str(IMAGES)),
    } | {f"exponent_{method}": same(f"{m.exponent(method):.2f}") for method in METHODS}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.6)
    labels = {
        "differences": Text("중앙 차분", "central differences"),
        "tangents": Text("전진 모드", "forward mode"),
        "backprop": Text("역전파", "backpropagation"),
        "forward": Text("손실 한 번", "one loss"),
    }
    lines = {
        "differences": style.SERIES[1] | {"marker": "s"},
        "tangents": style.SERIES[2],
        "backprop": style.SERIES[0],
        "forward": {"color": style.MUTED, "marker": "x", "linestyle": ":"},
    }
    for method, line in lines.items():
        exponent = f"{m.exponent(method):.2f}"
        axes.plot(m.parameters, m.cost[method], label=f"{labels[method][lang]} ({exponent})", **line)
    style.log(axes.xaxis, [100, 300, 1000])
    style.log(axes.yaxis)
    axes.set_xlabel(Text("매개변수의 수", "parameters")[lang])
    axes.set_ylabel(Text("연산의 수", "arithmetic operations")[lang])
    made.legend(loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    ratios = m.ratio("backprop")
    low, high = f"{ratios.min():.1f}", f"{ratios.max():.1f}"
    first, last = f"{m.parameters[0]:,}", f"{m.parameters[-1]:,}"
    ends = [scientific(m.cost[method][-1]) for method in METHODS]
    return {
        "ko": Words(
            f"역전파로 기울기를 통째로 구하는 비용은 손실을 {low}–{high}번 구하는 비용과 같습니다",
            f"신경망 64-n-n-10, 손글씨 숫자 {IMAGES}장의 손실. 수 하나에 하는 덧셈, 곱셈 같은 연산을 모두 셌습니다. 괄호 안은 큰 신경망 {TAIL}개에서 구한 지수입니다.",
            f"가로축은 매개변수 {first}개에서 {last}개, 세로축은 로그 눈금의 연산 수. {last}개에서 손실 한 번 {ends[0]}, 역전파 {ends[1]}, 전진 모드 {ends[2]}, 중앙 차분 {ends[3]}.",
        ),
        "en": Words(
            f"By backpropagation a whole gradient costs as much as {low} to {high} losses",
            f"Networks 64-n-n-10, the loss of {IMAGES} digits. Every addition, multiplication and so on of numbers is counted. In brackets the exponents, from the {TAIL} largest networks.",
            f"Parameters from {first} to {last} against operations on a log scale. At {last}: one loss {ends[0]}, backpropagation {ends[1]}, forward mode {ends[2]}, central differences {ends[3]}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

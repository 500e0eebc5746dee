"""A stack of linear layers is one linear layer: a grid sent through both, and through ReLU layers (goes with claim 2.10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Array, Dense, Layer, Network, he_normal, relu
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import order, power_of_ten_above
from gradbook.text import Lang, Text, same

SIZES = (2, 8, 8, 8, 2)  # of the pictured network
DEPTHS, WIDTH = (2, 5, 10, 20, 50), 64  # of the measured ones
LINES, DENSE = 9, 81  # lines of the grid each way, points on each


@dataclass(frozen=True)
class Measurement:
    grid: NDArray[np.float64]  # (lines, points, 2)
    stacked: NDArray[np.float64]  # the grid through the linear layers
    one: NDArray[np.float64]  # through the one matrix and bias
    bent: NDArray[np.float64]  # through the same layers with ReLU between them
    error: NDArray[np.float64]  # largest difference between stack and matrix over the largest output, (depths, seeds)


def linear_net(sizes: Sequence[int]) -> Network:
    return Network([Dense(n, m, he_normal) for n, m in pairwise(sizes)])


def drawn(net: Network, rng: np.random.Generator) -> Array:
    """A θ with biases from N(0, 0.3²), too."""
    theta = net.init(rng, dtype=np.float64)
    for own in net.views(theta):
        own["b"][:] = rng.normal(0, 0.3, own["b"].shape)
    return theta


def collapse(net: Network, theta: Array) -> tuple[Array, Array]:
    """One W and b for a whole stack of linear layers: (x W₁ + b₁) W₂ + b₂ = x (W₁W₂) + (b₁W₂ + b₂), and so on."""
    first, *rest = net.views(theta)
    W, b = first["W"], first["b"]
    for own in rest:
        W, b = W @ own["W"], b @ own["W"] + own["b"]
    return W, b


def error(depth: int, seed: int) -> float:
    rng = np.random.default_rng([seed, depth])
    net = linear_net([WIDTH] * (depth + 1))
    theta, x = drawn(net, rng), rng.normal(size=(100, WIDTH))
    y, _ = net(theta, x)
    W, b = collapse(net, theta)
    return float(np.abs(y - (x @ W + b)).max() / np.abs(y).max())


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """One network of the pictured sizes for the picture; square ones of every depth for the error."""
    along, across = np.meshgrid(np.linspace(-1, 1, DENSE), np.linspace(-1, 1, LINES))
    grid = np.concatenate([np.stack([along, across], -1), np.stack([across, along], -1)])
    net = linear_net(SIZES)
    theta = drawn(net, np.random.default_rng(7))
    layers: list[Layer] = []
    for layer in net.layers:
        layers += [layer, Activation(relu)]
    points = grid.reshape(-1, 2)
    W, b = collapse(net, theta)
    return Measurement(
        grid=grid,
        stacked=net(theta, points)[0].reshape(grid.shape),
        one=(points @ W + b).reshape(grid.shape),
        bent=Network(layers[:-1])(theta, points)[0].reshape(grid.shape),
        error=np.array([[error(depth, seed) for seed in seeds] for depth in DEPTHS]),
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "error": same(order(power_of_ten_above(float(m.error.max())))),
        "deepest": same(str(DEPTHS[-1])),
        "width": same(str(WIDTH)),
        "seeds": same(str(m.error.shape[1])),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(1.9, ncols=4)
    sizes = "-".join(map(str, SIZES))
    titles = (
        Text("입력", "input"),
        Text(f"선형 층 {len(SIZES) - 1}개", f"{len(SIZES) - 1} linear layers"),
        Text("행렬 하나", "one matrix"),
        Text("사이에 ReLU", "ReLU between"),
    )
    for axes, lines, title in zip(panels, (m.grid, m.stacked, m.one, m.bent), titles, strict=True):
        half = len(lines) // 2
        for k, line in enumerate(lines):
            color = style.SKY if k < half else style.PURPLE
            axes.plot(line[:, 0], line[:, 1], color=color, linewidth=1.0, linestyle="-" if k < half else "--")
        axes.set_title(title[lang])
        style.bare(axes)
        axes.set_aspect("equal", adjustable="datalim")
    made.supxlabel(Text(f"크기 {sizes}, 같은 가중치", f"sizes {sizes}, the same weights")[lang], fontsize=8.5)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    bound = order(power_of_ten_above(float(m.error.max())))
    return {
        "ko": Words(
            "선형 층은 아무리 쌓아도 행렬 하나입니다. ReLU를 끼우면 격자가 꺾입니다",
            f"평면의 격자를 네 가지로 보냈습니다. 실선은 가로줄, 파선은 세로줄. 따로 잰 폭 {WIDTH}, 깊이 {DEPTHS[-1]}까지의 선형 신경망 {m.error.size}개에서 층을 차례로 지난 값과 행렬 하나로 구한 값의 차이는 상대 오차 {bound} 아래입니다.",
            "격자 그림 넷. 입력의 정사각 격자, 선형 층을 지나 기울어진 평행사변형 격자, 행렬 하나로 그린 똑같은 격자, ReLU를 끼워 여러 곳에서 꺾인 격자.",
        ),
        "en": Words(
            "Linear layers, however many, are one matrix; ReLU between them folds the grid",
            f"A grid of the plane, sent four ways. Solid: horizontal lines; dashed: vertical ones. In {m.error.size} other linear nets of width {WIDTH}, up to {DEPTHS[-1]} layers deep, going through the layers and through one matrix differ by a relative error below {bound}.",
            "Four grids: the square one of the input, a slanted parallelogram behind the linear layers, the very same one from a single matrix, and one folded in several places by ReLU.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

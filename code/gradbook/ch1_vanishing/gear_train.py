"""Each layer's gradient for a chain of equal weights: depth and weight to be turned by the reader (goes with claim 1.7)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import local_derivatives
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.stats import scientific
from gradbook.text import Lang, Text

DEPTHS = (2, 4, 6, 8, 10, 12)
WEIGHTS = (-8.0, -4.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 4.0, 8.0)
FLOOR = 1e-12


@dataclass(frozen=True)
class Measurement:
    gradient: dict[tuple[int, int], NDArray[np.float64]]  # (depth index, weight index) -> |∂h_L/∂h_k|, k = 1 … L


def measure(x: float = 0.5) -> Measurement:
    """|∂h_L/∂h_k| in a bias-free chain whose weights are all w: the product of the links after layer k."""
    found = {}
    for i, depth in enumerate(DEPTHS):
        for j, w in enumerate(WEIGHTS):
            links = np.abs(local_derivatives(np.asarray(x), np.full(depth, w)))
            found[i, j] = np.append(np.cumprod(links[:0:-1])[::-1], 1.0)
    return Measurement(found)


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {}


def draw(m: Measurement, lang: Lang, i: int, j: int) -> Figure:
    made, axes = style.figure(2.7)
    gradient = m.gradient[i, j]
    layers = np.arange(1, gradient.size + 1)
    axes.bar(layers, np.maximum(gradient, FLOOR), width=0.62, color=style.BLUE)
    bound = np.maximum((abs(WEIGHTS[j]) / 4) ** (gradient.size - layers), FLOOR)
    axes.plot(layers, bound, color=style.INK, linestyle=":", marker="_", markersize=9, linewidth=1.2,
              label=Text("상한 (|w|/4)^(L−k)", "bound (|w|/4)^(L−k)")[lang])  # fmt: skip
    style.log(axes.yaxis, [1e-12, 1e-8, 1e-4, 1, 1e4])
    axes.set_ylim(FLOOR, 1e4)
    axes.set_xlim(0.4, DEPTHS[-1] + 0.6)
    axes.set_xticks(range(1, DEPTHS[-1] + 1))
    axes.set_xlabel(Text("층 k (1이 입력 쪽)", "layer k (1 is next to the input)")[lang])
    axes.set_ylabel("|∂h_L / ∂h_k|")
    axes.legend(loc="upper right")
    return made


def frame_alt(m: Measurement, lang: Lang, i: int, j: int) -> str:
    first = m.gradient[i, j][0]
    w = f"{WEIGHTS[j]:g}".replace("-", "−")
    return Text(
        f"깊이 {DEPTHS[i]}, 가중치 {w}: 첫 층의 출력이 마지막 출력에 미치는 영향은 {scientific(first)}",
        f"Depth {DEPTHS[i]}, weight {w}: the effect of the first layer's output on the last is {scientific(first)}",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            "직접 돌려 보십시오: 깊이와 가중치가 각 층의 기울기를 정합니다",
            "가중치가 모두 w인 편향 없는 사슬, 입력 0.5. 막대는 층 k의 출력이 마지막 출력에 미치는 영향, 점선은 상한입니다.",
            frame_alt(m, lang, *START),
        ),
        "en": Words(
            "Turn it yourself: depth and weight set each layer's gradient",
            "A bias-free chain whose weights are all w, input 0.5. Bars: the effect of layer k's output on the last output; dotted: the bound.",
            frame_alt(m, lang, *START),
        ),
    }[lang]


START = (DEPTHS.index(6), WEIGHTS.index(1.0))
SLIDERS = (
    Slider(Text("깊이 L", "depth L"), tuple(map(str, DEPTHS)), START[0]),
    Slider(Text("가중치 w", "weight w"), tuple(f"{w:g}".replace("-", "−") for w in WEIGHTS), START[1]),
)
EXPERIMENT = Experiment(
    measure=measure, judge=judge, drawing=Drawing(draw=draw, words=words, sliders=SLIDERS, frame_alt=frame_alt)
)

"""tanh with Xavier's weights through a hundred layers: neither way loses a factor a layer, both thin out as 1/√L."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch5_activations.wide_stack import Passes, draws, expected, middle, passes, short, walk
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same

DEEP, UNITS, SAMPLES, FAR = 100, 128, 20, 1000  # layers measured; of theory alone, FAR


@dataclass(frozen=True)
class Measurement:
    std: NDArray[np.float64]  # (seeds, DEEP)
    back: NDArray[np.float64]  # the first layer's gradient over that of layer L, (seeds, DEEP)
    expected: Passes  # of FAR layers


def one(seed: int) -> NDArray[np.float64]:
    hs, dhs = walk("tanh", 1.0, draws(seed, DEEP, UNITS, SAMPLES))
    of = passes(hs, dhs)
    return np.array([of.std, of.back])


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Before training, float32."""
    found = np.array([one(seed) for seed in seeds])
    # what passes from layer L to the first is what passes from the last to the first, over from the last to L
    return Measurement(found[:, 0], found[:, 1, :1] / found[:, 1], expected("tanh", 1.0, FAR))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    to_first = m.expected.back[0] / m.expected.back
    return {
        "std_10": same(short(m.expected.std[9])),
        "std_100": same(short(m.expected.std[99])),
        "std_1000": same(short(m.expected.std[999])),
        "rule_1000": same(short((2 * FAR) ** -0.5)),
        "back_100": same(short(to_first[99])),
        "back_1000": same(short(to_first[999])),
        "std_100_seen": same(short(middle(m.std)[99])),
        "back_100_seen": same(short(middle(m.back)[99])),
        "units": same(str(UNITS)),
        "seeds": same(str(len(m.std))),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(2.7, ncols=2, sharey=True)
    layer = np.unique(np.round(10 ** np.linspace(0, 3, 40))).astype(int)
    seen = np.unique(np.round(10 ** np.linspace(0, 2, 13))).astype(int)
    parts = (
        (m.std, m.expected.std, (2 * layer) ** -0.5, Text("활성화 값의 표준편차", "std of the activations")),
        (m.back, m.expected.back[0] / m.expected.back, layer**-0.5, Text("기울기, 층 1 ÷ 층 L", "gradient, layer 1 ÷ layer L")),
    )  # fmt: skip
    for axes, (values, theory, rule, title), passed in zip(panels, parts, (layer, layer - 1), strict=True):
        axes.plot(layer, theory[layer - 1], color=style.INK, linewidth=0.9, label=Text("이론", "theory")[lang])
        axes.plot(layer, rule, color=style.MUTED, linestyle="--", linewidth=1)
        axes.plot(layer, 0.5 ** (passed / 2), color=style.ORANGE, linestyle=":",
                  label=Text("ReLU와 Xavier, 이론", "ReLU with Xavier, theory")[lang])  # fmt: skip
        style.band(axes, seen, values.min(axis=0)[seen - 1], values.max(axis=0)[seen - 1], style.BLUE)
        axes.plot(seen, middle(values)[seen - 1], "o", color=style.BLUE, label="tanh, Xavier")
        axes.set_title(title[lang])
        style.log(axes.xaxis, [1, 10, 100, 1000])
        axes.set_xlabel(Text("층 L", "layer L")[lang])
    style.log(panels[0].yaxis, [0.01, 0.1, 1])
    panels[0].set_ylim(0.008, 1.4)
    for axes, name in zip(panels, ("1/√(2L)", "1/√L"), strict=True):
        axes.text(60, 0.03, name, color=style.MUTED, ha="left", va="top")
    made.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n, at = len(m.std), short(middle(m.std)[DEEP - 1])
    return {
        "ko": Words(
            f"Xavier를 쓴 tanh의 활성화 값의 표준편차는 {DEEP}층에서 {at}: 줄어들지만, 지수 함수처럼 줄지는 않습니다",
            f"점과 띠: 폭 {UNITS}, 시드 {n}개의 기하평균과 가장 작은 값에서 가장 큰 값까지. 검은 선: 폭이 무한할 때의 이론. 파선: 1/√(2L)과 1/√L. 점선: ReLU에 Xavier를 쓸 때, 층마다 1/√2배.",
            "양쪽 축이 로그인 두 그래프. 점과 이론은 곧은 파선을 따라 완만하게 내려갑니다. ReLU와 Xavier의 점선은 10층쯤에서 그림 밖으로 떨어집니다.",
        ),
        "en": Words(
            f"With Xavier's weights tanh is down to {at} in layer {DEEP}: it keeps shrinking, but not exponentially",
            f"Marks and bands: width {UNITS}, geometric means of {n} seeds, and smallest to largest. Black: theory for infinite width. Dashed: 1/√(2L) and 1/√L. Dotted: ReLU with Xavier's weights, a factor 1/√2 a layer.",
            "Two panels, both axes logarithmic. Marks and theory descend gently along the straight dashed line. The dotted line of ReLU with Xavier drops out of the picture after about ten layers.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
)  # fmt: skip

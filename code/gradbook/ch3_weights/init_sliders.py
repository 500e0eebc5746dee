"""The activations of five layers for any size of the initial weights, to be turned by the reader (goes with claim 3.3)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch3_weights.init_stack import (
    ACTIVATIONS,
    LAYERS,
    NAMES,
    SAMPLES,
    UNITS,
    Spread,
    activations,
    predicted,
    short,
    spread,
)
from gradbook.ch3_weights.strips import histograms, strips
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.text import Lang, Text

STDS = (0.01, 0.02, 0.05, 0.1, 2**0.5 / 10, 0.2, 0.5, 1.0)
LABELS = ("0.01", "0.02", "0.05", "0.1 (Xavier)", "0.141 (He)", "0.2", "0.5", "1")


@dataclass(frozen=True)
class Measurement:
    counts: dict[tuple[str, int], NDArray[np.float64]]  # (LAYERS, bins) each
    seen: dict[tuple[str, int], Spread]
    expected: dict[tuple[str, int], Spread]


def measure(seed: int = 0, samples: int = SAMPLES) -> Measurement:
    counts, seen, expected = {}, {}, {}
    for name in ACTIVATIONS:
        for i, std in enumerate(STDS):
            hs = activations(name, std, seed, samples)
            counts[name, i], seen[name, i], expected[name, i] = histograms(name, hs), spread(hs), predicted(name, std)
    return Measurement(counts, seen, expected)


def judge(m: Measurement) -> list[Claim]:
    return []


def draw(m: Measurement, lang: Lang, i: int, j: int) -> Figure:
    made, axes = style.figure(2.9)
    name = list(ACTIVATIONS)[j]
    strips(axes, name, m.counts[name, i], m.expected[name, i])
    rows = zip(m.seen[name, i].std, m.expected[name, i].std, strict=True)
    axes.set_xticks(
        range(1, LAYERS + 1), [f"{k}\n{short(std)}\n({short(theory)})" for k, (std, theory) in enumerate(rows, 1)]
    )
    axes.set_xlabel(Text("층, 표준편차, (이론)", "layer, standard deviation, (theory)")[lang])
    axes.set_ylabel(Text("활성화 값", "activation")[lang])
    axes.set_title(
        Text(f"{NAMES[name].ko}, 초깃값의 표준편차 {LABELS[i]}", f"{NAMES[name].en}, weights of std {LABELS[i]}")[lang]
    )
    return made


def frame_alt(m: Measurement, lang: Lang, i: int, j: int) -> str:
    name = list(ACTIVATIONS)[j]
    first, last = (short(m.seen[name, i].std[k]) for k in (0, -1))
    return Text(
        f"{NAMES[name].ko}, 초깃값의 표준편차 {LABELS[i]}: 활성화 값의 표준편차는 층 1에서 {first}, 층 {LAYERS}에서 {last}",
        f"{NAMES[name].en}, initial weights of standard deviation {LABELS[i]}: the activations' is {first} in layer 1 and {last} in layer {LAYERS}",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            "직접 돌려 보십시오: 초깃값의 표준편차가 층마다 활성화 값의 분포를 정합니다",
            f"폭 {UNITS}, 표준정규분포의 표본 {SAMPLES:,}개, 시드 0. 히스토그램은 가장 찬 칸의 길이를 같게 맞췄고, 검은 선은 이론이 예측한 평균 ± 표준편차입니다. ReLU는 0을 빼고 그렸고, 3을 넘는 값은 맨 위 칸에 넣었습니다.",
            frame_alt(m, lang, *START),
        ),
        "en": Words(
            "Turn it yourself: the size of the initial weights sets each layer's distribution",
            f"Width {UNITS}, {SAMPLES:,} standard normal inputs, seed 0. Histograms are drawn to equal length of the fullest bin; black: mean ± standard deviation as theory predicts. ReLU's zeros are left out; its values beyond 3 are in the topmost bin.",
            frame_alt(m, lang, *START),
        ),
    }[lang]


START = (LABELS.index("0.1 (Xavier)"), list(ACTIVATIONS).index("tanh"))
SLIDERS = (
    Slider(Text("초깃값의 표준편차", "standard deviation of the weights"), LABELS, START[0]),
    Slider(Text("활성화 함수", "activation function"), tuple(name for name in ACTIVATIONS), START[1]),
)
EXPERIMENT = Experiment(
    measure=measure, judge=judge, drawing=Drawing(draw=draw, words=words, sliders=SLIDERS, frame_alt=frame_alt)
)

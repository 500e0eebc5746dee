"""The activations of five layers as histograms: three activation functions, four sizes of the initial weights (goes with
claim 3.3).
"""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch3_weights.init_stack import (
    ACTIVATIONS,
    INITS,
    LAYERS,
    NAMES,
    SAMPLES,
    UNITS,
    Spread,
    activations,
    init_name,
    predicted,
    short,
    spread,
)
from gradbook.ch3_weights.strips import histograms, strips
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text


@dataclass(frozen=True)
class Measurement:
    counts: dict[tuple[str, str], NDArray[np.float64]]  # (LAYERS, bins) each
    seen: dict[tuple[str, str], Spread]
    expected: dict[tuple[str, str], Spread]


def measure(seed: int = 0, samples: int = SAMPLES) -> Measurement:
    """One network of each kind, all from one seed."""
    counts, seen, expected = {}, {}, {}
    for name in ACTIVATIONS:
        for init, std in INITS.items():
            hs = activations(name, std, seed, samples)
            counts[name, init], seen[name, init] = histograms(name, hs), spread(hs)
            expected[name, init] = predicted(name, std)
    return Measurement(counts, seen, expected)


def judge(m: Measurement) -> list[Claim]:
    return []


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(6.2, nrows=len(INITS), ncols=len(ACTIVATIONS), sharex=True)
    for row, init in zip(panels, INITS, strict=True):
        for axes, name in zip(row, ACTIVATIONS, strict=True):
            strips(axes, name, m.counts[name, init], m.expected[name, init])
            last = short(m.seen[name, init].std[-1])
            axes.set_title(
                Text(f"층 {LAYERS}: {last}", f"layer {LAYERS}: {last}")[lang], loc="right", fontsize=8.5, pad=3
            )
            axes.tick_params(length=0, pad=2)
        row[0].set_ylabel(init_name(init)[lang])
    for axes, name in zip(panels[0], ACTIVATIONS, strict=True):
        axes.annotate(NAMES[name][lang], (0.5, 1), xytext=(0, 20), xycoords="axes fraction", textcoords="offset points",
                      ha="center", fontsize=10)  # fmt: skip
    for axes in panels[-1]:
        axes.set_xlabel(Text("층", "layer")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    def five(name: str, init: str) -> str:
        return short(float(m.seen[name, init].std[-1]))

    return {
        "ko": Words(
            f"층 {LAYERS}의 활성화 값: tanh의 표준편차는 초깃값 0.01에서 {five('tanh', '0.01')}, Xavier에서 {five('tanh', 'Xavier')}, ReLU는 He에서 {five('ReLU', 'He')}",
            f"행은 초깃값의 표준편차(Xavier는 √(1/{UNITS}), He는 √(2/{UNITS})), 열은 활성화 함수. 표본 {SAMPLES:,}개, 폭 {UNITS}, 시드 0. 활성화 값의 히스토그램을 층마다 세로로 그렸고, 가장 찬 칸의 길이를 같게 맞췄습니다. 검은 선은 이론이 예측한 평균 ± 표준편차, 오른쪽 위의 수는 층 {LAYERS}에서 잰 표준편차입니다. ReLU는 절반쯤인 0을 빼고 그렸고, 3을 넘는 값은 맨 위 칸에 넣었습니다.",
            "히스토그램 격자. 표준편차 0.01이면 시그모이드는 0.5에, tanh와 ReLU는 0에 몰립니다. 1이면 시그모이드와 tanh는 양 끝에 몰리고 ReLU는 그림 밖으로 나갑니다. Xavier와 He에서는 값이 퍼져 있습니다.",
        ),
        "en": Words(
            f"Activations in layer {LAYERS}: tanh has a standard deviation of {five('tanh', '0.01')} with weights 0.01, {five('tanh', 'Xavier')} with Xavier's; ReLU with He's has {five('ReLU', 'He')}",
            f"Rows: standard deviation of the initial weights (Xavier √(1/{UNITS}), He √(2/{UNITS})); columns: activation function. {SAMPLES:,} samples, width {UNITS}, seed 0. Each layer's activations as an upright histogram, drawn to equal length of the fullest bin. Black: mean ± standard deviation as theory predicts; top right: the standard deviation measured in layer {LAYERS}. ReLU's zeros, about half, are left out; its values beyond 3 are in the topmost bin.",
            "A grid of histograms. With 0.01 the sigmoid's values crowd at 0.5, those of tanh and ReLU at 0. With 1 sigmoid and tanh crowd at both ends, and ReLU leaves the picture. With Xavier and He values are spread out.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, drawing=Drawing(draw=draw, words=words))

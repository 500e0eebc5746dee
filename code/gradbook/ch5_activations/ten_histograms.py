"""The lecture's picture: histograms of the activations in ten layers of 500 units (goes with claims 5.16 – 5.19)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch5_activations.looks import COLORS
from gradbook.ch5_activations.wide_stack import (
    GAINS,
    LAYERS,
    NAMES,
    SAMPLES,
    SETTINGS,
    UNITS,
    Setting,
    draws,
    short,
    walk,
)
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text

SHOWN: Final = (1, 2, 4, 7, LAYERS)
BINS: Final = 21  # odd: 0 lies in the middle of a bin
REACH: Final = {"tanh": (-1.0, 1.0), "ReLU": (0.0, 3.0)}


@dataclass(frozen=True)
class Measurement:
    counts: dict[Setting, NDArray[np.float64]]  # (SHOWN, BINS) each
    last: dict[Setting, float]  # standard deviation in the last layer


def measure(seed: int = 0) -> Measurement:
    """One network of each kind from one seed. ReLU's zeros, about half, are left out; what lies beyond is in the last bin."""
    counts, last, of = {}, {}, draws(seed)
    for name, init in SETTINGS:
        hs, _ = walk(name, GAINS[init], of)
        shown = [hs[layer - 1] for layer in SHOWN]
        counts[name, init] = np.array(
            [np.histogram(np.clip(h[h != 0], *REACH[name]), BINS, REACH[name])[0] for h in shown], dtype=float
        )
        last[name, init] = float(hs[-1].std(dtype=np.float64))
    return Measurement(counts, last)


def judge(m: Measurement) -> list[Claim]:
    return []


def draw(m: Measurement, lang: Lang) -> Figure:
    made, grid = style.figure(4.4, nrows=2, ncols=3, sharex=True)
    for axes, (name, init) in zip(grid.flat, SETTINGS, strict=True):
        edges = np.linspace(*REACH[name], BINS + 1)
        for k, count in enumerate(m.counts[name, init]):
            width = np.append(count, count[-1]) / count.max() * 0.8
            axes.fill_betweenx(edges, k + 0.6, k + 0.6 + width, step="post", color=COLORS[name], alpha=0.8, linewidth=0)
        axes.set_title(f"{name}, {short_name(init)[lang]}\n{short(m.last[name, init])}", fontsize=9)
        axes.set(xlim=(0.45, len(SHOWN) + 0.6), yticks=[-1, 0, 1] if name == "tanh" else [0, 1, 2, 3])
        axes.set_xticks(range(1, len(SHOWN) + 1), [str(layer) for layer in SHOWN])
        axes.grid(visible=False, axis="x")
        axes.tick_params(length=0, pad=2)
    for row in grid:
        row[0].set_ylabel(Text("활성화 값", "activation")[lang])
    for axes in grid[-1]:
        axes.set_xlabel(Text("층", "layer")[lang])
    return made


def short_name(init: str) -> Text:
    return NAMES[init] if init != "Xavier" else Text("Xavier", "Xavier")


def words(m: Measurement, lang: Lang) -> Words:
    small, one, xavier = (short(m.last["tanh", init]) for init in ("0.01", "1", "Xavier"))
    half, he = (short(m.last["ReLU", init]) for init in ("Xavier", "He"))
    return {
        "ko": Words(
            f"층 {LAYERS}의 표준편차: tanh는 1에서 {one}, Xavier에서 {xavier}, 0.01에서 {small}; ReLU는 He에서 {he}, Xavier에서 {half}",
            f"층마다 활성화 값의 히스토그램을 세로로, 가장 찬 칸의 길이를 같게 그렸습니다. 제목의 수는 층 {LAYERS}의 표준편차. 폭 {UNITS}, 표본 {SAMPLES}개, 시드 0(여러 시드의 평균은 다음 그림). ReLU는 절반쯤인 0을 빼고, 3을 넘는 값은 맨 위 칸에 넣었습니다.",
            "여섯 칸, 층 1, 2, 4, 7, 10. tanh에서 표준편차 1은 −1과 1에 몰리고, 0.01과 n으로 나눈 것은 0의 한 칸에 몰리고, Xavier는 퍼져 있되 좁아집니다. ReLU에서 He는 모양을 지키고 Xavier는 0으로 좁아집니다.",
        ),
        "en": Words(
            f"Standard deviation in layer {LAYERS}: tanh {one} with 1, {xavier} with Xavier, {small} with 0.01; ReLU {he} with He, {half} with Xavier",
            f"Each layer's activations as an upright histogram, the fullest bin of each of equal length. In the titles: the standard deviation in layer {LAYERS}. Width {UNITS}, {SAMPLES} samples, seed 0 (means over seeds: next figure). ReLU's zeros, about half, are left out; its values beyond 3 are in the topmost bin.",
            "Six panels, layers 1, 2, 4, 7, 10. For tanh, standard deviation 1 crowds at −1 and 1; 0.01 and weights over n crowd in the one bin at 0; Xavier spreads, ever more narrowly. For ReLU, He keeps its shape and Xavier narrows to 0.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, drawing=Drawing(draw=draw, words=words))

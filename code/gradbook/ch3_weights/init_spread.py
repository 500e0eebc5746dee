"""How far the activations spread, layer by layer, for four sizes of the initial weights, and what of it is about the input
(goes with claim 3.3).
"""

from collections.abc import Sequence
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
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

type Setting = tuple[str, str]  # activation, initial weights
SETTINGS: tuple[Setting, ...] = tuple((name, init) for name in ACTIVATIONS for init in INITS)
ENDS = {"sigmoid": (0.05, 0.95), "tanh": (-0.9, 0.9)}  # beyond: within 5 % of the range of an end


@dataclass(frozen=True)
class Measurement:
    mean: dict[Setting, NDArray[np.float64]]  # (seeds, LAYERS) each
    std: dict[Setting, NDArray[np.float64]]
    signal: dict[Setting, NDArray[np.float64]]
    at_ends: dict[Setting, NDArray[np.float64]]  # share of the last layer's numbers near an end of the range, (seeds,)
    expected: dict[Setting, Spread]

    def last(self, name: str, init: str) -> Estimate:
        """Geometric mean over the seeds of the last layer's standard deviation."""
        return mean_interval(np.log(self.std[name, init][:, -1])).exp()

    def off_theory(self) -> float:
        """The largest factor between a standard deviation (mean over the seeds of its logarithm) and theory."""
        ratios = [np.log(self.std[s]).mean(axis=0) - np.log(self.expected[s].std) for s in SETTINGS]
        return float(np.exp(np.abs(ratios).max()))


def one_seed(seed: int) -> NDArray[np.float64]:
    """Mean, standard deviation, signal, share at the ends: (settings, 4, LAYERS)."""
    found = []
    for name, init in SETTINGS:
        hs = activations(name, INITS[init], seed)
        of_all, (low, high) = spread(hs), ENDS.get(name, (-np.inf, np.inf))
        at_ends = [((h < low) | (h > high)).mean() for h in hs]
        found.append([of_all.mean, of_all.std, of_all.signal, at_ends])
    return np.array(found)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Before any training, float64."""
    found = np.stack(sweep(one_seed, seeds))
    parts = [{s: found[:, i, part] for i, s in enumerate(SETTINGS)} for part in range(4)]
    return Measurement(
        mean=parts[0],
        std=parts[1],
        signal=parts[2],
        at_ends={s: shares[:, -1] for s, shares in parts[3].items()},
        expected={(name, init): predicted(name, INITS[init]) for name, init in SETTINGS},
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    def key(setting: Setting) -> str:
        return f"{setting[0].lower()}_{setting[1].lower().replace('.', '')}"

    told = [
        ("sigmoid", "Xavier"),
        ("tanh", "0.01"),
        ("tanh", "Xavier"),
        ("ReLU", "Xavier"),
        ("ReLU", "He"),
        ("ReLU", "1"),
    ]
    varying = [("sigmoid", "Xavier"), ("sigmoid", "1"), ("tanh", "Xavier"), ("ReLU", "He")]
    found = {f"std_{key(s)}": same(short(m.last(*s).value)) for s in told}
    found |= {f"std_{key(s)}_expected": same(short(m.expected[s].std[-1])) for s in told[1:5]}
    found |= {f"signal_{key(s)}": same(short(typical(m.signal[s][:, -1]))) for s in varying}
    found |= {f"signal_{key(s)}_expected": same(short(m.expected[s].signal[-1])) for s in varying[:1]}
    found |= {f"ends_{key((name, '1'))}": same(f"{100 * m.at_ends[name, '1'].mean():.0f}") for name in ENDS}
    return found | {
        "off_theory": same(f"{100 * (m.off_theory() - 1):.0f}"),
        "seeds": same(str(len(m.std[SETTINGS[0]]))),
        "layers": same(str(LAYERS)),
        "units": same(str(UNITS)),
        "samples": same(f"{SAMPLES:,}"),
    }


def typical(x: NDArray[np.float64]) -> float:
    """The geometric mean."""
    return float(np.exp(np.log(x).mean()))


LINES = {
    "1": {"color": style.PURPLE, "marker": "D"},
    "He": {"color": style.ORANGE, "marker": "s"},
    "Xavier": {"color": style.BLUE, "marker": "o"},
    "0.01": {"color": style.GREEN, "marker": "^"},
}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.6, ncols=len(ACTIVATIONS), sharey=True)
    layer = np.arange(1, LAYERS + 1)
    for axes, name in zip(panels, ACTIVATIONS, strict=True):
        for init, line in LINES.items():
            setting = name, init
            axes.plot(layer, m.expected[setting].std, color=style.INK, linewidth=0.8)
            axes.plot(layer, m.expected[setting].signal, color=style.INK, linewidth=0.8, linestyle=":")
            axes.plot(
                layer, np.exp(np.log(m.std[setting]).mean(axis=0)), linestyle="", label=init_name(init)[lang], **line
            )
            axes.plot(layer, np.exp(np.log(m.signal[setting]).mean(axis=0)), linestyle="", **line,
                      markerfacecolor=style.PAPER)  # fmt: skip
        axes.set_title(NAMES[name][lang])
        axes.set_xticks(layer)
        axes.set_xlabel(Text("층", "layer")[lang])
    style.log(panels[0].yaxis, [1e-8, 1e-6, 1e-4, 1e-2, 1, 100, 1e4])
    panels[0].set_ylabel(Text("활성화 값의 표준편차", "standard deviation of the activations")[lang])
    handles, labels = panels[0].get_legend_handles_labels()
    for face, kind, line_style in (
        (style.INK, Text("한 층 모두, 이론", "whole layer, theory"), "-"),
        (style.PAPER, Text("뉴런 하나, 이론", "one unit, theory"), ":"),
    ):
        handles += axes.plot([], [], color=style.INK, linewidth=1, linestyle=line_style, marker="o",
                             markerfacecolor=face)  # fmt: skip
        labels.append(kind[lang])
    made.legend(handles, labels, loc="outside lower center", ncols=3, columnspacing=1.2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.std[SETTINGS[0]])
    tanh, relu, both = short(m.last("tanh", "Xavier").value), short(m.last("ReLU", "He").value), "sigmoid"
    together, alone = short(m.last(both, "Xavier").value), short(typical(m.signal[both, "Xavier"][:, -1]))
    return {
        "ko": Words(
            f"층 {LAYERS}의 표준편차: tanh와 Xavier {tanh}, ReLU와 He {relu}. 시그모이드와 Xavier는 {together}이지만 뉴런 하나만 보면 {alone}",
            f"입력은 표준정규분포의 표본 {SAMPLES:,}개, 폭 {UNITS}. 채운 점은 한 층의 값을 모두 모은 표준편차, 빈 점은 뉴런 하나의 값이 표본에 따라 퍼진 정도(뉴런들의 제곱평균제곱근). 시드 {n}개의 기하평균이고, 선은 폭이 무한할 때의 이론값입니다.",
            "층 1–5, 로그 눈금. 표준편차 1의 ReLU는 층마다 커지고, 0.01은 어느 함수에서나 떨어집니다. tanh에서는 두 가지 점이 겹치고, 시그모이드에서는 빈 점이 층마다 훨씬 아래로 내려갑니다.",
        ),
        "en": Words(
            f"Standard deviation in layer {LAYERS}: {tanh} for tanh with Xavier, {relu} for ReLU with He; sigmoid with Xavier has {together}, but {alone} within a unit",
            f"{SAMPLES:,} standard normal inputs, width {UNITS}. Filled: all numbers of a layer together. Hollow: one unit's numbers over the samples (root mean square over the units). Geometric means of {n} seeds; lines: theory for infinite width.",
            "Layers 1 to 5 on a log scale. ReLU with standard deviation 1 grows from layer to layer; 0.01 falls for every function. For tanh both kinds of dots coincide; for sigmoid the hollow ones sink far below the filled ones.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1200)},
    sweeps=True,
)

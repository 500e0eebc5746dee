"""The gallery that closes the book: activation × initial weights × normalization × rate, each cell a measured accuracy."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import sqrt
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch5_activations.looks import NAMES
from gradbook.ch5_activations.stacked import BATCH, CHANCE, WIDTH, Kind, Member, accuracies
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

DEPTH, STEPS = 6, 150
ACTIVATIONS: Final = ("sigmoid", "tanh", "ReLU", "leaky ReLU", "SELU")
INITS: Final = ("0.01", "Xavier", "He", "1")
NORMALIZATIONS: Final = {
    "none": Text("정규화 없음", "no normalization"),
    "batch": Text("배치 정규화", "batch normalization"),
    "layer": Text("층 정규화", "layer normalization"),
}
RATES: Final = (0.01, 0.1, 1.0)
GOOD: Final = 80  # percent: a cell from here on counts as one that learned
type Cell = tuple[str, str, str, float]  # normalization, activation, initial weights, rate


@dataclass(frozen=True)
class Drawn:
    """The standard deviation of all weights of a network, by the name of its initial weights."""

    init: str

    def __call__(self, fan_in: int, first: bool) -> float:
        return {"0.01": 0.01, "Xavier": sqrt(1 / fan_in), "He": sqrt(2 / fan_in), "1": 1.0}[self.init]


@dataclass(frozen=True)
class Measurement:
    test: dict[Cell, NDArray[np.float64]]  # test accuracy in percent, (seeds,); NaN where training diverged

    def values(self, cell: Cell) -> NDArray[np.float64]:
        """As in `test`, guessing where training diverged."""
        return np.nan_to_num(self.test[cell], nan=CHANCE)

    def median(self, cell: Cell) -> float:
        return float(np.median(self.values(cell)))

    def diverged(self, cell: Cell) -> bool:
        """Whether most seeds did."""
        return bool(np.isnan(self.test[cell]).mean() > 0.5)

    def good(self, part: str | float) -> int:
        """How many cells of a row, column or table reach GOOD: those whose name has this part."""
        return sum(self.median(cell) >= GOOD for cell in self.test if part in cell)


def outcome(run: tuple[Kind, tuple[Member, ...]]) -> NDArray[np.float64]:
    return accuracies(*run, STEPS)


def measure(seeds: Sequence[int] = range(100, 105)) -> Measurement:
    """Every cell with the same digits in the same order and, but for their size, the same initial weights."""
    kinds = list(product(NORMALIZATIONS, ACTIVATIONS))
    members = tuple(Member(seed, Drawn(init), eta) for init in INITS for eta in RATES for seed in seeds)
    found = sweep(outcome, [(Kind(name, DEPTH, norm), members) for norm, name in kinds])
    test = {}
    for (norm, name), values in zip(kinds, found, strict=True):
        for (init, eta), own in zip(product(INITS, RATES), values.reshape(-1, len(seeds)), strict=True):
            test[norm, name, init, eta] = own
    return Measurement(test)


def judge(m: Measurement) -> list[Claim]:
    return []


def key(cell: Cell) -> str:
    norm, name, init, eta = cell
    return f"{norm}_{name}_{init}_{eta:g}".lower().replace(" ", "_").replace(".", "")


def shown(m: Measurement, cell: Cell) -> str:
    """Median and, in parentheses, the lowest and the highest seed; † where most seeds diverged."""
    if m.diverged(cell):
        return "†"
    low, middle, high = (f"{x:.0f}" for x in np.quantile(m.values(cell), [0, 0.5, 1]))
    return middle if low == high else f"{middle} ({low}–{high})"


def numbers(m: Measurement) -> dict[str, Text]:
    found = {key(cell): same(shown(m, cell)) for cell in m.test}
    parts: list[str | float] = [*NORMALIZATIONS, *ACTIVATIONS, *INITS, *RATES]
    for part in parts:
        name = (
            str(part).lower().replace(" ", "_").replace(".", "")
            if isinstance(part, str)
            else f"rate_{part:g}".replace(".", "")
        )
        found[f"good_{name}"] = same(f"{m.good(part)}/{sum(part in cell for cell in m.test)}")
    settings = {"depth": DEPTH, "width": WIDTH, "steps": STEPS, "batch": BATCH, "good": GOOD, "cells": len(m.test),
                "seeds": len(next(iter(m.test.values())))}  # fmt: skip
    return found | {name: same(str(value)) for name, value in settings.items()}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(5.0, ncols=len(NORMALIZATIONS), sharey=True)
    rows = list(product(ACTIVATIONS, INITS))
    places = [k + 0.35 * (k // len(INITS)) for k in range(len(rows))]
    for axes, (norm, title) in zip(panels, NORMALIZATIONS.items(), strict=True):
        for y, (name, init) in zip(places, rows, strict=True):
            for x, eta in enumerate(RATES):
                cell = (norm, name, init, eta)
                part = (m.median(cell) - CHANCE) / (100 - CHANCE)
                axes.add_patch(
                    Rectangle((x, y), 0.96, 0.94, facecolor=style.BLUE, alpha=0.55 * max(part, 0), linewidth=0)
                )
                axes.text(
                    x + 0.48,
                    y + 0.5,
                    "†" if m.diverged(cell) else f"{m.median(cell):.0f}",
                    ha="center",
                    va="center",
                    fontsize=8,
                )
        axes.set(xlim=(0, len(RATES)), ylim=(places[-1] + 1, -0.1))
        axes.set_xticks([k + 0.48 for k in range(len(RATES))], [f"{eta:g}" for eta in RATES])
        axes.set_title(title[lang])
        axes.tick_params(length=0)
        axes.grid(visible=False)
        for side in axes.spines.values():
            side.set_visible(False)
    panels[0].set_yticks([y + 0.5 for y in places], [init for _, init in rows])
    for k, name in enumerate(ACTIVATIONS):
        middle = (places[4 * k] + places[4 * k + 3] + 1) / 2
        panels[0].text(-1.05, middle, NAMES[name][lang], rotation=90, ha="center", va="center")
    panels[1].set_xlabel(Text("학습률", "learning rate")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    goods = [m.good(norm) for norm in NORMALIZATIONS]
    each, seeds = len(m.test) // len(NORMALIZATIONS), len(next(iter(m.test.values())))
    return {
        "ko": Words(
            f"{GOOD} % 이상 맞히는 칸: {each}칸 가운데 정규화 없이 {goods[0]}칸, 배치 정규화로 {goods[1]}칸, 층 정규화로 {goods[2]}칸",
            f"시험 정확도(%)의 중앙값, 시드 {seeds}개. 은닉층 {DEPTH}개, 폭 {WIDTH}, 손글씨 숫자, SGD {STEPS}걸음. 행은 초깃값(0.01과 1은 표준편차). 진할수록 높습니다. †는 시드 대부분이 발산한 칸입니다.",
            f"표 셋. 행은 활성화 함수와 초깃값, 열은 학습률 {', '.join(f'{eta:g}' for eta in RATES)}. 같은 값이 선택하는 쪽의 표에 모두 적혀 있습니다.",
        ),
        "en": Words(
            f"Cells that reach {GOOD}%, of {each}: {goods[0]} without normalization, {goods[1]} with batch, {goods[2]} with layer normalization",
            f"Median test accuracy (%) of {seeds} seeds. {DEPTH} hidden layers, width {WIDTH}, digits, {STEPS} steps of SGD. Rows: initial weights (0.01 and 1 are standard deviations). Darker is higher. †: most seeds diverged.",
            f"Three tables. Rows: activation and initial weights; columns: learning rates {', '.join(f'{eta:g}' for eta in RATES)}. The same numbers stand in the tables of the page for choosing.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words), sweeps=True
)

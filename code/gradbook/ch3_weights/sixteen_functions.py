"""All 16 functions of two inputs, each with its line if it has one; and how few have one with more inputs (with 3.4)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch3_weights.gate_lines import REACH, half_plane, mark
from gradbook.ch3_weights.separable import Line, best_line, count, points
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same

INPUTS = (1, 2, 3, 4)
NAMES: dict[tuple[int, ...], str] = {
    (0, 0, 0, 0): "0", (0, 0, 0, 1): "AND", (0, 0, 1, 0): "x₁ ∧ ¬x₂", (0, 0, 1, 1): "x₁",
    (0, 1, 0, 0): "¬x₁ ∧ x₂", (0, 1, 0, 1): "x₂", (0, 1, 1, 0): "XOR", (0, 1, 1, 1): "OR",
    (1, 0, 0, 0): "NOR", (1, 0, 0, 1): "XNOR", (1, 0, 1, 0): "¬x₂", (1, 0, 1, 1): "x₁ ∨ ¬x₂",
    (1, 1, 0, 0): "¬x₁", (1, 1, 0, 1): "¬x₁ ∨ x₂", (1, 1, 1, 0): "NAND", (1, 1, 1, 1): "1",
}  # fmt: skip


@dataclass(frozen=True)
class Measurement:
    line: dict[tuple[int, ...], Line]  # answers at 00, 01, 10, 11 -> the best line
    counts: NDArray[np.int64]  # of the functions of INPUTS inputs, how many one line can do

    @property
    def without(self) -> list[str]:
        return [NAMES[table] for table, line in self.line.items() if not line.parts]

    @property
    def share(self) -> NDArray[np.float64]:
        """In percent."""
        return 100 * self.counts / 2.0 ** (2 ** np.array(INPUTS))


def measure() -> Measurement:
    """A linear programme for each function of two inputs, and for one of each family of more."""
    corners = points(2)
    return Measurement(
        line={table: best_line(corners, np.array(table)) for table in NAMES},
        counts=np.array([count(inputs) for inputs in INPUTS]),
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found = {"without": same(", ".join(m.without))}
    for inputs, n, share in zip(INPUTS, m.counts, m.share, strict=True):
        found |= {
            f"all_{inputs}": same(f"{2**2**inputs:,}"),
            f"count_{inputs}": same(f"{n:,}"),
            f"share_{inputs}": same(f"{share:.3g}"),
        }
    return found


def draw(m: Measurement, lang: Lang) -> Figure:
    made, grid = style.figure(5.0, nrows=4, ncols=4)
    for axes, (table, line) in zip(grid.flat, m.line.items(), strict=True):
        constant = len(set(table)) == 1
        if constant and table[0]:
            axes.fill_between(REACH, *REACH, color=style.BLUE, alpha=0.18, linewidth=0)
        if line.parts and not constant:
            half_plane(axes, line)
        mark(axes, points(2), np.array(table), 5)
        axes.set_title(NAMES[table], color=style.INK if line.parts else style.RED)
        axes.set_xlim(*REACH)
        axes.set_ylim(*REACH)
        axes.set_aspect("equal")
        axes.set_xticks([])
        axes.set_yticks([])
        if not line.parts:
            for spine in axes.spines.values():
                spine.set(color=style.RED, linewidth=1.4, visible=True)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n, some = int(m.counts[INPUTS.index(2)]), ", ".join(m.without)
    return {
        "ko": Words(
            f"입력이 둘인 함수 16개 가운데 선 하나로 되는 것은 {n}개입니다",
            f"가로는 x₁, 세로는 x₂입니다. 찬 점은 1, 빈 점은 0, ¬은 부정, ∧은 그리고, ∨은 또는입니다. 선은 선형 계획법이 찾은 것이고, 붉은 테두리를 두른 칸({some})에는 선이 없습니다.",
            f"작은 정사각형 열여섯 개. {n}개에는 1과 0을 가르는 곧은 선이 있거나 답이 모두 같습니다. 선이 없는 것: {some}.",
        ),
        "en": Words(
            f"Of the 16 functions of two inputs, one line can do {n}",
            f"Across, x₁; up, x₂. Full points are 1, hollow ones 0; ¬ is not, ∧ and, ∨ or. The lines are those a linear program found. The panels framed in red ({some}) have none.",
            f"Sixteen small squares. In {n} a straight line parts ones from zeros, or all answers are the same. Without a line: {some}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

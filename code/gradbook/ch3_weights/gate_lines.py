"""AND, NAND and OR as lines in the plane, and why XOR is none (claim 3.4)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import and_gate, nand_gate, or_gate, xor_gate
from gradbook import style
from gradbook.ch3_weights.separable import Line, best_line, points
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate
from gradbook.text import Lang, Text, same

GATES = {"AND": and_gate, "NAND": nand_gate, "OR": or_gate, "XOR": xor_gate}
TABLES = {"AND": (0, 0, 0, 1), "NAND": (1, 1, 1, 0), "OR": (0, 1, 1, 1), "XOR": (0, 1, 1, 0)}  # at 00, 01, 10, 11
ONE_LINE = ("AND", "NAND", "OR")
REACH = (-0.5, 1.5)  # of the pictures


@dataclass(frozen=True)
class Measurement:
    answers: dict[str, tuple[int, ...]]  # what the gates of the library say at 00, 01, 10, 11
    line: dict[str, Line]  # the best line for each table, by linear programme


def measure() -> Measurement:
    """The gates' answers, and how far from both kinds of points a line can keep."""
    corners = points(2)
    return Measurement(
        answers={name: tuple(gate(corners).tolist()) for name, gate in GATES.items()},
        line={name: best_line(corners, np.array(table)) for name, table in TABLES.items()},
    )


def judge(m: Measurement) -> list[Claim]:
    exact = m.answers == TABLES
    one_line = all(m.line[name].parts for name in ONE_LINE)
    margins = [f"{m.line[name].margin:.3g}" for name in TABLES]
    return [
        Claim(
            id="3.4",
            text=Text(
                "AND, NAND, OR은 퍼셉트론 하나로 되고, XOR에는 두 층이 필요하다",
                "AND, NAND and OR are one perceptron each; XOR needs two layers",
            ),
            verdict="holds" if exact and one_line and not m.line["XOR"].parts else "does-not-hold",
            finding=Text(
                f"네 게이트의 대답 16개 가운데 {agreeing(m)}개가 진리표와 같습니다(XOR은 두 층). 선 하나가 두 무리에서 떨어질 수 있는 가장 큰 여유는 AND, NAND, OR, XOR의 차례로 {', '.join(margins)}입니다.",
                f"{agreeing(m)} of the four gates' 16 answers are as the truth tables have them (XOR with two layers). The largest margin of one line is {', '.join(margins)} for AND, NAND, OR, XOR.",
            ),
            estimate=Estimate(m.line["XOR"].margin, n=4),
            unit=Text("XOR에서 선 하나의 가장 큰 여유", "largest margin of one line for XOR"),
            shown=same(f"{m.line['XOR'].margin:.3g}"),
        )
    ]  # fmt: skip


def agreeing(m: Measurement) -> int:
    return sum(a == b for name, table in TABLES.items() for a, b in zip(m.answers[name], table, strict=True))


def numbers(m: Measurement) -> dict[str, Text]:
    return {f"margin_{name.lower()}": same(f"{line.margin:.3g}") for name, line in m.line.items()}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(1.75, ncols=4)
    for axes, (name, line) in zip(panels, m.line.items(), strict=True):
        if line.parts:
            half_plane(axes, line)
        else:  # the ones' segment and the zeros' segment
            axes.plot([0, 1], [1, 0], color=style.BLUE)
            axes.plot([0, 1], [0, 1], color=style.MUTED, linestyle="--")
        mark(axes, points(2), np.array(TABLES[name]))
        square(axes, name)
    return made


def half_plane(axes: Axes, line: Line) -> None:
    """Shade where w · x + b > 0, and draw the line."""
    ticks = np.linspace(*REACH, 81)
    x1, x2 = np.meshgrid(ticks, ticks)
    z = line.w[0] * x1 + line.w[1] * x2 + line.b
    axes.contourf(x1, x2, z, levels=[0, 100], colors=[style.BLUE], alpha=0.18)
    axes.contour(x1, x2, z, levels=[0], colors=[style.INK], linewidths=1.2)


def mark(axes: Axes, x: NDArray[np.float64], y: NDArray[np.int64], size: float = 7) -> None:
    """The ones full, the zeros hollow."""
    for value, fill in ((1, style.BLUE), (0, style.PAPER)):
        if not (y == value).any():
            continue
        chosen = x[y == value]
        axes.plot(chosen[:, 0], chosen[:, 1], "o", color=style.BLUE if value else style.INK, markerfacecolor=fill,
                  markersize=size, clip_on=False, zorder=3)  # fmt: skip


def square(axes: Axes, title: str, names: tuple[str, str] = ("x₁", "x₂")) -> None:
    axes.set_title(title)
    axes.set_xlim(*REACH)
    axes.set_ylim(*REACH)
    axes.set_xticks([0, 1])
    axes.set_yticks([0, 1])
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1], rotation=0, labelpad=6)
    axes.set_aspect("equal")
    axes.grid(False)


def words(m: Measurement, lang: Lang) -> Words:
    parted = ", ".join(name for name, line in m.line.items() if line.parts) or "—"
    crossed = ", ".join(name for name, line in m.line.items() if not line.parts) or "—"
    return {
        "ko": Words(
            f"선 하나로 갈라지는 것: {parted}. 갈라지지 않는 것: {crossed}",
            "찬 점에서는 1, 빈 점에서는 0이라고 답해야 합니다. 색칠한 쪽이 퍼셉트론이 1을 내는 곳입니다. XOR에서는 1인 점을 이은 선분(실선)과 0인 점을 이은 선분(파선)이 한가운데서 만납니다.",
            "정사각형의 네 귀퉁이를 그린 그림 넷. AND는 오른쪽 위의 점만, NAND는 그 점을 뺀 셋을, OR은 왼쪽 아래를 뺀 셋을 곧은 선으로 가릅니다. XOR에서는 두 대각선이 엇갈립니다.",
        ),
        "en": Words(
            f"Parted by one line: {parted}. Not parted: {crossed}",
            "Full points ask for a 1, hollow ones for a 0. The perceptron says 1 on the shaded side. With XOR, the segment between the ones (solid) and the segment between the zeros (dashed) meet in the middle.",
            "Four pictures of a square's corners. A straight line cuts off the upper right corner for AND and for NAND, the lower left for OR. For XOR the two diagonals cross.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

"""XOR with two layers: two lines make new coordinates, in which one line is enough (goes with claim 3.4)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import perceptron
from gradbook import style
from gradbook.ch3_weights.gate_lines import TABLES, half_plane, mark, square
from gradbook.ch3_weights.separable import Line, best_line, points
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text

HIDDEN = ("NAND", "OR")


@dataclass(frozen=True)
class Measurement:
    first: tuple[Line, Line]  # the two hidden perceptrons
    hidden: NDArray[np.int64]  # what they make of 00, 01, 10, 11, (4, 2)
    last: Line  # the output's perceptron, in the hidden coordinates
    grid: NDArray[np.float64]  # along either axis
    output: NDArray[np.int64]  # of the two layers over the plane, (x₂, x₁)
    answers: tuple[int, ...]  # at 00, 01, 10, 11


def measure(size: int = 161) -> Measurement:
    """Lines from the linear programme; perceptrons of the library through them."""
    corners = points(2)
    first = tuple(best_line(corners, np.array(TABLES[name])) for name in HIDDEN)
    hidden = layer(first, corners)
    last = best_line(hidden.astype(float), np.array(TABLES["XOR"]))
    ticks = np.linspace(-0.5, 1.5, size)
    plane = np.stack(np.meshgrid(ticks, ticks), axis=-1)
    return Measurement(
        first=(first[0], first[1]),
        hidden=hidden,
        last=last,
        grid=ticks,
        output=layer([last], layer(first, plane))[..., 0],
        answers=tuple(layer([last], hidden)[:, 0].tolist()),
    )


def layer(lines: list[Line] | tuple[Line, ...], x: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Perceptrons side by side: (..., inputs) -> (..., lines)."""
    return np.stack([perceptron(x, line.w, line.b) for line in lines], axis=-1)


def judge(m: Measurement) -> list[Claim]:
    return []


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(3.0, ncols=2)
    y = np.array(TABLES["XOR"])
    left.contourf(m.grid, m.grid, m.output, levels=[0.5, 1.5], colors=[style.BLUE], alpha=0.18)
    x1, x2 = np.meshgrid(m.grid, m.grid)
    for line, name, color, dashes, place in zip(
        m.first, HIDDEN, (style.ORANGE, style.GREEN), ("-", "--"), ((1.05, 0.72), (-0.42, 0.62)), strict=True
    ):
        left.contour(x1, x2, line.w[0] * x1 + line.w[1] * x2 + line.b, levels=[0], colors=[color], linestyles=[dashes])
        left.text(*place, name, color=color)
    mark(left, points(2), y)
    square(left, Text("입력의 평면", "the plane of inputs")[lang])
    half_plane(right, m.last)
    mark(right, m.hidden.astype(float), y)
    square(right, Text("은닉층의 평면", "the plane of hidden values")[lang], names=HIDDEN)
    right.set_ylabel(HIDDEN[1])
    for axes, places in ((left, points(2)), (right, m.hidden)):
        shown: dict[tuple[float, float], list[str]] = {}
        for place, corner in zip(places, points(2).astype(int), strict=True):
            shown.setdefault((float(place[0]), float(place[1])), []).append("".join(map(str, corner)))
        for place, names in shown.items():
            axes.annotate(", ".join(names), place, xytext=(0, 6), textcoords="offset points", ha="center", fontsize=8.5)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    places = len(np.unique(m.hidden, axis=0))
    answers = ", ".join(map(str, m.answers))
    return {
        "ko": Words(
            f"은닉층은 네 점을 {places}곳으로 모읍니다. 그 자리에서 선 하나면 XOR은 {answers}입니다",
            "왼쪽: 은닉 퍼셉트론 둘의 선과, 두 층을 지난 답이 1인 띠(색칠한 곳). 오른쪽: 은닉 퍼셉트론의 출력을 좌표로 삼아 다시 그린 같은 네 점과 출력 퍼셉트론의 선. 숫자는 x₁과 x₂.",
            "왼쪽 그림: 나란한 빗금 둘이 01과 10을 품은 띠를 두릅니다. 오른쪽 그림: 01과 10이 오른쪽 위 귀퉁이에 겹쳐 있고, 00은 오른쪽 아래, 11은 왼쪽 위에 있으며, 곧은 선이 오른쪽 위 귀퉁이를 잘라 냅니다.",
        ),
        "en": Words(
            f"The hidden layer gathers the four points in {places} places; there, one line answers XOR: {answers}",
            "Left: the lines of the two hidden perceptrons, and the strip (shaded) where both layers together say 1. Right: the same four points with the hidden perceptrons' outputs as coordinates, and the output perceptron's line. Labels: x₁ and x₂.",
            "Left: two parallel slanted lines enclose a strip that holds 01 and 10. Right: 01 and 10 lie on top of each other in the upper right corner, 00 in the lower right, 11 in the upper left; a straight line cuts off the upper right corner.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, drawing=Drawing(draw=draw, words=words))

"""A computational graph, drawn: above each edge the value that goes forward, below it the gradient that comes back."""

from collections.abc import Callable
from itertools import pairwise
from math import hypot
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, FancyArrowPatch
from matplotlib.path import Path

from deepgrad import Node, gradients, layout
from gradbook import style
from gradbook.stats import SUPERSCRIPT, number, significant_decimals
from gradbook.text import Lang, Text

PAGE = style.WIDTH * 72  # all lengths are points
ROW, MARGIN, KEY = 26.0, 2.0, 20.0  # a row holds a line, a number above it and one below it
NAME, SMALL = 9.0, 8.5  # font sizes of names and numbers
RADIUS = 7.5  # of the circle around an operation
BEFORE, BEHIND, PAD = 2.0, 8.0, 3.0  # a line's least room before its numbers, behind them for its arrow, along them
SLANT = 18.0  # the room it would like for each row that it climbs
SIGNS = {"sigmoid": "σ", "relu": "ReLU", "half_square": "½( )²"}
FORWARD = Text("선 위: 앞으로 가는 값 →", "above a line: the value going forward →")
BACKWARD = Text("← 선 아래: 되돌아오는 기울기", "← below: the gradient coming back")

type Span = tuple[float, float]  # left and right end
type Ruler = Callable[[str, float], float]  # how wide a text is at a font size


def draw(output: Node, lang: Lang) -> Figure:
    """The graph that ends in `output`, its nodes under the names they have; ValueError if it is too wide for a page.

    Five or six operations in a row fit. `add` of all that enters a neuron saves columns.
    """
    plan, gradient = layout(output), gradients(output)
    rows = 1 + max(row for places in [plan.nodes.values(), *plan.edges.values()] for _, row in places)
    made, axes = style.figure((rows * ROW + KEY) / 72)
    made.set_layout_engine("none")
    axes.set(position=(0, 0, 1, 1), xlim=(0, PAGE), ylim=(rows * ROW + KEY, 0))
    axes.set_axis_off()
    width = ruler(made)
    numbers = {
        (node, i): (carried(node.inputs[i]), shown(back))
        for node in plan.nodes
        for i, back in enumerate(node.back(gradient[node]))
    }
    result = shown(output.value), shown(gradient[output])

    last = 2 * round(plan.nodes[output][0]) + 1  # layers are half columns; this one is the line that leaves the graph
    need, climb = [0.0] * (last + 1), [0.0] * last
    need[last] = max(width(text, SMALL) for text in result) + PAD
    for node, (column, _) in plan.nodes.items():
        need[round(2 * column)] = max(need[round(2 * column)], body(node, width))
    for edge, places in plan.edges.items():
        own = round(2 * places[-2][0])
        need[own] = max(need[own], *(width(text, SMALL) + PAD for text in numbers[edge]))
        for (column, row), (_, next_row) in pairwise(places):
            climb[round(2 * column)] = max(climb[round(2 * column)], abs(next_row - row))
    spans = spread(need, climb, width(output.name, NAME) if output.inputs else 0.0)

    def at(place: tuple[float, float]) -> tuple[Span, float]:
        return spans[round(2 * place[0])], (place[1] + 0.5) * ROW

    for edge, places in plan.edges.items():
        ((_, start), y), *line, ((_, end), goal) = map(at, places)
        half = body(edge[0], width) / 2
        connect(axes, [((start, start), y), *line], (end - half, goal), half)
        write(axes, *line[-1], *numbers[edge])
    for node, place in plan.nodes.items():
        (_, right), y = at(place)
        center = (right - body(node, width) / 2, y)
        if node.inputs:
            size = (body(node, width), 2 * RADIUS)
            axes.add_patch(Ellipse(center, *size, facecolor=style.PAPER, edgecolor=style.INK, zorder=3))
        axes.text(*center, sign(node), ha="center", va="center", fontsize=SMALL if node.inputs else NAME, zorder=4)
    (_, right), y = at(plan.nodes[output])
    arrow(axes, [(right, y), (spans[last][1] + BEHIND, y)], [Path.MOVETO, Path.LINETO])
    write(axes, spans[last], y, *result)
    if output.inputs:
        axes.text(PAGE - MARGIN, y, output.name, ha="right", va="center", fontsize=NAME)
    bottom = rows * ROW + KEY / 2
    axes.text(MARGIN, bottom, FORWARD[lang], va="center", color=style.BLUE, fontsize=SMALL)
    axes.text(PAGE - MARGIN, bottom, BACKWARD[lang], ha="right", va="center", color=style.ORANGE, fontsize=SMALL)
    return made


def spread(need: list[float], climb: list[float], name: float) -> list[Span]:
    """The layers side by side across the page: each as wide as it needs, and between them room for lines to climb.

    Where room is short the steepest lines get it first; what is left over goes to the numbers' layers.
    """
    least = [BEHIND if k % 2 else BEFORE for k in range(len(climb))]
    free = PAGE - 2 * MARGIN - sum(need) - BEHIND - (name + BEFORE if name else 0)
    if sum(least) > free:
        raise ValueError(
            f"the graph is {sum(least) - free:.0f} points too wide for a page: draw a part of it, or shorten its names"
        )

    def between(slant: float) -> list[float]:
        return [max(slant * rows, room) for rows, room in zip(climb, least, strict=True)]

    slants = (SLANT * percent / 100 for percent in range(100, -1, -1))
    gaps = next(tried for tried in map(between, slants) if sum(tried) <= free)
    spare = (free - sum(gaps)) / (len(need) // 2)
    spans, x = [], MARGIN
    for k, wide in enumerate(need):
        spans.append((x, x + wide + (spare if k % 2 else 0)))
        x = spans[-1][1] + (gaps[k] if k < len(gaps) else 0)
    return spans


def connect(axes: Axes, line: list[tuple[Span, float]], center: tuple[float, float], half: float) -> None:
    """A line that runs level through the spans and bends between them, to an ellipse `half` as wide to each side."""
    ((_, x), y), *level = line
    points = [(x, y)]
    codes: list[Any] = [Path.MOVETO]
    for (left, right), row in level:
        points += [((x + left) / 2, y), ((x + left) / 2, row), (left, row), (right, row)]
        codes += [Path.CURVE4] * 3 + [Path.LINETO]
        x, y = right, row
    knee = x + 0.35 * (center[0] - half - x)
    away = hypot((center[0] - knee) / half, (center[1] - y) / RADIUS)  # in radii, from where the arrow aims
    points += [(knee, y), (center[0] - (center[0] - knee) / away, center[1] - (center[1] - y) / away)]
    arrow(axes, points, [*codes, Path.CURVE3, Path.CURVE3])


def arrow(axes: Axes, points: list[tuple[float, float]], codes: list[Any]) -> None:
    head = "-|>,head_width=0.18,head_length=0.36"
    path = Path(points, codes)
    axes.add_patch(FancyArrowPatch(path=path, arrowstyle=head, mutation_scale=10, color=style.MUTED, linewidth=1))


def write(axes: Axes, span: Span, y: float, above: str, below: str) -> None:
    middle = sum(span) / 2
    axes.text(middle, y - 1.5, above, ha="center", va="bottom", color=style.BLUE, fontsize=SMALL)
    axes.text(middle, y + 2.5, below, ha="center", va="top", color=style.ORANGE, fontsize=SMALL)


def ruler(made: Figure) -> Ruler:
    renderer = FigureCanvasAgg(made).get_renderer()  # type: ignore[no-untyped-call]

    def width(text: str, size: float) -> float:
        written = made.text(0, 0, text, fontsize=size)
        wide = written.get_window_extent(renderer).width * 72 / made.dpi
        written.remove()
        return float(wide)

    return width


def body(node: Node, width: Ruler) -> float:
    """How wide a node is: the ellipse around an operation's sign, or a leaf's name."""
    return max(2 * RADIUS, 1.14 * width(sign(node), SMALL) + 4) if node.inputs else width(sign(node), NAME) + PAD


def sign(node: Node) -> str:
    if not node.inputs:
        return node.name or shown(node.value)
    power = node.op.removeprefix("^")
    if power != node.op and power.lstrip("-").isdigit():
        return "( )" + power.translate(SUPERSCRIPT)
    return SIGNS.get(node.op, node.op)


def carried(node: Node) -> str:
    """What a node sends on; a result that has a name is called by it."""
    return f"{node.name} = {shown(node.value)}" if node.inputs and node.name else shown(node.value)


def shown(x: float) -> str:
    """Three significant figures, two of small numbers, no zeros at the end."""
    text = number(x, significant_decimals(x, 3 if abs(x) >= 0.1 else 2))
    return text.rstrip("0").rstrip(".") if "." in text and "·" not in text else text

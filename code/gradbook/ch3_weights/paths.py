"""Adding up every path from a weight to the cost, against backpropagation, as a network gets deeper (goes with claim 3.11)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Node, add, gradients, history, leaf, relative_error, sigmoid
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import order, power_of_ten_above
from gradbook.text import Lang, Text, same

WIDTH, DEPTHS = 3, tuple(range(1, 9))


@dataclass(frozen=True)
class Measurement:
    paths: NDArray[np.int64]  # from the first input to the output, (depths,)
    weights: NDArray[np.int64]  # how many leaves backpropagation finds the gradients of, (depths,)
    one_by_paths: NDArray[np.int64]  # operations for the gradient of one leaf, (depths,)
    all_by_backprop: NDArray[np.int64]  # operations for those of all leaves, (depths,)
    error: float  # largest relative difference of the two


def network(depth: int, rng: np.random.Generator) -> tuple[Node, Node]:
    """(output, first input) of `depth` layers of WIDTH sigmoids, and one output that adds them up."""
    first, *others = (leaf(f"x{i}", x) for i, x in enumerate(rng.uniform(size=WIDTH)))
    h = [first, *others]
    for _ in range(depth):
        sums = [
            add(*(leaf("", w) * unit for w, unit in zip(row, h, strict=True)))
            for row in rng.normal(size=(WIDTH, WIDTH))
        ]
        h = [z.apply(sigmoid) for z in sums]
    return add(*h), first  # fmt: skip


def by_paths(output: Node, wanted: Node) -> tuple[float, int, int]:
    """(∂output/∂wanted, operations, paths): the chain rule as it is written, remembering nothing on the way."""
    if output is wanted:
        return 1.0, 0, 1
    found, operations, paths = 0.0, 0, 0
    for source, slope in zip(output.inputs, output.slopes, strict=True):
        derivative, used, ways = by_paths(source, wanted)
        found += slope * derivative
        operations += used + 2  # one multiplication, one addition
        paths += ways
    return found, operations, paths


def edges(output: Node) -> int:
    return sum(len(node.inputs) for node in history(output))


def measure(depths: Sequence[int] = DEPTHS) -> Measurement:
    """One network at each depth; both ways find the gradient of the first input."""
    rows, errors = [], []
    for depth in depths:
        output, first = network(depth, np.random.default_rng(depth))
        derivative, operations, paths = by_paths(output, first)
        errors.append(relative_error(derivative, gradients(output)[first]))
        leaves = sum(not node.inputs for node in history(output))
        rows.append((paths, leaves, operations, 2 * edges(output)))  # two operations an edge: see `gradients`
    paths_, leaves_, by_path, by_back = np.array(rows).T
    return Measurement(paths_, leaves_, by_path, by_back, max(errors))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "width": same(str(WIDTH)),
        "deepest": same(str(DEPTHS[-1])),
        "paths": same(f"{m.paths[-1]:,}"),
        "one_by_paths": same(f"{m.one_by_paths[-1]:,}"),
        "all_by_backprop": same(f"{m.all_by_backprop[-1]:,}"),
        "leaves": same(f"{m.weights[-1]:,}"),
        "per_layer": same(f"{m.one_by_paths[-1] / m.one_by_paths[-2]:.2f}"),
        "added": same(f"{m.all_by_backprop[-1] - m.all_by_backprop[-2]}"),
        "error": same(order(power_of_ten_above(m.error)) if m.error else "0"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(2.9)
    both = (
        (m.one_by_paths, style.SERIES[1], Text("경로를 하나하나: 기울기 하나", "path by path: one gradient")),
        (m.all_by_backprop, style.SERIES[0], Text("역전파: 모든 기울기", "backpropagation: all gradients")),
    )
    for counts, line, name in both:
        axes.plot(DEPTHS, counts, label=name[lang], **line)
    style.log(axes.yaxis)
    axes.set_xticks(DEPTHS)
    axes.set_xlabel(Text("층의 수", "layers")[lang])
    axes.set_ylabel(Text("연산의 수", "arithmetic operations")[lang])
    axes.legend(loc="upper left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    deepest, paths = DEPTHS[-1], f"{m.paths[-1]:,}"
    naive, back = f"{m.one_by_paths[-1]:,}", f"{m.all_by_backprop[-1]:,}"
    return {
        "ko": Words(
            f"{deepest}층에서 경로를 하나하나 더하면 연산 {naive}번, 역전파는 {back}번입니다",
            f"층마다 시그모이드 {WIDTH}개인 계산 그래프. 위는 한 입력의 기울기를 지나온 길을 기억하지 않고 연쇄 법칙대로 구할 때, 아래는 역전파로 모든 입력과 가중치의 기울기를 구할 때.",
            f"가로축은 1–{deepest}층, 세로축은 로그 눈금의 연산 수. 경로를 더하는 선은 곧게 올라 {naive}, 역전파는 완만하게 올라 {back}. {deepest}층의 경로는 {paths}개.",
        ),
        "en": Words(
            f"At {deepest} layers, adding up paths takes {naive} operations, backpropagation {back}",
            f"Graphs of {WIDTH} sigmoids a layer. Above: the gradient of one input by the chain rule, remembering nothing on the way. Below: backpropagation, for the gradients of all inputs and weights.",
            f"1 to {deepest} layers against operations on a log scale. Adding up paths rises in a straight line to {naive}, backpropagation gently to {back}. At {deepest} layers there are {paths} paths.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

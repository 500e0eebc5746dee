"""A network of two inputs, two hidden neurons and one output, as large as a page can hold (goes with claim 3.9)."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from deepgrad import Node, history
from gradbook import graph_figure
from gradbook.ch3_weights import graphs
from gradbook.ch3_weights.apples import by_name
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.graph_figure import shown
from gradbook.text import Lang, Text, same

SHARED = "x₁"  # an input that both hidden neurons use


@dataclass(frozen=True)
class Measurement:
    output: Node
    gradient: dict[str, float]  # of the output, by the leaf's name
    ways: tuple[float, float]  # what comes back to SHARED from the two multiplications that use it


def measure() -> Measurement:
    """The graph; at a node that is used twice, what comes back from each use."""
    output = graphs.net()
    gradient = by_name(output)
    sums = {name: slope for name, slope in gradient.items() if name.startswith("b")}  # of each hidden neuron's sum
    by_bias = {"w₁₁": sums["b₁"], "w₂₁": sums["b₂"]}
    weights = {node.name: node.value for node in history(output)}
    first, second = (weights[name] * slope for name, slope in by_bias.items())
    return Measurement(output, gradient, (first, second))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "first": same(shown(m.ways[0])),
        "second": same(shown(m.ways[1])),
        "shared": same(shown(m.gradient[SHARED])),
        "parameters": same(str(sum(name[0] in "wbvc" for name in m.gradient))),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    return graph_figure.draw(m.output, lang)


def words(m: Measurement, lang: Lang) -> Words:
    first, second, both = shown(m.ways[0]), shown(m.ways[1]), shown(m.gradient[SHARED])
    y = shown(m.output.value)
    return {
        "ko": Words(
            "두 곳에 쓰인 값에는 두 길로 돌아온 기울기를 더합니다",
            f"입력 둘, 은닉층의 뉴런 둘, 출력 y 하나. x₁은 두 뉴런이 함께 쓰므로 그 기울기는 {first} + {second} = {both}입니다.",
            f"왼쪽에 가중치 넷과 입력 둘, 가운데에 시그모이드 둘, 오른쪽에 출력 y = {y}. 선마다 위에 값, 아래에 기울기가 적혀 있습니다.",
        ),
        "en": Words(
            "A value that is used twice gets the sum of what comes back both ways",
            f"Two inputs, two hidden neurons, one output y. Both neurons use x₁, so its gradient is {first} + {second} = {both}.",
            f"Four weights and two inputs on the left, two sigmoids in the middle, the output y = {y} on the right; above each line its value, below it the gradient.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

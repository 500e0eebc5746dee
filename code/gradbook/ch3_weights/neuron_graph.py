"""One neuron and its squared error as a graph (goes with claim 3.9)."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from deepgrad import Node
from gradbook import graph_figure
from gradbook.ch3_weights import graphs
from gradbook.ch3_weights.apples import by_name
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.graph_figure import shown
from gradbook.text import Lang, Text, same

ETA = 1.0


@dataclass(frozen=True)
class Measurement:
    cost: Node
    gradient: dict[str, float]  # of the cost, by the leaf's name
    after: float  # the cost after one step of gradient descent with both weights and the bias


def measure() -> Measurement:
    """The graph of one example, and the cost once the weights have taken a step against their gradients."""
    cost = graphs.neuron()
    gradient = by_name(cost)
    start = {"w1": ("w₁", 0.9), "w2": ("w₂", -1.5), "b": ("b", -0.3)}
    stepped = {key: value - ETA * gradient[name] for key, (name, value) in start.items()}
    return Measurement(cost, gradient, graphs.neuron(**stepped).value)


def judge(m: Measurement) -> list[Claim]:
    return []


def miss(m: Measurement) -> float:
    """y − t, what the last operation is given."""
    return m.cost.inputs[0].value


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "miss": same(shown(miss(m))),
        "w1": same(shown(m.gradient["w₁"])),
        "w2": same(shown(m.gradient["w₂"])),
        "b": same(shown(m.gradient["b"])),
        "x2": same(shown(m.gradient["x₂"])),
        "cost": same(shown(m.cost.value)),
        "after": same(shown(m.after)),
        "eta": same(f"{ETA:g}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    return graph_figure.draw(m.cost, lang)


def words(m: Measurement, lang: Lang) -> Words:
    w1, w2, b = (shown(m.gradient[name]) for name in ("w₁", "w₂", "b"))
    return {
        "ko": Words(
            f"뉴런도 같은 그래프입니다. 제곱 오차에서 y − t({shown(miss(m))})가 되돌아옵니다",
            "입력 둘, 가중치 둘, 편향 하나, 시그모이드(σ), 정답 t = 1, 비용 C = ½(y − t)². 더하는 곳의 선 셋에는 같은 기울기가 돌아옵니다.",
            f"왼쪽부터 곱셈 둘, 덧셈, 시그모이드, 뺄셈, 제곱의 반. 되돌아온 기울기는 w₁ {w1}, w₂ {w2}, b {b}.",
        ),
        "en": Words(
            f"A neuron is such a graph, too; from the squared error y − t ({shown(miss(m))}) comes back",
            "Two inputs, two weights, a bias, the sigmoid (σ), right answer t = 1, cost C = ½(y − t)². The three lines into the addition get the same gradient back.",
            f"From the left: two multiplications, an addition, the sigmoid, a subtraction, half a square. The gradients that arrive: w₁ {w1}, w₂ {w2}, b {b}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

"""Apples and oranges: the purchase as a graph, checked number by number (claim 3.9)."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from deepgrad import Node, gradients, history, relative_error
from gradbook import graph_figure
from gradbook.ch3_weights import graphs
from gradbook.ch3_weights.apples import by_name
from gradbook.ch3_weights.graphs import COUNT, ORANGE_COUNT, ORANGE_PRICE, PRICE, TAX
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.graph_figure import shown
from gradbook.stats import Estimate, order, power_of_ten_above
from gradbook.text import Lang, Text, same

# The value of each node and its gradient, worked out by hand: leaves first, in the order of the graph.
BY_HAND_APPLES = ((100, 2.2), (2, 110), (200, 1.1), (1.1, 200), (220, 1))
BY_HAND_FRUIT = ((100, 2.2), (2, 110), (200, 1.1), (150, 3.3), (3, 165), (450, 1.1), (650, 1.1), (1.1, 650), (715, 1))


@dataclass(frozen=True)
class Measurement:
    paid: dict[Lang, Node]
    gradient: dict[str, float]  # by the leaf's English name
    error: float  # the largest relative difference from the numbers by hand, in both graphs
    checked: int  # how many numbers that were


def found(output: Node) -> list[tuple[float, float]]:
    """(value, gradient) of every node, inputs before what is made of them."""
    back = gradients(output)
    return [(node.value, back[node]) for node in history(output)]


def measure() -> Measurement:
    """Both purchases against the numbers by hand."""
    pairs = [(found(graphs.apples("en")), BY_HAND_APPLES), (found(graphs.fruit("en")), BY_HAND_FRUIT)]
    errors = [
        relative_error(number, expected)
        for computed, by_hand in pairs
        for ours, theirs in zip(computed, by_hand, strict=True)
        for number, expected in zip(ours, theirs, strict=True)
    ]
    return Measurement(
        paid={"ko": graphs.fruit("ko"), "en": graphs.fruit("en")},
        gradient=by_name(graphs.fruit("en")),
        error=max(errors),
        checked=len(errors),
    )


def judge(m: Measurement) -> list[Claim]:
    bound = power_of_ten_above(m.error)
    back = {name: shown(value) for name, value in m.gradient.items()}
    paid = shown(m.paid["en"].value)
    apart = order(bound) if bound else "0"
    return [
        Claim(
            id="3.9",
            text=Text(
                "역전파는 사과를 사고 내는 돈의 계산 그래프로 설명된다",
                "Backpropagation is explained by the graph of a purchase of apples",
            ),
            verdict="holds" if m.error < 1e-12 else "does-not-hold",
            finding=Text(
                f"그래프를 앞으로 가는 수와 되돌아오는 수 {m.checked}개가 모두 손으로 계산한 값과 상대 오차 {apart} 안에서 같습니다. "
                f"사과와 귤을 사면 {paid}원을 내고, 소비세의 기울기는 {back[TAX.en]}입니다.",
                f"All {m.checked} numbers that go forward and come back through the graphs are those worked out by hand, to a relative error of {apart}. "
                f"Apples and oranges cost {paid} won, and the gradient of the tax is {back[TAX.en]}.",
            ),
            estimate=Estimate(bound, n=m.checked),
            unit=Text("손으로 계산한 값과의 상대 오차", "relative error against the numbers by hand"),
            shown=same(f"< {apart}" if bound else apart),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    names = {"price": PRICE, "count": COUNT, "orange_price": ORANGE_PRICE, "orange_count": ORANGE_COUNT, "tax": TAX}
    return {key: same(shown(m.gradient[name.en])) for key, name in names.items()} | {
        "paid": same(shown(m.paid["en"].value)),
        "before_tax": same(shown(m.paid["en"].inputs[0].value)),
        "checked": same(str(m.checked)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    return graph_figure.draw(m.paid[lang], lang)


def words(m: Measurement, lang: Lang) -> Words:
    back = {name: shown(value) for name, value in m.gradient.items()}
    apple, orange = (f"{back[a.en]}, {back[b.en]}" for a, b in ((PRICE, COUNT), (ORANGE_PRICE, ORANGE_COUNT)))
    bought = m.paid["en"].inputs[0]
    of_apples, of_oranges = (shown(node.value) for node in bought.inputs)
    sums, paid = shown(bought.value), shown(m.paid["en"].value)
    return {
        "ko": Words(
            "덧셈은 되돌아온 수를 양쪽에 그대로 나누어 줍니다",
            "앞의 사과에 150원짜리 귤 세 개를 더했습니다. 더하는 곳에 온 기울기는 갈라져 그대로 돌아갑니다.",
            f"사과 {of_apples}, 귤 {of_oranges}, 합 {sums}, 소비세를 곱해 {paid}. 되돌아오는 기울기는 사과 가격과 개수에서 {apple}, "
            f"귤 가격과 개수에서 {orange}, 소비세에서 {back[TAX.en]}.",
        ),
        "en": Words(
            "An addition hands what comes back to both sides, unchanged",
            "The apples from before and three oranges of 150 won. Where they are added, the gradient goes back both ways as it is.",
            f"Apples for {of_apples} and oranges for {of_oranges} add up to {sums}; times the tax that is {paid}. The gradients that come back: {apple} "
            f"at the price and number of apples, {orange} at those of oranges, {back[TAX.en]} at the tax.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

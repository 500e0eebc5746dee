"""Two apples and the tax, as a graph with every number that goes forward and comes back (goes with claim 3.9)."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from deepgrad import Node, gradients
from gradbook import graph_figure
from gradbook.ch3_weights import graphs
from gradbook.ch3_weights.graphs import COUNT, PRICE, TAX
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.graph_figure import shown
from gradbook.text import Lang, Text, same


@dataclass(frozen=True)
class Measurement:
    paid: dict[Lang, Node]  # the same graph with names in either language
    gradient: dict[str, float]  # of what is paid, by the leaf's English name
    dearer: float  # how much more is paid if one apple costs one won more
    taxed: float  # how much more is paid if the tax is one percentage point more


def by_name(output: Node) -> dict[str, float]:
    """∂output/∂leaf for the leaves with a name."""
    return {node.name: slope for node, slope in gradients(output).items() if node.name and not node.inputs}


def measure() -> Measurement:
    """The graph, and what really happens to the sum when a price or the tax changes."""
    paid = graphs.apples("en").value
    return Measurement(
        paid={"ko": graphs.apples("ko"), "en": graphs.apples("en")},
        gradient=by_name(graphs.apples("en")),
        dearer=graphs.apples("en", price=101).value - paid,
        taxed=graphs.apples("en", tax=1.11).value - paid,
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "paid": same(shown(m.paid["en"].value)),
        "price": same(shown(m.gradient[PRICE.en])),
        "count": same(shown(m.gradient[COUNT.en])),
        "tax": same(shown(m.gradient[TAX.en])),
        "dearer": same(shown(m.dearer)),
        "taxed": same(shown(m.taxed)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    return graph_figure.draw(m.paid[lang], lang)


def words(m: Measurement, lang: Lang) -> Words:
    back = {name: shown(m.gradient[name]) for name in (PRICE.en, COUNT.en, TAX.en)}
    before, paid = shown(m.paid["en"].inputs[0].value), shown(m.paid["en"].value)
    return {
        "ko": Words(
            f"사과 값이 1원 오르면 {back[PRICE.en]}원을 더 냅니다",
            "100원짜리 사과 두 개와 10 % 소비세(1.1배). 곱셈은 되돌아온 수에 상대편의 값을 곱해 돌려줍니다.",
            f"왼쪽에서 오른쪽으로 가는 그래프. 사과 가격 100과 개수 2를 곱해 {before}, 소비세 1.1을 곱해 {paid}. "
            f"되돌아오는 기울기는 사과 가격 {back[PRICE.en]}, 개수 {back[COUNT.en]}, 소비세 {back[TAX.en]}.",
        ),
        "en": Words(
            f"If an apple costs 1 won more, you pay {back[PRICE.en]} won more",
            "Two apples of 100 won and 10% tax (a factor of 1.1). A multiplication multiplies what comes back by the other value and hands that on.",
            f"A graph from left to right. Price 100 times 2 apples is {before}, times tax 1.1 is {paid}. "
            f"The gradients that come back are {back[PRICE.en]} at the price, {back[COUNT.en]} at the number of apples and {back[TAX.en]} at the tax.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

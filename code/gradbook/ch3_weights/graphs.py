"""The computations that this chapter draws as graphs: two purchases, a neuron and a small network."""

import numpy as np

from deepgrad import Node, add, leaf, sigmoid
from deepgrad.signatures import Array, Pullback, Real
from gradbook.text import Lang, Text

PAID = Text("지불 금액", "to pay")
PRICE, COUNT, TAX = Text("사과 가격", "apple price"), Text("사과 개수", "apples"), Text("소비세", "tax")
ORANGE_PRICE, ORANGE_COUNT = Text("귤 가격", "orange price"), Text("귤 개수", "oranges")


def half_square(e: Real) -> tuple[Array, Pullback]:
    """½ e², with derivative e: the squared error of one output, as one operation of a graph."""

    def back(d: Real) -> Array:
        return np.asarray(d * e)

    return np.asarray(0.5 * e * e), back


def apples(lang: Lang, price: float = 100, count: float = 2, tax: float = 1.1) -> Node:
    """Apples of 100 won each, two of them, and 10 % tax."""
    return (leaf(PRICE[lang], price) * leaf(COUNT[lang], count) * leaf(TAX[lang], tax)).named(PAID[lang])


def fruit(lang: Lang) -> Node:
    """The same with three oranges of 150 won."""
    all_apples = leaf(PRICE[lang], 100) * leaf(COUNT[lang], 2)
    all_oranges = leaf(ORANGE_PRICE[lang], 150) * leaf(ORANGE_COUNT[lang], 3)
    return ((all_apples + all_oranges) * leaf(TAX[lang], 1.1)).named(PAID[lang])


def neuron(w1: float = 0.9, w2: float = -1.5, b: float = -0.3) -> Node:
    """C = ½ (σ(w₁x₁ + w₂x₂ + b) − t)² for one example."""
    z = add(leaf("w₁", w1) * leaf("x₁", 0.6), leaf("w₂", w2) * leaf("x₂", 0.2), leaf("b", b))
    return (z.apply(sigmoid).named("y") - leaf("t", 1)).apply(half_square).named("C")


def net() -> Node:
    """Two inputs, two hidden neurons, one output y without an activation function: as much as a page can hold."""
    x1, x2 = leaf("x₁", 0.6), leaf("x₂", -0.4)
    rows = (("₁", 0.5, -0.7, 0.1), ("₂", -1.2, 0.3, 0.2))
    h1, h2 = (
        add(leaf(f"w{i}₁", first) * x1, leaf(f"w{i}₂", second) * x2, leaf(f"b{i}", b)).apply(sigmoid).named(f"h{i}")
        for i, first, second, b in rows
    )
    return add(leaf("v₁", 1.4) * h1, leaf("v₂", -0.8) * h2, leaf("c", 0.05)).named("y")

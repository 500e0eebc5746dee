"""The oracles: the purchase by hand, finite differences, closed forms, a network of layers."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given

from deepgrad import (
    Activation,
    Dense,
    Network,
    add,
    check_gradient,
    gradients,
    history,
    leaf,
    leaky_relu,
    normal,
    relu,
    sigmoid,
    softplus,
    tanh,
)
from deepgrad.graph import Node
from tests.strategies import seeds


def test_the_purchase_of_apples_worked_by_hand():
    price, count, tax = leaf("apple price", 100), leaf("apples", 2), leaf("tax", 1.1)
    fruit = price * count
    paid = fruit * tax
    found = gradients(paid)
    assert (fruit.value, paid.value) == (200, pytest.approx(220, rel=1e-15))
    assert [found[node] for node in (price, count, tax, fruit, paid)] == pytest.approx(
        [2.2, 110, 200, 1.1, 1], rel=1e-15
    )
    assert [fruit.back(found[fruit]), paid.back(1.0)] == [pytest.approx((2.2, 110)), pytest.approx((1.1, 200))]


def test_the_purchase_of_apples_and_oranges_worked_by_hand():
    leaves = [leaf("", x) for x in (100, 2, 150, 3, 1.1)]
    apple, apples, orange, oranges, tax = leaves
    paid = (apple * apples + orange * oranges) * tax
    found = gradients(paid)
    assert paid.value == pytest.approx(715, rel=1e-15)
    assert [found[node] for node in leaves] == pytest.approx([2.2, 110, 3.3, 165, 650], rel=1e-15)


OPERATIONS = {
    "a + b": lambda a, b: a + b,
    "a - b": lambda a, b: a - b,
    "a * b": lambda a, b: a * b,
    "a / b": lambda a, b: a / b,
    "-a": lambda a, b: -a,
    "a ** 3": lambda a, b: a**3,
    "a ** -0.5": lambda a, b: a**-0.5,
    "a ** 0": lambda a, b: a**0,
    "exp": lambda a, b: a.exp(),
    "log": lambda a, b: a.log(),
    "sigmoid": lambda a, b: a.apply(sigmoid),
    "tanh": lambda a, b: a.apply(tanh),
    "relu": lambda a, b: a.apply(relu),
    "softplus": lambda a, b: a.apply(softplus),
    "numbers on the left": lambda a, b: 2 + (3 - a) * np.float64(4) - 5 / b + np.float64(6) * b,
    "numbers on the right": lambda a, b: ((a + 2) * 3 - 4) / 5,
    "add": lambda a, b: add(a, b, 2.5, a),
    "a meets itself": lambda a, b: (a * a + a / b) * (a - b),
}


PLAIN = {  # the others are the same for Python's numbers
    "exp": lambda a, b: math.exp(a),
    "log": lambda a, b: math.log(a),
    "sigmoid": lambda a, b: 1 / (1 + math.exp(-a)),
    "tanh": lambda a, b: math.tanh(a),
    "relu": lambda a, b: max(a, 0),
    "softplus": lambda a, b: math.log(1 + math.exp(a)),
    "add": lambda a, b: a + b + 2.5 + a,
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_the_value_python_gives_and_the_slope_of_finite_differences(name):
    f = OPERATIONS[name]

    def op(v):
        a, b = leaf("a", v[0]), leaf("b", v[1])
        y = f(a, b)
        found = {a: 0.0, b: 0.0} | gradients(y)
        return y.value, lambda dy: dy * np.array([found[a], found[b]])

    assert check_gradient(op, np.array([0.7, -1.3])) < 1e-7
    assert op((0.7, -1.3))[0] == pytest.approx(PLAIN.get(name, f)(0.7, -1.3), rel=1e-14)


@given(seed=seeds)
def test_any_graph_of_shared_nodes_goes_back_as_finite_differences_say(seed):
    choices = [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / (b**2 + 1),
               lambda a, b: a.apply(tanh), lambda a, b: (a.apply(sigmoid) + b**2).log()]  # fmt: skip

    def op(v):
        rng = np.random.default_rng(seed)
        nodes = [leaf("x", x) for x in v]
        leaves = tuple(nodes)
        for _ in range(8):
            a, b = rng.integers(len(nodes), size=2)
            nodes.append(choices[rng.integers(len(choices))](nodes[a], nodes[b]).apply(tanh))
        y = add(*nodes)
        found = gradients(y)
        return y.value, lambda dy: dy * np.array([found[x] for x in leaves])

    assert check_gradient(op, np.random.default_rng(seed).uniform(-1, 1, 3)) < 1e-7


def test_a_small_network_as_a_graph_agrees_with_the_layers():
    rng = np.random.default_rng(0)
    net = Network([Dense(2, 2, normal(1)), Activation(sigmoid), Dense(2, 1, normal(1))])
    theta, x = rng.normal(size=net.size), rng.normal(size=2)
    y, back = net(theta, x[None])
    t = [leaf("", value) for value in theta]  # W₁ (2, 2), b₁ (2), W₂ (2, 1), b₂ (1)
    h = [add(t[j] * x[0], t[2 + j] * x[1], t[4 + j]).apply(sigmoid) for j in range(2)]
    out = add(t[6] * h[0], t[7] * h[1], t[8])
    found = gradients(out)
    assert out.value == pytest.approx(y[0, 0], rel=1e-14)
    np.testing.assert_allclose([found[node] for node in t], back(np.ones((1, 1))), rtol=1e-13)


def test_ways_that_part_and_meet_again_are_counted_once_each_not_once_for_every_path(monkeypatch):
    x = y = leaf("x", 1.0)
    for _ in range(60):
        y = y + y  # 2⁶⁰ paths
    calls = []
    monkeypatch.setattr(Node, "back", lambda node, d: calls.append(node) or tuple(d * s for s in node.slopes))
    assert gradients(y)[x] == 2.0**60
    assert len(calls) == len(set(calls)) == 61


def test_a_chain_longer_than_pythons_stack():
    x = y = leaf("x", 1.0)
    for _ in range(10_000):
        y = y * 1.0001
    assert gradients(y)[x] == pytest.approx(1.0001**10_000, rel=1e-10)
    assert len(history(y)) == 20_001


def test_history_names_every_node_once_and_inputs_first():
    a, b = leaf("a", 2), leaf("b", 3)
    c = a * b
    d = c + a
    e = d * c
    nodes = history(e)
    assert len(nodes) == 5
    assert nodes[-1] is e
    assert nodes[:2] == [a, b]  # left to right
    assert all(nodes.index(source) < nodes.index(node) for node in nodes for source in node.inputs)


def test_nothing_is_stored_between_calls():
    x = leaf("x", 3)
    square = x * x
    y = square * x
    assert [gradients(y)[x], gradients(square)[x], gradients(y)[x]] == [27, 6, 27]
    assert y not in gradients(square)
    assert gradients(x) == {x: 1}


x, zero = leaf("price", -3), leaf("nothing", 0)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: leaf("price", math.nan), "price is nan"),
        (lambda: leaf("price", -math.inf), "price is -inf"),
        (lambda: leaf("price", "3"), "price is '3'"),
        (lambda: leaf("price", 10**400), "price is 1000"),
        (lambda: x * "3", "an operand is '3'"),
        (lambda: np.ones(2) * x, "an operand is array"),
        (lambda: x / 0, r"price ÷ 0 has the value -inf .*price = -3\.0"),
        (lambda: 1 / zero, r"1 ÷ nothing .* nothing = 0\.0"),
        (lambda: zero.log(), r"log\(nothing\) has the value -inf"),
        (lambda: x.log(), r"log\(price\) has the value nan .* price = -3\.0"),
        (lambda: (x * -1000).exp(), r"exp\(3000\) has the value inf"),
        (lambda: x**0.5, r"price\^0\.5 has the value nan"),
        (lambda: zero**0.5, r"nothing\^0\.5 has the value 0\.0 and the slopes \(inf,\)"),
        (lambda: x**x, "an exponent is Node"),
        (lambda: (x * 1e200) * (x * 1e200), "has the value inf"),
        (lambda: gradients((x * 1e200 * 1e-300) * 1e250 * 1e-50), r"the gradient of .* with respect to"),
        (add, "at least one term"),
    ],
)
def test_what_cannot_be_is_named(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()


def test_the_zeroth_power_is_level_even_at_zero():
    y = zero**0
    assert (y.value, gradients(y)[zero]) == (1, 0)


def test_a_node_says_where_it_comes_from():
    price, tax = leaf("price", 100), leaf("tax", 1.1)
    cost = price * 2
    assert repr(price) == "Node(price = 100)"
    assert repr(cost * tax) == "Node(200 × tax = 220)"
    assert repr((cost + tax).named("sum")) == "Node(sum = 200 + tax = 201.1)"
    assert repr(tax**2) == "Node(tax^2 = 1.21)"
    assert repr(leaf("z", 0).apply(sigmoid)) == "Node(sigmoid(z) = 0.5)"


def test_each_operation_has_the_sign_it_is_drawn_with():
    a, b = leaf("a", 1), leaf("b", 2)
    nodes = [a + b, a - b, -a, a * b, a / b, a**2, a.exp(), a.log(), a.apply(tanh), a.apply(leaky_relu(0.1))]
    assert [node.op for node in nodes] == ["+", "−", "−", "×", "÷", "^2", "exp", "log", "tanh", "leaky_relu(0.1)"]
    assert [(a + 2).name, (a + 2).inputs[1].name] == ["", ""]  # nobody named them
    nameless = partial(sigmoid)
    assert a.apply(nameless).op == str(nameless)


def test_a_name_changes_nothing_else():
    a = leaf("a", 2)
    y = (a * a).named("y")
    assert (y.name, y.value, y.inputs, gradients(y)[a]) == ("y", 4, (a, a), 4)

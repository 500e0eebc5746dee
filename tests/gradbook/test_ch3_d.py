"""Chapter 3, claims 3.7, 3.8, 3.9, 3.11, 3.14: measurements against what is known independently, verdicts re-derived."""

from dataclasses import replace
from math import exp, factorial, log

import numpy as np
import pytest

from deepgrad import central_difference, gradients, history
from gradbook.ch3_weights import (
    apples,
    difference_error,
    fruit,
    gradient_cost,
    graphs,
    net_graph,
    neuron_graph,
    output_gradient,
    paths,
    same_network,
    softmax_push,
)
from gradbook.ch3_weights.counting import Tally, counted


def verdicts(experiment, m):
    return {claim.id: claim.verdict for claim in experiment.judge(m)}


# --- what comes back from an output and its loss ---


@pytest.fixture(scope="module")
def output():
    return output_gradient.measure(range(2))


def test_matched_and_mixed_pairs_by_their_formulas(output):
    p = 1 / (1 + np.exp(-output_gradient.MARGINS))
    assert output.matched == pytest.approx(1 - p)
    assert output.mixed == pytest.approx(2 * p * (1 - p) ** 2)


def test_mixed_pair_against_differences():
    rng = np.random.default_rng(5)
    scores, labels = rng.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    _, back = output_gradient.softmax_squared_error(scores, labels)

    def loss(z):
        e = np.exp(z)
        y = e / e.sum(axis=1, keepdims=True)
        return float(((y - np.eye(3)[labels]) ** 2).sum() / 2 / 4)

    assert back() == pytest.approx(central_difference(loss, scores), abs=1e-9)


def test_steps_until_right_by_a_recursion_of_the_margin(output):
    """With two scores the margin alone matters: it grows by 2(1 − p), or by 4p(1 − p)², at each step."""
    for steps, speed in zip(output.steps, (lambda p: 2 * (1 - p), lambda p: 4 * p * (1 - p) ** 2), strict=True):
        margin, count = output_gradient.START, 0
        while margin <= 0:
            margin += output_gradient.ETA * speed(1 / (1 + exp(-margin)))
            count += 1
        assert steps == count


def test_output_verdicts(output):
    assert verdicts(output_gradient, output) == {"3.7": "holds", "3.8": "holds-if"}
    assert output.without_half == pytest.approx((2, 2))
    assert verdicts(output_gradient, replace(output, without_half=(1.0, 1.0)))["3.8"] == "holds"
    assert verdicts(output_gradient, replace(output, softmax_error=1e-9))["3.7"] == "does-not-hold"
    assert verdicts(output_gradient, replace(output, softmax_nudged=0.1))["3.7"] == "does-not-hold"
    assert verdicts(output_gradient, replace(output, identity_nudged=0.5))["3.8"] == "does-not-hold"
    assert output_gradient.one_batch(0, 3, 5) == output_gradient.one_batch(0, 3, 5)


def test_a_cat_by_hand():
    m = softmax_push.measure()
    k = softmax_push.CAT.index(0.0)
    total = 1 + exp(1) + exp(-1)
    y = np.array([1, exp(1), exp(-1)]) / total
    assert m.y[k] == pytest.approx(y)
    assert m.back[k] == pytest.approx(y - [1, 0, 0])
    assert m.loss[k] == pytest.approx(log(total))
    assert (np.diff(m.loss) < 0).all()


# --- graphs ---


def test_the_tables_by_hand_agree_with_the_real_change_of_the_sum():
    """What is paid is linear in each leaf, so a change of any size must show exactly the gradient."""
    paid = graphs.apples("ko").value
    changed = {"price": (100, graphs.apples("ko", price=150)), "count": (2, graphs.apples("ko", count=7)),
               "tax": (1.1, graphs.apples("ko", tax=3))}  # fmt: skip
    by_hand = dict(fruit.BY_HAND_APPLES)
    for name, (value, output) in changed.items():
        move = {"price": 50, "count": 5, "tax": 1.9}[name]
        assert (output.value - paid) / move == pytest.approx(by_hand[value])
    assert fruit.BY_HAND_FRUIT[-1][0] == pytest.approx((100 * 2 + 150 * 3) * 1.1)


def test_purchase_verdicts():
    m = fruit.measure()
    assert m.checked == 2 * (5 + 9)
    assert m.gradient == pytest.approx(
        {"apple price": 2.2, "apples": 110, "orange price": 3.3, "oranges": 165, "tax": 650}
    )
    assert verdicts(fruit, m) == {"3.9": "holds"}
    assert verdicts(fruit, replace(m, error=1e-3)) == {"3.9": "does-not-hold"}
    one = apples.measure()
    assert (one.dearer, one.taxed) == pytest.approx((2.2, 2.0))
    assert one.paid["ko"].value == one.paid["en"].value


def test_neuron_by_its_formula():
    m = neuron_graph.measure()
    y = 1 / (1 + exp(0.06))  # z = 0.9 · 0.6 − 1.5 · 0.2 − 0.3 = −0.06
    d = (y - 1) * y * (1 - y)
    expected = {"w₁": 0.6 * d, "w₂": 0.2 * d, "b": d, "x₁": 0.9 * d, "x₂": -1.5 * d, "t": 1 - y}
    assert m.gradient == pytest.approx(expected)
    assert m.cost.value == pytest.approx((y - 1) ** 2 / 2)
    assert m.after < m.cost.value
    assert neuron_graph.miss(m) == pytest.approx(y - 1)
    z = -0.06 - d * (0.6**2 + 0.2**2 + 1)  # after a step of size 1 with w₁, w₂ and b
    assert m.after == pytest.approx((1 / (1 + exp(-z)) - 1) ** 2 / 2)


def test_net_adds_what_comes_back_from_both_uses():
    m = net_graph.measure()
    assert sum(m.ways) == pytest.approx(m.gradient["x₁"])
    assert m.ways[0] != pytest.approx(m.ways[1])

    def y(x1, x2=-0.4):
        h1, h2 = 1 / (1 + exp(-(0.5 * x1 - 0.7 * x2 + 0.1))), 1 / (1 + exp(-(-1.2 * x1 + 0.3 * x2 + 0.2)))
        return 1.4 * h1 - 0.8 * h2 + 0.05

    assert m.output.value == pytest.approx(y(0.6))
    assert m.gradient["x₁"] == pytest.approx((y(0.6 + 1e-6) - y(0.6 - 1e-6)) / 2e-6, rel=1e-6)


# --- what a gradient costs ---


def test_counting_by_hand():
    tally = Tally()
    a = counted(np.ones((3, 4)), tally)
    b = np.ones((4, 5))
    y = a @ b
    assert tally.operations == 3 * 5 * (4 + 3)
    assert type(np.asarray(y)) is np.ndarray
    y += np.ones(5)
    np.exp(-y)
    assert tally.operations == 105 + 15 + 30
    y.sum(axis=0)
    assert tally.operations == 150 + (15 - 5)
    _ = y > 0, np.isfinite(y), y[0], y.T, y.copy()
    assert tally.operations == 160
    other = Tally()
    _ = counted(np.ones(2), other) * 3
    assert (tally.operations, other.operations) == (160, 2)


def test_costs_by_hand():
    """One hidden neuron in each of two layers, ten images: every matrix product written down."""
    m = gradient_cost.measure((1,))
    n = gradient_cost.IMAGES
    sigmoids = 2 * n * 4  # −z, exp, 1 +, 1 ÷
    products = n * (2 * 64 - 1) + n * 1 + 10 * n * 1
    biases = n * (1 + 1 + 10)
    cross_entropy = 10 * n + 9 * n + 10 * n + 9 * n + n + n + (n - 1)  # max, −, exp, Σ, log, −, mean
    forward = products + biases + sigmoids + cross_entropy
    assert m.cost["forward"].tolist() == [forward]


def test_gradients_agree_and_costs_grow():
    m = gradient_cost.measure((1, 2, 4))
    assert m.error["tangents"] < 1e-12
    assert m.error["differences"] < 1e-7
    assert (m.cost["differences"] == 2 * m.parameters * m.cost["forward"]).all()
    assert (m.ratio("backprop") < 3).all()
    assert m.exponent("differences") - m.exponent("forward") == pytest.approx(1, abs=1e-9)
    assert verdicts(gradient_cost, m) == {"3.11": "holds"}
    again = gradient_cost.measure((1, 2))
    assert (again.cost["tangents"] == m.cost["tangents"][:2]).all()


def test_cost_verdicts():
    size = np.array([100, 200, 400, 800])
    m = gradient_cost.Measurement(
        size,
        {"forward": size, "backprop": 3 * size, "tangents": 3 * size**2, "differences": 2 * size**2},
        {"tangents": 1e-15, "differences": 1e-9},
    )
    assert m.exponent("tangents") == pytest.approx(2)
    assert verdicts(gradient_cost, m) == {"3.11": "holds"}
    assert verdicts(gradient_cost, replace(m, cost=m.cost | {"tangents": 9 * size})) == {"3.11": "does-not-hold"}
    assert verdicts(gradient_cost, replace(m, cost=m.cost | {"backprop": 6 * size})) == {"3.11": "does-not-hold"}
    assert verdicts(gradient_cost, replace(m, error=m.error | {"tangents": 1.0})) == {"3.11": "does-not-hold"}


def test_paths_by_recursion():
    m = paths.measure((1, 2, 3, 4))
    w = paths.WIDTH
    assert m.paths.tolist() == [w**depth for depth in (1, 2, 3, 4)]
    expected, below = [], 0  # `below`: operations for one unit of the layer before
    for _ in range(4):
        below = 2 + w * (2 + 2 + 2 + below)  # through σ, then for each input +, and × with a weight and a unit
        expected.append(w * (2 + below))
    assert m.one_by_paths.tolist() == expected
    assert m.all_by_backprop.tolist() == [2 * (depth * (w * w * 3 + w) + w) for depth in (1, 2, 3, 4)]
    assert m.weights.tolist() == [w + depth * w * w for depth in (1, 2, 3, 4)]
    assert m.error < 1e-12
    output, first = paths.network(2, np.random.default_rng(0))
    assert paths.by_paths(output, first)[0] == pytest.approx(gradients(output)[first])
    assert paths.edges(output) == sum(len(node.inputs) for node in history(output))


def test_exact_gradient_of_a_network_that_can_be_done_by_hand():
    """All weights 0: z = 0, h = ½, y = c, so only the output's numbers have a gradient."""
    net = difference_error.network()
    theta, x = np.zeros(net.size), np.array([0.3, -2.0])
    found = difference_error.exact_gradient(theta, x, 1.0)
    assert found.tolist() == [0] * 9 + [-0.5] * 3 + [-1]


def test_difference_error_against_the_next_term_of_the_series():
    """For f = exp the central difference exceeds f′ by h²/3! + h⁴/5! + … of it: the formula's error, and its square law."""
    for h in (0.1, 0.01):
        found = central_difference(lambda x: float(np.exp(x[0])), np.zeros(1), h)[0]
        assert found - 1 == pytest.approx(h**2 / factorial(3) + h**4 / factorial(5), rel=1e-4)
    m = difference_error.measure(range(3))
    assert m.backprop.max() < 1e-14
    assert m.slope(difference_error.WIDE).value == pytest.approx(2, abs=0.01)
    assert m.slope(difference_error.NARROW).value == pytest.approx(-1, abs=0.1)
    assert (difference_error.measure(range(2)).difference == m.difference[:2]).all()
    h, error = difference_error.best(m)
    assert 1e-6 < h < 1e-4
    assert m.backprop.max() < error < 1e-9


# --- one network twice ---


def test_from_scratch_takes_the_step_that_differences_point_to():
    net, theta, x, labels = same_network.start()
    x, labels, t = x[:3], labels[:3], np.eye(10)[labels[:3]]
    before = theta.copy()
    first, _, second = net.views(theta)
    (loss,) = same_network.from_scratch(x, t, first["W"], first["b"], second["W"], second["b"], 0.1, 1)

    def cost(moved):
        scores, _ = net(moved, x)
        e = np.exp(scores)
        return float(-np.log((e / e.sum(axis=1, keepdims=True))[range(3), labels]).mean())

    assert loss == pytest.approx(cost(before))
    chosen = np.r_[0:40, 64 * 32 : 64 * 32 + 40, before.size - 40 : before.size]
    for k in chosen:
        h = np.zeros(before.size)
        h[k] = 1e-5
        slope = (cost(before + h) - cost(before - h)) / 2e-5
        assert (before - theta)[k] / 0.1 == pytest.approx(slope, abs=1e-8)


def test_same_network():
    m = same_network.measure()
    assert m.scratch == pytest.approx(m.library, abs=1e-12)
    assert m.apart < 1e-12
    assert (np.diff(m.scratch) < 0).all()
    assert m.lines == {"forward": 5, "back": 5, "step": 4}
    assert verdicts(same_network, m) == {"3.14": "note"}

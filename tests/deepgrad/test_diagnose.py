from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
import pytest

from deepgrad import (
    Activation,
    Dense,
    Dropout,
    Maxout,
    MaxPool,
    Network,
    PReLU,
    Residual,
    RReLU,
    central_difference,
    constant,
    he_normal,
    leaky_relu,
    normal,
    relu,
    sigmoid,
    softmax,
    squared_error,
    tanh,
)
from deepgrad.diagnose import diagnose


def slope_one(y, target):
    """A loss whose gradient is 1 at every output."""
    return float(y.sum()), lambda: np.ones_like(y)


def test_a_layer_and_its_activation_by_hand():
    """x = (1, 2), (3, 4); y = x W with W = ((1, 2), (−1, −1)): y = (−1, 0), (−1, 2); after ReLU (0, 0), (0, 2)."""
    net = Network([Dense(2, 2, constant(0)), Activation(relu)])
    theta, x = np.array([1.0, 2, -1, -1, 0, 0]), np.array([[1.0, 2], [3, 4]])
    dense, rectified = diagnose(net, theta, x, x, loss=slope_one, eta=0.5, bins=3)

    assert (dense.mean, dense.std) == (0, sqrt(6 / 4))
    assert dense.counts.tolist() == [2, 1, 1]
    assert dense.edges.tolist() == [-1, 0, 1, 2]
    assert (dense.saturated, dense.dead) == (None, None)
    assert dense.output_gradient == 1  # only the 2 passes ReLU
    # dW = column 2: (3, 4), db = (0, 1)
    assert dense.gradient == pytest.approx(sqrt(26), rel=1e-15)
    assert dense.update_to_weight == pytest.approx(0.5 * 5 / sqrt(7), rel=1e-15)
    assert dense.one_signed == 0.5  # column 1 has no gradient

    assert (rectified.saturated, rectified.dead) == (0.75, 0.5)
    assert rectified.output_gradient == 2
    assert (rectified.gradient, rectified.update_to_weight, rectified.one_signed) == (None, None, None)
    assert (rectified.mean, rectified.counts.tolist()) == (0.5, [3, 0, 1])


def test_slopes_below_a_hundredth_are_saturated():
    """σ′ < 0.01 beyond |z| = ln(98.99) ≈ 4.585: σ (1 − σ) = 0.01 at σ = (1 + √0.96) / 2."""
    edge = np.log((1 + sqrt(0.96)) / (1 - sqrt(0.96)))
    z = np.array([[0.0, edge - 0.01, edge + 0.01, -edge - 0.01, 800]])
    net = Network([Dense(5, 5, constant(0)), Activation(sigmoid)])
    theta = np.concatenate([np.eye(5).ravel(), np.zeros(5)])
    _, found = diagnose(net, theta, z, z, loss=squared_error)
    assert found.saturated == 0.6
    assert found.dead == 0.2  # 800, where σ rounds to 1


def test_a_slope_of_a_hundredth_is_not_below_it():
    net, z = Network([Activation(leaky_relu(0.01))]), np.array([[-1.0, 1]])
    (found,) = diagnose(net, np.zeros(0), z, z, loss=squared_error)
    assert found.saturated == 0


def test_an_operation_of_another_shape_has_no_slopes():
    def first(z):
        return z[:, :1], lambda dy: np.repeat(dy, 2, axis=1)

    (found,) = diagnose(Network([Activation(first)]), np.zeros(0), np.ones((1, 2)), np.ones((1, 1)), loss=squared_error)
    assert (found.saturated, found.dead) == (None, None)


def test_signs_agree_where_some_gradients_are_zero():
    """x = (0, 1) and y = W x with the gradients 1 and −1: columns (0, 1) and (0, −1)."""
    net, x = Network([Dense(2, 2, constant(0), bias=False)]), np.array([[0.0, 1]])
    (found,) = diagnose(net, np.zeros(4), x, np.array([[-1.0, 1]]), loss=squared_error)
    assert found.one_signed == 1


def test_unless_told_otherwise_nothing_is_dropped_and_the_rate_is_a_tenth():
    net, x = Network([Dense(1, 1, constant(1), bias=False), Dropout(0.5)]), np.ones((1, 1))
    dense, dropped = diagnose(net, np.ones(1), x, 3 * x, loss=squared_error)
    assert (dense.mean, dropped.mean) == (1, 1)
    assert dense.update_to_weight == pytest.approx(0.1 * 2, rel=1e-15)  # dW = (1 − 3) x


@pytest.mark.parametrize(("low", "expected"), [(0.1, 1.0), (-1.0, 0.0)])
def test_positive_inputs_give_each_unit_gradients_of_one_sign(low, expected):
    """For a batch of one, dW = x dyᵀ: all of x's signs, times one number a unit (claim: why sigmoid zigzags)."""
    rng = np.random.default_rng(0)
    net, x = Network([Dense(50, 20, normal(1))]), np.linspace(low, 1, 50)[None]
    (found,) = diagnose(net, net.init(rng), x, np.zeros((1, 20)), loss=squared_error)
    assert found.one_signed == expected


def test_vanished_gradients_keep_their_norm_in_float32():
    """In float32 the squares of 1e-30 are 0: the norm must not be."""
    net = Network([Dense(1, 1, constant(1e-30), bias=False), Dense(1, 1, constant(1e-30), bias=False)])
    theta = net.init(np.random.default_rng(0))
    first, second = diagnose(net, theta, np.ones((1, 1)), np.ones((1, 1)), loss=slope_one, eta=1)
    assert first.gradient == pytest.approx(1e-30, rel=1e-6)
    assert first.update_to_weight == pytest.approx(1, rel=1e-6)
    assert first.output_gradient == pytest.approx(1e-30, rel=1e-6)
    assert second.gradient == pytest.approx(1e-30, rel=1e-6)
    assert (second.mean, second.std) == (0, 0)


def test_numbers_against_the_network_itself():
    rng = np.random.default_rng(3)
    net = Network([Dense(3, 8, normal(1)), Activation(tanh), Dropout(0.5), Dense(8, 4, normal(1)), Activation(softmax)])
    theta, x, labels = net.init(rng, np.float64), rng.normal(size=(30, 3)), rng.integers(0, 4, 30)
    before = theta.copy()
    found = diagnose(net, theta, x, labels, train=True, rng=np.random.default_rng(9))
    hs, _ = net.trace(theta, x, True, np.random.default_rng(9))
    assert np.array_equal(theta, before)
    assert [d.layer for d in found] == [repr(layer) for layer in net.layers]
    for d, h in zip(found, hs[1:], strict=True):
        assert d.mean == pytest.approx(h.mean(), abs=1e-15)
        assert d.std == pytest.approx(h.std(), rel=1e-12)
        assert (d.counts.sum(), len(d.counts), len(d.edges)) == (h.size, 20, 21)
        assert (d.edges[0], d.edges[-1]) == (h.min(), h.max())
    assert [d.saturated is None for d in found] == [True, False, True, True, True]  # softmax mixes: no slopes
    assert [d.gradient is None for d in found] == [False, True, True, False, True]


@pytest.mark.parametrize("value", [0.0, 1.0, -3e38, 1e-40])
def test_outputs_of_one_value_still_have_a_histogram(value):
    net, x = Network([Activation(relu)]), np.array([[value, value]])
    (found,) = diagnose(net, np.zeros(0), x, x, loss=squared_error, bins=4)
    assert found.counts.sum() == 2
    assert (np.diff(found.edges) >= 0).all()


def test_outputs_that_differ_by_rounding_only():
    x = np.array([[1.0, np.nextafter(1, 0)]])
    (found,) = diagnose(Network([Activation(relu)]), np.zeros(0), x, x, loss=squared_error)
    assert found.counts.sum() == 2
    assert found.edges[[0, -1]].tolist() == pytest.approx([0.5, 1.5])
    (found,) = diagnose(Network([Activation(relu)]), np.zeros(0), 0 * x, x, loss=squared_error, bins=1)
    assert (found.edges.tolist(), found.counts.tolist()) == ([-0.5, 0.5], [2])


def test_weights_that_are_all_zero():
    net = Network([Dense(1, 1, constant(0))])
    for x, expected in ((1.0, inf), (0.0, 0.0)):
        (found,) = diagnose(net, np.zeros(2), np.full((1, 1), x), np.ones((1, 1)), loss=squared_error)
        assert found.update_to_weight == expected


def test_a_diagnosis_reads_as_a_line():
    net = Network([Dense(2, 2, constant(0.5)), Activation(tanh)])
    x = np.ones((1, 2))
    dense, activation = diagnose(net, net.init(np.random.default_rng(0)), x, 0 * x, loss=squared_error)
    assert repr(dense).startswith("Dense(2, 2, constant(0.5)): mean 1, std 0, one_signed 100%, output_gradient 0.45")
    assert "saturated 0%, dead 0%" in repr(activation)
    assert "update_to_weight" not in repr(activation)


def test_values_out_of_range():
    net, x = Network([Dense(1, 1, constant(0))]), np.ones((1, 1))
    with pytest.raises(ValueError, match="eta is 0"):
        diagnose(net, np.zeros(2), x, x, loss=squared_error, eta=0)
    with pytest.raises(ValueError, match="bins is 0"):
        diagnose(net, np.zeros(2), x, x, loss=squared_error, bins=0)
    with pytest.raises(ValueError, match="at least one row"):
        diagnose(net, np.zeros(2), x[:0], x[:0], loss=squared_error)


@dataclass(frozen=True)
class Named:
    """A layer y = x whose parameters are what a test says; each one's gradient is its own value."""

    names: tuple[tuple[str, tuple[int, ...]], ...]

    def shapes(self):
        return dict(self.names)

    def initialize(self, params, rng):
        for value in params.values():
            value[:] = 1

    def __call__(self, params, x, train, rng):
        def back(dy, grads, needs_dx=True):
            for name, value in params.items():
                grads[name][:] = value
            return dy

        return x, back


def test_weights_are_told_by_name_and_biases_are_left_out():
    x = np.ones((1, 1))
    net = Network([Named((("Wx", (2, 2)), ("b", (2, 3)))), Named((("gamma", (2, 2)),)), Named((("W", (2, 3, 4)),))])
    theta = net.init(np.random.default_rng(0), np.float64)
    net.views(theta)[0]["b"][:] = -9
    first, scale, filters = diagnose(net, theta, x, x, loss=squared_error, eta=0.25)
    assert (first.update_to_weight, first.one_signed) == (0.25, 1)
    assert (scale.update_to_weight, scale.one_signed, scale.gradient) == (None, None, 2)
    assert (filters.update_to_weight, filters.one_signed) == (0.25, None)


@dataclass(frozen=True, eq=False)
class Shift:
    """y = x + delta, without parameters: a way to reach into a network and nudge it."""

    delta: np.ndarray

    def shapes(self):
        return {}

    def initialize(self, params, rng):
        pass

    def __call__(self, params, x, train, rng):
        return x + self.delta, lambda dy, grads, needs_dx=True: dy

    def __repr__(self):
        return "Shift"


def test_gradients_inside_blocks_are_the_finite_differences():
    """Of the outputs, by a nudge right behind the layer; of the weights, by moving them."""
    rng = np.random.default_rng(4)

    def nudged(delta, epsilon):
        inner = Residual([Dense(3, 3, normal(1)), Shift(epsilon), Activation(tanh)])
        block = Residual([Dense(3, 3, normal(1), bias=False), Shift(delta), Activation(tanh), inner])
        return Network([Dense(2, 3, normal(1)), block, Dense(3, 2, normal(1))])

    none = np.zeros((5, 3))
    net = nudged(none, none)
    theta, x, target = net.init(rng, np.float64), rng.normal(size=(5, 2)), rng.normal(size=(5, 2))

    def cost(theta, delta=none, epsilon=none):
        return squared_error(nudged(delta, epsilon)(theta, x)[0], target)[0]

    rows = diagnose(net, theta, x, target, loss=squared_error, eta=0.1)
    inside = "Residual[1] Residual[3] "
    assert [row.layer for row in rows] == [
        repr(net.layers[0]),
        "Residual[1] Dense(3, 3, normal(1), bias=False)",
        "Residual[1] Shift",
        "Residual[1] Activation(tanh)",
        inside + "Dense(3, 3, normal(1))",
        inside + "Shift",
        inside + "Activation(tanh)",
        f"Residual[1] {net.layers[1].layers[3]!r}",
        repr(net.layers[1]),
        repr(net.layers[2]),
    ]
    by_delta = np.linalg.norm(central_difference(lambda d: cost(theta, delta=d), none))
    by_epsilon = np.linalg.norm(central_difference(lambda e: cost(theta, epsilon=e), none))
    assert rows[1].output_gradient == pytest.approx(by_delta, rel=1e-7)
    assert rows[2].output_gradient == pytest.approx(by_delta, rel=1e-7)
    assert rows[4].output_gradient == pytest.approx(by_epsilon, rel=1e-7)

    slopes = central_difference(cost, theta)
    # θ: the first layer's 6 + 3 numbers, the block's 9, those of the block in it, 9 + 3
    sizes = [np.linalg.norm(part) for part in np.split(slopes, [9, 18, 30])]
    for row, size in zip((rows[0], rows[1], rows[4]), sizes, strict=False):
        assert row.gradient == pytest.approx(size, rel=1e-7)
    weights = np.linalg.norm(theta[9:18])
    assert rows[1].update_to_weight == pytest.approx(0.1 * sizes[1] / weights, rel=1e-7)
    # a block's own row: its sum, and no parameters, which are its layers'
    assert rows[8].mean == pytest.approx(net.trace(theta, x)[0][2].mean(), abs=1e-15)
    assert (rows[8].gradient, rows[8].update_to_weight, rows[8].saturated) == (None, None, None)


def test_every_elementwise_activation_has_slopes_and_nothing_else_has():
    z = np.array([[-3.0, -2, -1, 1, 2]])
    flat = [PReLU(0.005), Activation(leaky_relu(0.005)), RReLU(0, 0.01), RReLU(0, 0), Activation(leaky_relu(0.01))]
    for dtype in (np.float32, np.float64):
        for layer, saturated, dead in zip(flat, [0.6, 0.6, 0.6, 0.6, 0], [0, 0, 0, 0.6, 0], strict=True):
            net = Network([layer])
            (row,) = diagnose(net, net.init(np.random.default_rng(0), dtype), z, z, loss=squared_error)
            assert (row.saturated, row.dead) == (saturated, dead)
    net = Network([Maxout(5, 4, 2, normal(1)), Dropout(0.5), Residual([Dropout(0.5)])])
    for row in diagnose(net, net.init(np.random.default_rng(0)), z, np.zeros((1, 4)), loss=squared_error):
        assert (row.saturated, row.dead) == (None, None)
    images = Network([MaxPool(2)])
    (row,) = diagnose(images, np.zeros(0), np.ones((1, 1, 4, 4)), np.zeros((1, 1, 2, 2)), loss=squared_error)
    assert (row.saturated, row.dead) == (None, None)


def test_random_slopes_in_training_are_those_that_were_drawn():
    z, net = np.full((1, 1000), -1.0), Network([Residual([RReLU(0, 0.02)])])
    y, _ = net(np.zeros(0), z, True, np.random.default_rng(6))
    row, _ = diagnose(net, np.zeros(0), z, z, loss=squared_error, train=True, rng=np.random.default_rng(6))
    assert row.layer.startswith("Residual[0] RReLU(")
    assert row.saturated == np.mean(y / z - 1 < 0.01)
    assert 0.4 < row.saturated < 0.6


def test_a_shortcut_layer_is_seen_too():
    rng = np.random.default_rng(0)
    shortcut = Dense(3, 2, he_normal, bias=False)
    net, x = Network([Residual([Dense(3, 2, he_normal)], shortcut=shortcut)]), rng.normal(size=(4, 3))
    inner, side, block = diagnose(net, net.init(rng, np.float64), x, np.zeros((4, 2)), loss=squared_error)
    assert side.layer == "Residual[0] shortcut Dense(3, 2, he_normal, bias=False)"
    # both see the same x and the same dy, and both start from he_normal's weights alone
    assert inner.output_gradient == side.output_gradient == block.output_gradient
    assert side.gradient < inner.gradient  # whose bias has a gradient, too
    assert block.update_to_weight is None

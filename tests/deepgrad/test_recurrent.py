"""The oracles: the recurrences written with single numbers in plain Python, and finite differences."""

import re
from math import exp, tanh

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgrad import Dense, Network, check_direction, check_gradient, constant, normal
from deepgrad.layers.lstm import LSTM, lstm, lstm_cell
from deepgrad.layers.recurrent import RNN, LastStep, last_step, rnn
from tests.strategies import seeds

sizes = st.integers(1, 3)


def arguments(gates, seed, batch, time, features, units, dtype=np.float64):
    """x, h0 (and c0), Wx, Wh, b of order one."""
    rng = np.random.default_rng(seed)
    states = [(batch, units)] * (1 if gates == 1 else 2)
    all_shapes = [(batch, time, features), *states, (features, gates * units), (units, gates * units), (gates * units,)]
    return [rng.uniform(-1, 1, shape).astype(dtype) for shape in all_shapes]


def sigma(z):
    return 1 / (1 + exp(-z))


def rnn_loop(x, h0, Wx, Wh, b):
    hs = np.zeros((*x.shape[:2], len(b)))
    for row in range(len(x)):
        h = h0[row].tolist()
        for t in range(x.shape[1]):
            z = [
                b[j]
                + sum(x[row, t, k] * Wx[k, j] for k in range(len(Wx)))
                + sum(h[k] * Wh[k, j] for k in range(len(h)))
                for j in range(len(b))
            ]
            h = [tanh(v) for v in z]
            hs[row, t] = h
    return hs


def lstm_loop(x, h0, c0, Wx, Wh, b):
    units = len(Wh)
    hs = np.zeros((*x.shape[:2], units))
    for row in range(len(x)):
        h, c = h0[row].tolist(), c0[row].tolist()
        for t in range(x.shape[1]):

            def score(gate, j, row=row, t=t, h=h):
                column = gate * units + j
                inputs = sum(x[row, t, k] * Wx[k, column] for k in range(len(Wx)))
                return b[column] + inputs + sum(h[k] * Wh[k, column] for k in range(units))

            i, f, o = ([sigma(score(gate, j)) for j in range(units)] for gate in range(3))
            g = [tanh(score(3, j)) for j in range(units)]
            c = [f[j] * c[j] + i[j] * g[j] for j in range(units)]
            h = [o[j] * tanh(c[j]) for j in range(units)]
            hs[row, t] = h
    return hs


OPS = pytest.mark.parametrize(("op", "gates", "loop"), [(rnn, 1, rnn_loop), (lstm, 4, lstm_loop)])


@OPS
@given(seed=seeds, batch=sizes, time=st.integers(1, 5), features=sizes, units=sizes)
def test_a_plain_loop_says_the_same_and_finite_differences_too(op, gates, loop, seed, batch, time, features, units):
    args = arguments(gates, seed, batch, time, features, units)
    hs, back = op(*args)
    assert hs.shape == (batch, time, units)
    np.testing.assert_allclose(hs, loop(*args), rtol=1e-12, atol=1e-14)
    gradients = back(np.ones_like(hs))
    assert [d.shape for d in gradients] == [a.shape for a in args]
    for k in range(len(args)):

        def in_one(v, k=k):
            y, back = op(*args[:k], v, *args[k + 1 :])
            return y, lambda dy: back(dy)[k]

        assert check_gradient(in_one, args[k], seed=seed) < 1e-7


@given(seed=seeds)
def test_a_cell_goes_back_through_both_its_outputs(seed):
    rng = np.random.default_rng(seed)
    z, c = rng.uniform(-2, 2, (3, 8)), rng.uniform(-2, 2, (3, 2))

    def in_z(v):
        h, c_next, back = lstm_cell(v, c)
        return np.stack([h, c_next]), lambda dy: back(dy[0], dy[1])[0]

    def in_c(v):
        h, c_next, back = lstm_cell(z, v)
        return np.stack([h, c_next]), lambda dy: back(dy[0], dy[1])[1]

    assert check_gradient(in_z, z, seed=seed) < 1e-7
    assert check_gradient(in_c, c, seed=seed) < 1e-7


@pytest.mark.parametrize(("op", "gates"), [(rnn, 1), (lstm, 4)])
def test_one_direction_through_forty_steps(op, gates):
    args = arguments(gates, 1, 4, 40, 3, 8)

    def in_recurrent_weights(Wh):
        y, back = op(*args[:-2], Wh, args[-1])
        return y, lambda dy: back(dy)[-2]

    assert check_direction(in_recurrent_weights, args[-2] * 0.5) < 1e-7


def test_a_linear_stretch_of_the_rnn_by_hand():
    """Where tanh is 0 its slope is 1: x = 0, so only the way back speaks. Two steps with Wh = 3, Wx = 2, dhs = (1, 10)."""
    one = np.ones((1, 1))
    hs, back = rnn(np.zeros((1, 2, 1)), 0 * one, 2 * one, 3 * one, np.zeros(1))
    assert hs.tolist() == [[[0], [0]]]
    dx, dh0, dWx, dWh, db = back(np.array([[[1.0], [10.0]]]))
    assert dx.tolist() == [[[62], [20]]]  # 2 · (1 + 3 · 10) and 2 · 10
    assert dh0.tolist() == [[93]]
    assert (dWx.tolist(), dWh.tolist(), db.tolist()) == ([[0]], [[0]], [41])


def test_an_lstm_with_gates_shut_or_open_keeps_its_cell():
    """Forget and output gates open, input gate shut: after 100 steps the cell is what it was, and so is its gradient."""
    units, far = 2, 40.0
    b = np.repeat([-far, far, far, 0], units)
    x, h0, c0 = np.ones((3, 100, 1)), np.zeros((3, units)), np.full((3, units), 0.7)
    hs, back = lstm(x, h0, c0, np.zeros((1, 4 * units)), np.zeros((units, 4 * units)), b)
    np.testing.assert_allclose(hs, tanh(0.7), rtol=1e-12)
    dhs = np.zeros_like(hs)
    dhs[:, -1] = 1
    np.testing.assert_allclose(back(dhs)[2], 1 - tanh(0.7) ** 2, rtol=1e-12)


@pytest.mark.parametrize(("op", "gates"), [(rnn, 1), (lstm, 4)])
def test_arguments_are_left_alone_the_way_back_can_be_taken_twice_and_float32_stays(op, gates):
    args = arguments(gates, 0, 2, 3, 2, 2, np.float32)
    for array in args:
        array.flags.writeable = False
    hs, back = op(*args)
    dhs = np.ones_like(hs)
    dhs.flags.writeable = False
    for first, second in zip(back(dhs), back(dhs), strict=True):
        assert first.dtype == hs.dtype == np.float32
        assert np.array_equal(first, second)


@pytest.mark.parametrize("layer", [RNN(3, 4, normal(0.5)), LSTM(3, 4, normal(0.5))])
def test_layers_are_the_operations_from_zero_states(layer):
    rng = np.random.default_rng(0)
    net, x = Network([layer]), rng.normal(size=(2, 5, 3))
    theta = net.init(rng, np.float64)
    params, zero = net.views(theta)[0], np.zeros((2, 4))
    states = [zero] if isinstance(layer, RNN) else [zero, zero]
    op = rnn if isinstance(layer, RNN) else lstm
    hs, back_op = op(x, *states, params["Wx"], params["Wh"], params["b"])
    y, back = net.trace(theta, x)
    assert np.array_equal(y[-1], hs)
    dhs, dtheta = back(np.ones_like(hs))
    dx, *_, dWx, dWh, db = back_op(np.ones_like(hs))
    assert np.array_equal(dhs[0], dx)
    for name, expected in (("Wx", dWx), ("Wh", dWh), ("b", db)):
        assert np.array_equal(net.views(dtheta)[0][name], expected)


@pytest.mark.parametrize("layer", [RNN, LSTM])
@settings(max_examples=40)
@given(seed=seeds, batch=sizes, time=sizes)
def test_two_recurrent_layers_and_a_dense_one(layer, seed, batch, time):
    rng = np.random.default_rng(seed)
    net = Network([layer(2, 3, normal(0.7)), layer(3, 2, normal(0.7)), LastStep(), Dense(2, 2, normal(1))])
    x = rng.normal(size=(batch, time, 2))
    assert check_gradient(lambda theta: net(theta, x), net.init(rng, np.float64)) < 1e-7


def test_last_step():
    x = np.arange(12.0).reshape(2, 3, 2)
    y, back = last_step(x)
    assert y.tolist() == [[4, 5], [10, 11]]
    assert back(y).tolist() == [[[0, 0], [0, 0], [4, 5]], [[0, 0], [0, 0], [10, 11]]]
    assert last_step(x[:, :, 0])[0].tolist() == [4, 10]  # one number a step
    for shape in ((3,), (2, 0, 3)):
        with pytest.raises(ValueError, match=re.escape(str(shape))):
            last_step(np.zeros(shape))


def test_initial_weights_and_names():
    rng = np.random.default_rng(0)
    net = Network([RNN(2, 3, constant(0.5)), LSTM(3, 2, constant(0.25))])
    plain, gated = net.views(net.init(rng))
    assert {name: value.shape for name, value in plain.items()} == {"Wx": (2, 3), "Wh": (3, 3), "b": (3,)}
    assert {name: value.shape for name, value in gated.items()} == {"Wx": (3, 8), "Wh": (2, 8), "b": (8,)}
    for params, value in ((plain, 0.5), (gated, 0.25)):
        assert (params["Wx"] == value).all()
        assert (params["Wh"] == value).all()
    assert plain["b"].tolist() == [0, 0, 0]
    assert gated["b"].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]
    assert repr(net.layers[0]) == "RNN(2, 3, constant(0.5))"
    assert repr(net.layers[1]) == "LSTM(3, 2, constant(0.25), forget_bias=1.0)"


def test_each_gate_is_drawn_with_the_fans_of_one_gate():
    seen = []

    def spy(rng, fan_in, fan_out, dtype):
        seen.append((fan_in, fan_out))
        return np.zeros((fan_in, fan_out), dtype)

    Network([LSTM(5, 3, spy)]).init(np.random.default_rng(0))
    assert seen == [(5, 3)] * 4 + [(3, 3)] * 4


@pytest.mark.parametrize(
    ("changed", "shape", "message"),
    [
        (0, (2, 3), r"x has shape \(2, 3\)"),
        (0, (2, 0, 3), r"x has shape \(2, 0, 3\).*at least one step"),
        (1, (3, 2), r"h0 has shape \(3, 2\)"),
        (1, (2,), r"h0 has shape \(2,\)"),
        (-3, (4, 1), r"Wx has shape \(4, 1\)"),
        (-2, (1, 1), r"Wh has shape \(1, 1\)"),
        (-1, (1,), r"b has shape \(1,\)"),
    ],
)
@pytest.mark.parametrize(("op", "gates"), [(rnn, 1), (lstm, 4)])
def test_shapes_that_do_not_fit(op, gates, changed, shape, message):
    args = arguments(gates, 0, 2, 3, 3, 2)
    args[changed] = np.zeros(shape)
    with pytest.raises(ValueError, match=message):
        op(*args)


def test_other_bad_input():
    x, h0, _, *weights = arguments(4, 0, 2, 3, 3, 2)
    with pytest.raises(ValueError, match=r"c0 has shape \(2, 1\).*\(2, 2\)"):
        lstm(x, h0, np.zeros((2, 1)), *weights)
    for layer in (RNN, LSTM):
        with pytest.raises(ValueError, match="features is 0"):
            layer(0, 2)
        with pytest.raises(ValueError, match="units is 0"):
            layer(2, 0)
    with pytest.raises(ValueError, match="forget_bias is nan"):
        LSTM(2, 2, forget_bias=np.nan)


@pytest.mark.parametrize("layer", [RNN, LSTM])
def test_large_finite_inputs_saturate_without_a_warning(layer):
    net = Network([layer(2, 3)])
    theta = net.init(np.random.default_rng(0))
    y, back = net(theta, np.full((1, 4, 2), 1e30, np.float32))
    assert np.isfinite(y).all()
    assert np.isfinite(back(np.ones_like(y)))[-3:].all()
    assert np.abs(y).max() <= 1

"""The oracles: the same layers without the shortcut, finite differences."""

import numpy as np
import pytest
from hypothesis import given

from deepgrad import (
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    Network,
    calibrate,
    check_direction,
    check_gradient,
    constant,
    he_normal,
    tanh,
)
from deepgrad.layers.convolution import Conv2d
from deepgrad.layers.normalization import LayerNorm
from deepgrad.layers.residual import Residual
from tests.strategies import seeds, sizes

INNER = [Dense(3, 4, he_normal), Activation(tanh), LayerNorm(4), Dense(4, 3, he_normal, bias=False)]


@given(seed=seeds, batch=sizes)
def test_the_block_adds_its_input_on_the_way_and_on_the_way_back(seed, batch):
    rng = np.random.default_rng(seed)
    block, plain = Network([Residual(INNER)]), Network(INNER)
    assert block.size == plain.size
    theta = plain.init(np.random.default_rng(seed), np.float64)
    assert np.array_equal(theta, block.init(np.random.default_rng(seed), np.float64))
    x, dy = rng.normal(size=(batch, 3)), rng.normal(size=(batch, 3))
    hs, back = block.trace(theta, x)
    hs_plain, back_plain = plain.trace(theta, x)
    np.testing.assert_allclose(hs[-1], x + hs_plain[-1], rtol=1e-15)
    (dx, _), dtheta = back(dy)
    dhs_plain, dtheta_plain = back_plain(dy)
    assert np.array_equal(dtheta, dtheta_plain)
    np.testing.assert_allclose(dx, dy + dhs_plain[0], rtol=1e-15)


def test_the_shortcut_draws_in_training_and_only_then():
    net, x = Network([Residual([Dense(4, 4, constant(0))], shortcut=Dropout(0.5))]), np.ones((50, 4))
    theta = net.init(np.random.default_rng(0))
    assert set(np.unique(net(theta, x, True, np.random.default_rng(0))[0])) == {0, 2}
    assert np.array_equal(net(theta, x)[0], x)


@given(seed=seeds, batch=sizes)
def test_blocks_within_blocks_go_back_right(seed, batch):
    rng = np.random.default_rng(seed)
    inner = Residual([Conv2d(2, 2, 3, he_normal, padding=1), Activation(tanh)])
    net = Network([Residual([Conv2d(2, 2, 3, he_normal, padding=1), inner]), Residual([Activation(tanh)])])
    x, theta = rng.normal(size=(batch, 2, 3, 4)), net.init(rng, np.float64)
    assert check_direction(lambda theta: net(theta, x), theta) < 1e-7

    def in_x(v):
        hs, back = net.trace(theta, v)
        return hs[-1], lambda dy: back(dy)[0][0]

    assert check_gradient(in_x, x) < 1e-7


@given(seed=seeds, batch=sizes)
def test_a_shortcut_layer_is_added_in_place_of_the_input(seed, batch):
    rng = np.random.default_rng(seed)
    f, s = [Dense(3, 5, he_normal), Activation(tanh), Dense(5, 4, he_normal)], Dense(3, 4, he_normal, bias=False)
    net, x, dy = Network([Residual(f, shortcut=s)]), rng.normal(size=(batch, 3)), rng.normal(size=(batch, 4))
    theta = net.init(rng, np.float64)
    inner, W = Network(f), theta[-12:].reshape(3, 4)  # the shortcut's parameters come last
    (_, y), back = net.trace(theta, x)
    hs, back_inner = inner.trace(theta[:-12], x)
    np.testing.assert_allclose(y, x @ W + hs[-1], rtol=1e-14, atol=1e-14)
    (dx, _), dtheta = back(dy)
    dhs, dtheta_inner = back_inner(dy)
    np.testing.assert_allclose(dx, dy @ W.T + dhs[0], rtol=1e-14, atol=1e-14)
    assert np.array_equal(dtheta[:-12], dtheta_inner)
    np.testing.assert_allclose(dtheta[-12:].reshape(3, 4), x.T @ dy, rtol=1e-14, atol=1e-14)


def test_a_projection_lets_a_block_change_channels_and_size():
    rng = np.random.default_rng(0)
    f = [Conv2d(2, 3, 3, he_normal, stride=2, padding=1, bias=False), BatchNorm(3), Activation(tanh)]
    block = Residual(f, shortcut=Conv2d(2, 3, 1, he_normal, stride=2, bias=False))
    net, x = Network([block]), rng.normal(size=(4, 2, 5, 6))
    theta = net.init(rng, np.float64)
    assert list(block.shapes()) == ["0.W", *(f"1.{name}" for name in BatchNorm(3).shapes()), "shortcut.W"]
    assert repr(block).endswith("shortcut=Conv2d(2, 3, 1, he_normal, stride=2, bias=False))")
    assert net(theta, x, train=True)[0].shape == (4, 3, 3, 3)
    assert check_gradient(lambda theta: net(theta, x, train=True), theta) < 1e-7
    with pytest.raises(ValueError, match=r"into \(4, 3, 3, 3\), but the shortcut into \(4, 2, 5, 6\)"):
        Network([Residual(f)])(theta[:-6], x, train=True)


def test_a_shortcut_is_calibrated_too():
    net = Network([Residual([Dense(3, 3, constant(0))], shortcut=BatchNorm(3))])
    x = np.random.default_rng(0).normal(2, 3, size=(50, 3))
    theta = calibrate(net, net.init(np.random.default_rng(0), np.float64), x)
    np.testing.assert_allclose(net(theta, x)[0], (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5), rtol=1e-12)


def test_parameters_are_named_by_position():
    block = Residual([INNER[0], Residual(INNER)])
    assert list(block.shapes()) == ["0.W", "0.b", "1.0.W", "1.0.b", "1.2.gamma", "1.2.beta", "1.3.W"]
    assert block.shapes()["1.3.W"] == (4, 3)
    params = {name: np.zeros(shape) for name, shape in block.shapes().items()}
    (_, own), (_, nested), _ = block.parts(params)
    assert own["W"] is params["0.W"]
    assert nested["2.beta"] is params["1.2.beta"]


def test_a_block_whose_layers_give_nothing_lets_everything_through():
    net = Network([Residual([Dense(3, 3, constant(0))])] * 50)
    x = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    hs, back = net.trace(net.init(np.random.default_rng(0)), x)
    dy = np.ones_like(x)
    assert np.array_equal(hs[-1], x)
    assert np.array_equal(back(dy)[0][0], dy)
    assert hs[-1].dtype == back(dy)[1].dtype == np.float32


def test_training_and_randomness_reach_the_inner_layers():
    net, x = Network([Residual([Dropout(0.5)])]), np.ones((4, 50), np.float32)
    theta = net.init(np.random.default_rng(0))
    assert np.unique(net(theta, x)[0]).tolist() == [2]
    assert np.unique(net(theta, x, train=True, rng=np.random.default_rng(0))[0]).tolist() == [1, 3]


def test_what_cannot_be():
    with pytest.raises(ValueError, match="at least one layer"):
        Residual([])
    net = Network([Residual([Dense(3, 1, constant(0))])])  # (2, 1) would broadcast
    with pytest.raises(ValueError, match=r"Residual\(\[Dense.*\(2, 3\) into \(2, 1\)"):
        net(np.zeros(net.size), np.zeros((2, 3)))


def test_a_block_says_what_it_is():
    assert repr(Residual([Dropout(0.5), Activation(tanh)])) == "Residual([Dropout(rate=0.5), Activation(tanh)])"

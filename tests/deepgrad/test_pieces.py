"""The oracles: nets bent by hand, and a fine grid on which a net with the found kinks must be straight in between."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgrad import (
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    Network,
    calibrate,
    constant,
    he_normal,
    interpolate,
    kinks,
    linear_pieces,
    relu,
    sigmoid,
)
from tests.strategies import seeds


def random_net(seed, width, depth):
    rng = np.random.default_rng(seed)
    sizes = [1, *[width] * depth]
    hidden = [layer for a, b in pairwise(sizes) for layer in (Dense(a, b, he_normal), Activation(relu))]
    net = Network([*hidden, Dense(width, 1, he_normal)])
    theta = net.init(rng, np.float64)
    for params in net.views(theta):
        if params:
            params["b"][:] = rng.normal(size=params["b"].shape)
    return net, theta


@given(seed=seeds, width=st.integers(1, 12), depth=st.integers(1, 4))
def test_between_its_kinks_a_net_is_straight_and_at_each_it_bends(seed, width, depth):
    net, theta = random_net(seed, width, depth)
    found = kinks(net, theta, -3, 3)

    def f(x):
        return net(theta, x[:, None])[0][:, 0]

    ends = np.concatenate([[-3], found, [3]])
    assert (np.diff(ends) > 0).all()
    x = np.linspace(-3, 3, 2001)
    size = 1 + np.abs(f(x)).max()
    np.testing.assert_allclose(f(x), np.interp(x, ends, f(ends)), rtol=0, atol=1e-9 * size)
    slopes = np.diff(f(ends)) / np.diff(ends)
    wide = np.minimum(np.diff(ends)[1:], np.diff(ends)[:-1]) > 1e-4  # elsewhere rounding blurs the slope
    assert (np.abs(np.diff(slopes))[wide] > 1e-11 * np.abs(slopes).max(initial=0)).all()


@given(seed=seeds, width=st.integers(1, 30))
def test_one_hidden_layer_bends_at_its_units_own_zeros_and_nowhere_else(seed, width):
    net, theta = random_net(seed, width, 1)
    first = net.views(theta)[0]
    zeros = -first["b"] / first["W"][0]
    np.testing.assert_allclose(kinks(net, theta, -3, 3), np.sort(zeros[np.abs(zeros) < 3]), rtol=1e-9, atol=1e-9)
    assert linear_pieces(net, theta, -1e9, 1e9) <= width + 1


def test_the_knots_of_an_interpolation_are_found():
    x, y = np.array([0.0, 1, 2.5, 4]), np.array([0.0, 2, -1, 3])
    np.testing.assert_allclose(kinks(*interpolate(x, y), -1, 5), [0, 1, 2.5], rtol=1e-14, atol=1e-14)
    assert linear_pieces(*interpolate(x, y), 0, 4) == 3
    assert linear_pieces(*interpolate(x, 2 * x), 0, 4) == 1  # no bend where points lie on a line


def test_what_lies_closer_than_rounding_is_one_place():
    bent_twice = interpolate([0, 1e-3, 2], [0, 1, 5])
    np.testing.assert_allclose(kinks(*bent_twice, -1, 1), [0, 1e-3], rtol=0, atol=1e-15)
    assert kinks(*bent_twice, -1e9, 1e9).tolist() == [0]
    for low, high in ((-1e-14, 1), (-1, 1e-14)):
        assert not kinks(*interpolate([0, 2], [0, 1]), low, high).size  # at the end, not inside


def test_units_that_cancel_or_are_switched_off_make_no_kink():
    net = Network([Dense(1, 2, constant(1)), Activation(relu), Dense(2, 1, constant(1))])
    theta = np.array([1.0, 1, 0, 0, 1, -1, 0])  # relu(x) − relu(x)
    assert linear_pieces(net, theta, -1, 1) == 1
    deep = Network([*net.layers, Activation(relu), Dense(1, 1, constant(1))])
    assert linear_pieces(deep, np.append(theta, [1, 0]), -1, 1) == 1  # relu(0), everywhere
    theta = np.array([1.0, -1, 0, 0, 1, -1, 0])  # relu(x) − relu(−x) = x
    assert linear_pieces(net, theta, -1, 1) == 1
    theta[-2] = 1  # |x|
    assert kinks(net, theta, -1, 1).tolist() == [0]
    assert linear_pieces(deep, np.append(theta, [1, 0]), -1, 1) == 2  # relu(|x|)
    theta[-1] = -9  # relu(|x| − 9): off
    assert linear_pieces(deep, np.append(theta, [1, 0]), -1, 1) == 1


def test_data_on_the_positive_side_of_every_unit_sees_a_straight_line():
    net, theta = random_net(1, 20, 2)
    assert linear_pieces(net, theta, -1, 1) > 5
    for params in net.views(theta)[:-1]:
        if params:
            params["b"][:] = 100
    assert linear_pieces(net, theta, -1, 1) == 1


def test_batch_normalization_moves_kinks_and_dropout_does_not():
    net = Network([Dense(1, 3, he_normal), BatchNorm(3), Activation(relu), Dropout(0.5), Dense(3, 1, he_normal)])
    theta = net.init(np.random.default_rng(0))
    x = np.array([[0.0], [4.0]])
    found = kinks(net, calibrate(net, theta, x), -10, 10)
    assert theta.dtype == np.float32
    np.testing.assert_allclose(found, 2, rtol=1e-5)  # all units are 0 at the data's mean
    assert len(found) == 1


def test_what_it_cannot_count():
    net, theta = random_net(0, 2, 1)
    for low, high in ((1, 1), (2, 1), (0, np.inf), (-np.inf, 0), (np.nan, 1)):
        with pytest.raises(ValueError, match=f"kinks from {low} to {high}"):
            kinks(net, theta, low, high)
    smooth = Network([Dense(1, 2, he_normal), Activation(sigmoid)])
    with pytest.raises(ValueError, match=r"Activation\(sigmoid\) is neither"):
        linear_pieces(smooth, smooth.init(np.random.default_rng(0)), 0, 1)

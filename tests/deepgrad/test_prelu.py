import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgrad.gradcheck import check_direction, check_gradient
from deepgrad.initializers import he_normal
from deepgrad.layers import Dense
from deepgrad.layers.prelu import PReLU, prelu
from deepgrad.network import Network
from tests.strategies import extreme, moderate


@given(z=moderate(), a=st.floats(-2, 2))
def test_way_back_is_the_finite_difference(z, a):
    z = np.append(np.where(np.abs(z) < 1e-3, 1.0, z), 3.0)  # away from the kink, one element above it

    def in_a(v):
        y, back = prelu(z - 4, v)  # most elements below zero
        return y, lambda dy: back(dy)[1]

    def in_z(v):
        y, back = prelu(v, np.array([a]))
        return y, lambda dy: back(dy)[0]

    assert check_gradient(in_z, z) < 1e-7
    assert check_gradient(in_a, np.array([a])) < 1e-7


def test_by_hand():
    y, back = prelu(np.array([[-2.0, 3.0], [0.0, -4.0]]), np.array([0.5]))
    assert y.tolist() == [[-1, 3], [0, -2]]
    dz, da = back(np.array([[1.0, 10.0], [100.0, 1000.0]]))
    assert dz.tolist() == [[0.5, 10], [50, 500]]
    assert da.tolist() == [-4002]


@given(z=extreme(np.float32))
def test_any_finite_float32_is_welcome(z):
    y, back = prelu(z, np.array([0.25], np.float32))
    dz, da = back(np.full_like(z, 1e-3))
    assert y.dtype == dz.dtype == da.dtype == np.float32
    assert y.shape == dz.shape == z.shape
    assert np.isfinite(y).all()
    assert np.isfinite(dz).all()
    assert np.isfinite(da).all()


@pytest.mark.parametrize("shape", [(), (2,), (1, 1)])
def test_slopes_that_do_not_fit(shape):
    with pytest.raises(ValueError, match="a has shape"):
        prelu(np.zeros((2, 3)), np.zeros(shape))


@pytest.mark.parametrize("slope", [-0.1, 1, np.nan])
def test_starting_slopes_out_of_range(slope):
    with pytest.raises(ValueError, match="slope is"):
        PReLU(slope)


def test_no_argument_is_written_into_and_the_way_back_can_be_taken_twice():
    z, a, dy = np.linspace(-2, 2, 6).reshape(2, 3), np.array([0.3]), np.ones((2, 3))
    z.flags.writeable = a.flags.writeable = dy.flags.writeable = False
    _, back = prelu(z, a)
    for first, second in zip(back(dy), back(dy), strict=True):
        assert np.array_equal(first, second)


def test_the_layer_in_a_network():
    net = Network([Dense(3, 4, he_normal), PReLU(), Dense(4, 2, he_normal), PReLU(0.1)])
    theta = net.init(np.random.default_rng(0), np.float64)
    views = net.views(theta)
    assert views[1]["a"].tolist() == [0.25]
    assert views[3]["a"].tolist() == [0.1]
    x = np.random.default_rng(1).normal(size=(5, 3))
    assert check_direction(lambda moved: net(moved, x), theta) < 1e-7
    _, back = net(theta.astype(np.float32), x)
    assert back(np.ones((5, 2), np.float32)).dtype == np.float32
    assert repr(PReLU()) == "PReLU(slope=0.25)"

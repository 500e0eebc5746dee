import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from scipy import special

from deepgrad.activations import (
    gelu,
    gelu_tanh,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    step,
    tanh,
)
from deepgrad.gradcheck import check_gradient, relative_error
from tests.strategies import extreme, moderate

SMOOTH = [sigmoid, tanh, softplus, silu, gelu, gelu_tanh]
ELEMENTWISE = [*SMOOTH, step, relu]
ALL = [*ELEMENTWISE, softmax]


@pytest.mark.parametrize("f", [sigmoid, tanh, softplus, softmax])
@given(z=moderate())
def test_way_back_is_the_finite_difference(f, z):
    assert check_gradient(f, z) < 1e-7


@pytest.mark.parametrize("f", [silu, gelu, gelu_tanh])
@given(z=moderate(size=6))
def test_way_back_of_those_that_dip_is_the_finite_difference(f, z):
    # with an element of slope 1 beside those at the dip, where the slope is 0 and only rounding would be compared
    assert check_gradient(f, np.append(z, 3.0)) < 1e-7


@given(z=moderate())
def test_relu_way_back_away_from_its_kink(z):
    assert check_gradient(relu, np.where(np.abs(z) < 1e-3, 1.0, z)) < 1e-7


def test_relu_derivative_is_one_above_zero_and_zero_elsewhere():
    y, back = relu(np.array([-2.0, -0.0, 0.0, 3.0]))
    assert y.tolist() == [0, 0, 0, 3]
    assert back(np.array([5.0, 5, 5, 5])).tolist() == [0, 0, 0, 5]


def test_step_fires_above_zero_and_hands_nothing_back():
    y, back = step(np.array([-2.0, -0.0, 0.0, 1e-300, 3.0]))
    assert y.tolist() == [0, 0, 0, 1, 1]
    assert back(np.full(5, 7.0)).tolist() == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("z", [-700, -40, -17, -1, -1e-9, 0, 0.3, 5, 36])
def test_sigmoid_against_fifty_digits(z):
    exact = 1 / (1 + (-Decimal(z)).exp())
    assert float(sigmoid(float(z))[0]) == pytest.approx(float(exact), rel=4e-16, abs=0)


def test_sigmoid_known_values_in_float32():
    z = np.array([-3.4e38, -200, -80, -20, 0, 20, 200, 3.4e38], np.float32)
    y, back = sigmoid(z)
    assert y.dtype == np.float32
    exact = np.array([0, 0, math.exp(-80), 1 / (1 + math.exp(20)), 0.5, 1, 1, 1])
    np.testing.assert_allclose(y, exact, rtol=3e-7, atol=1e-45)
    assert back(np.ones_like(z))[4] == 0.25


def test_sigmoid_derivative_peaks_at_a_quarter():
    z = np.linspace(-30, 30, 60001)
    slope = sigmoid(z)[1](np.ones_like(z))
    assert slope.max() == 0.25
    assert z[slope.argmax()] == pytest.approx(0, abs=1e-12)
    assert relative_error(slope, slope[::-1]) < 1e-12


@given(z=moderate(size=30))
def test_symmetries(z):
    np.testing.assert_allclose(sigmoid(-z)[0], 1 - sigmoid(z)[0], rtol=0, atol=2.3e-16)
    np.testing.assert_allclose(tanh(z)[0], 2 * sigmoid(2 * z)[0] - 1, rtol=0, atol=5e-16)


@given(z=moderate(size=50))
def test_softmax_is_a_distribution_that_ignores_a_shift(z):
    y, back = softmax(z)
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-15 * z.shape[-1])
    np.testing.assert_allclose(softmax(z + 100)[0], y, rtol=1e-12)
    np.testing.assert_allclose(back(z).sum(axis=-1), 0, atol=1e-13)  # moving all scores together moves nothing


def test_softmax_by_hand():
    y, _ = softmax(np.log([[1.0, 2.0, 5.0], [1, 1, 2]]))
    np.testing.assert_allclose(y, [[0.125, 0.25, 0.625], [0.25, 0.25, 0.5]], rtol=1e-15)
    assert softmax(np.array([-3e38, 3e38], np.float32))[0].tolist() == [0, 1]


@pytest.mark.parametrize("f", ALL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_finite_number_is_welcome(f, dtype):
    @given(z=extreme(dtype))
    def check(z):
        y, back = f(z)
        dz = back(np.ones_like(z))
        assert y.dtype == dz.dtype == dtype
        assert y.shape == dz.shape == z.shape
        assert np.isfinite(y).all()
        assert np.isfinite(dz).all()

    check()


def test_gelu_against_scipy():
    z = np.linspace(-30, 30, 6001)
    y, back = gelu(z)
    np.testing.assert_allclose(y, z * special.ndtr(z), rtol=3e-13, atol=0)
    slope = special.ndtr(z) + z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(back(np.ones_like(z)), slope, rtol=1e-12, atol=1e-15)
    middle = np.abs(z) < 8
    by_erf = z * (1 + special.erf(z / np.sqrt(2))) / 2
    np.testing.assert_allclose(y[middle], by_erf[middle], rtol=0, atol=2e-15)


def test_gelu_tanh_is_its_formula_and_near_gelu():
    z = np.linspace(-12, 12, 2001)
    y, _ = gelu_tanh(z)
    exact = [float(v) * (1 + math.tanh(math.sqrt(2 / math.pi) * (float(v) + 0.044715 * float(v) ** 3))) / 2 for v in z]
    np.testing.assert_allclose(y, exact, rtol=1e-15, atol=1e-15)
    assert 4e-4 < np.abs(y - gelu(z)[0]).max() < 5e-4


def test_softplus_and_silu_against_scipy():
    z = np.linspace(-700, 700, 14001)
    np.testing.assert_allclose(softplus(z)[0], -special.log_expit(-z), rtol=4e-16)
    np.testing.assert_allclose(silu(z)[0], z * special.expit(z), rtol=1e-15)


@pytest.mark.parametrize(("f", "at", "least"), [(silu, -1.278, -0.279), (gelu, -0.752, -0.170)])
def test_dips_lie_where_the_docstrings_say(f, at, least):
    z = np.linspace(-3, 0, 30001)
    y, _ = f(z)
    assert z[y.argmin()] == pytest.approx(at, abs=5e-4)
    assert least < y.min() < least + 1e-3


@given(z=moderate(size=30))
def test_what_f_of_z_and_of_minus_z_differ_by(z):
    for f in (softplus, silu, gelu, gelu_tanh):
        np.testing.assert_allclose(f(z)[0] - f(-z)[0], z, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("f", ALL)
def test_no_argument_is_written_into_and_the_way_back_can_be_taken_twice(f):
    z, dy = np.linspace(-2, 2, 6).reshape(2, 3), np.ones((2, 3))
    z.flags.writeable = dy.flags.writeable = False
    _, back = f(z)
    assert np.array_equal(back(dy), back(dy))


@pytest.mark.parametrize("f", ELEMENTWISE)
def test_a_single_number_is_enough(f):
    y, back = f(0.5)
    assert np.ndim(y) == np.ndim(back(1.0)) == 0
    assert y == f(np.array([0.5]))[0][0]

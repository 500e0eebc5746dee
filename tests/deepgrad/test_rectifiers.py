import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgrad.fixed_point import SELU_ALPHA, SELU_LAMBDA, SERLU_ALPHA, SERLU_LAMBDA
from deepgrad.gradcheck import check_gradient
from deepgrad.layers import Activation
from deepgrad.rectifiers import elu, leaky_relu, rrelu, selu, serlu
from tests.strategies import extreme, moderate, seeds


def drawn(z):
    """rrelu in training: the same slopes for the same shape."""
    return rrelu(z, np.random.default_rng(0), train=True)


ELEMENTWISE = [leaky_relu(), leaky_relu(0.2), leaky_relu(0), elu(), elu(2.5), selu, serlu]
ALL = [*ELEMENTWISE, drawn, lambda z: rrelu(z, None, train=False)]


@pytest.mark.parametrize("f", ALL)
@given(z=moderate(size=6))
def test_way_back_is_the_finite_difference(f, z):
    z = np.where(np.abs(z) < 1e-3, 1.0, z)  # away from the kink
    # with an element of slope 1, where all the others may lie where the slope is 0
    assert check_gradient(f, np.append(z, 3.0)) < 1e-7


def by_plain_arithmetic(z):
    """Value and slope of each of ELEMENTWISE at the number z, by its definition."""
    e = math.exp(z)
    return [
        (z, 1) if z > 0 else below
        for below in [(0.01 * z, 0.01), (0.2 * z, 0.2), (0, 0), (e - 1, e), (2.5 * (e - 1), 2.5 * e)]
    ] + [
        (SELU_LAMBDA * z, SELU_LAMBDA) if z > 0 else (SELU_LAMBDA * SELU_ALPHA * (e - 1), SELU_LAMBDA * SELU_ALPHA * e),
        (SERLU_LAMBDA * z, SERLU_LAMBDA)
        if z > 0
        else (SERLU_LAMBDA * SERLU_ALPHA * z * e, SERLU_LAMBDA * SERLU_ALPHA * (1 + z) * e),
    ]


@given(z=st.floats(-30, 30))
def test_values_and_slopes_by_definition_at_a_single_number(z):
    for f, (value, slope) in zip(ELEMENTWISE, by_plain_arithmetic(z), strict=True):
        y, back = f(z)
        assert np.ndim(y) == np.ndim(back(1.0)) == 0
        assert float(y) == pytest.approx(value, rel=1e-14, abs=1e-15)
        assert float(back(2.0)) == pytest.approx(2 * slope, rel=1e-14, abs=1e-15)


def test_at_the_kink_the_slope_is_that_from_below():
    for f, (value, slope) in zip(ELEMENTWISE, by_plain_arithmetic(0.0), strict=True):
        y, back = f(np.zeros(1))
        assert y == value == 0
        assert back(np.ones(1)) == slope


def test_at_its_kink_rrelu_has_a_slope_drawn_too():
    slopes = drawn(np.zeros(100))[1](np.ones(100))
    assert 1 / 8 <= slopes.min() < slopes.max() < 1 / 3


def test_known_values():
    y, _ = serlu(np.array([-1.0, -1e4]))
    assert y.tolist() == [pytest.approx(-SERLU_LAMBDA * SERLU_ALPHA / math.e, rel=1e-15), 0]
    y, _ = selu(np.array([-1e4]))
    assert y.tolist() == [pytest.approx(-SELU_LAMBDA * SELU_ALPHA, rel=1e-15)]
    assert float(elu()(-1e-12)[0]) == pytest.approx(-1e-12, rel=1e-11)  # no digits lost next to zero


@pytest.mark.parametrize("f", ALL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_finite_number_is_welcome(f, dtype):
    @given(z=extreme(dtype))
    def check(z):
        y, back = f(z)
        dz = back(np.ones_like(z))
        assert y.dtype == dz.dtype == dtype
        assert y.shape == dz.shape == z.shape
        assert np.isfinite(y[z < 0.9 * np.finfo(dtype).max]).all()
        assert not np.isnan(y).any()
        assert np.isfinite(dz).all()

    check()


@pytest.mark.parametrize("f", [selu, serlu])
def test_beyond_the_largest_number_lies_infinity(f):
    y, back = f(np.array([3.4e38], np.float32))
    assert y == np.inf
    assert float(back(np.ones(1, np.float32))[0]) == pytest.approx(float(f(1.0)[0]), rel=1e-7)


@given(seed=seeds, lower=st.floats(0, 0.4), width=st.floats(0, 0.5))
def test_rrelu_draws_a_slope_for_every_element_below_zero(seed, lower, width):
    z = np.linspace(-2, 2, 40).reshape(4, 10)
    y, back = rrelu(z, np.random.default_rng(seed), True, lower, lower + width)
    slope = back(np.ones_like(z))
    assert np.all(slope[z > 0] == 1)
    assert np.all((slope[z < 0] >= lower) & (slope[z < 0] <= lower + width))
    assert width < 1e-6 or len(np.unique(slope[z < 0])) == 20
    np.testing.assert_array_equal(y, slope * z)
    narrow, _ = rrelu(z.astype(np.float32), np.random.default_rng(seed), True, lower, lower + width)
    np.testing.assert_allclose(narrow, y, rtol=2e-7, atol=1e-44)


def test_rrelu_slopes_are_uniform_in_training_and_their_mean_otherwise():
    z = np.full(100_000, -1.0)
    slope = -rrelu(z, np.random.default_rng(3), train=True)[0]
    assert abs(slope.mean() - 11 / 48) < 5 * math.sqrt((5 / 24) ** 2 / 12 / len(z))
    assert slope.var() == pytest.approx((5 / 24) ** 2 / 12, rel=0.02)
    y, back = rrelu(np.array([-48.0, 3.0]), None, train=False)
    np.testing.assert_allclose(y, [-11, 3], rtol=1e-15)
    np.testing.assert_allclose(back(np.ones(2)), [11 / 48, 1], rtol=1e-15)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: leaky_relu(-0.1), "slope is -0.1"),
        (lambda: leaky_relu(1), "slope is 1"),
        (lambda: elu(0), "alpha is 0"),
        (lambda: elu(math.nan), "alpha is nan"),
        (lambda: rrelu(np.zeros(2), None, True), "rng"),
        (lambda: rrelu(np.zeros(2), None, False, 0.5, 0.2), "lower is 0.5 and upper is 0.2"),
        (lambda: rrelu(np.zeros(2), None, False, -0.5, 0.2), "lower is -0.5"),
        (lambda: rrelu(np.zeros(2), None, False, 0, 1), "upper is 1"),
    ],
)
def test_parameters_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("f", ALL)
def test_no_argument_is_written_into_and_the_way_back_can_be_taken_twice(f):
    z, dy = np.linspace(-2, 2, 6).reshape(2, 3), np.ones((2, 3))
    z.flags.writeable = dy.flags.writeable = False
    _, back = f(z)
    assert np.array_equal(back(dy), back(dy))


def test_a_layer_says_which_parameter_it_was_made_with():
    assert repr(Activation(leaky_relu(0.2))) == "Activation(leaky_relu(0.2))"
    assert repr(Activation(elu())) == "Activation(elu(1.0))"

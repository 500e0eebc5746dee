import math

import numpy as np
import pytest
from scipy import integrate

from deepgrad.fixed_point import (
    SELU_ALPHA,
    SELU_LAMBDA,
    SERLU_ALPHA,
    SERLU_LAMBDA,
    fixed_point,
    moment_below_zero,
)
from deepgrad.rectifiers import selu, serlu


def mean_below_zero(f):
    """E[f(z); z < 0] for z ~ N(0, 1), by adaptive quadrature."""
    value, _ = integrate.quad(
        lambda z: f(z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
        -40,
        0,
        points=[-10, -3],
        epsabs=1e-15,
        limit=200,
    )
    return value


def test_selu_constants_are_the_published_ones():
    assert pytest.approx(1.0507009873554805, rel=1e-15) == SELU_LAMBDA
    assert pytest.approx(1.6732632423543772, rel=1e-15) == SELU_ALPHA


@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("k", [0, 0.5, 1, 2, -1])
def test_moments_against_quadrature(n, k):
    exact = mean_below_zero(lambda z: z**n * math.exp(k * z))
    assert moment_below_zero(n, k) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("f", [selu, serlu])
def test_what_goes_in_normal_comes_out_with_mean_zero_and_variance_one(f):
    z, weights = np.polynomial.legendre.leggauss(200)
    z = np.append(6 * z - 6, 6 * z + 6)  # nodes on [−12, 0] and on [0, 12]: the kink lies between
    density = np.tile(6 * weights, 2) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    y, _ = f(z)
    assert density @ y == pytest.approx(0, abs=1e-14)
    assert density @ y**2 == pytest.approx(1, rel=1e-14)


def test_serlu_constants_by_quadrature():
    alpha = -1 / math.sqrt(2 * math.pi) / mean_below_zero(lambda z: z * math.exp(z))
    square = mean_below_zero(lambda z: (z * math.exp(z)) ** 2)
    assert pytest.approx(alpha, rel=1e-12) == SERLU_ALPHA
    assert pytest.approx((0.5 + alpha**2 * square) ** -0.5, rel=1e-12) == SERLU_LAMBDA


def test_the_identity_is_its_own_fixed_point():
    lam, alpha = fixed_point(mean=-1 / math.sqrt(2 * math.pi), square=0.5)
    assert (lam, alpha) == pytest.approx((1, 1), rel=1e-15)


@pytest.mark.parametrize(("mean", "square"), [(0, 1), (0.5, 1), (-1, 0), (math.nan, 1), (-1, -1)])
def test_moments_without_a_fixed_point(mean, square):
    with pytest.raises(ValueError, match=f"mean is {mean} and square is {square}"):
        fixed_point(mean, square)


@pytest.mark.parametrize("n", [-1, 3])
def test_moments_out_of_range(n):
    with pytest.raises(ValueError, match=f"n is {n}"):
        moment_below_zero(n, 1)

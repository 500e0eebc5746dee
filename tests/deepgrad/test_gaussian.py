import math

import numpy as np
import pytest
from hypothesis import given
from scipy import special

from deepgrad.gaussian import normal_cdf, normal_pdf
from tests.strategies import extreme

Z = np.append(np.linspace(-37, 37, 74_001), np.linspace(-1e-3, 1e-3, 101))


def test_cdf_against_scipy_absolute_and_in_the_far_tail():
    error = np.abs(normal_cdf(Z) - special.ndtr(Z))
    assert error.max() < 4e-16
    assert np.all(error <= 8e-16 * (1 + Z * Z) * special.ndtr(Z))


def test_cdf_is_one_plus_erf_over_two():
    error = np.abs(2 * normal_cdf(math.sqrt(2) * Z) - 1 - special.erf(Z))
    assert error.max() < 8e-16


@pytest.mark.parametrize("x", [-5.0, -2.0, -0.5, 0.0, 0.25, 1.0, 3.0])
def test_cdf_of_a_single_number_against_the_standard_library(x):
    y = normal_cdf(x)
    assert np.ndim(y) == 0
    assert float(y) == pytest.approx(math.erfc(-x / math.sqrt(2)) / 2, rel=1e-14)


def test_cdf_in_float32():
    z = Z.astype(np.float32)
    y = normal_cdf(z)
    assert y.dtype == np.float32
    assert np.abs(y - special.ndtr(z.astype(np.float64))).max() < 2e-7


def test_pdf_by_hand():
    y = normal_pdf(np.array([0.0, 1.0, -2.0]))
    exact = [0.3989422804014327, 0.24197072451914337, 0.05399096651318806]
    np.testing.assert_allclose(y, exact, rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_finite_number_is_welcome(dtype):
    @given(z=extreme(dtype))
    def check(z):
        for f in (normal_cdf, normal_pdf):
            y = f(z)
            assert y.dtype == dtype
            assert np.all((y >= 0) & (y <= 1))

    check()

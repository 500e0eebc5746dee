import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgrad.initializers import (
    constant,
    convolution_weights,
    he_normal,
    he_uniform,
    lecun_normal,
    normal,
    orthogonal,
    uniform,
    xavier_normal,
    xavier_uniform,
    zeros,
)
from tests.strategies import seeds

FAN_IN, FAN_OUT = 200, 300  # unequal, so that mixing them up shows
N = FAN_IN * FAN_OUT

# scheme, variance by its definition, excess kurtosis (−1.2 uniform, 0 normal), largest possible |W|
TABLE = [
    (uniform(-1, 1), 1 / 3, -1.2, 1),
    (uniform(-0.5, 1.5), 1 / 3, -1.2, 1.5),
    (normal(0.3), 0.09, 0, math.inf),
    (xavier_uniform, 2 / 500, -1.2, math.sqrt(6 / 500)),
    (xavier_normal, 2 / 500, 0, math.inf),
    (he_normal, 2 / 200, 0, math.inf),
    (he_uniform, 2 / 200, -1.2, math.sqrt(6 / 200)),
    (lecun_normal, 1 / 200, 0, math.inf),
]
ALL = [*(init for init, *_ in TABLE), constant(2), zeros, orthogonal]


@pytest.mark.parametrize(("init", "variance", "kurtosis", "bound"), TABLE)
def test_moments_lie_within_five_standard_errors(init, variance, kurtosis, bound):
    W = init(np.random.default_rng(7), FAN_IN, FAN_OUT, np.float64)
    assert W.shape == (FAN_IN, FAN_OUT)
    centre = 0.5 if bound == 1.5 else 0
    assert abs(W.mean() - centre) < 5 * math.sqrt(variance / N)
    assert abs(W.var() / variance - 1) < 5 * math.sqrt((kurtosis + 2) / N)
    assert np.mean((W - W.mean()) ** 4) / W.var() ** 2 - 3 == pytest.approx(kurtosis, abs=0.1)
    assert np.abs(W).max() <= bound
    assert bound == math.inf or np.abs(W).max() > 0.999 * bound


@pytest.mark.parametrize("init", ALL)
def test_a_seed_gives_the_same_weights_in_both_dtypes(init):
    wide = init(np.random.default_rng(1), 3, 5, np.float64)
    narrow = init(np.random.default_rng(1), 3, 5, np.float32)
    assert wide.shape == (3, 5)
    assert narrow.dtype == np.float32
    assert np.array_equal(wide.astype(np.float32), narrow)


def test_constant_and_zero_deviation():
    assert np.unique(constant(-0.5)(np.random.default_rng(0), 2, 3, np.float64)).tolist() == [-0.5]
    assert not zeros(np.random.default_rng(0), 2, 3, np.float64).any()
    assert not normal(0)(np.random.default_rng(0), 2, 3, np.float64).any()


fans = st.integers(1, 12)


@given(seed=seeds, fan_in=fans, fan_out=fans)
def test_orthogonal_rows_or_columns_are_orthonormal(seed, fan_in, fan_out):
    W = orthogonal(np.random.default_rng(seed), fan_in, fan_out, np.float64)
    assert W.shape == (fan_in, fan_out)
    smaller = W.T @ W if fan_in >= fan_out else W @ W.T
    np.testing.assert_allclose(smaller, np.eye(len(smaller)), rtol=0, atol=1e-14)


def test_orthogonal_matrices_are_all_equally_likely():
    rng, n = np.random.default_rng(5), 4000
    drawn = np.array([orthogonal(rng, 3, 3, np.float64) for _ in range(n)])
    # every element has mean 0 and variance 1/3, and so has every one of Q W, for any fixed rotation Q
    for each in (drawn, np.linalg.qr(rng.normal(size=(3, 3)))[0] @ drawn):
        assert np.abs(each.mean(axis=0)).max() < 5 / math.sqrt(3 * n)
        np.testing.assert_allclose(each.var(axis=0), 1 / 3, rtol=0.1)
    signs, _ = np.linalg.slogdet(drawn)
    assert abs(signs.mean()) < 5 / math.sqrt(n)  # as many reflections as rotations


@pytest.mark.parametrize(
    ("init", "variance"),
    [
        (he_normal, 2 / (16 * 9)),
        (he_uniform, 2 / (16 * 9)),
        (lecun_normal, 1 / (16 * 9)),
        (xavier_normal, 2 / (16 * 9 + 48 * 9)),
        (xavier_uniform, 2 / (16 * 9 + 48 * 9)),
        (normal(0.3), 0.09),
        (uniform(-1, 1), 1 / 3),
    ],
)
def test_convolution_weights_have_the_variance_of_their_fans(init, variance):
    W = convolution_weights(init, np.random.default_rng(7), (48, 16, 3, 3), np.float32)
    assert W.shape == (48, 16, 3, 3)
    assert W.dtype == np.float32
    assert abs(W.var() / variance - 1) < 5 * math.sqrt(2 / W.size)


@pytest.mark.parametrize("shape", [(4, 2, 3), (4, 2, 3, 3), (20, 1, 3, 3), (16, 3, 2, 5)])
def test_orthogonal_filters(shape):
    W = convolution_weights(orthogonal, np.random.default_rng(0), shape, np.float64)
    assert W.shape == shape
    rows = W.reshape(len(W), -1)
    smaller = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
    np.testing.assert_allclose(smaller, np.eye(len(smaller)), rtol=0, atol=1e-14)


def test_constants_fill_convolution_weights():
    rng = np.random.default_rng(0)
    for init, value in ((constant(2), 2), (zeros, 0)):
        W = convolution_weights(init, rng, (4, 3, 5), np.float32)
        assert W.tolist() == np.full((4, 3, 5), value).tolist()


def test_an_initializer_is_told_both_fans_of_a_convolution():
    def fans_of(rng, fan_in, fan_out, dtype, shape):
        assert shape == (6, 5, 2, 3)
        return np.full(shape, 1000 * fan_in + fan_out, dtype)

    W = convolution_weights(fans_of, np.random.default_rng(0), (6, 5, 2, 3), np.float64)
    assert np.unique(W).tolist() == [30_036]  # 5 · 2 · 3 and 6 · 2 · 3


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 4), r"\(3, 4\).*filters, channels"),
        ((3, 0, 2), r"\(3, 0, 2\) is 0"),
        ((3, 4, 5, -1), r"\(3, 4, 5, -1\) is -1"),
        ([3, 4, 5], r"\[3, 4, 5\].*tuple"),
    ],
)
def test_shapes_that_are_not_a_convolution(shape, message):
    with pytest.raises(ValueError, match=message):
        convolution_weights(he_normal, np.random.default_rng(0), shape, np.float32)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: uniform(1, -1), r"uniform\(1, -1\)"),
        (lambda: uniform(0, math.inf), "inf"),
        (lambda: uniform(2, 2), r"uniform\(2, 2\)"),
        (lambda: normal(-0.1), "std is -0.1"),
        (lambda: normal(math.nan), "nan"),
        (lambda: constant(math.inf), "inf"),
    ],
)
def test_parameters_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()

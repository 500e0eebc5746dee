import math

import numpy as np
import pytest

from deepgrad import constant, he_normal, normal, uniform, xavier_normal, xavier_uniform

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
]


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


@pytest.mark.parametrize("init", [uniform(-1, 1), normal(0.3), constant(2), xavier_uniform, xavier_normal, he_normal])
def test_a_seed_gives_the_same_weights_in_both_dtypes(init):
    wide = init(np.random.default_rng(1), 3, 5, np.float64)
    narrow = init(np.random.default_rng(1), 3, 5, np.float32)
    assert wide.shape == (3, 5)
    assert narrow.dtype == np.float32
    assert np.array_equal(wide.astype(np.float32), narrow)


def test_constant_and_zero_deviation():
    assert np.unique(constant(-0.5)(np.random.default_rng(0), 2, 3, np.float64)).tolist() == [-0.5]
    assert not normal(0)(np.random.default_rng(0), 2, 3, np.float64).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: uniform(1, -1), r"uniform\(1, -1\)"),
        (lambda: uniform(0, math.inf), "inf"),
        (lambda: uniform(2, 2), r"uniform\(2, 2\)"),
        (lambda: normal(-0.1), r"normal\(-0.1\)"),
        (lambda: normal(math.nan), "nan"),
        (lambda: constant(math.inf), "inf"),
    ],
)
def test_parameters_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()

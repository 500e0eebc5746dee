import numpy as np
import pytest

from deepgrad import (
    Activation,
    Dense,
    Network,
    autocorrelation,
    central_difference,
    input_gradients,
    normal,
    relative_error,
    relu,
    tanh,
)


def test_each_points_gradient_is_its_own_finite_difference():
    net, rng = Network([Dense(2, 6, normal(1)), Activation(tanh), Dense(6, 1, normal(1))]), np.random.default_rng(0)
    theta, xs = net.init(rng, np.float64), rng.normal(size=(7, 2))
    found = input_gradients(net, theta, xs)
    assert found.shape == xs.shape
    for x, slope in zip(xs, found, strict=True):
        assert relative_error(slope, central_difference(lambda v: float(net(theta, v[None])[0][0, 0]), x)) < 1e-7


def test_by_hand():
    """y = 3 relu(2x − 1): slope 6 above ½, 0 below."""
    net = Network([Dense(1, 1, normal(1)), Activation(relu), Dense(1, 1, normal(1))])
    found = input_gradients(net, np.array([2.0, -1, 3, 7]), np.array([[-1.0], [0.4], [0.6], [5]]))
    assert found.tolist() == [[0], [0], [6], [6]]


def test_networks_with_several_outputs_have_no_one_gradient():
    net = Network([Dense(1, 2, normal(1))])
    with pytest.raises(ValueError, match=r"\(3, 1\) into \(3, 2\)"):
        input_gradients(net, np.zeros(4), np.zeros((3, 1)))


def test_the_gradients_of_a_linear_network_agree_at_every_lag():
    net, rng = Network([Dense(1, 5, normal(1)), Dense(5, 1, normal(1))]), np.random.default_rng(0)
    gradients = input_gradients(net, net.init(rng), np.linspace(-2, 2, 50)[:, None])
    np.testing.assert_allclose(autocorrelation(gradients, range(50)), 1, rtol=1e-6)


def test_autocorrelation_by_hand():
    values = np.array([1, 2, 3])
    expected = [1, (1 * 2 + 2 * 3) / np.sqrt((1 + 4) * (4 + 9)), 1]
    np.testing.assert_allclose(autocorrelation(values, [0, 1, 2]), expected, rtol=1e-15)
    np.testing.assert_allclose(autocorrelation(np.array([1, -1, 1, -1]), [1, 2]), [-1, 1], rtol=1e-15)
    # components are summed over: (1, 0) to (0, 1) is a right angle, (0, 1) to (0, 2) none
    turning = np.array([[1, 0], [0, 1], [0, 2]])
    np.testing.assert_allclose(autocorrelation(turning, [1]), 2 / np.sqrt(2 * 5), rtol=1e-15)


def test_white_noise_has_none():
    found = autocorrelation(np.random.default_rng(0).normal(size=100_000), [0, 1, 2, 50])
    assert found[0] == pytest.approx(1, rel=1e-12)
    assert np.abs(found[1:]).max() < 5 / np.sqrt(100_000)


def test_brown_noise_has_that_of_its_known_covariance():
    """E[Bₛ Bₜ] = min(s, t) for a walk B of independent steps: Σ s over √(Σ s · Σ (s + k)), s = 1 … n − k."""
    n, walks, lags = 100, 20_000, np.array([0, 1, 10, 50, 90])
    brown = np.random.default_rng(0).normal(size=(n, walks)).cumsum(axis=0)
    s = [np.arange(1, n - k + 1) for k in lags]
    expected = [i.sum() / np.sqrt(i.sum() * (i + k).sum()) for i, k in zip(s, lags, strict=True)]
    found = autocorrelation(brown, lags)
    np.testing.assert_allclose(found, expected, atol=0.03)
    # what the docstring says
    np.testing.assert_allclose(expected, np.sqrt((n - lags) * (n - lags + 1) / (n * (n + 1) - lags * (lags + 1))))
    np.testing.assert_allclose(expected, np.sqrt((1 - lags / n) / (1 + lags / n)), atol=0.02)


def test_numbers_are_multiplied_in_float64_and_none_so_small_that_their_squares_vanish():
    narrow = np.random.default_rng(0).normal(size=50).astype(np.float32)
    assert np.array_equal(autocorrelation(narrow, [1, 7]), autocorrelation(narrow.astype(np.float64), [1, 7]))
    np.testing.assert_allclose(autocorrelation(np.array([1e-300, 2e-300, 3e-300]), [1]), 8 / np.sqrt(65), rtol=1e-12)


@pytest.mark.parametrize(
    ("values", "lags", "message"),
    [
        (np.ones(3), [0, 3], r"a lag is 3, but must lie in \[0, 3\)"),
        (np.ones(3), [-1], "a lag is -1"),
        (np.zeros(3), [1], "the values is 0"),
        (np.zeros((3, 0)), [1], "the values is 0"),
        (np.array([1, np.inf]), [1], "the values is inf"),
        (np.array([1, np.nan]), [1], "the values is nan"),
        (np.array([0, 0, 1]), [1], "at lag 1 one side"),
    ],
)
def test_what_has_no_correlation(values, lags, message):
    with pytest.raises(ValueError, match=message):
        autocorrelation(values, lags)

"""Three steps of each, worked by hand, and what the papers promise."""

from functools import partial
from math import inf, nan, sqrt

import numpy as np
import pytest

from deepgrad import adam, momentum, sgd


def path(optimizer, theta, grads):
    """Theta after each step."""
    theta, state, visited = np.array([theta]), None, []
    for grad in grads:
        theta, state = optimizer(theta, np.array([grad], theta.dtype), state)
        visited.append(float(theta[0]))
    return visited


# Adam with β₁ = 1/2, β₂ = 3/4, ε = 1 and gradients 3, 0, −6:
#   m = 3/2, 3/4, −21/8    m̂ = 3, 1, −3
#   v = 9/4, 27/16, 657/64    v̂ = 9, 27/7, 657/37
ADAM_STEPS = [0.1 * 3 / (3 + 1), 0.1 * 1 / (sqrt(27 / 7) + 1), -0.1 * 3 / (sqrt(657 / 37) + 1)]

TABLE = [
    (partial(sgd, eta=0.1), [3, 0, -6], [0.7, 0.7, 1.3]),
    (partial(momentum, eta=0.1, beta=0.5), [1, 2, -1], [0.9, 0.65, 0.625]),
    (partial(adam, eta=0.1, beta1=0.5, beta2=0.75, eps=1), [3, 0, -6], 1 - np.cumsum(ADAM_STEPS)),
]


@pytest.mark.parametrize(("optimizer", "grads", "expected"), TABLE)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-15), (np.float32, 1e-6)])
def test_three_steps_by_hand(optimizer, grads, expected, dtype, tolerance):
    np.testing.assert_allclose(path(optimizer, dtype(1), grads), expected, rtol=tolerance)


def test_momentum_without_memory_is_gradient_descent():
    grads = [0.3, -2, 5]
    assert path(partial(momentum, eta=0.2, beta=0), 1.0, grads) == path(partial(sgd, eta=0.2), 1.0, grads)


def test_momentum_gains_speed_ten_fold_along_a_slope():
    visited = path(partial(momentum, eta=0.01, beta=0.9), 0.0, [1.0] * 300)
    assert visited[-1] - visited[-2] == pytest.approx(-0.1, rel=1e-9)


@pytest.mark.parametrize("scale", [1e-3, 1, 1e6])
def test_adam_steps_by_eta_whatever_the_size_of_the_gradient(scale):
    assert path(adam, 0.0, [scale] * 3) == pytest.approx([-0.001, -0.002, -0.003], rel=1e-4)


@pytest.mark.parametrize("optimizer", [partial(sgd, eta=0.05), partial(momentum, eta=0.02), partial(adam, eta=0.05)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_one_reaches_the_bottom_of_a_bowl(optimizer, dtype):
    curvature = np.array([1, 10], dtype)
    theta, state = np.array([2, -1], dtype), None
    for _ in range(600):
        theta, state = optimizer(theta, curvature * theta, state)
    assert theta.dtype == dtype
    assert np.abs(theta).max() < 1e-3


@pytest.mark.parametrize("optimizer", [sgd, momentum, adam])
def test_a_kept_theta_grad_and_state_stay_what_they_were(optimizer):
    theta, grad = np.array([1.0, 2.0]), np.array([3.0, -4.0])
    for array in (theta, grad):
        array.flags.writeable = False
    first, state = optimizer(theta, grad, None)
    second, _ = optimizer(first, grad, state)
    again, _ = optimizer(first, grad, state)
    assert np.array_equal(second, again)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [(partial(f, eta=eta), f"eta is {eta}") for f in (sgd, momentum, adam) for eta in (0, -0.1, nan, inf)]
    + [
        (partial(momentum, beta=1.0), "beta is 1.0"),
        (partial(momentum, beta=-0.1), "beta is -0.1"),
        (partial(adam, beta1=1.0), "beta1 is 1.0"),
        (partial(adam, beta2=1.5), "beta2 is 1.5"),
        (partial(adam, eps=0), "eps is 0"),
    ],
)
def test_rates_out_of_range(optimizer, message):
    with pytest.raises(ValueError, match=message):
        optimizer(np.zeros(2), np.ones(2), None)


@pytest.mark.parametrize("optimizer", [sgd, momentum, adam])
def test_a_gradient_of_another_shape(optimizer):
    with pytest.raises(ValueError, match=r"\(3,\).*\(1,\)"):
        optimizer(np.zeros(3), np.ones(1), None)

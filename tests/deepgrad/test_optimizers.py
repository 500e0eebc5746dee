"""Three steps of each, worked by hand, and what the papers promise."""

from functools import partial
from math import inf, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgrad import LSTM, BatchNorm, Dense, Network, PReLU, Residual, normal
from deepgrad.optimizers import adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd
from tests.strategies import moderate, rates

ALL = [sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw]


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

# Nesterov with η = 1/10, β = 1/2 and gradients 1, 2, −1: v = −1/10, −1/4, −1/40, and a step is v/2 − g/10
#   −1/20 − 1/10 = −3/20    −1/8 − 1/5 = −13/40    −1/80 + 1/10 = 7/80
NESTEROV = [17 / 20, 21 / 40, 49 / 80]

# AdaGrad with η = 1/10, ε = 1 and gradients 3, −4, 12: √G = 3, 5, 13, steps −3/40, 4/60, −12/140
ADAGRAD = [37 / 40, 119 / 120, 761 / 840]

# RMSProp with η = 1/10, β = 3/4, ε = 1 and gradients 6, 0, −6: v = 9, 27/4, 225/16
#   steps −6/40, 0, and 0.6 / (15/4 + 1) = 12/95
RMSPROP = [17 / 20, 17 / 20, 371 / 380]

# AdamW: the steps of Adam above, and before each θ shrinks by ηλ = 1/10 · 1/2 = 1/20 of itself
ADAMW = [
    19 / 20 - ADAM_STEPS[0],
    (19 / 20) * (19 / 20 - ADAM_STEPS[0]) - ADAM_STEPS[1],
    (19 / 20) * ((19 / 20) * (19 / 20 - ADAM_STEPS[0]) - ADAM_STEPS[1]) - ADAM_STEPS[2],
]

TABLE = [
    (partial(sgd, eta=0.1), [3, 0, -6], [0.7, 0.7, 1.3]),
    (partial(momentum, eta=0.1, beta=0.5), [1, 2, -1], [0.9, 0.65, 0.625]),
    (partial(nesterov, eta=0.1, beta=0.5), [1, 2, -1], NESTEROV),
    (partial(adagrad, eta=0.1, eps=1), [3, -4, 12], ADAGRAD),
    (partial(rmsprop, eta=0.1, beta=0.75, eps=1), [6, 0, -6], RMSPROP),
    (partial(adam, eta=0.1, beta1=0.5, beta2=0.75, eps=1), [3, 0, -6], 1 - np.cumsum(ADAM_STEPS)),
    (partial(adamw, eta=0.1, beta1=0.5, beta2=0.75, eps=1, decay=0.5), [3, 0, -6], ADAMW),
]


@pytest.mark.parametrize(("optimizer", "grads", "expected"), TABLE)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-15), (np.float32, 1e-6)])
def test_three_steps_by_hand(optimizer, grads, expected, dtype, tolerance):
    np.testing.assert_allclose(path(optimizer, dtype(1), grads), expected, rtol=tolerance)


@pytest.mark.parametrize(
    ("optimizer", "length"), [(sgd, 0.1), (momentum, 0.01), (nesterov, 0.019), (adagrad, 0.01), (adam, 0.001)]
)
def test_the_first_step_at_the_usual_rates(optimizer, length):
    assert path(optimizer, 0.0, [1.0]) == pytest.approx([-length], rel=1e-7)


def test_momentum_without_memory_is_gradient_descent():
    grads = [0.3, -2, 5]
    assert path(partial(momentum, eta=0.2, beta=0), 1.0, grads) == path(partial(sgd, eta=0.2), 1.0, grads)


def test_momentum_gains_speed_ten_fold_along_a_slope():
    visited = path(partial(momentum, eta=0.01, beta=0.9), 0.0, [1.0] * 300)
    assert visited[-1] - visited[-2] == pytest.approx(-0.1, rel=1e-9)


def test_nesterovs_first_step_is_one_point_nine_eta():
    """A well-known book's takes 2.71 η: it looks ahead twice."""
    assert path(partial(nesterov, eta=0.1, beta=0.9), 0.0, [1.0]) == pytest.approx([-0.19], rel=1e-15)


@given(start=moderate(3), beta=rates)
def test_nesterov_is_the_papers_two_lines_seen_from_the_look_ahead_point(start, beta):
    """Sutskever et al.: v ← β v − η ∇f(θ + β v), θ ← θ + v, on the bowl f = Σ cᵢ θᵢ² / 2."""
    curvature, eta = np.array([1.0, 4.0, 9.0]), 0.05
    place, v = start, np.zeros(3)
    theta, state = start, None
    for _ in range(20):
        v = beta * v - eta * curvature * (place + beta * v)
        place = place + v
        theta, state = nesterov(theta, curvature * theta, state, eta=eta, beta=beta)
        np.testing.assert_allclose(theta, place + beta * v, rtol=1e-9, atol=1e-9)


def test_nesterov_without_memory_is_gradient_descent():
    grads = [0.3, -2, 5]
    assert path(partial(nesterov, eta=0.2, beta=0), 1.0, grads) == pytest.approx(
        path(partial(sgd, eta=0.2), 1.0, grads), rel=1e-15
    )


@given(steps=st.integers(1, 50), grad=st.floats(0.1, 10))
def test_adagrad_under_a_constant_gradient_slows_down_with_the_square_root_of_time(steps, grad):
    visited = path(partial(adagrad, eta=0.1, eps=1e-12), 0.0, [grad] * steps)
    assert visited[-1] == pytest.approx(-0.1 * sum(1 / sqrt(t) for t in range(1, steps + 1)), rel=1e-9)


@pytest.mark.parametrize("grad", [1e-3, 1, 1e6])
def test_rmsprop_ends_at_steps_of_eta_and_starts_with_more(grad):
    visited = path(rmsprop, 0.0, [grad] * 400)
    assert visited[0] == pytest.approx(-0.001 * sqrt(10), rel=1e-4)
    assert visited[-1] - visited[-2] == pytest.approx(-0.001, rel=1e-4)


def test_adamw_without_decay_is_adam_and_without_gradient_a_constant_share_is_lost():
    grads = [0.3, -2, 5]
    assert path(partial(adamw, decay=0), 1.0, grads) == path(adam, 1.0, grads)
    visited = path(partial(adamw, eta=0.5, decay=0.25), 8.0, [0, 0, 0])
    assert visited == [7, 6.125, 5.359375]  # seven eighths each time
    assert path(adamw, 1.0, [0]) == pytest.approx([1 - 0.001 * 0.01], rel=1e-15)


@pytest.mark.parametrize("scale", [1e-3, 1, 1e6])
def test_adam_steps_by_eta_whatever_the_size_of_the_gradient(scale):
    assert path(adam, 0.0, [scale] * 3) == pytest.approx([-0.001, -0.002, -0.003], rel=1e-4)


@pytest.mark.parametrize(
    "optimizer",
    [
        partial(sgd, eta=0.05),
        partial(momentum, eta=0.02),
        partial(nesterov, eta=0.02),
        partial(adagrad, eta=0.5),
        partial(adam, eta=0.05),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_one_reaches_the_bottom_of_a_bowl(optimizer, dtype):
    curvature = np.array([1, 10], dtype)
    theta, state = np.array([2, -1], dtype), None
    for _ in range(600):
        theta, state = optimizer(theta, curvature * theta, state)
    assert theta.dtype == dtype
    assert np.abs(theta).max() < 1e-3


@pytest.mark.parametrize("optimizer", ALL)
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
    [(partial(f, eta=eta), f"eta is {eta}") for f in ALL for eta in (0, -0.1, nan, inf)]
    + [
        (partial(momentum, beta=1.0), "beta is 1.0"),
        (partial(momentum, beta=-0.1), "beta is -0.1"),
        (partial(adam, beta1=1.0), "beta1 is 1.0"),
        (partial(adam, beta2=1.5), "beta2 is 1.5"),
        (partial(nesterov, beta=1.0), "beta is 1.0"),
        (partial(rmsprop, beta=1.0), "beta is 1.0"),
        (partial(adamw, decay=-0.1), "decay is -0.1"),
        (partial(adamw, decay=inf), "decay is inf"),
        (partial(adamw, beta2=1.0), "beta2 is 1.0"),
    ]
    + [(partial(f, eps=0), "eps is 0") for f in (adagrad, rmsprop, adam, adamw)],
)
def test_rates_out_of_range(optimizer, message):
    with pytest.raises(ValueError, match=message):
        optimizer(np.zeros(2), np.ones(2), None)


@pytest.mark.parametrize("optimizer", ALL)
def test_a_gradient_of_another_shape(optimizer):
    with pytest.raises(ValueError, match=r"^theta has shape \(3,\) but grad has shape \(1,\)"):
        optimizer(np.zeros(3), np.ones(1), None)


@pytest.mark.parametrize("optimizer", ALL)
def test_float32_stays_float32(optimizer):
    theta, grad, state = np.ones(3, np.float32), np.array([1, 0, -2], np.float32), None
    for _ in range(3):
        theta, state = optimizer(theta, grad, state)
        parts = state if isinstance(state, tuple) else (state,)
        assert theta.dtype == np.float32
        assert all(part.dtype == np.float32 for part in parts if isinstance(part, np.ndarray))


@pytest.mark.parametrize("optimizer", [sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw])
def test_a_rate_taken_from_an_array_keeps_float32(optimizer):
    """np.geomspace yields np.float64, which NumPy promotes arrays to."""
    theta, state = np.ones(3, np.float32), None
    for _ in range(2):
        theta, state = optimizer(theta, np.ones(3, np.float32), state, eta=np.geomspace(0.01, 0.1, 3)[1])
    assert theta.dtype == np.float32


@pytest.mark.parametrize("step", [adagrad, rmsprop, adam])
@pytest.mark.parametrize("size", [1e30, 3e38, 1e-30])
@pytest.mark.parametrize("shape", [[1, -1], [1, 1e-3], [-1, -1e-3]])
def test_adaptive_steps_follow_gradients_whose_squares_leave_float32(step, size, shape):
    theta, state = np.zeros(2, np.float32), None
    exact, exact_state = np.zeros(2), None
    grad = size * np.array(shape)
    for _ in range(20):
        theta, state = step(theta, grad.astype(np.float32), state)
        exact, exact_state = step(exact, grad, exact_state)  # float64 holds these squares
    np.testing.assert_allclose(theta, exact, rtol=1e-5)
    assert np.abs(exact[0]) > 0.01 if size > 1 else exact[0] != 0


@pytest.mark.parametrize("step", ALL)
def test_a_network_without_parameters_can_be_stepped(step):
    assert step(np.zeros(0), np.zeros(0), None)[0].shape == (0,)


def test_decay_may_spare_what_is_no_weight():
    net = Network([Dense(3, 4, normal(1)), BatchNorm(4), Residual([Dense(4, 4, normal(1)), PReLU()]), LSTM(2, 3)])
    theta = np.ones(net.size)
    assert net.weights().dtype == bool
    moved, _ = adamw(theta, np.zeros(net.size), eta=0.5, decay=0.5, where=net.weights())
    kept = [{name: set(values.flat) for name, values in layer.items()} for layer in net.views(moved)]
    weights, spared = {0.75}, {1.0}
    assert kept[0] == {"W": weights, "b": spared}
    assert kept[1] == {"gamma": spared, "beta": spared, "mean": spared, "variance": spared}
    assert kept[2] == {"0.W": weights, "0.b": spared, "1.a": spared}
    assert kept[3] == {"Wx": weights, "Wh": weights, "b": spared}
    with pytest.raises(ValueError, match=r"where has shape \(3,\)"):
        adamw(theta, theta, where=np.ones(3, bool))

from functools import partial
from math import inf, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgrad import Dense, Network, constant, fit, squared_error
from deepgrad.optimizers import adam, adamw, momentum, sgd
from deepgrad.schedules import clip_norm, clipped, constant_eta, cosine_eta, scheduled, step_eta
from tests.strategies import extreme, moderate, shapes


def rates(schedule, steps):
    return [schedule(step) for step in range(1, steps + 1)]


def test_schedules_by_hand():
    assert rates(constant_eta(0.3), 3) == [0.3, 0.3, 0.3]
    assert rates(step_eta(8.0, every=2, factor=0.5), 7) == [8, 8, 4, 4, 2, 2, 1]
    assert rates(step_eta(1.0, every=1), 3) == pytest.approx([1, 0.1, 0.01], rel=1e-15)
    # π times 0, 1/6, …, 5/6: the cosines are 1, √3/2, 1/2, 0, −1/2, −√3/2
    expected = [2, 1 + sqrt(3) / 2, 1.5, 1, 0.5, 1 - sqrt(3) / 2]
    np.testing.assert_allclose(rates(cosine_eta(2.0, steps=6), 6), expected, rtol=1e-14)


@given(steps=st.integers(1, 10_000))
def test_the_cosine_falls_from_eta_and_stays_above_zero(steps):
    schedule = cosine_eta(0.1, steps)
    assert schedule(1) == 0.1
    assert 0 < schedule(steps) <= 0.1
    assert schedule((steps + 1) // 2) >= schedule(steps)


def test_an_optimizer_takes_each_steps_rate():
    optimizer = scheduled(sgd, step_eta(1.0, every=2, factor=0.5))
    theta, state, visited = np.zeros(1), None, []
    for _ in range(5):
        theta, state = optimizer(theta, np.array([-1.0]), state)
        visited.append(float(theta[0]))
    assert visited == [1, 2, 2.5, 3, 3.25]
    assert state.t == 5


@pytest.mark.parametrize("optimizer", [sgd, partial(momentum, beta=0.5), adam, adamw])
def test_a_constant_schedule_changes_nothing_and_the_state_is_passed_on(optimizer):
    rng = np.random.default_rng(0)
    theta = same = rng.normal(size=4)
    state = same_state = None
    wrapped = scheduled(optimizer, constant_eta(0.2))
    for _ in range(4):
        grad = rng.normal(size=4)
        theta, state = optimizer(theta, grad, state, eta=0.2)
        same, same_state = wrapped(same, grad, same_state)
        assert np.array_equal(theta, same)


def test_fit_takes_scheduled_and_clipped_optimizers():
    net = Network([Dense(1, 1, constant(0), bias=False)])
    theta = net.init(np.random.default_rng(0), np.float32)
    for optimizer in (
        scheduled(clipped(sgd, 0.5), step_eta(1.0, every=1, factor=0.5)),
        clipped(scheduled(sgd, step_eta(1.0, every=1, factor=0.5)), 0.5),
    ):
        run = fit(
            net,
            theta,
            np.ones((1, 1)),
            np.full((1, 1), 100.0),
            rng=np.random.default_rng(0),
            loss=squared_error,
            optimizer=optimizer,
            steps=3,
        )
        assert run.theta.tolist() == [0.5 + 0.25 + 0.125]  # each gradient is about −100, cut to −1/2
        assert run.theta.dtype == np.float32


def test_clipping_by_hand():
    grad = np.array([3.0, -4.0])
    grad.flags.writeable = False
    np.testing.assert_allclose(clip_norm(grad, 1), [0.6, -0.8], rtol=1e-15)
    assert np.array_equal(clip_norm(grad, 5), grad)
    assert np.array_equal(clip_norm(grad, 7), grad)
    assert clip_norm(np.zeros((0, 2)), 1).shape == (0, 2)


@given(grad=moderate(), limit=st.floats(0.01, 20))
def test_clipping_keeps_the_direction_and_bounds_the_length(grad, limit):
    clipped_grad = clip_norm(grad, limit)
    norm = sqrt(sum(g * g for g in grad.ravel().tolist()))
    np.testing.assert_allclose(clipped_grad, grad * min(1, limit / max(norm, limit)), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_finite_gradient_can_be_clipped(dtype):
    @given(grad=extreme(dtype, shapes))
    def check(grad):
        result = clip_norm(grad, 1.0)
        assert result.dtype == dtype
        assert result.shape == grad.shape
        assert np.linalg.norm(result.astype(np.float64)) <= 1 + 1e-5
        if np.abs(grad).max() >= 1:
            assert np.linalg.norm(result.astype(np.float64)) == pytest.approx(1, rel=1e-5)

    check()


@pytest.mark.parametrize(
    ("make", "message"),
    [(partial(f, bad), f"{name} is {bad}") for f, name in ((constant_eta, "eta"),) for bad in (0, -1, nan, inf)]
    + [
        (partial(step_eta, 0, 5), "eta is 0"),
        (partial(step_eta, 0.1, 0), "every is 0"),
        (partial(step_eta, 0.1, 5, -1), "factor is -1"),
        (partial(cosine_eta, -0.1, 5), "eta is -0.1"),
        (partial(cosine_eta, 0.1, 0), "steps is 0"),
        (partial(clip_norm, np.ones(2), 0), "limit is 0"),
        (partial(clipped, sgd, -1), "limit is -1"),
        (lambda: cosine_eta(0.1, 100)(101), "after 100 steps, but step 101"),
    ],
)
def test_values_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()

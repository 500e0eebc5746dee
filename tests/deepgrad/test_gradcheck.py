import numpy as np
import pytest
from hypothesis import given

from deepgrad import central_difference, check_direction, check_gradient, relative_error
from tests.strategies import moderate, seeds


@given(x=moderate())
def test_central_difference_of_a_cubic(x):
    """(x + h)³ − (x − h)³ over 2h is 3x² + h², exactly."""
    before = x.copy()
    x.flags.writeable = False
    numeric = central_difference(lambda v: float((v**3).sum()), x, h=0.5)
    np.testing.assert_allclose(numeric, 3 * x**2 + 0.25, rtol=1e-9, atol=1e-9)
    assert np.array_equal(x, before)
    np.testing.assert_allclose(central_difference(lambda v: float((v**3).sum()), x), 3 * x**2, atol=1e-7)


def test_relative_error():
    assert relative_error(np.array([1.0, -10.0]), np.array([1.0, -8.0])) == 0.2
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert relative_error(0.0, 2.0) == 1
    assert relative_error(3e-9, 4e-9) == relative_error(4e-9, 3e-9) == pytest.approx(0.25, rel=1e-15)
    assert relative_error(-1.0, 1.0) == 2
    assert relative_error(np.zeros((0, 2)), np.zeros((0, 2))) == relative_error(np.zeros(0), 2.0) == 0


def square(x, factor=2.0):
    return x * x, lambda dy: factor * x * dy


@pytest.mark.parametrize("check", [check_gradient, check_direction])
@given(seed=seeds)
def test_a_right_way_back_passes_and_a_wrong_one_does_not(check, seed):
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert check(square, x, seed=seed) < 1e-7
    assert check(lambda x: square(x, -2.0), x, seed=seed) == pytest.approx(2, rel=1e-6)
    assert check(lambda x: square(x, 2.001), x, seed=seed) == pytest.approx(0.001 / 2.001, rel=1e-3)


def test_one_wrong_element_among_many_shows():
    def op(x):
        wrong = np.ones_like(x)
        wrong[7] = 1.01
        return x * x, lambda dy: 2 * x * dy * wrong

    x = np.linspace(1, 2, 20)
    assert check_gradient(op, x) > 1e-4
    assert check_gradient(op, x, seed=1) == check_gradient(op, x, seed=1) != check_gradient(op, x, seed=2)
    assert check_direction(op, x, seed=1) == check_direction(op, x, seed=1) != check_direction(op, x, seed=2)


def test_two_derivatives_in_each_others_place_show_in_a_random_direction():
    def op(x):
        return float(x @ [1.0, 2.0]), lambda dy: dy * np.array([2.0, 1.0])

    assert check_direction(op, np.ones(2)) > 1e-3


def test_differences_are_taken_at_the_distance_asked_for():
    """A cubic's central difference is off by h²: 3 x² + h² at x = 1 is 3.25 for h = 1/2."""
    assert check_gradient(lambda x: (x**3, lambda dy: 3 * x**2 * dy), np.ones(1), h=0.5) == pytest.approx(0.25 / 3.25)


@pytest.mark.parametrize("check", [check_gradient, check_direction])
def test_float32_is_refused(check):
    with pytest.raises(ValueError, match=r"float32.*float64"):
        check(square, np.ones(2, np.float32))
    with pytest.raises(ValueError, match=r"float32.*float64"):
        central_difference(lambda x: float(x.sum()), np.ones(2, np.float32))


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_way_back_that_is_not_finite_is_infinitely_wrong(broken):
    def op(x):
        return x, lambda dy: np.full_like(x, broken)

    assert check_gradient(op, np.ones(3)) == np.inf
    assert relative_error(broken, broken) == np.inf

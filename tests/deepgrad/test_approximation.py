"""The oracles: step functions, Lipschitz bounds, NumPy's interpolation, the tent map applied again and again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgrad import (
    adam,
    check_direction,
    fit,
    interpolate,
    linear_pieces,
    sawtooth,
    sigmoid,
    squared_error,
    staircase,
    towers,
)
from tests.strategies import seeds


def values(built, x):
    net, theta = built
    x = np.asarray(x, float)
    return net(theta, x[:, None] if x.ndim == 1 else x)[0][:, 0]


def test_one_edge_is_a_steep_sigmoid_and_two_are_a_bump():
    x = np.linspace(-1, 2, 31)
    np.testing.assert_allclose(values(staircase([0.5], [0, 1], 20), x), sigmoid(20 * (x - 0.5))[0], rtol=1e-12)
    bump = 3 * (sigmoid(20 * x)[0] - sigmoid(20 * (x - 1))[0])
    np.testing.assert_allclose(values(staircase([0, 1], [0, 3, 0], 20), x), bump, rtol=0, atol=1e-12)


@given(seed=seeds, n=st.integers(1, 8))
def test_steep_stairs_are_the_step_function_with_the_mean_of_both_levels_at_an_edge(seed, n):
    rng = np.random.default_rng(seed)
    edges, levels = np.arange(n) + rng.uniform(-0.3, 0.3, n), rng.normal(size=n + 1)
    x = rng.uniform(-1, n, 200)
    x = x[np.abs(x[:, None] - edges).min(axis=1) > 0.05]
    stairs = staircase(edges, levels, 1e3)
    np.testing.assert_allclose(values(stairs, x), levels[np.searchsorted(edges, x)], rtol=0, atol=1e-12)
    np.testing.assert_allclose(values(stairs, edges), (levels[1:] + levels[:-1]) / 2, rtol=0, atol=1e-12)
    assert stairs[1].dtype == np.float64


@pytest.mark.parametrize("n", [4, 16, 64])
def test_stairs_miss_a_curve_by_no_more_than_half_a_step_of_its_steepest_slope(n):
    edges = np.linspace(0, 1, n + 1)
    x = np.linspace(0, 1, 5001)
    error = values(staircase(edges[1:-1], np.sin(6 * (edges[1:] - 0.5 / n)), 1e3 * n), x) - np.sin(6 * x)
    assert 0.9 * 6 / (2 * n) < np.abs(error).max() <= 6 / (2 * n) * 1.01


@given(seed=seeds, n=st.integers(1, 4), m=st.integers(1, 4))
def test_towers_stand_on_their_ground_and_nowhere_else(seed, n, m):
    rng = np.random.default_rng(seed)
    edges = [np.cumsum(rng.uniform(0.5, 2, k + 1)) for k in (n, m)]
    heights = rng.normal(size=(n, m))
    x = rng.uniform(0, 9, (300, 2))
    far = np.min([np.abs(x[:, [k]] - edges[k]).min(axis=1) for k in (0, 1)], axis=0) > 0.1
    i, j = (np.searchsorted(edges[k], x[:, k]) for k in (0, 1))
    expected = np.pad(heights, 1)[i, j]
    np.testing.assert_allclose(values(towers(*edges, heights, 400), x)[far], expected[far], rtol=0, atol=1e-10)


def test_four_equal_towers_make_one_without_walls_or_pits_between_them():
    split = towers([0, 0.5, 1], [0, 0.5, 1], np.ones((2, 2)), 100)
    whole = np.linspace(0.4, 0.6, 41)
    x = np.stack(np.meshgrid(whole, whole), axis=-1).reshape(-1, 2)
    np.testing.assert_allclose(values(split, x), 1, rtol=0, atol=1e-9)


def test_more_towers_come_closer_to_a_smooth_surface_everywhere():
    def surface(x, y):
        return np.sin(3 * x) * y

    x = np.random.default_rng(0).uniform(0.05, 0.95, (4000, 2))
    errors = []
    for n in (4, 8, 16, 32):
        edges = np.linspace(0, 1, n + 1)
        middle = edges[1:] - 0.5 / n
        built = towers(edges, edges, surface(middle[:, None], middle), 40 * n)
        errors.append(np.abs(values(built, x) - surface(*x.T)).max())
    slope = np.polyfit(np.log([4, 8, 16, 32]), np.log(errors), 1)[0]
    assert -1.2 < slope < -0.8  # the error is proportional to the side of a tower


@given(seed=seeds, n=st.integers(2, 40))
def test_on_a_line_it_interpolates_as_numpy_does_and_goes_on_straight(seed, n):
    rng = np.random.default_rng(seed)
    x = rng.permutation(np.arange(n) + rng.uniform(-0.3, 0.3, n))
    y = rng.normal(size=n)
    built = interpolate(x, y)
    order = np.argsort(x)
    between = np.linspace(x.min(), x.max(), 101)
    np.testing.assert_allclose(values(built, x), y, rtol=0, atol=1e-10)
    np.testing.assert_allclose(values(built, between), np.interp(between, x[order], y[order]), rtol=0, atol=1e-10)
    assert built[0].layers[0].fan_out == n - 1
    beyond = values(built, x.max() + np.array([0.0, 1.0, 2.0]))
    assert beyond[2] - beyond[1] == pytest.approx(beyond[1] - beyond[0], abs=1e-9)
    np.testing.assert_allclose(values(built, [x.min() - 5]), y[order[0]], rtol=1e-12)


@given(seed=seeds, n=st.integers(2, 30), d=st.integers(1, 6))
def test_any_labels_of_any_points_are_met_along_a_random_direction(seed, n, d):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, d)), rng.integers(0, 2, n)
    net, theta = interpolate(x, y, rng.normal(size=d))
    steepest = np.abs(theta).max()
    np.testing.assert_allclose(values((net, theta), x), y, rtol=0, atol=1e-13 * n * max(1, steepest))


@given(depth=st.integers(1, 12), seed=seeds)
def test_the_sawtooth_is_the_tent_map_again_and_again(depth, seed):
    x = y = np.random.default_rng(seed).integers(0, 2**20 + 1, 100) / 2**20
    for _ in range(depth):
        y = np.where(y < 0.5, 2 * y, 2 - 2 * y)
    assert np.array_equal(values(sawtooth(depth), x), y)


@pytest.mark.parametrize("depth", [1, 2, 5, 9])
def test_a_deep_saw_and_its_shallow_twin_are_one_function_of_very_different_size(depth):
    deep = sawtooth(depth)
    x = np.arange(2**depth + 1) / 2**depth
    shallow = interpolate(x, np.arange(2**depth + 1) % 2)
    between = np.random.default_rng(0).uniform(size=500)
    np.testing.assert_allclose(values(deep, between), values(shallow, between), rtol=0, atol=1e-9)
    assert linear_pieces(*deep, 0, 1) == linear_pieces(*shallow, 0, 1) == 2**depth
    assert (deep[0].size, shallow[0].size) == (6 * depth + 1, 3 * 2**depth + 1)


def test_what_is_built_can_be_trained_further():
    x = np.linspace(0, 1, 50)[:, None]
    y = np.sin(6 * x)
    net, theta = staircase([0.25, 0.5, 0.75], np.sin([0.75, 2.25, 3.75, 5.25]), 30)
    assert check_direction(lambda v: net(v, x), theta) < 1e-7
    rng = np.random.default_rng(0)
    trained = fit(net, theta, x, y, rng=rng, loss=squared_error, optimizer=adam, steps=50).theta
    assert squared_error(net(trained, x)[0], y)[0] < squared_error(net(theta, x)[0], y)[0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: staircase([0, 0], [1, 2, 3], 1), "edges is .* rise"),
        (lambda: staircase([], [1], 1), "edges is"),
        (lambda: staircase([0, 1], [1, 2], 1), r"levels has shape \(2,\).*\(3,\)"),
        (lambda: staircase([0, 1], [1, np.nan, 2], 1), "levels .* finite"),
        (lambda: staircase([0, np.inf], [1, 2, 3], 1), "edges .* finite"),
        (lambda: staircase([0, 1], [1, 2, 3], 0), "steepness is 0"),
        (lambda: staircase([1e200, 1e201], [1, 2, 3], 1e200), "overflow"),
        (lambda: towers([0], [0, 1], np.ones((0, 1)), 1), "edges_x has 1 edges"),
        (lambda: towers([0, 1], [1, 0], [[1]], 1), "edges_y is"),
        (lambda: towers([0, 1], [0, 1, 2], [[1]], 1), r"heights has shape \(1, 1\).*\(1, 2\)"),
        (lambda: towers([0, 1], [0, 1], [[1]], -1), "steepness is -1"),
        (lambda: interpolate([1], [1]), r"x has shape \(1, 1\)"),
        (lambda: interpolate(np.ones((3, 2)), np.ones(3)), r"direction \(1,\)"),
        (lambda: interpolate([1, 2, 3], [1, 2]), "y has shape"),
        (lambda: interpolate([1, np.nan], [1, 2]), "x along the direction .* finite"),
        (lambda: interpolate([1, 2, 1], [1, 2, 3]), r"two points lie at 1\.0"),
        (lambda: interpolate([3, 2, 3], [1, 2, 3]), r"two points lie at 3\.0"),
        (lambda: interpolate([0, 1e-300], [0, 1e20]), "overflow"),
        (lambda: sawtooth(0), "depth is 0"),
    ],
)
def test_what_cannot_be_built(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()

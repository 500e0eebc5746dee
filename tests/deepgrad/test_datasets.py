import numpy as np
import pytest

from deepgrad import moons
from deepgrad.datasets import first_symbol, spirals


def test_without_noise_the_points_lie_on_two_half_circles():
    x, labels = moons(np.random.default_rng(0), 101, noise=0)
    assert x.shape == (101, 2)
    assert np.bincount(labels).tolist() == [51, 50]
    upper, lower = x[labels == 0], x[labels == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1, rtol=1e-14)
    np.testing.assert_allclose(np.hypot(lower[:, 0] - 1, lower[:, 1] - 0.5), 1, rtol=1e-14)
    for ends in (upper[:, 0], lower[:, 0] - 1):
        assert (ends.min(), ends.max()) == pytest.approx((-1, 1), abs=0.05)  # whole half circles
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0.5


def test_noise_has_the_deviation_asked_for_and_the_seed_decides():
    clean, _ = moons(np.random.default_rng(4), 20_000, noise=0)
    noisy, _ = moons(np.random.default_rng(4), 20_000, noise=0.2)
    assert (noisy - clean).std() == pytest.approx(0.2, rel=0.02)
    assert np.array_equal(noisy, moons(np.random.default_rng(4), 20_000, noise=0.2)[0])


def test_the_smallest_sets_are_sets_too():
    rng = np.random.default_rng(0)
    assert moons(rng, 2)[1].tolist() == [0, 1]
    assert spirals(rng, 2, arms=1)[1].tolist() == [0, 0]
    assert first_symbol(rng, 1, 0, noise=0)[0].tolist() == [[[1, 0]]]


def test_noise_is_a_fifth_unless_told_otherwise():
    clean, _ = spirals(np.random.default_rng(4), 9000, noise=0)
    noisy, _ = spirals(np.random.default_rng(4), 9000)
    assert np.angle((noisy @ [1, 1j])[3:] / (clean @ [1, 1j])[3:]).std() == pytest.approx(0.2, rel=0.03)
    assert first_symbol(np.random.default_rng(4), 9000, 1)[0][:, 1].std() == pytest.approx(0.2, rel=0.03)


@pytest.mark.parametrize(("n", "noise"), [(1, 0.1), (10, -0.1), (10, np.nan), (10, np.inf)])
def test_parameters_out_of_range(n, noise):
    with pytest.raises(ValueError, match=f"n is {n}" if n < 2 else f"noise is {noise}"):
        moons(np.random.default_rng(0), n, noise)


def test_spirals_are_those_of_the_course_written_arm_by_arm():
    x, labels = spirals(np.random.default_rng(0), 300, noise=0)
    for arm in range(3):
        r, t = np.linspace(0, 1, 100), np.linspace(4 * arm, 4 * arm + 4, 100)
        assert np.count_nonzero(labels == arm) == 100
        np.testing.assert_allclose(x[labels == arm], np.c_[r * np.sin(t), r * np.cos(t)], rtol=0, atol=1e-14)


def test_noise_turns_spirals_but_leaves_radii_and_the_seed_decides():
    clean, labels = spirals(np.random.default_rng(4), 20_000, noise=0, arms=2)
    noisy, _ = spirals(np.random.default_rng(4), 20_000, noise=0.3, arms=2)
    turned = np.angle((noisy @ [1, 1j])[2:] / (clean @ [1, 1j])[2:])
    assert turned.std() == pytest.approx(0.3, rel=0.02)
    np.testing.assert_allclose(np.hypot(*noisy.T), np.hypot(*clean.T), rtol=1e-12)
    assert np.array_equal(noisy, spirals(np.random.default_rng(4), 20_000, noise=0.3, arms=2)[0])
    assert labels[:4].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("n", [6, 7, 8])
def test_every_arm_runs_from_the_center_to_radius_one(n):
    x, labels = spirals(np.random.default_rng(0), n)
    for arm in range(3):
        radii = np.hypot(*x[labels == arm].T)
        assert radii[0] == 0
        assert radii[-1] == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize(
    ("n", "noise", "arms", "message"),
    [
        (5, 0.1, 3, "n is 5.*at least 6"),
        (10, -0.1, 3, "noise is -0.1"),
        (10, np.nan, 3, "noise is nan"),
        (10, 0.1, 0, "arms is 0"),
    ],
)
def test_spirals_out_of_range(n, noise, arms, message):
    with pytest.raises(ValueError, match=message):
        spirals(np.random.default_rng(0), n, noise, arms)


@pytest.mark.parametrize(("delay", "symbols"), [(0, 2), (7, 3), (40, 4)])
def test_the_first_symbol_stands_at_the_start_and_nothing_after_it_tells(delay, symbols):
    n = 3000
    x, labels = first_symbol(np.random.default_rng(1), n, delay, symbols, noise=0.5)
    assert x.shape == (n, delay + 1, symbols)
    assert labels.tolist() == [k % symbols for k in range(n)]
    assert x[:, 0].tolist() == [[float(j == label) for j in range(symbols)] for label in labels]
    if delay:
        later = x[:, 1:]
        assert later.std() == pytest.approx(0.5, rel=0.03)
        means = np.stack([later[labels == label].mean(axis=0) for label in range(symbols)])
        assert np.abs(means).max() < 5 * 0.5 / np.sqrt(n / symbols)  # of no symbol


@pytest.mark.parametrize(
    ("n", "delay", "symbols", "noise", "message"),
    [
        (0, 5, 2, 0.1, "n is 0"),
        (3, -1, 2, 0.1, "delay is -1"),
        (3, 5, 1, 0.1, "symbols is 1"),
        (3, 5, 2, np.inf, "noise is inf"),
    ],
)
def test_memory_task_out_of_range(n, delay, symbols, noise, message):
    with pytest.raises(ValueError, match=message):
        first_symbol(np.random.default_rng(0), n, delay, symbols, noise)

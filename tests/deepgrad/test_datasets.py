import numpy as np
import pytest

from deepgrad import moons


def test_without_noise_the_points_lie_on_two_half_circles():
    x, labels = moons(np.random.default_rng(0), 101, noise=0)
    assert x.shape == (101, 2)
    assert np.bincount(labels).tolist() == [51, 50]
    upper, lower = x[labels == 0], x[labels == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1, rtol=1e-14)
    np.testing.assert_allclose(np.hypot(lower[:, 0] - 1, lower[:, 1] - 0.5), 1, rtol=1e-14)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0.5


def test_noise_has_the_deviation_asked_for_and_the_seed_decides():
    clean, _ = moons(np.random.default_rng(4), 20_000, noise=0)
    noisy, _ = moons(np.random.default_rng(4), 20_000, noise=0.2)
    assert (noisy - clean).std() == pytest.approx(0.2, rel=0.02)
    assert np.array_equal(noisy, moons(np.random.default_rng(4), 20_000, noise=0.2)[0])


@pytest.mark.parametrize(("n", "noise"), [(1, 0.1), (10, -0.1), (10, np.nan), (10, np.inf)])
def test_parameters_out_of_range(n, noise):
    with pytest.raises(ValueError, match=rf"n={n}, noise={noise}"):
        moons(np.random.default_rng(0), n, noise)

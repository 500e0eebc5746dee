import numpy as np
import pytest
from hypothesis import given

from deepgrad import Activation, Network, RReLU, check_gradient, leaky_relu
from tests.strategies import moderate, seeds


@given(z=moderate(), seed=seeds)
def test_in_training_the_way_back_is_the_finite_difference_with_the_slopes_drawn(z, seed):
    z = np.where(np.abs(z) < 1e-3, -1.0, z)  # away from the kink

    def layer(v):
        y, back = RReLU(0.2, 0.6)({}, v, True, np.random.default_rng(seed))
        return y, lambda dy: back(dy, {})

    assert check_gradient(layer, z) < 1e-7


def test_in_training_slopes_below_zero_are_drawn_anew_and_lie_between_the_bounds():
    layer, rng, x = RReLU(0.2, 0.6), np.random.default_rng(0), np.full((100, 100), -1.0)
    first, back = layer({}, x, True, rng)
    second, _ = layer({}, x, True, rng)
    assert not np.array_equal(first, second)
    assert np.array_equal(-first, back(np.ones_like(x), {}))
    for slopes in (-first, -second):
        assert 0.2 <= slopes.min() < 0.201
        assert 0.599 < slopes.max() < 0.6
        assert slopes.mean() == pytest.approx(0.4, abs=5 * 0.4 / np.sqrt(12 * x.size))


def test_in_evaluation_it_is_the_leaky_relu_of_the_mean_slope():
    x = np.random.default_rng(0).normal(size=(4, 3, 2))
    drawn, mean = Network([RReLU(0.2, 0.6)]), Network([Activation(leaky_relu(0.4))])
    assert drawn.size == 0
    hs, back = drawn.trace(np.zeros(0), x)
    expected, back_mean = mean.trace(np.zeros(0), x)
    np.testing.assert_allclose(hs[-1], expected[-1], rtol=1e-15)
    np.testing.assert_allclose(back(x)[0][0], back_mean(x)[0][0], rtol=1e-15)


def test_what_cannot_be():
    with pytest.raises(ValueError, match=r"lower is 0\.5 and upper is 0\.2"):
        RReLU(0.5, 0.2)
    with pytest.raises(ValueError, match="rng"):
        RReLU()({}, np.zeros((1, 1)), True, None)


def test_the_layer_says_what_it_is():
    assert repr(RReLU(0.1, 0.3)) == "RReLU(lower=0.1, upper=0.3)"

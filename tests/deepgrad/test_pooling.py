"""The oracles: loops over the windows, finite differences, numbers worked by hand."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deepgrad import Network, check_gradient
from deepgrad.layers.pooling import AveragePool, MaxPool, average_pool, max_pool
from tests.strategies import extreme, seeds, sizes

BOTH = [(max_pool, np.max), (average_pool, np.mean)]
signals_and_images = st.one_of(st.tuples(sizes, sizes, sizes), st.tuples(sizes, sizes, sizes, sizes))
strides = st.one_of(st.none(), st.integers(1, 3))


def pooled(reduce, x, size, stride):
    """One window after another."""
    stride = size if stride is None else stride
    starts = [range(0, n - size + 1, stride) for n in x.shape[2:]]
    y = np.empty((*x.shape[:2], *map(len, starts)))
    for n, c, *at in np.ndindex(y.shape):
        window = tuple(slice(s[i], s[i] + size) for s, i in zip(starts, at, strict=True))
        y[n, c, *at] = reduce(x[n, c, *window])
    return y


@pytest.mark.parametrize(("f", "reduce"), BOTH)
@given(shape=signals_and_images, size=st.integers(1, 3), stride=strides, seed=seeds)
def test_values_and_way_back(f, reduce, shape, size, stride, seed):
    assume(size <= min(shape[2:]))
    # numbers 1/100 apart: a step of the finite difference changes no maximum
    x = np.random.default_rng(seed).permutation(np.prod(shape)).reshape(shape) / 100
    y, back = f(x, size, stride)
    np.testing.assert_allclose(y, pooled(reduce, x, size, stride), rtol=1e-14, atol=1e-15)
    assert back(y).shape == x.shape
    assert check_gradient(lambda v: f(v, size, stride), x, h=1e-3) < 1e-7


def test_by_hand_and_a_tie_goes_to_the_first():
    x = np.array([[[[1.0, 3, 0], [3, 2, 0], [9, 9, 9]]]])
    y, back = max_pool(x, 2)
    assert y.tolist() == [[[[3]]]]
    assert back(np.array([[[[5.0]]]])).tolist() == [[[[0, 5, 0], [0, 0, 0], [0, 0, 0]]]]
    y, back = average_pool(x, 2)
    assert y.tolist() == [[[[2.25]]]]
    assert back(np.array([[[[8.0]]]])).tolist() == [[[[2, 2, 0], [2, 2, 0], [0, 0, 0]]]]


def test_windows_of_one_change_nothing():
    x = np.arange(6.0).reshape(1, 2, 3)
    for layer in (MaxPool(1), AveragePool(1)):
        assert np.array_equal(layer({}, x, False, None)[0], x)


def test_where_windows_overlap_gradients_add_up():
    x = np.array([[[1.0, 5, 2]]])
    assert max_pool(x, 2, 1)[1](np.array([[[1.0, 10]]])).tolist() == [[[0, 11, 0]]]
    assert average_pool(x, 2, 1)[1](np.array([[[2.0, 4]]])).tolist() == [[[1, 3, 2]]]


@pytest.mark.parametrize("f", [max_pool, average_pool])
@given(x=extreme(np.float32, (2, 1, 3, 3)), size=st.integers(1, 3))
def test_any_finite_number_is_welcome(f, x, size):
    x.flags.writeable = False
    y, back = f(x, size)
    dx = back(np.ones_like(y))
    assert y.dtype == dx.dtype == np.float32
    assert np.isfinite(y).all()
    np.testing.assert_allclose(dx.sum(), y.size, rtol=1e-6)  # pooling hands on all of dy


@pytest.mark.parametrize("f", [max_pool, average_pool])
def test_what_does_not_fit(f):
    for shape, size, stride, message in [
        ((2, 3), 1, None, r"\(2, 3\)"),
        ((1, 1, 4, 4), 5, None, r"\(5, 5\).*\(4, 4\)"),
        ((1, 1, 4), 0, 1, "size is 0"),
        ((1, 1, 4), 2, 0, "stride is 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            f(np.zeros(shape), size, stride)


@pytest.mark.parametrize(("kind", "f"), [(MaxPool, max_pool), (AveragePool, average_pool)])
def test_layers_apply_their_operation(kind, f):
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 5)).astype(np.float32)
    for options in ((2,), (3, 1)):
        net = Network([kind(*options)])
        hs, back = net.trace(net.init(np.random.default_rng(0)), x)
        y, back_f = f(x, *options)
        assert np.array_equal(hs[-1], y)
        assert np.array_equal(back(y)[0][0], back_f(y))
    assert repr(kind(2)) == f"{kind.__name__}(2)"
    assert repr(kind(3, 1)) == f"{kind.__name__}(3, stride=1)"
    for bad, which in (((0,), "size"), ((2, 0), "stride")):
        with pytest.raises(ValueError, match=f"{which} is 0.*at least 1"):
            kind(*bad)

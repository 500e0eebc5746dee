"""The oracles: sums written as loops, SciPy's correlation, finite differences, numbers worked by hand."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.signal import correlate

from deepgrad import Activation, Dense, Network, check_direction, check_gradient, constant, he_normal, tanh
from deepgrad.layers.convolution import Conv1d, Conv2d, conv1d, conv2d
from deepgrad.layers.flatten import Flatten
from tests.strategies import seeds, sizes

strides, paddings, windows = st.integers(1, 3), st.integers(0, 2), st.integers(1, 3)


def summed(x, W, b, stride, padding):
    """conv2d as its formula says it, one output after another."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    kh, kw = W.shape[2:]
    rows = range(0, x.shape[2] - kh + 1, stride)
    columns = range(0, x.shape[3] - kw + 1, stride)
    y = np.empty((len(x), len(W), len(rows), len(columns)))
    for n, f, i, j in np.ndindex(y.shape):
        seen = x[n, :, rows[i] : rows[i] + kh, columns[j] : columns[j] + kw]
        y[n, f, i, j] = sum(float(s * w) for s, w in zip(seen.ravel(), W[f].ravel(), strict=True)) + b[f]
    return y


@st.composite
def images(draw):
    """x, W, b, stride, padding that fit each other; height and width differ."""
    batch, channels, filters = draw(sizes), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    height, width, kh, kw, padding = draw(sizes), draw(sizes), draw(windows), draw(windows), draw(paddings)
    assume(kh <= height + 2 * padding and kw <= width + 2 * padding)
    rng = np.random.default_rng(draw(seeds))
    x, W, b = (
        rng.normal(size=shape) for shape in [(batch, channels, height, width), (filters, channels, kh, kw), (filters,)]
    )
    return x, W, b, draw(strides), padding


def in_argument(f, arguments, i, *rest):
    """The operation as a function of its i-th argument alone."""

    def in_one(v):
        y, back = f(*arguments[:i], v, *arguments[i + 1 :], *rest)
        return y, lambda dy: back(dy)[i]

    return in_one


@given(case=images())
def test_conv2d_is_the_sum_it_stands_for(case):
    y, _ = conv2d(*case)
    np.testing.assert_allclose(y, summed(*case), rtol=1e-12, atol=1e-12)


@given(case=images(), i=st.integers(0, 2))
def test_conv2d_way_back_is_the_finite_difference(case, i):
    arguments, rest = case[:3], case[3:]
    dx = conv2d(*case)[1](np.ones(conv2d(*case)[0].shape))
    assert [d.shape for d in dx] == [a.shape for a in arguments]
    # the map is linear in each argument, so a large h costs nothing and rounds less
    assert check_gradient(in_argument(conv2d, arguments, i, *rest), arguments[i], h=0.5) < 1e-7


@given(seed=seeds, batch=sizes, length=st.integers(3, 7), k=windows, stride=strides, padding=paddings)
def test_conv1d_is_conv2d_on_images_of_height_one(seed, batch, length, k, stride, padding):
    rng = np.random.default_rng(seed)
    x, W, b = rng.normal(size=(batch, 2, length)), rng.normal(size=(3, 2, k)), rng.normal(size=3)
    y, _ = conv1d(x, W, b, stride, padding)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    np.testing.assert_allclose(
        y, summed(padded[:, :, None], W[:, :, None], b, stride, 0)[:, :, 0], rtol=1e-12, atol=1e-12
    )
    for i in range(3):
        assert check_gradient(in_argument(conv1d, (x, W, b), i, stride, padding), (x, W, b)[i], h=0.5) < 1e-7


@given(seed=seeds)
def test_one_channel_and_filter_is_scipys_correlation(seed):
    rng = np.random.default_rng(seed)
    x, W = rng.normal(size=(6, 7)), rng.normal(size=(3, 2))
    y, _ = conv2d(x[None, None], W[None, None], np.zeros(1))
    np.testing.assert_allclose(y[0, 0], correlate(x, W, mode="valid", method="direct"), atol=1e-12)


def test_conv1d_by_hand():
    """Two windows of two with stride 2 on [1, 2, 3, 4, 5]: the 5 is left over."""
    y, back = conv1d(np.array([[[1.0, 2, 3, 4, 5]]]), np.array([[[10.0, 1]]]), np.array([100.0]), stride=2)
    assert y.tolist() == [[[112, 134]]]
    dx, dW, db = back(np.array([[[1.0, 2]]]))
    assert dx.tolist() == [[[10, 1, 20, 2, 0]]]
    assert dW.tolist() == [[[1 * 1 + 2 * 3, 1 * 2 + 2 * 4]]]
    assert db.tolist() == [3]


@pytest.mark.parametrize("padding", [0, 1])
def test_float32_stays_and_arguments_are_left_alone(padding):
    rng = np.random.default_rng(0)
    arguments = [rng.normal(size=shape).astype(np.float32) for shape in [(2, 3, 4, 5), (6, 3, 3, 3), (6,)]]
    for array in arguments:
        array.flags.writeable = False
    y, back = conv2d(*arguments, padding=padding)
    dy = np.ones_like(y)
    dy.flags.writeable = False
    assert {y.dtype, *(d.dtype for d in back(dy))} == {np.dtype(np.float32)}
    for first, second in zip(back(dy), back(dy), strict=True):
        assert np.array_equal(first, second)


@pytest.mark.parametrize(
    ("x", "W", "b", "stride", "padding", "message"),
    [
        ((2, 3, 4, 4), (5, 2, 3, 3), (5,), 1, 0, r"\(2, 3, 4, 4\).*\(5, 2, 3, 3\)"),
        ((2, 3, 4), (5, 3, 3, 3), (5,), 1, 0, r"\(2, 3, 4\).*\(5, 3, 3, 3\)"),
        ((2, 3, 4), (5, 3, 3), (5,), 1, 0, r"conv2d.*\(5, 3, 3\)"),
        ((2, 3, 4, 4), (5, 3, 3, 3), (1,), 1, 0, r"b has shape \(1,\).*\(5,\)"),
        ((2, 3, 4, 4), (5, 3, 3, 7), (5,), 1, 1, r"\(3, 7\).*\(6, 6\)"),
        ((2, 3, 4, 4), (5, 3, 3, 0), (5,), 1, 1, r"\(3, 0\).*\(6, 6\)"),
        ((2, 3, 4, 4), (5, 3, 3, 3), (5,), 0, 0, "stride is 0"),
        ((2, 3, 4, 4), (5, 3, 3, 3), (5,), 1, -1, "padding is -1"),
    ],
)
def test_what_does_not_fit(x, W, b, stride, padding, message):
    with pytest.raises(ValueError, match=message):
        conv2d(np.zeros(x), np.zeros(W), np.zeros(b), stride, padding)


def test_conv1d_wants_windows_of_one_axis():
    assert conv1d(np.ones((1, 1, 4)), np.ones((1, 1, 2)), np.zeros(1))[0].tolist() == [[[2, 2, 2]]]  # unit steps
    with pytest.raises(ValueError, match=r"conv1d.*\(5, 3, 3, 3\).*\(filters, channels, k\)"):
        conv1d(np.zeros((2, 3, 4, 4)), np.zeros((5, 3, 3, 3)), np.zeros(5))


def test_a_layer_draws_with_the_fans_of_a_convolution():
    asked = []

    def init(rng, fan_in, fan_out, dtype, shape):
        asked.append((fan_in, fan_out))
        return np.arange(np.prod(shape), dtype=dtype).reshape(shape)

    for layer in (Conv2d(2, 5, 3, init), Conv1d(2, 5, 3, init)):
        params = {name: np.full(shape, np.nan, np.float32) for name, shape in layer.shapes().items()}
        layer.initialize(params, np.random.default_rng(0))
        assert len(np.unique(params["W"])) == params["W"].size  # each weight is one draw, none is there twice
        assert not params["b"].any()
    assert asked == [(2 * 9, 5 * 9), (2 * 3, 5 * 3)]
    assert Conv2d(2, 5, 3, init).shapes() == {"W": (5, 2, 3, 3), "b": (5,)}
    assert Conv1d(2, 5, 3, init).shapes() == {"W": (5, 2, 3), "b": (5,)}


def test_he_weights_have_the_variance_of_the_fan_in():
    net = Network([Conv2d(16, 32, 3, he_normal)])
    W = net.views(net.init(np.random.default_rng(0), np.float64))[0]["W"]
    expected = 2 / (16 * 9)
    assert abs(W.var() / expected - 1) < 5 * np.sqrt(2 / W.size)  # the variance's own deviation, five times


@pytest.mark.parametrize("kind", [Conv1d, Conv2d])
@given(seed=seeds, batch=sizes)
def test_a_network_of_convolutions_goes_back_right(kind, seed, batch):
    rng = np.random.default_rng(seed)
    axes = 1 if kind is Conv1d else 2
    layers = [kind(2, 3, 3, he_normal, padding=1), Activation(tanh), kind(3, 2, 2, he_normal, stride=2), Flatten()]
    net = Network([*layers, Dense(2 * 2**axes, 3, he_normal)])
    x = rng.normal(size=(batch, 2, *[5] * axes))
    theta = net.init(rng, np.float64)
    assert check_direction(lambda theta: net(theta, x), theta) < 1e-7
    hs, _ = net.trace(theta, x)
    assert np.array_equal(hs[4], [row.ravel() for row in hs[3]])  # flattened in order

    def in_x(v):
        hs, back = net.trace(theta, v)
        return hs[-1], lambda dy: back(dy)[0][0]

    assert check_direction(in_x, x) < 1e-7


def test_flatten_keeps_an_empty_batch_and_the_dtype():
    y, back = Flatten()({}, np.zeros((0, 2, 3), np.float32), False, None)
    assert y.shape == (0, 6)
    assert back(y, {}).shape == (0, 2, 3)
    assert back(y, {}).dtype == np.float32


@pytest.mark.parametrize("kind", [Conv1d, Conv2d])
def test_layers_say_what_they_are_and_refuse_what_cannot_be(kind):
    name = kind.__name__
    assert repr(kind(1, 16, 3, he_normal)) == f"{name}(1, 16, 3, he_normal)"
    assert repr(kind(1, 2, 3, constant(0), 2, 1)) == f"{name}(1, 2, 3, constant(0), stride=2, padding=1)"
    for bad, which in [((0, 1, 1), "channels"), ((1, 0, 1), "filters"), ((1, 1, 0), "size")]:
        with pytest.raises(ValueError, match=f"{which} is 0"):
            kind(*bad, he_normal)
    with pytest.raises(ValueError, match="stride is 0"):
        kind(1, 1, 1, he_normal, stride=0)
    with pytest.raises(ValueError, match="padding is -1"):
        kind(1, 1, 1, he_normal, padding=-1)


@pytest.mark.parametrize(("kind", "shape"), [(Conv1d, (3, 2, 7)), (Conv2d, (3, 2, 7, 6))])
def test_without_bias_it_is_the_same_layer_whose_bias_is_zero(kind, shape):
    rng = np.random.default_rng(0)
    plain, biased = (Network([kind(2, 4, 3, he_normal, stride=2, padding=1, bias=bias)]) for bias in (False, True))
    assert plain.size == biased.size - 4
    assert repr(plain.layers[0]) == f"{kind.__name__}(2, 4, 3, he_normal, stride=2, padding=1, bias=False)"
    theta, x = plain.init(rng, np.float64), rng.normal(size=shape)
    assert plain(plain.init(rng), x)[0].dtype == np.float32
    hs, back = plain.trace(theta, x)
    hs_biased, back_biased = biased.trace(np.append(theta, np.zeros(4)), x)
    dy = rng.normal(size=hs[-1].shape)
    (dx, _), dtheta = back(dy)
    (dx_biased, _), dtheta_biased = back_biased(dy)
    assert np.array_equal(hs[-1], hs_biased[-1])
    assert np.array_equal(dx, dx_biased)
    assert np.array_equal(dtheta, dtheta_biased[:-4])

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgrad import (
    LSTM,
    RNN,
    Activation,
    Conv2d,
    Dense,
    Dropout,
    Maxout,
    affine,
    check_gradient,
    constant,
    dropout,
    he_normal,
    linear,
    relu,
)
from tests.strategies import moderate, rates, seeds, sizes


@given(data=st.data(), batch=sizes, fan_in=sizes, fan_out=sizes)
def test_affine_way_back_is_the_finite_difference(data, batch, fan_in, fan_out):
    given_ = [data.draw(moderate(shape)) for shape in [(batch, fan_in), (fan_in, fan_out), (fan_out,)]]
    given_ = [array + 5 for array in given_]  # away from sums that cancel
    for i in range(3):

        def in_one(v, i=i):
            y, back = affine(*given_[:i], v, *given_[i + 1 :])
            return y, lambda dy: back(dy)[i]

        assert check_gradient(in_one, given_[i]) < 1e-7


def test_affine_by_hand():
    y, back = affine(np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, 3.0], [0.0, 1.0, 1.0]]), np.array([10.0, 20.0, 30.0]))
    assert y.tolist() == [[11, 22, 35]]
    dx, dW, db = back(np.array([[1.0, 2.0, 3.0]]))
    assert dx.tolist() == [[10, 5]]
    assert dW.tolist() == [[1, 2, 3], [2, 4, 6]]
    assert db.tolist() == [1, 2, 3]


@given(x=moderate((3, 4)), W=moderate((4, 2)))
def test_linear_is_affine_without_the_bias(x, W):
    y, back = linear(x, W)
    same, back_affine = affine(x, W, np.zeros(2))
    assert np.array_equal(y, same)
    for ours, theirs in zip(back(y), back_affine(y), strict=False):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("x", "W", "b", "message"),
    [
        ((2, 3), (4, 5), (5,), r"\(2, 3\).*\(4, 5\)"),
        ((3,), (3, 5), (5,), r"\(3,\)"),
        ((2, 3), (3, 5), (1,), r"\(1,\).*\(5,\)"),
        ((2, 3), (3, 5), (3,), r"\(3,\).*\(5,\)"),
    ],
)
def test_affine_shapes_that_do_not_fit(x, W, b, message):
    with pytest.raises(ValueError, match=message):
        affine(np.zeros(x), np.zeros(W), np.zeros(b))


@given(seed=seeds, rate=rates, x=moderate())
def test_dropout_drops_or_scales_and_goes_back_the_same_way(seed, rate, x):
    x = x + 10
    y, back = dropout(x, rate, np.random.default_rng(seed))
    kept = y != 0
    np.testing.assert_allclose(y[kept], x[kept] / (1 - rate), rtol=1e-15)
    assert np.array_equal(back(x), y)  # a linear map with a diagonal matrix is its own way back
    narrow, _ = dropout(x.astype(np.float32), rate, np.random.default_rng(seed))
    assert narrow.dtype == np.float32
    assert np.array_equal(narrow != 0, kept)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout_keeps_the_expectation(rate):
    n = 100_000
    y, _ = dropout(np.ones(n), rate, np.random.default_rng(3))
    deviation = np.sqrt(rate / (1 - rate) / n)  # of the mean
    assert abs(y.mean() - 1) < 5 * deviation
    assert abs(np.mean(y == 0) - rate) < 5 * np.sqrt(rate * (1 - rate) / n)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, np.nan])
def test_dropout_rates_out_of_range(rate):
    with pytest.raises(ValueError, match=r"rate is .*\[0, 1\)"):
        dropout(np.ones(3), rate, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"rate is .*\[0, 1\)"):
        Dropout(rate)


def test_dropout_layer_acts_only_in_training():
    layer, x = Dropout(0.5), np.ones((4, 50))
    y, back = layer({}, x, train=False, rng=None)
    assert np.array_equal(y, x)
    assert np.array_equal(back(x, {}), x)
    y, back = layer({}, x, train=True, rng=np.random.default_rng(0))
    assert set(np.unique(y)) == {0, 2}
    assert np.array_equal(back(x, {}), y)
    with pytest.raises(ValueError, match=r"Dropout\(rate=0.5\).*rng"):
        layer({}, x, train=True, rng=None)
    assert Dropout(0)({}, x, train=True, rng=None)[0] is x


def test_a_dense_layer_starts_with_its_weights_drawn_and_its_bias_zero():
    layer = Dense(2, 3, constant(0.5))
    params = {"W": np.full((2, 3), np.nan, np.float32), "b": np.full(3, np.nan, np.float32)}
    layer.initialize(params, np.random.default_rng(0))
    assert np.unique(params["W"]).tolist() == [0.5]
    assert np.unique(params["b"]).tolist() == [0]
    assert layer.shapes() == {"W": (2, 3), "b": (3,)}
    assert Dense(2, 3, constant(0.5), bias=False).shapes() == {"W": (2, 3)}


def test_dense_sizes_out_of_range():
    with pytest.raises(ValueError, match="fan_in is 0"):
        Dense(0, 3, constant(0))


@pytest.mark.parametrize(
    "make",
    [partial(Dense, 2, 3), partial(Conv2d, 1, 2, 3), partial(Maxout, 2, 3, 4), partial(RNN, 2, 3), partial(LSTM, 2, 3)],
)
def test_an_initializer_without_a_name_is_shown_as_it_is(make):
    nameless = partial(he_normal)
    assert repr(nameless) in repr(make(init=nameless))


def test_layers_say_what_they_are():
    assert repr(Dense(2, 3, constant(0.5), bias=False)) == "Dense(2, 3, constant(0.5), bias=False)"
    assert repr(Activation(relu)) == "Activation(relu)"
    assert repr(Dropout(0.5)) == "Dropout(rate=0.5)"

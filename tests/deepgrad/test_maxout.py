import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgrad.gradcheck import check_direction, check_gradient
from deepgrad.initializers import constant, he_normal
from deepgrad.layers import Dense, affine
from deepgrad.layers.maxout import Maxout, maxout
from deepgrad.network import Network
from tests.strategies import seeds, sizes


def arguments(seed, batch, pieces, fan_in, fan_out):
    """x, W and b of normal numbers whose largest pieces lead by so much that no small step changes them."""
    for attempt in range(1000):
        rng = np.random.default_rng((seed, attempt))
        shapes = [(batch, fan_in), (pieces, fan_in, fan_out), (pieces, fan_out)]
        x, W, b = (rng.normal(size=shape) for shape in shapes)
        z = np.sort([x @ W[k] + b[k] for k in range(pieces)], axis=0)
        if pieces == 1 or (z[-1] - z[-2]).min() > 1e-3:
            return [x, W, b]
    raise AssertionError("no draw without a near tie")


@settings(max_examples=40)
@given(seed=seeds, batch=sizes, pieces=st.integers(1, 4), fan_in=sizes, fan_out=sizes)
def test_way_back_is_the_finite_difference(seed, batch, pieces, fan_in, fan_out):
    given_ = arguments(seed, batch, pieces, fan_in, fan_out)
    for i in range(3):

        def in_one(v, i=i):
            y, back = maxout(*given_[:i], v, *given_[i + 1 :])
            return y, lambda dy: back(dy)[i]

        assert check_gradient(in_one, given_[i]) < 1e-7


@given(seed=seeds, batch=sizes, pieces=st.integers(1, 4), fan_in=sizes, fan_out=sizes)
def test_every_output_is_the_largest_of_plain_sums(seed, batch, pieces, fan_in, fan_out):
    x, W, b = arguments(seed, batch, pieces, fan_in, fan_out)
    y, _ = maxout(x, W, b)
    for n, j in np.ndindex(batch, fan_out):
        sums = [sum(x[n, i] * W[k, i, j] for i in range(fan_in)) + b[k, j] for k in range(pieces)]
        assert y[n, j] == pytest.approx(max(sums), rel=1e-12, abs=1e-12)


def test_by_hand():
    # |x₀| and max(x₀, x₁ + 1): no activation function is needed
    W = np.array([[[1.0, 1.0], [0.0, 0.0]], [[-1.0, 0.0], [0.0, 1.0]]])
    b = np.array([[0.0, 0.0], [0.0, 1.0]])
    y, back = maxout(np.array([[2.0, 5.0], [-3.0, -9.0]]), W, b)
    assert y.tolist() == [[2, 6], [3, -3]]
    dx, dW, db = back(np.array([[1.0, 10.0], [100.0, 1000.0]]))
    assert dx.tolist() == [[1, 10], [900, 0]]
    assert dW.tolist() == [[[2, -3000], [5, -9000]], [[-300, 20], [-900, 50]]]
    assert db.tolist() == [[1, 1000], [100, 10]]


def test_of_equals_the_first_takes_the_gradient():
    W, b = np.ones((3, 1, 1)), np.zeros((3, 1))
    _, back = maxout(np.array([[2.0]]), W, b)
    dx, dW, db = back(np.array([[1.0]]))
    assert dx.tolist() == [[1]]
    assert dW.ravel().tolist() == [2, 0, 0]
    assert db.ravel().tolist() == [1, 0, 0]


def test_one_piece_is_an_affine_map():
    x, W, b = arguments(0, 4, 1, 3, 2)
    y, back = maxout(x, W, b)
    same, back_affine = affine(x, W[0], b[0])
    np.testing.assert_array_equal(y, same)
    for ours, theirs in zip(back(y), back_affine(y), strict=True):
        np.testing.assert_allclose(ours.reshape(theirs.shape), theirs, rtol=1e-14)


@pytest.mark.parametrize(
    ("x", "W", "b", "message"),
    [
        ((2, 3), (4, 5, 6), (4, 6), r"x \(2, 3\) and W \(4, 5, 6\)"),
        ((3,), (4, 3, 6), (4, 6), r"x \(3,\)"),
        ((2, 3), (3, 6), (6,), r"W \(3, 6\)"),
        ((2, 3), (4, 3, 6), (6,), r"\(6,\).*\(4, 6\)"),
        ((2, 3), (4, 3, 6), (1, 6), r"\(1, 6\).*\(4, 6\)"),
    ],
)
def test_shapes_that_do_not_fit(x, W, b, message):
    with pytest.raises(ValueError, match=message):
        maxout(np.zeros(x), np.zeros(W), np.zeros(b))


def test_no_argument_is_written_into_and_the_way_back_can_be_taken_twice():
    given_ = arguments(1, 2, 3, 4, 5)
    for array in given_:
        array.flags.writeable = False
    y, back = maxout(*given_)
    y.flags.writeable = False
    for first, second in zip(back(y), back(y), strict=True):
        assert np.array_equal(first, second)


def test_the_layer_in_a_network():
    net = Network([Maxout(3, 4, 2, he_normal), Dense(4, 2, he_normal)])
    theta = net.init(np.random.default_rng(0), np.float64)
    W, b = net.views(theta)[0].values()
    assert W.shape == (2, 3, 4)
    assert not np.array_equal(W[0], W[1])  # pieces that start equal stay equal
    assert np.unique(b).tolist() == [0]
    x = np.random.default_rng(1).normal(size=(5, 3))
    assert check_direction(lambda moved: net(moved, x), theta) < 1e-7
    y, back = net(theta.astype(np.float32), x)
    assert y.dtype == back(y).dtype == np.float32


def test_the_layer_says_what_it_is_and_what_it_cannot_be():
    assert repr(Maxout(2, 3, 4, constant(0.5))) == "Maxout(2, 3, 4, constant(0.5))"
    for wrong, which in [((0, 3, 4), "fan_in"), ((2, 0, 4), "fan_out"), ((2, 3, 0), "pieces")]:
        with pytest.raises(ValueError, match=f"{which} is 0.*at least 1"):
            Maxout(*wrong, he_normal)

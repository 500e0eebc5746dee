import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgrad import (
    accuracy,
    central_difference,
    relative_error,
    softmax_cross_entropy,
    squared_error,
)
from tests.strategies import extreme, moderate, seeds, sizes


@given(y=moderate(), seed=seeds)
def test_squared_error_way_back_is_the_finite_difference(y, seed):
    target = 10 + np.random.default_rng(seed).normal(size=y.shape)
    numeric = central_difference(lambda moved: squared_error(moved, target)[0], y)
    assert relative_error(squared_error(y, target)[1](), numeric) < 1e-7


@given(data=st.data(), batch=sizes, classes=sizes)
def test_cross_entropy_way_back_is_the_finite_difference(data, batch, classes):
    scores = data.draw(moderate((batch, classes)))
    labels = np.array(data.draw(st.lists(st.integers(0, classes - 1), min_size=batch, max_size=batch)))
    numeric = central_difference(lambda moved: softmax_cross_entropy(moved, labels)[0], scores)
    assert relative_error(softmax_cross_entropy(scores, labels)[1](), numeric) < 1e-7


def test_squared_error_by_hand():
    loss, back = squared_error(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 2.0], [3.0, 1.0]]))
    assert loss == (0.5 * 1 + 0.5 * 9) / 2
    assert back().tolist() == [[0.5, 0], [0, 1.5]]


def test_cross_entropy_by_hand():
    scores = np.log([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]])
    loss, back = softmax_cross_entropy(scores, np.array([2, 0]))
    assert loss == pytest.approx(-(math.log(0.625) + math.log(0.25)) / 2, rel=1e-15)
    expected = [[0.0625, 0.125, -0.1875], [-0.375, 0.125, 0.25]]
    np.testing.assert_allclose(back(), expected, rtol=1e-15)


def test_equal_scores_cost_log_of_the_number_of_classes():
    loss, _ = softmax_cross_entropy(np.zeros((7, 10), np.float32), np.arange(7))
    assert loss == pytest.approx(math.log(10), rel=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_probability_is_rounded_away_before_the_logarithm(dtype):
    loss, back = softmax_cross_entropy(np.array([[0, 1000]], dtype), np.array([0]))
    assert loss == 1000
    assert back().tolist() == [[-1, 1]]
    assert back().dtype == dtype


@given(scores=extreme(np.float32, (3, 4)))
def test_any_finite_score_is_welcome(scores):
    loss, back = softmax_cross_entropy(scores, np.array([0, 1, 2]))
    assert loss >= 0  # infinite where the exact number is beyond float32
    assert np.isfinite(back()).all()


def test_accuracy_counts_rows():
    scores = np.array([[1.0, 2.0], [5.0, 3.0], [0.0, 1.0], [2.0, 1.0]])
    assert accuracy(scores, np.array([1, 0, 0, 0])) == 0.75


@pytest.mark.parametrize("f", [softmax_cross_entropy, accuracy])
@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        (np.zeros((2, 3)), np.array([0, 3]), r"from 0 to 3.*\[0, 3\)"),
        (np.zeros((2, 3)), np.array([-1, 2]), "from -1 to 2"),
        (np.zeros((2, 3)), np.array([0.0, 1.0]), "dtype float64"),
        (np.zeros((2, 3)), np.array([0]), r"\(2, 3\).*\(1,\)"),
        (np.zeros(3), np.array([0, 1, 2]), r"\(3,\)"),
        (np.zeros((0, 3)), np.zeros(0, int), "at least one row"),
    ],
)
def test_labels_that_do_not_fit(f, scores, labels, message):
    with pytest.raises(ValueError, match=message):
        f(scores, labels)


def test_squared_error_of_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"\(2, 1\).*\(2,\)"):
        squared_error(np.zeros((2, 1)), np.zeros(2))
    with pytest.raises(ValueError, match="at least one row"):
        squared_error(np.zeros((0, 2)), np.zeros((0, 2)))

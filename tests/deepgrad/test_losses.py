import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from deepgrad.gradcheck import central_difference, relative_error
from deepgrad.losses import (
    accuracy,
    binary_cross_entropy,
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


@given(scores=moderate(), seed=seeds)
def test_binary_cross_entropy_way_back_is_the_finite_difference(scores, seed):
    labels = np.random.default_rng(seed).integers(0, 2, scores.shape)
    numeric = central_difference(lambda moved: binary_cross_entropy(moved, labels)[0], scores)
    assert relative_error(binary_cross_entropy(scores, labels)[1](), numeric) < 1e-7


def test_binary_cross_entropy_by_hand():
    scores = np.log([[3.0, 1.0], [0.25, 4.0]])  # the odds: probabilities 3/4, 1/2, 1/5, 4/5
    loss, back = binary_cross_entropy(scores, np.array([[1, 0], [1, 0]]))
    costs = [math.log(4 / 3), math.log(2), math.log(5), math.log(5)]
    assert loss == pytest.approx(sum(costs) / 2, rel=1e-15)
    np.testing.assert_allclose(back(), [[-0.125, 0.25], [-0.4, 0.4]], rtol=1e-15)


@given(scores=moderate((4,), size=700), soft=moderate((4,), size=0.5))
def test_binary_cross_entropy_against_scipy_with_labels_that_are_probabilities(scores, soft):
    t = 0.5 + soft
    loss, back = binary_cross_entropy(scores, t)
    exact = np.mean(-t * special.log_expit(scores) - (1 - t) * special.log_expit(-scores))
    assert loss == pytest.approx(exact, rel=1e-13)
    np.testing.assert_allclose(back(), (special.expit(scores) - t) / 4, rtol=1e-14, atol=1e-16)


def test_many_costs_are_added_up_in_float64():
    scores = np.random.default_rng(0).normal(size=10_000).astype(np.float32)
    labels = (scores < 1).astype(int)
    each = [binary_cross_entropy(scores[k : k + 1], labels[k : k + 1])[0] for k in range(len(scores))]
    assert binary_cross_entropy(scores, labels)[0] == pytest.approx(math.fsum(each) / len(each), rel=1e-14)


def test_binary_cross_entropy_is_that_of_two_classes():
    scores, labels = np.array([2.0, -1.0, 0.5]), np.array([0, 0, 1])
    loss, _ = binary_cross_entropy(scores, labels)
    pairs = np.stack([np.zeros(3), scores], axis=1)
    assert loss == pytest.approx(softmax_cross_entropy(pairs, labels)[0], rel=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_score_that_is_wrong_costs_its_size_and_one_that_is_right_nearly_nothing(dtype):
    loss, back = binary_cross_entropy(np.array([1000], dtype), np.array([0]))
    assert loss == 1000
    assert back().tolist() == [1]
    assert back().dtype == dtype
    loss, _ = binary_cross_entropy(np.array([40], dtype), np.array([True]))
    assert loss == pytest.approx(math.exp(-40), rel=1e-6)


@given(scores=extreme(np.float32, (6,)))
def test_any_finite_score_is_welcome_to_binary_cross_entropy(scores):
    loss, back = binary_cross_entropy(scores, np.array([0, 1, 0, 1, 0, 1]))
    assert 0 <= loss < math.inf
    assert np.isfinite(back()).all()


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        (np.zeros((2, 1)), np.zeros(2), r"^scores has shape \(2, 1\) but labels has shape \(2,\)"),
        (np.zeros((0, 1)), np.zeros((0, 1)), "^scores has .*at least one row"),
        (np.zeros(3), np.array([0, 1, 2]), r"hold 2.*\[0, 1\]"),
        (np.zeros(2), np.array([-1, 1]), "hold -1"),
        (np.zeros(2), np.array([0, np.nan]), "hold nan"),
    ],
)
def test_labels_that_do_not_fit_binary_cross_entropy(scores, labels, message):
    with pytest.raises(ValueError, match=message):
        binary_cross_entropy(scores, labels)


def test_binary_cross_entropy_writes_into_no_argument():
    scores, labels = np.array([1.0, -2.0]), np.array([0.0, 1.0])
    scores.flags.writeable = labels.flags.writeable = False
    _, back = binary_cross_entropy(scores, labels)
    assert np.array_equal(back(), back())


def test_squared_error_by_hand():
    loss, back = squared_error(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 2.0], [3.0, 1.0]]))
    assert loss == (0.5 * 1 + 0.5 * 9) / 2
    assert back().tolist() == [[0.5, 0], [0, 1.5]]


def test_a_target_takes_the_dtype_of_y():
    loss, back = squared_error(np.ones((2, 2), np.float32), np.zeros((2, 2)))
    assert (loss, back().dtype) == (1, np.float32)


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


def test_scores_may_lie_farther_apart_than_the_largest_number():
    scores = np.array([[-3e38, 3e38]], np.float32)
    loss, back = softmax_cross_entropy(scores, np.array([1]))
    assert (loss, back().tolist()) == (0, [[0, 0]])


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
        (np.zeros((0, 3)), np.zeros(0, int), "^scores has .*at least one row"),
    ],
)
def test_labels_that_do_not_fit(f, scores, labels, message):
    with pytest.raises(ValueError, match=message):
        f(scores, labels)


def test_squared_error_of_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"^y has shape \(2, 1\) but target has shape \(2,\)"):
        squared_error(np.zeros((2, 1)), np.zeros(2))
    with pytest.raises(ValueError, match=r"^y has .*at least one row"):
        squared_error(np.zeros((0, 2)), np.zeros((0, 2)))

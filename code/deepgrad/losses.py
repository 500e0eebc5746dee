"""Losses of a batch, each with its way back: `loss, back = f(y, target)`, then `dy
= back()`.

The loss is the mean over the batch, a Python float. Nothing follows it, so the way
back takes no argument. PyTorch's losses take the mean over the features as well, and
its mse_loss has no ½. Outputs that are NaN or infinite are a ValueError.
"""

from collections.abc import Callable

import numpy as np

from deepgrad.activations import sigmoid
from deepgrad.checks import (
    require_arrays,
    require_finite,
    require_floats,
    require_same_shape,
)
from deepgrad.signatures import Array


def squared_error(y: Array, target: Array) -> tuple[float, Callable[[], Array]]:
    """½ ‖y − target‖², summed over the features, mean over the batch.

    y, target: (batch, ...) of one shape. Raises ValueError for other shapes or an
    empty batch.
    """
    require_same_shape("y", y, "target", target)
    batch = _require_batch("y", y)
    require_finite("target", target)
    difference: Array = y - target.astype(y.dtype, copy=False)
    loss = 0.5 * float(np.vdot(difference, difference)) / batch

    def back() -> Array:
        return difference / batch

    return loss, back


def softmax_cross_entropy(
    scores: Array, labels: Array
) -> tuple[float, Callable[[], Array]]:
    """−log softmax(scores)[label], mean over the batch; the way back is (softmax −
    one-hot) / batch.

    scores: (batch, classes), any finite numbers (not yet probabilities); labels:
    (batch,) integers in [0, classes). Computed from the scores, so that no
    probability is rounded to 0 before the logarithm.

    Raises ValueError for other shapes, labels outside the range or not integer, an
    empty batch.
    """
    batch = _require_labels(scores, labels)
    rows = np.arange(batch)
    # a difference too large for the dtype is −∞, and exp(−∞) = 0 is right
    with np.errstate(over="ignore"):
        shifted = scores - scores.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1)
    costs = np.log(total) - shifted[rows, labels]
    loss = float(costs.sum(dtype=np.float64)) / batch

    def back() -> Array:
        dscores: Array = e / (total[:, None] * batch)
        dscores[rows, labels] -= 1 / batch
        return dscores

    return loss, back


def binary_cross_entropy(
    scores: Array, labels: Array
) -> tuple[float, Callable[[], Array]]:
    """−t log σ(s) − (1 − t) log(1 − σ(s)), summed over the features, mean over the
    batch; the way back is (σ(s) − t) / batch.

    scores s: (batch, ...), any finite numbers (not yet probabilities); labels t: of
    the same shape, 0 or 1 or a probability between. Computed from the scores as
    max(s, 0) − s t + log(1 + exp(−|s|)), so that no probability is rounded to 0
    before the logarithm.

    Raises ValueError for other shapes, labels outside [0, 1], an empty batch.
    """
    require_same_shape("scores", scores, "labels", labels)
    batch = _require_batch("scores", scores)
    t = _require_probabilities(labels).astype(scores.dtype)
    costs = np.maximum(scores, 0) - scores * t + np.log1p(np.exp(-np.abs(scores)))
    loss = float(costs.sum(dtype=np.float64)) / batch

    def back() -> Array:
        dscores: Array = (sigmoid(scores)[0] - t) / batch
        return dscores

    return loss, back


def accuracy(scores: Array, labels: Array) -> float:
    """The share of rows whose largest score stands at the label, in [0, 1].

    scores: (batch, classes); labels: (batch,) integers. Errors as for
    `softmax_cross_entropy`.
    """
    _require_labels(scores, labels)
    return float((scores.argmax(axis=1) == labels).mean())


def _require_batch(name: str, array: Array) -> int:
    """The batch size; ValueError unless the array holds floats, and at least one in
    every row, none of them NaN or infinite.
    """
    require_floats(**{name: array})
    require_finite(name, array)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(
            f"{name} has shape {array.shape}, but must be (batch, ...) with at least one row"
        )
    return len(array)


def _require_probabilities(labels: Array) -> Array:
    """The labels; ValueError unless all lie in [0, 1]."""
    outside = labels[~((labels >= 0) & (labels <= 1))]
    if outside.size:
        raise ValueError(
            f"labels hold {outside[0]}, but must lie in [0, 1]: 1 for yes, 0 for no"
        )
    return labels


def _require_labels(scores: Array, labels: Array) -> int:
    """The batch size, once scores and labels are known to fit."""
    batch = _require_batch("scores", scores)
    require_arrays(labels=labels)
    if scores.ndim != 2 or labels.shape != (batch,):
        raise ValueError(
            f"scores has shape {scores.shape} and labels has shape {labels.shape}, "
            "but they must be (batch, classes) and (batch,)"
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels has dtype {labels.dtype}, but must be integers: each row's class"
        )
    low, high = labels.min(), labels.max()
    if low < 0 or high >= scores.shape[1]:
        raise ValueError(
            f"labels run from {low} to {high}, but must lie in [0, {scores.shape[1]})"
        )
    return batch

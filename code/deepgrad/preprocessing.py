"""Before training: inputs are moved, scaled or turned by what the training set says.

Each function looks at the training set once and returns a function for all data that
is to come, so that nothing of a test set can slip into the statistics.
"""

from collections.abc import Callable

import numpy as np

from deepgrad.checks import as_reals, require_finite, require_not_negative
from deepgrad.signatures import Array

type Transform = Callable[[Array], Array]
"""New examples (m, ...) -> the same examples, preprocessed."""


def center(x: Array) -> Transform:
    """x − μ, μ the mean of each feature over the training set.

    x: (n, ...), the training set. Returns f(new) for new of shape (m, ...), which
    keeps its dtype. ValueError for no examples, numbers that are not finite, and, of
    f, for examples of another shape than x's.
    """
    x = _training(x)
    mean = x.mean(axis=0)

    def transform(new: Array) -> Array:
        new = _fitting(new, mean.shape)
        return (new - mean).astype(new.dtype)

    return transform


def standardize(x: Array) -> Transform:
    """(x − μ) / σ, σ the standard deviation of each feature over the training set.

    A feature that is constant there has σ = 0, and nothing can be learned from it: it
    becomes 0, in new data as well. Shapes and errors as of `center`.
    """
    x = _training(x)
    mean, std, varies = x.mean(axis=0), x.std(axis=0), np.ptp(x, axis=0) > 0
    scale = np.zeros_like(std)
    scale[varies] = 1 / std[varies]

    def transform(new: Array) -> Array:
        new = _fitting(new, mean.shape)
        return ((new - mean) * scale).astype(new.dtype)

    return transform


def whiten(x: Array, eps: float = 0.0) -> Transform:
    """(x − μ) V (Λ + ε)^(−1/2): turned into the principal axes of the training set,
    where features are uncorrelated, and each divided by its standard deviation.

    The covariance is Σ = V Λ Vᵀ; Λ holds the variances λ₁ ≥ λ₂ ≥ … along the axes.
    eps keeps axes of little variance from being blown up; with 0, the training set's
    covariance becomes the identity. An axis without variance (λ lost in rounding)
    becomes 0. x: (n, features); other shapes and errors as of `center`, and ValueError
    for a negative eps.

    Source: "PCA whitening" of https://cs231n.github.io/neural-networks-2/.
    """
    x = _training(x)
    if x.ndim != 2:
        raise ValueError(
            f"x has shape {x.shape}, but must be (n, features): x.reshape(len(x), -1)"
        )
    eps = require_not_negative("eps", eps)
    mean = x.mean(axis=0)
    variances, axes = np.linalg.eigh((x - mean).T @ (x - mean) / len(x))
    variances, axes = variances[::-1], axes[:, ::-1]  # the largest first
    varies = variances > len(variances) * np.finfo(float).eps * variances[:1]
    scale = np.zeros_like(variances)
    scale[varies] = 1 / np.sqrt(variances[varies] + eps)

    def transform(new: Array) -> Array:
        new = _fitting(new, mean.shape)
        return ((new - mean) @ axes * scale).astype(new.dtype)

    return transform


def _training(x: Array) -> Array:
    """The training set in float64; ValueError if it has no statistics."""
    x = as_reals("x", x, np.float64)
    if x.ndim < 2 or x.size == 0:
        raise ValueError(
            f"x has shape {x.shape}, but must hold training examples: (n, features)"
        )
    require_finite("x", x)
    return x


def _fitting(new: Array, shape: tuple[int, ...]) -> Array:
    """New examples; ValueError unless they are of the training examples' shape."""
    new = as_reals("new", new)
    if new.shape[1:] != shape or new.ndim == 0:
        raise ValueError(
            f"new has shape {new.shape}, but the training set had examples of shape "
            f"{shape}: pass (m, {', '.join(map(str, shape))})"
        )
    return new

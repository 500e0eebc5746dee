"""Normalization: mean 0 and variance 1, whatever comes before.

Batch normalization measures each channel over the batch, layer normalization each
row over its features: the one operation `standardize`, along other axes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from deepgrad.checks import (
    require_arrays,
    require_counts,
    require_positive,
)
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Array, Params

type Normed = tuple[Array, Callable[[Array], tuple[Array, ...]]]
"""y, and back(dy) -> dx and the gradients of the other arguments, in order."""

_KEPT = ("gamma", "beta", "mean", "variance")
_ARGUMENTS = tuple(f"argument {k}" for k in range(2, 6))


def standardize(
    x: Array, axes: tuple[int, ...], eps: float
) -> tuple[Array, Callable[[Array], Array]]:
    """x̂ = (x − μ) / √(σ² + ε), with mean μ and variance σ² of x along the axes, and
    back(dx_hat) -> dx.

    dx = (dx̂ − mean(dx̂) − x̂ mean(x̂ dx̂)) / √(σ² + ε): what μ and σ took out of x is
    taken out of the gradient, too.
    """

    count = prod(x.shape[axis] for axis in axes)

    def mean(values: Array) -> Array:
        # what values.mean gives, for half the overhead
        return np.asarray(values.sum(axis=axes, keepdims=True) / count)

    # 1, except for numbers so large that their squares might overflow
    scale = np.maximum(np.abs(x).max(axis=axes, keepdims=True) / 1e15, 1)
    centered = x / scale
    centered = centered - mean(centered)
    std = np.sqrt(mean(centered * centered) + eps)
    x_hat = centered / std

    def back(dx_hat: Array) -> Array:
        dx = dx_hat - mean(dx_hat) - x_hat * mean(x_hat * dx_hat)
        return np.asarray(dx / (std * scale))

    return x_hat, back


def batch_norm(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Normed:
    """y = γ x̂ + β, with x̂ each channel standardized over the batch (and over space),
    and back(dy) -> dx, dgamma, dbeta.

    x: (batch, channels, ...), where features are channels without space; gamma,
    beta: (channels,); eps: above 0. A batch that holds one number a channel becomes
    β: nothing can be learned from it. Raises ValueError for other shapes or an empty
    batch. Ioffe and Szegedy, Batch normalization, ICML 2015, arXiv:1502.03167.
    """
    _require_fit(x, 1, gamma, beta, eps=eps)
    axes = (0, *range(2, x.ndim))  # all but the channels
    x_hat, back_standardize = standardize(x, axes, eps)
    gamma_c, beta_c = _along_channels(x, gamma), _along_channels(x, beta)

    def back(dy: Array) -> tuple[Array, ...]:
        dx = back_standardize(gamma_c * dy)
        return dx, (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)

    return gamma_c * x_hat + beta_c, back


def batch_norm_inference(
    x: Array, gamma: Array, beta: Array, mean: Array, variance: Array, eps: float
) -> Normed:
    """y = γ (x − mean) / √(variance + ε) + β with given statistics, so that no row
    depends on the others; back(dy) -> dx, dgamma, dbeta, dmean, dvariance.

    Shapes and errors as for `batch_norm`; a variance below 0 is a ValueError, too.
    """
    _require_fit(x, 1, gamma, beta, mean, variance, eps=eps)
    if (variance < 0).any():
        raise ValueError(
            f"a variance is {variance.min()}, below 0: where nothing has been measured "
            "yet, call theta = calibrate(net, theta, x) with the training data"
        )
    axes = (0, *range(2, x.ndim))  # all but the channels
    std = np.sqrt(variance + eps)
    x_hat = (x - _along_channels(x, mean)) / _along_channels(x, std)

    def back(dy: Array) -> tuple[Array, ...]:
        dgamma, dbeta = (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)
        dmean, dvariance = -gamma / std * dbeta, -gamma / (2 * std**2) * dgamma
        return _along_channels(x, gamma / std) * dy, dgamma, dbeta, dmean, dvariance

    return _along_channels(x, gamma) * x_hat + _along_channels(x, beta), back


def layer_norm(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Normed:
    """y = γ x̂ + β, with x̂ each row standardized over its features, and back(dy) ->
    dx, dgamma, dbeta.

    x: (batch, ..., features); gamma, beta: (features,); eps: above 0. Rows do not
    meet, so training and evaluation are the same. Raises ValueError for other
    shapes. Ba, Kiros and Hinton, Layer normalization, 2016, arXiv:1607.06450.
    """
    _require_fit(x, -1, gamma, beta, eps=eps)
    axes = tuple(range(x.ndim - 1))  # all but the features
    x_hat, back_standardize = standardize(x, (-1,), eps)

    def back(dy: Array) -> tuple[Array, ...]:
        dx = back_standardize(gamma * dy)
        return dx, (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)

    return gamma * x_hat + beta, back


@dataclass(frozen=True)
class BatchNorm:
    """`batch_norm` while training, `batch_norm_inference` otherwise.

    gamma starts at 1 and beta at 0, each (channels,). Layers keep no numbers, so the
    statistics for evaluation lie in θ as well, as mean and variance: in training
    nothing depends on them, their gradient is 0, and every optimizer without weight
    decay leaves them alone. The variance starts at −1, not measured yet: `calibrate`
    measures both after training. Most frameworks keep running averages instead; one
    sentence explains ours: the training data's mean and variance, as θ sees them.

    ValueError for channels or eps not above 0, and an evaluation before `calibrate`.
    """

    channels: int
    eps: float = 1e-5

    def __post_init__(self) -> None:
        require_counts(channels=self.channels)
        require_positive("eps", self.eps)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return dict.fromkeys(_KEPT, (self.channels,))

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        for name, value in zip(_KEPT, (1, 0, 0, -1), strict=True):
            params[name][:] = value

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        gamma, beta, mean, variance = (params[name] for name in _KEPT)
        eps = self.eps
        if train:
            y, back_y = batch_norm(x, gamma, beta, eps)
        else:
            y, back_y = batch_norm_inference(x, gamma, beta, mean, variance, eps)

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            grads["mean"][:] = grads["variance"][:] = 0  # all there is in training
            dx, *own = back_y(dy)
            for name, grad in zip(_KEPT, own, strict=False):
                grads[name][:] = grad
            return dx

        return y, back


@dataclass(frozen=True)
class LayerNorm:
    """`layer_norm`, with gamma: (features,) starting at 1 and beta: (features,) at 0.

    Raises ValueError for features or eps not above 0.
    """

    features: int
    eps: float = 1e-5

    def __post_init__(self) -> None:
        require_counts(features=self.features)
        require_positive("eps", self.eps)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {"gamma": (self.features,), "beta": (self.features,)}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        params["gamma"][:], params["beta"][:] = 1, 0

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        y, back_norm = layer_norm(x, params["gamma"], params["beta"], self.eps)

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            dx, grads["gamma"][:], grads["beta"][:] = back_norm(dy)
            return dx

        return y, back


def _along_channels(x: Array, values: Array) -> Array:
    """One number a channel, shaped so that it meets x's second axis."""
    return values.reshape(-1, *(1,) * (x.ndim - 2))


def _require_fit(x: Array, axis: int, *per_axis: Array, eps: float) -> None:
    """ValueError unless each further array has one number for each along x's axis."""
    require_positive("eps", eps)
    require_arrays(x=x, **dict(zip(_ARGUMENTS, per_axis, strict=False)))
    shapes = [values.shape for values in per_axis]
    if x.ndim < 2 or x.size == 0 or set(shapes) != {(x.shape[axis],)}:
        raise ValueError(
            f"x has shape {x.shape} and its parameters {shapes}, but x must be (batch, "
            "features, ...), not empty, and they one number a feature (or channel)"
        )

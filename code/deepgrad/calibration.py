"""After training: what batch normalization is to know of the data."""

import numpy as np

from deepgrad.checks import as_reals, require_finite
from deepgrad.layers.layer import Layer
from deepgrad.layers.normalization import BatchNorm
from deepgrad.layers.residual import Residual
from deepgrad.network import Network, require_network
from deepgrad.signatures import Array, Params


def calibrate(net: Network, theta: Array, x: Array) -> Array:
    """A copy of θ in which every `BatchNorm`, also inside `Residual`, knows mean and
    variance of what the data x bring to it: to be called after training.

    x: (n, ...), the training data, seen as one batch; an evaluation of x then gives
    what training on all of it at once would. Algorithm 2 of arXiv:1502.03167
    estimates the same numbers from many minibatches. ValueError for empty x, or
    numbers too large to be measured.
    """
    require_network(net)
    theta = net.require_theta(theta).copy()
    h = as_reals("x", x, theta.dtype)
    require_finite("x", h)
    if h.size == 0:
        raise ValueError(f"x has shape {h.shape}: calibrate needs at least one row")
    for layer, params in zip(net.layers, net.views(theta), strict=True):
        h = _measure(layer, params, h)
    return theta


def _measure(layer: Layer, params: Params, h: Array) -> Array:
    """The layer's output in evaluation, after writing what it is to know of h."""
    if isinstance(layer, BatchNorm):
        axes = (0, *range(2, h.ndim))
        # where numbers overflow, the check below says it better
        with np.errstate(over="ignore"):
            params["mean"][:] = h.mean(axis=axes, dtype=np.float64)
            params["variance"][:] = h.var(axis=axes, dtype=np.float64)
        if not np.isfinite([params["mean"], params["variance"]]).all():
            raise ValueError(
                f"numbers up to {np.abs(h).max()} enter {layer}, whose variance is then "
                "not finite: scale x, or train again with a smaller eta"
            )
    if isinstance(layer, Residual):
        *parts, (shortcut, own_shortcut) = layer.parts(params)
        inner = h
        for part, own in parts:
            inner = _measure(part, own, inner)
        _measure(shortcut, own_shortcut, h)
    return layer(params, h, False, None)[0]

"""Slices through the loss around θ, and one number for how rugged a slice is."""

from collections.abc import Sequence

import numpy as np

from deepgrad.checks import require_rng
from deepgrad.layers import Conv1d, Conv2d, Layer, Residual
from deepgrad.layers.layer import is_weight
from deepgrad.losses import softmax_cross_entropy
from deepgrad.network import Network
from deepgrad.signatures import Array, Loss, Params


def filter_normalized_direction(
    net: Network, theta: Array, rng: np.random.Generator
) -> Array:
    """A random direction in which every filter is as long as θ's own, so that one
    step means the same in nets whose weights differ in size.

    A filter is what enters one unit: a column of W, Wx, Wh (each piece of `Maxout`
    and gate of `LSTM` has its own), or W[f] of a convolution. Biases, the numbers of
    normalization and the slope of `PReLU` stay where they are: their part is 0, and
    so is a filter's whose weights are all 0. Returns an array of θ's shape and dtype.

    Li, Xu, Taylor, Studer and Goldstein, Visualizing the loss landscape of neural
    nets, NeurIPS 2018, arXiv:1712.09913; biases as in the authors' code,
    https://github.com/tomgoldstein/loss-landscape.
    """
    net.require_theta(theta)
    drawn = require_rng(rng).normal(size=theta.shape)
    for layer, params, own in zip(
        net.layers, net.views(theta), net.views(drawn), strict=True
    ):
        _scale(layer, params, own)
    return drawn.astype(theta.dtype)


def loss_slice(
    net: Network,
    theta: Array,
    x: Array,
    targets: Array,
    directions: Sequence[Array],
    coordinates: Sequence[Array],
    *,
    loss: Loss = softmax_cross_entropy,
    train: bool = False,
) -> Array:
    """losses[i, j] = C(θ + aᵢ d₁ + bⱼ d₂) for directions [d₁, d₂] and coordinates
    [a, b]; losses[i] for [d₁] and [a]. A loss that is not finite stands there as ∞.

    x, targets: one batch, what the network and the loss take; directions: of θ's
    shape; coordinates: for each of them the places along it, in units of its length.
    Returns float64. ValueError where these do not fit.

    `BatchNorm` evaluates with the statistics in θ, as in the authors' code, though
    the weights have moved away from them; with train=True it measures x anew at every
    place, as in training (but `Dropout` then lacks its random numbers).
    """
    axes = [np.asarray(axis, np.float64) for axis in coordinates]
    _require_axes(theta, directions, axes)
    losses = np.empty([len(axis) for axis in axes])
    for place in np.ndindex(losses.shape):
        moved = theta
        # far from θ numbers overflow: that is what ∞ says
        with np.errstate(all="ignore"):
            for k, axis, direction in zip(place, axes, directions, strict=True):
                moved = moved + float(axis[k]) * direction
            y, _ = net(moved, x, train)
            finite = np.isfinite(y).all()
            losses[place] = loss(y, targets)[0] if finite else np.inf
    return np.where(np.isfinite(losses), losses, np.inf)


def roughness(losses: Array) -> float:
    """How much more a walk along the slice climbs and descends than it needs: 0 if no
    line of the grid turns more than once, and the more, the more ripples it crosses.

    Along a line f from end a to end b, with lowest point m and highest M, every walk
    climbs and descends Σ|fᵢ₊₁ − fᵢ|, the total variation. A walk that turns once at
    most needs no more than n = max(a + b − 2m, 2M − a − b), all others do:

        roughness = Σ total variation / Σ n − 1, over all lines along all axes

    So every quadratic has 0, every valley with one bottom too, however curved; and
    stretching or shifting losses or axes changes nothing. k whole waves of a sine have
    2k − 1. A ripple counts as soon as it turns the walk around. On steep walls few do:
    roughness(np.log(losses)) weighs them against the loss there.

    losses: finite, of one axis or more with at least 4 places each (3 cannot turn
    twice), else ValueError. Total variation as a measure of roughness: Wu, Jian, Du,
    Chen and Zhou, Roughness index for loss landscapes of neural network models of
    partial differential equations, arXiv:2103.11069.
    """
    _require_slice(losses)
    highest = float(np.abs(losses).max())
    if highest == 0:
        return 0.0
    losses = losses.astype(np.float64) / highest  # so that no sum overflows
    walked = needed = 0.0
    for axis in range(losses.ndim):
        lines = np.moveaxis(losses, axis, -1)
        ends = lines[..., 0] + lines[..., -1]
        valley, hill = ends - 2 * lines.min(-1), 2 * lines.max(-1) - ends
        walked += float(np.abs(np.diff(lines)).sum())
        needed += float(np.maximum(valley, hill).sum())
    return max(walked / needed - 1, 0.0) if needed > 0 else 0.0


def _scale(layer: Layer, params: Params, drawn: Params) -> None:
    """Give every filter of drawn the length of the same one of params; 0 to all
    else.
    """
    if isinstance(layer, Residual):
        for (inner, own), (_, inner_drawn) in zip(
            layer.parts(params), layer.parts(drawn), strict=True
        ):
            _scale(inner, own, inner_drawn)
        return
    convolution = isinstance(layer, Conv1d | Conv2d)
    for name, d in drawn.items():
        if not is_weight(name):
            d[:] = 0
            continue
        axes = tuple(range(1, d.ndim)) if convolution else (-2,)
        wanted = np.sqrt(
            np.square(params[name], dtype=d.dtype).sum(axes, keepdims=True)
        )
        d *= wanted / np.sqrt(np.square(d).sum(axes, keepdims=True))


def _require_axes(
    theta: Array, directions: Sequence[Array], axes: Sequence[Array]
) -> None:
    """ValueError unless every direction has θ's shape and one axis of places."""
    if not directions or len(directions) != len(axes):
        raise ValueError(
            f"there are {len(directions)} directions and {len(axes)} arrays of "
            "coordinates: give each direction one, and at least one direction"
        )
    for direction, axis in zip(directions, axes, strict=True):
        if direction.shape != theta.shape:
            raise ValueError(
                f"a direction has shape {direction.shape}, but θ has {theta.shape}"
            )
        if axis.ndim != 1 or axis.size == 0 or not np.isfinite(axis).all():
            raise ValueError(
                f"coordinates are {axis}, but must be a row of finite numbers"
            )


def _require_slice(losses: Array) -> None:
    """ValueError unless a walk can turn twice, and never leaves the finite numbers."""
    if losses.ndim == 0 or min(losses.shape) < 4:
        raise ValueError(
            f"losses has shape {losses.shape}, but needs at least 4 places an axis"
        )
    bad = np.count_nonzero(~np.isfinite(losses))
    if bad:
        raise ValueError(
            f"losses holds {bad} values that are not finite: take a slice closer to θ"
        )

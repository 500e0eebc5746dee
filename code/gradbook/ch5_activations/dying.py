"""Many rectifier networks trained side by side, watched for units that fire for no training example."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from deepgrad import (
    Activation,
    Array,
    BatchNorm,
    Dense,
    Network,
    PReLU,
    elu,
    he_normal,
    leaky_relu,
    relu,
    sgd,
    xavier_normal,
)
from deepgrad.layers.normalization import standardize
from gradbook.ch4_big_picture.many_nets import cross_entropy_slope, dense, store
from gradbook.data import digits
from gradbook.text import BookError

EXAMPLES: Final = 600  # to learn from; 500 others to be tested on
HIDDEN, WIDTH, BATCH, STEPS = 3, 32, 32, 200
CHECKS: Final = (*range(6), 7, 10, 15, 20, 30, 50, 100, 150, STEPS)  # steps after which we look at all examples
BENDS: Final = {"ReLU": relu, "leaky ReLU": leaky_relu(0.01), "ELU": elu()}

type Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Recipe:
    """How a network is made and trained, apart from its rate."""

    bend: str = "ReLU"
    gain: float = 1.0  # weights are He's times this
    normed: bool = False  # batch normalization before the bend
    centered: bool = True  # each pixel's mean over the training examples subtracted
    warm: int = 0  # the rate rises over so many steps
    most: float = np.inf  # the gradient's length is cut to this
    optimizer: Callable[..., Any] = field(default=sgd)


@dataclass(frozen=True)
class Watched:
    """fires: for how many training examples a unit's z is above 0, (checks, seeds, rates, layers, units)."""

    fires: NDArray[np.int64]
    right: Floats  # test accuracy in percent, (seeds, rates)
    leaks: int  # dead units with a part of the gradient over all examples that is not exactly 0
    finite: NDArray[np.bool_]  # whether θ is, after the last step, (seeds, rates)

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Which units are dead at each check, without the networks that ran away: (checks, networks, layers, units)."""
        return np.asarray(self.fires[:, self.finite] == 0)

    @property
    def share(self) -> Floats:
        """Dead units in percent after the last step, (seeds, rates); nan where θ ran away."""
        share = 100 * (self.fires[-1] == 0).mean(axis=(-1, -2))
        return np.where(self.finite, share, np.nan)

    def at(self, rate: int) -> "Watched":
        """The networks of one rate."""
        one = slice(rate, rate + 1)
        return Watched(self.fires[:, :, one], self.right[:, one], self.leaks, self.finite[:, one])


@cache
def network(recipe: Recipe) -> Network:
    def init(
        rng: np.random.Generator, fan_in: int, fan_out: int, dtype: DTypeLike, shape: tuple[int, ...] | None = None, /
    ) -> Array:
        drawn = he_normal(rng, fan_in, fan_out, dtype, shape)
        return np.asarray(recipe.gain * drawn, drawn.dtype)

    layers: list[Any] = []
    for k in range(HIDDEN):
        layers.append(Dense(WIDTH if k else 64, WIDTH, init))
        layers += [BatchNorm(WIDTH)] if recipe.normed else []
        layers.append(PReLU() if recipe.bend == "PReLU" else Activation(BENDS[recipe.bend]))
    return Network([*layers, Dense(WIDTH, 10, xavier_normal)])


def forward(
    net: Network, theta: Array, x: Array, measured: Sequence[tuple[Array, Array]] = ()
) -> tuple[Array, Callable[[Array], Array], list[Array], list[tuple[Array, Array]]]:
    """Outputs, back(dy) -> dθ, what enters each bend, and mean and variance of what entered each BatchNorm.

    theta: (seeds, rates, size); x: (seeds, 1, batch, features). As `many_nets.forward`, and knows BatchNorm and PReLU.
    measured: the means and variances to be used instead of the batch's; then there is no way back through them.
    """
    start, backs, h, zs, stats = 0, [], x, [], []
    dtheta = np.zeros_like(theta)
    for k, layer in enumerate(net.layers):
        params, grads = {}, {}
        for name, shape in layer.shapes().items():
            place = slice(start, start + prod(shape))
            params[name] = theta[..., place].reshape(*theta.shape[:2], *shape)
            grads[name] = partial(store, dtheta, place)
            start += prod(shape)
        if isinstance(layer, Dense):
            h, back = dense(h, params, grads, k > 0)
        elif isinstance(layer, BatchNorm):
            stats.append((h.mean(axis=-2, keepdims=True), h.var(axis=-2, keepdims=True)))
            h, back = normed(h, params, grads, measured[len(stats) - 1] if measured else None, layer.eps)
        elif isinstance(layer, PReLU):
            zs.append(h)
            h, back = prelu(h, params["a"][..., None], grads["a"])
        elif isinstance(layer, Activation):
            zs.append(h)
            h, back = layer.f(h)
        else:
            raise BookError(f"dying cannot train a {layer!r}: it knows Dense, BatchNorm, PReLU and Activation")
        backs.append(back)

    def back_all(dy: Array) -> Array:
        for back in reversed(backs):
            dy = back(dy)
        return dtheta

    return h, back_all, zs, stats


def normed(x: Array, params: Any, grads: Any, given: Any, eps: float) -> tuple[Array, Callable[[Array], Array]]:
    """γ x̂ + β, network by network; `given` = (mean, variance) to be used instead of the batch's."""
    gamma, beta = (params[name][..., None, :] for name in ("gamma", "beta"))
    if given is not None:
        x_hat, back_hat = (x - given[0]) / np.sqrt(given[1] + eps), None
    else:
        x_hat, back_hat = standardize(x, (x.ndim - 2,), eps)

    def back(dy: Array) -> Array:
        if back_hat is None:
            raise ValueError("there is no way back through given means and variances")
        grads["gamma"]((dy * x_hat).sum(axis=-2))
        grads["beta"](dy.sum(axis=-2))
        return back_hat(gamma * dy)

    return gamma * x_hat + beta, back


def prelu(z: Array, a: Array, store_a: Callable[[Array], None]) -> tuple[Array, Callable[[Array], Array]]:
    """max(z, 0) + a min(z, 0), network by network."""
    below = np.minimum(z, 0)

    def back(dy: Array) -> Array:
        store_a((dy * below).sum(axis=(-1, -2)))
        return np.where(z > 0, dy, a * dy)

    return np.maximum(z, 0) + a * below, back


def cut(grad: Array, most: float) -> Array:
    """Each network's gradient, not longer than `most`."""
    length = np.linalg.norm(grad, axis=-1, keepdims=True)
    return np.asarray(grad * np.minimum(1, most / np.maximum(length, 1e-30)), grad.dtype)


def watch(recipe: Recipe, etas: Sequence[float], seeds: Sequence[int], checks: Sequence[int] = CHECKS) -> Watched:
    """Train for `STEPS` steps at each rate from each seed's start, on the seed's own split of the digits.

    The gradient over all examples is looked at after the last step, except with batch normalization.
    """
    net = network(recipe)
    splits = [digits().drawn(EXAMPLES, np.random.default_rng([seed, 5])) for seed in seeds]
    x, labels, x_test, labels_test = (
        np.stack([getattr(s, name) for s in splits])[:, None] for name in ("x", "labels", "x_test", "labels_test")
    )
    if recipe.centered:
        middle = x.mean(axis=-2, keepdims=True)
        x, x_test = x - middle, x_test - middle
    starts = np.stack([net.init(np.random.default_rng([seed, 6])) for seed in seeds])
    theta = np.repeat(starts[:, None], len(etas), axis=1)
    rates = np.asarray(etas, theta.dtype)[:, None]
    rngs = [np.random.default_rng([seed, 7]) for seed in seeds]
    step, state, fires = inspect.unwrap(recipe.optimizer), None, []
    each, per = np.arange(len(seeds))[:, None], EXAMPLES // BATCH
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # rates may be too large
        for t in range(STEPS + 1):
            if t in checks:
                fires.append(np.stack([(z > 0).sum(axis=-2) for z in forward(net, theta, x)[2]], axis=-2))
            if t == STEPS:
                break
            if t % per == 0:
                orders = np.stack([rng.permutation(EXAMPLES) for rng in rngs])
            rows = orders[:, (t % per) * BATCH :][:, :BATCH]
            y, back, _, _ = forward(net, theta, x[each, 0, rows][:, None])
            grad = back(cross_entropy_slope(y, labels[each, 0, rows][:, None]))
            if np.isfinite(recipe.most):
                grad = cut(grad, recipe.most)
            now = rates * rates.dtype.type(min(1, (t + 1) / recipe.warm) if recipe.warm else 1)
            theta, state = step(theta, grad, state, eta=now)
        y, back, _, stats = forward(net, theta, x)
        finite = np.isfinite(theta).all(axis=-1)
        dead = (fires[-1] == 0) & finite[..., None, None]
        leaks = 0 if recipe.normed else leaking(net, back(cross_entropy_slope(y, labels)), dead)
        guesses = forward(net, theta, x_test, stats)[0].argmax(axis=-1)
    return Watched(np.stack(fires), 100 * (guesses == labels_test).mean(axis=-1), leaks, finite)


def leaking(net: Network, grad: Array, dead: NDArray[np.bool_]) -> int:
    """Of the dead units, those with a weight (in or out) or bias whose gradient is not exactly 0."""
    found = np.zeros_like(dead)
    start, k = 0, 0
    for layer in net.layers:
        for name, shape in layer.shapes().items():
            part = grad[..., start : start + prod(shape)].reshape(*grad.shape[:2], *shape) != 0
            start += prod(shape)
            if name == "W" and k:
                found[:, :, k - 1] |= part.any(axis=-1)
            if k < HIDDEN and name in ("W", "b"):
                found[:, :, k] |= part.any(axis=-2) if name == "W" else part
        k += isinstance(layer, Dense)
    return int((found & dead).sum())

"""`fit` for many networks of one shape at once, which ends where `fit` does, up to rounding, in a third of the time.

A step of a small network is spent on calling, not on calculating; in a stack all of them share the calls. (`stack` trains
ReLU networks with dropout; here are the layers of chapters 2 and 3, without dropout.)
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from deepgrad import (
    Activation,
    Array,
    BatchNorm,
    Dense,
    Layer,
    Network,
    Residual,
    sgd,
    softmax_cross_entropy,
    squared_error,
)
from deepgrad.memory import keep_freed_memory
from gradbook.text import BookError

type Back = Callable[[Array], Array]
type Params = Mapping[str, Array]


@dataclass(frozen=True)
class Start:
    """What `fit` is given for one network; eta is its optimizer's."""

    theta: Array
    x: Array
    targets: Array
    rng: np.random.Generator
    eta: float


@dataclass(frozen=True)
class Fitted:
    """The trained θ and the minibatch loss of every step; NaN from where `fit` would have raised Diverged."""

    theta: Array
    loss: Array

    @property
    def diverged(self) -> bool:
        return not np.isfinite(self.loss[-1])


def fit_together(
    net: Network,
    starts: Sequence[Start],
    *,
    steps: int,
    batch_size: int,
    optimizer: Callable[..., tuple[Array, Any]],
    loss: Callable[..., Any] = softmax_cross_entropy,
) -> list[Fitted]:
    """What `fit` finds from each start. All have equally many examples, else ValueError.

    net: Dense layers with a bias, Activation, BatchNorm and Residual around them, without a shortcut's layer; loss:
    softmax_cross_entropy or squared_error. Anything else is a BookError.
    """
    if len({start.x.shape for start in starts}) != 1:
        raise ValueError(f"networks together need equally many examples, not {[start.x.shape for start in starts]}")
    if loss not in COSTS:
        raise BookError(f"networks together are trained with {' or '.join(f.__name__ for f in COSTS)}, not {loss}")
    keep_freed_memory()
    theta = np.stack([start.theta for start in starts])
    x = np.stack([start.x for start in starts]).astype(theta.dtype, copy=False)
    targets = np.stack([start.targets for start in starts])
    targets = targets.astype(theta.dtype if targets.dtype.kind == "f" else targets.dtype, copy=False)
    orders = [start.rng.spawn(2)[0] for start in starts]
    # unwrapped of its checks, an optimizer takes a column of rates for a column of networks
    take, eta = inspect.unwrap(optimizer), np.array([[start.eta] for start in starts], theta.dtype)
    grad, state, each, n, begin = np.zeros_like(theta), None, np.arange(len(starts))[:, None], x.shape[1], x.shape[1]
    params, grads, losses = views(net, theta), views(net, grad), np.full((steps, len(starts)), np.nan)
    alive = np.full(len(starts), True)
    with np.errstate(all="ignore"):  # a rate may be too large
        for k in range(steps):
            if begin >= n:
                order, begin = np.stack([rng.permutation(n) for rng in orders]), 0
            rows = order[:, begin : begin + batch_size]
            begin += batch_size
            y, back = forward(net.layers, params, grads, x[each, rows])
            cost, dy = COSTS[loss](y, targets[each, rows])
            alive &= np.isfinite(y).all(axis=(1, 2)) & np.isfinite(cost)
            back(dy)
            if optimizer is sgd:  # in place, in less than half of the time
                grad *= eta
                theta -= grad
            else:
                theta[:], state = take(theta, grad, state, eta=eta)
            if begin >= n or k == steps - 1:
                alive &= np.isfinite(theta).all(axis=1)
            losses[k, alive] = cost[alive]
            if not alive.any():
                break
    return [Fitted(own, own_loss) for own, own_loss in zip(theta, losses.T, strict=True)]


def outputs(net: Network, thetas: Array, x: Array) -> Array:
    """y of every θ: (networks, batch, …) of thetas (networks, net.size), x (batch, features). BatchNorm as in training."""
    h = x.astype(thetas.dtype, copy=False)[None]
    with np.errstate(all="ignore"):
        for layer, own in zip(net.layers, views(net, thetas), strict=True):
            h, _ = forward([layer], [own], [own], h)  # one by one, so that no way back keeps what it would need
    return h


def views(net: Network, vectors: Array) -> list[dict[str, Array]]:
    """As `net.views`, of many vectors: (networks, *shape) each."""
    start, found = 0, []
    for layer in net.layers:
        own = {}
        for name, shape in layer.shapes().items():
            own[name] = vectors[:, start : start + prod(shape)].reshape(len(vectors), *shape)
            start += prod(shape)
        found.append(own)
    return found


def forward(
    layers: Sequence[Layer], params: Sequence[Params], grads: Sequence[Params], h: Array, *, needs_dx: bool = False
) -> tuple[Array, Back]:
    """The layers' outputs for h (networks, batch, features), and back(dy) -> dh, which writes into grads."""
    backs: list[Back] = []
    for k, (layer, own, slopes) in enumerate(zip(layers, params, grads, strict=True)):
        match layer:
            case Dense(bias=True):
                h, back = dense(own, slopes, h, needs_dx or k > 0)
            case Activation():
                h, back = layer.f(h)
            case BatchNorm():
                h, back = batch_norm(own, slopes, h, layer.eps)
            case Residual() if not layer.shortcut.shapes():
                h, back = residual(layer, own, slopes, h)
            case _:
                raise BookError(
                    f"networks together have Dense with bias, Activation, BatchNorm, Residual, not {layer!r}"
                )
        backs.append(back)

    def back_all(dy: Array) -> Array:
        for back in reversed(backs):
            dy = back(dy)
        return dy

    return h, back_all


def dense(params: Params, grads: Params, x: Array, needs_dx: bool) -> tuple[Array, Back]:
    """y = x W + b, network by network."""
    W = params["W"]
    y = x @ W
    y += params["b"][:, None]

    def back(dy: Array) -> Array:
        np.matmul(x.swapaxes(1, 2), dy, out=grads["W"])
        np.matmul(ones(dy), dy, out=grads["b"][:, None])
        return dy @ W.swapaxes(1, 2) if needs_dx else dy

    return y, back


def ones(y: Array) -> Array:
    """`ones(y) @ y` is y's sum over the batch, (networks, 1, features), in a fourth of the time that `sum` takes."""
    return np.ones((1, y.shape[1]), y.dtype)


def batch_norm(params: Params, grads: Params, x: Array, eps: float) -> tuple[Array, Back]:
    """y = γ x̂ + β of the batch at hand, network by network, for numbers whose squares do not overflow."""
    gamma, batch = params["gamma"][:, None], x.shape[1]
    x_hat = x - (ones(x) @ x) / batch
    scale = 1 / np.sqrt(np.einsum("nbc,nbc->nc", x_hat, x_hat)[:, None] / batch + eps)
    x_hat *= scale

    def back(dy: Array) -> Array:
        dgamma, dbeta = grads["gamma"], grads["beta"]
        np.einsum("nbc,nbc->nc", dy, x_hat, out=dgamma)
        np.matmul(ones(dy), dy, out=dbeta[:, None])
        dx = x_hat * (dgamma[:, None] / -batch)
        dx += dy
        dx -= dbeta[:, None] / batch
        dx *= gamma * scale
        return np.asarray(dx)

    y = x_hat * gamma
    y += params["beta"][:, None]
    return y, back


def residual(layer: Residual, params: Params, grads: Params, x: Array) -> tuple[Array, Back]:
    """y = x + f(x)."""
    own, slopes = ([part for _, part in layer.parts(of)][:-1] for of in (params, grads))
    h, back_inner = forward(layer.layers, own, slopes, x, needs_dx=True)

    def back(dy: Array) -> Array:
        return dy + back_inner(dy)

    return x + h, back


def cross_entropy(scores: Array, labels: Array) -> tuple[Array, Array]:
    """Each network's `softmax_cross_entropy` and its gradient. scores: (networks, batch, classes)."""
    each, rows = np.arange(len(scores))[:, None], np.arange(scores.shape[1])
    shifted = scores - scores.max(axis=2, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=2)
    cost = (np.log(total) - shifted[each, rows, labels]).mean(axis=1)
    e /= (total * e.shape[1])[:, :, None]
    e[each, rows, labels] -= 1 / e.shape[1]
    return cost, e


def half_square(y: Array, targets: Array) -> tuple[Array, Array]:
    """Each network's `squared_error` and its gradient."""
    difference = y - targets
    cost = (difference * difference).sum(axis=(1, 2)) / (2 * y.shape[1])
    return cost, difference / y.dtype.type(y.shape[1])


COSTS = {softmax_cross_entropy: cross_entropy, squared_error: half_square}

"""Many networks of one shape, trained side by side: what differs among them is the seed and the learning rate.

Small networks spend their time in Python, not in arithmetic. So the networks of all seeds and rates are one array, and a
step of all of them costs little more Python than a step of one.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepgrad import RNN, Activation, Array, Dense, LastStep, Network
from gradbook.text import BookError

type Floats = NDArray[np.floating[Any]]


def forward(net: Network, theta: Array, x: Array) -> tuple[Array, Callable[[Array], Array]]:
    """The outputs of many networks, and back(dy) -> dtheta: what `net(theta, x)` does, for every θ of an array.

    theta: (seeds, rates, net.size); x: (seeds, 1, batch, …), since networks of one seed see the same examples.
    Layers: Dense, Activation, and an RNN that is read at its last step; another is a BookError.
    """
    start, backs, h = 0, [], x
    dtheta = np.empty_like(theta)
    for k, layer in enumerate(net.layers):
        params, grads = {}, {}
        for name, shape in layer.shapes().items():
            place = slice(start, start + prod(shape))
            params[name] = theta[..., place].reshape(*theta.shape[:2], *shape)
            grads[name] = partial(store, dtheta, place)
            start += prod(shape)
        if isinstance(layer, Dense):
            h, back = dense(h, params, grads, k > 0)
        elif isinstance(layer, Activation):
            h, back = layer.f(h)
        elif isinstance(layer, RNN) and isinstance(net.layers[k + 1], LastStep):
            h, back = recurrent(h, params, grads)
        elif isinstance(layer, LastStep):
            continue
        else:
            raise BookError(f"many_nets cannot train a {layer!r}: it knows Dense, Activation, and RNN with LastStep")
        backs.append(back)

    def back_all(dy: Array) -> Array:
        for back in reversed(backs):
            dy = back(dy)
        return dtheta

    return h, back_all


def store(dtheta: Array, place: slice, grad: Array) -> None:
    dtheta[..., place] = grad.reshape(*dtheta.shape[:2], -1)


def dense(
    x: Array, params: Mapping[str, Array], grads: Mapping[str, Callable[[Array], None]], needs_dx: bool
) -> tuple[Array, Callable[[Array], Array]]:
    """y = x W + b, network by network."""

    def back(dy: Array) -> Array:
        grads["W"](x.swapaxes(-1, -2) @ dy)
        grads["b"](dy.sum(axis=-2))
        return dy @ params["W"].swapaxes(-1, -2) if needs_dx else dy

    return x @ params["W"] + params["b"][..., None, :], back


def recurrent(
    x: Array, params: Mapping[str, Array], grads: Mapping[str, Callable[[Array], None]]
) -> tuple[Array, Callable[[Array], Array]]:
    """The last hₜ = tanh(xₜ Wx + hₜ₋₁ Wh + b) of x (seeds, 1, batch, time, features), h₀ = 0, network by network."""
    Wx, Wh, b = params["Wx"], params["Wh"], params["b"][..., None, :]
    hs = [np.zeros((*Wx.shape[:2], x.shape[2], Wh.shape[-1]), Wx.dtype)]
    for t in range(x.shape[3]):
        hs.append(np.tanh(x[..., t, :] @ Wx + hs[-1] @ Wh + b))

    def back(dh: Array) -> Array:
        dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(params["b"])
        for t in reversed(range(x.shape[3])):
            dz = dh * (1 - hs[t + 1] ** 2)
            dWx += x[..., t, :].swapaxes(-1, -2) @ dz
            dWh += hs[t].swapaxes(-1, -2) @ dz
            db += dz.sum(axis=-2)
            dh = dz @ Wh.swapaxes(-1, -2)
        for name, grad in (("Wx", dWx), ("Wh", dWh), ("b", db)):
            grads[name](grad)
        return dh

    return hs[-1], back


def cross_entropy_slope(y: Array, labels: Array) -> Array:
    """∂C/∂y of the mean cross-entropy of each network: (softmax − one-hot) / batch. labels: (seeds, 1, batch)."""
    e = np.exp(y - y.max(axis=-1, keepdims=True))
    e /= e.sum(axis=-1, keepdims=True)
    return np.asarray((e - np.eye(y.shape[-1], dtype=y.dtype)[labels]) / y.shape[-2])


def squared_error_slope(y: Array, target: Array) -> Array:
    """∂C/∂y of ½ (y − target)², mean over the batch."""
    return np.asarray((y - target) / y.shape[-2])


def train(
    net: Network,
    start: Sequence[Array],
    x: Sequence[Array],
    targets: Sequence[Array],
    etas: Sequence[float],
    *,
    optimizer: Callable[..., Any],
    slope: Callable[[Array, Array], Array] = cross_entropy_slope,
    steps: int,
    batch: int,
    seeds: Sequence[int],
) -> Floats:
    """θ after the steps, (seeds, rates, net.size); numbers that are not finite where a network left the numbers.

    start, x, targets: one of each for a seed. Batches are drawn by the seed, each example once an epoch.
    """
    rngs = [np.random.default_rng([seed, 77]) for seed in seeds]
    theta = np.repeat(np.stack(start)[:, None], len(etas), axis=1)
    # unwrapped of its checks, an optimizer takes a column of rates for a column of networks
    step = partial(inspect.unwrap(optimizer), eta=np.asarray(etas, theta.dtype)[:, None])
    state = None
    orders = [np.empty(0, np.int64) for _ in seeds]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # rates may be too large
        for _ in range(steps):
            for k, rng in enumerate(rngs):
                if len(orders[k]) < batch:
                    orders[k] = rng.permutation(len(x[k]))
            rows, orders = [order[:batch] for order in orders], [order[batch:] for order in orders]
            y, back = forward(net, theta, np.stack([x[k][row] for k, row in enumerate(rows)])[:, None])
            dy = slope(y, np.stack([targets[k][row] for k, row in enumerate(rows)])[:, None])
            theta, state = step(theta, back(dy), state)
    return theta

"""Nets with one hidden layer, and how alike its units are."""

from functools import partial
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from deepgrad import (
    Activation,
    Array,
    Dense,
    Fit,
    Network,
    constant,
    fit,
    normal,
    relu,
    sgd,
    sigmoid,
    softmax_cross_entropy,
    tanh,
)
from deepgrad.signatures import Initializer, Op
from gradbook.data import Split, digits
from gradbook.text import Text, same

Name = Literal["sigmoid", "tanh", "ReLU"]
ACTIVATIONS: dict[Name, Op] = {"sigmoid": sigmoid, "tanh": tanh, "ReLU": relu}
NAMES: dict[Name, Text] = {"sigmoid": Text("시그모이드", "sigmoid"), "tanh": same("tanh"), "ReLU": same("ReLU")}

# Twins are trained in float64: at this width the matrix products of every OpenBLAS loop tried then treat all units
# alike. Where they do not is the subject of `rounding_parts`.
INPUTS, WIDTH, CLASSES = 64, 32, 10
EXAMPLES, BATCH = 1297, 50
VISIBLE = 0.01  # a difference counts as seen from 1 % of a unit's length on


def one_layer(name: Name, first: Initializer, last: Initializer | None = None, width: int = WIDTH) -> Network:
    """64-width-10; `last` draws the outgoing weights, if otherwise than the incoming ones. Biases start at 0."""
    return Network([Dense(INPUTS, width, first), Activation(ACTIVATIONS[name]), Dense(width, CLASSES, last or first)])


def trained(
    net: Network, theta: Array, chosen: Split, rng: np.random.Generator, eta: float, steps: int, **options: object
) -> Fit:
    """Plain SGD on minibatches of BATCH, in θ's dtype."""
    return fit(net, theta, chosen.x, chosen.labels, rng=rng, steps=steps,
               **{"optimizer": partial(sgd, eta=eta), "batch_size": BATCH} | options)  # type: ignore[arg-type]  # fmt: skip


def split(rng: np.random.Generator) -> Split:
    """Digits, divided anew into examples to learn from and to be tested on."""
    return digits().drawn(EXAMPLES, rng)


def nearly_constant(value: float, noise: float) -> Initializer:
    """W ~ N(value, noise²)."""

    def init(
        rng: np.random.Generator, fan_in: int, fan_out: int, dtype: DTypeLike, shape: tuple[int, ...] | None = None
    ) -> Array:
        same_value, differences = (f(rng, fan_in, fan_out, np.float64, shape) for f in (constant(value), normal(noise)))
        return (same_value + differences).astype(dtype)

    return init


def units(net: Network, theta: Array) -> NDArray[np.float64]:
    """What each hidden unit computes with: incoming weights and bias, (65, width)."""
    first = net.views(theta)[0]
    return np.concatenate([first["W"], first["b"][None]]).astype(np.float64)


def kinds(columns: NDArray[np.float64]) -> int:
    """How many columns differ, be it in the last bit."""
    return len(np.unique(columns.T, axis=0))


def apart(columns: NDArray[np.float64]) -> float:
    """The largest distance of a column from the first, over the length of the longest: 0 where all are twins."""
    length = np.linalg.norm(columns, axis=0).max()
    return float(np.linalg.norm(columns - columns[:, :1], axis=0).max() / length) if length else 0.0


def visible_kinds(columns: NDArray[np.float64]) -> int:
    """How many columns can be picked so that any two are further apart than VISIBLE times the longest (greedily)."""
    near = VISIBLE * np.linalg.norm(columns, axis=0).max()
    picked: list[NDArray[np.float64]] = []
    for column in columns.T:
        if all(np.linalg.norm(column - other) > near for other in picked):
            picked.append(column)
    return max(1, len(picked))


def visible_rank(W: Array) -> int:
    """How many singular values exceed VISIBLE times the largest; 0 for W = 0."""
    sizes = np.linalg.svd(W.astype(np.float64), compute_uv=False)
    return int(np.sum(sizes > VISIBLE * sizes[0])) if sizes[0] else 0


def updates(name: Name, value: float, hidden: int) -> tuple[int, ...]:
    """Into how many different values the weights of each layer part in one step: all start at `value`, biases at 0."""
    sizes = [INPUTS, *[WIDTH] * hidden, CLASSES]
    *inner, last = (Dense(n, m, constant(value)) for n, m in pairwise(sizes))
    net = Network([*(layer for dense in inner for layer in (dense, Activation(ACTIVATIONS[name]))), last])
    theta = net.init(np.random.default_rng(0), dtype=np.float64)
    scores, back = net(theta, digits().x[:BATCH])
    _, back_loss = softmax_cross_entropy(scores, digits().labels[:BATCH])
    return tuple(len(np.unique(own["W"])) for own in net.views(back(back_loss())) if own)


def span(found: NDArray[np.int64]) -> str:
    """The numbers as printed: one where they are all the same, or lowest–highest."""
    low, high = int(found.min()), int(found.max())
    return str(low) if low == high else f"{low}–{high}"

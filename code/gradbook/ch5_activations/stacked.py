"""Deep networks trained side by side as one array, with what `many_nets` leaves out: normalization, maxout, PReLU.

A stack holds networks of one kind (activation, normalization, depth). Each has its own seed, initial weights and rate.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deepgrad.memory import keep_freed_memory
from deepgrad.signatures import Array
from gradbook.ch4_big_picture.many_nets import cross_entropy_slope
from gradbook.ch5_activations.units import SLOPE, Params, activate
from gradbook.data import Split, digits

PIXELS, WIDTH, CLASSES, BATCH, EXAMPLES = 64, 32, 10, 20, 1297
CHANCE: Final = 100 / CLASSES  # percent
MOST: Final = 20  # networks in a stack
EPS: Final = 1e-5  # as in deepgrad's layers
AXIS: Final = {"batch": -2, "layer": -1}  # along which a normalization measures mean and variance


@dataclass(frozen=True)
class Kind:
    """What the networks of a stack have in common."""

    activation: str  # one of ELEMENTWISE, "PReLU" or "maxout"
    depth: int  # hidden layers of WIDTH units
    normalization: str = "none"  # "batch" or "layer": between the product and the activation


@dataclass(frozen=True)
class Member:
    """What a network has for itself. std: of the weights, given fan-in and whether they see the pixels."""

    seed: int
    std: Callable[[int, bool], float]
    eta: float


@cache
def prepared(seed: int) -> Split:
    """The digits split anew; the training pixels' mean subtracted, and divided by one number so that mean x² is 1."""
    drawn = digits().drawn(EXAMPLES, np.random.default_rng([seed, 51]))
    mean = drawn.x.mean(axis=0)
    scale = np.sqrt(((drawn.x - mean) ** 2).mean())
    return Split((drawn.x - mean) / scale, drawn.labels, (drawn.x_test - mean) / scale, drawn.labels_test)


def start(kind: Kind, members: Sequence[Member]) -> list[Params]:
    """Initial numbers. One seed has the same standard normal draws, whatever they are multiplied by."""
    rngs = [np.random.default_rng([member.seed, 52]) for member in members]
    pieces = 2 if kind.activation == "maxout" else 1
    layers = []
    for k in range(kind.depth + 1):
        fan_in = WIDTH if k else PIXELS
        units = CLASSES if k == kind.depth else pieces * WIDTH
        drawn = [m.std(fan_in, k == 0) * rng.normal(size=(fan_in, units)) for m, rng in zip(members, rngs, strict=True)]
        layer = {"W": np.stack(drawn).astype(np.float32), "b": np.zeros((len(members), 1, units), np.float32)}
        if k < kind.depth and kind.normalization != "none":
            layer |= {"gamma": np.ones_like(layer["b"]), "beta": np.zeros_like(layer["b"])}
        if k < kind.depth and kind.activation == "PReLU":
            layer["a"] = np.full((len(members), 1, 1), SLOPE, np.float32)
        layers.append(layer)
    return layers


def forward(kind: Kind, layers: Sequence[Params], x: Array) -> tuple[Array, Callable[[Array], list[Params]]]:
    """The scores of all networks, and back(dy) -> the gradient of every layer's numbers. x: (networks, batch, PIXELS)."""
    h, ways = x, []
    for k, layer in enumerate(layers):
        inputs, h = h, h @ layer["W"] + layer["b"]
        norm = act = None
        if k < kind.depth:
            if kind.normalization != "none":
                h, norm = normalize(h, layer, AXIS[kind.normalization])
            h, act = activate(kind.activation, h, layer)
        ways.append((inputs, norm, act))

    def back(dy: Array) -> list[Params]:
        slopes = []
        for k in reversed(range(len(layers))):
            inputs, norm, act = ways[k]
            own: Params = {}
            for step in (act, norm):
                if step is not None:
                    dy, further = step(dy)
                    own |= further
            own |= {"W": inputs.swapaxes(1, 2) @ dy, "b": dy.sum(axis=1, keepdims=True)}
            slopes.append(own)
            if k:
                dy = dy @ layers[k]["W"].swapaxes(1, 2)
        return slopes[::-1]

    return h, back


def normalize(z: Array, layer: Mapping[str, Array], axis: int) -> tuple[Array, Callable[[Array], tuple[Array, Params]]]:
    """γ ẑ + β, with ẑ standardized over the batch (−2) or over the units (−1), network by network.

    What deepgrad's `standardize` does, in half the time: means of so small matrices are taken fastest by a product.
    """
    gamma, part = layer["gamma"], np.full(z.shape[axis], 1 / z.shape[axis], z.dtype)

    def mean(values: Array) -> Array:
        return part[None, :] @ values if axis == -2 else values @ part[:, None]

    z_hat = z - mean(z)
    inverse = 1 / np.sqrt(mean(z_hat * z_hat) + z.dtype.type(EPS))
    z_hat *= inverse

    def back(dy: Array) -> tuple[Array, Params]:
        dz_hat = gamma * dy
        dz = dz_hat - mean(dz_hat)
        dz -= z_hat * mean(dz_hat * z_hat)
        dz *= inverse
        return dz, {"gamma": (dy * z_hat).sum(axis=1, keepdims=True), "beta": dy.sum(axis=1, keepdims=True)}

    return gamma * z_hat + layer["beta"], back


def train(kind: Kind, members: Sequence[Member], steps: int) -> list[Params]:
    """SGD on the mean cross-entropy; one seed sees the same examples in the same order in every network."""
    keep_freed_memory()
    layers = start(kind, members)
    seeds = sorted({member.seed for member in members})
    x, labels = (np.stack([getattr(prepared(seed), name) for seed in seeds]) for name in ("x", "labels"))
    which = np.array([seeds.index(member.seed) for member in members])
    rngs = [np.random.default_rng([seed, 53]) for seed in seeds]
    eta = np.array([member.eta for member in members], np.float32)[:, None, None]
    at = EXAMPLES
    for _ in range(steps):
        if at + BATCH > EXAMPLES:
            orders, at = np.stack([rng.permutation(EXAMPLES) for rng in rngs]), 0
        rows = orders[which, at : at + BATCH]
        at += BATCH
        scores, back = forward(kind, layers, x[which[:, None], rows])
        for layer, slopes in zip(layers, back(cross_entropy_slope(scores, labels[which[:, None], rows])), strict=True):
            for name, slope in slopes.items():
                layer[name] -= eta * slope
    return layers


def test_scores(kind: Kind, layers: Sequence[Params], x: Array, x_test: Array) -> Array:
    """Scores of test examples. Batch normalization takes mean and variance of all training examples, as `calibrate` does."""
    if kind.normalization != "batch":
        return forward(kind, layers, x_test)[0]
    h = np.concatenate([x, x_test], axis=1)
    for layer in layers[:-1]:
        z = h @ layer["W"] + layer["b"]
        seen = z[:, : x.shape[1]]
        z = (z - seen.mean(axis=1, keepdims=True)) / np.sqrt(seen.var(axis=1, keepdims=True) + EPS)
        h, _ = activate(kind.activation, layer["gamma"] * z + layer["beta"], layer)
    return np.asarray(h[:, x.shape[1] :] @ layers[-1]["W"] + layers[-1]["b"])


def accuracies(kind: Kind, members: Sequence[Member], steps: int) -> NDArray[np.float64]:
    """Test accuracy after training, in percent; NaN for a network that left the numbers."""
    found = []
    for first in range(0, len(members), MOST):
        some = members[first : first + MOST]
        with np.errstate(all="ignore"):  # a rate may be too large
            layers = train(kind, some, steps)
            splits = [prepared(member.seed) for member in some]
            scores = test_scores(kind, layers, np.stack([s.x for s in splits]), np.stack([s.x_test for s in splits]))
        right = (scores.argmax(axis=-1) == np.stack([s.labels_test for s in splits])).mean(axis=-1)
        found.append(np.where(np.isfinite(scores).all(axis=(1, 2)), 100 * right, np.nan))
    return np.concatenate(found)

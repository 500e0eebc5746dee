"""One network in three coordinates: hidden outputs σ, σ − ½ or 2σ − 1, the start being the very same function."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Array, Dense, Network, sigmoid, xavier_normal
from gradbook.ch4_big_picture.many_nets import cross_entropy_slope, forward
from gradbook.data import digits

type Floats = NDArray[np.floating[Any]]

WIDTH: Final = 32
BATCH: Final = 32


def centered(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """σ(z) − ½: the sigmoid, its slope and all, moved down by ½."""
    y, back = sigmoid(z)
    return y - 0.5, back


def doubled(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """2σ(z) − 1 = tanh(z/2): moved to 0 and twice as steep."""
    y, back = sigmoid(z)
    return 2 * y - 1, lambda dy: 2 * back(dy)


ARMS: Final[dict[str, tuple[Callable[..., Any], float, float]]] = {  # f = a σ − c
    "plain": (sigmoid, 1.0, 0.0),
    "centered": (centered, 1.0, 0.5),
    "doubled": (doubled, 2.0, 1.0),
}


def network(arm: str) -> Network:
    """Two hidden layers of WIDTH, for digits."""
    f = ARMS[arm][0]
    return Network([
        Dense(64, WIDTH, xavier_normal), Activation(f), Dense(WIDTH, WIDTH, xavier_normal), Activation(f),
        Dense(WIDTH, 10, xavier_normal),
    ])  # fmt: skip


def same_start(arm: str, seed: int) -> Array:
    """θ of the arm that computes what the seed's plain network does: σ = (f + c)/a, so W → W/a and b → b + (c/a) Σ W."""
    net, (_, a, c) = network(arm), ARMS[arm]
    theta = net.init(np.random.default_rng(seed))
    for params in net.views(theta)[2::2]:
        params["b"] += c / a * params["W"].sum(axis=0)
        params["W"] /= a
    return theta


def descend(arm: str, seeds: Sequence[int], rates: Sequence[float], steps: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Of each step of SGD, (steps, seeds, rates): the batch's mean loss, ∞ where it diverged, and whether the step turned
    by more than 90° from the one before. Each example is seen once an epoch.
    """
    net, split, eye = network(arm), digits(), np.eye(10, dtype=np.float32)
    theta = np.repeat(np.stack([same_start(arm, seed) for seed in seeds])[:, None], len(rates), axis=1)
    eta = np.asarray(rates, theta.dtype)[:, None]
    rngs = [np.random.default_rng([seed, 77]) for seed in seeds]
    orders = [np.empty(0, np.int64) for _ in seeds]
    losses, before = np.empty((steps, len(seeds), len(rates))), np.zeros_like(theta)
    turned = np.zeros(losses.shape, bool)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # rates may be too large
        for t in range(steps):
            for k, rng in enumerate(rngs):
                if len(orders[k]) < BATCH:
                    orders[k] = rng.permutation(len(split.x))
            rows, orders = np.stack([order[:BATCH] for order in orders]), [order[BATCH:] for order in orders]
            labels = split.labels[rows][:, None]
            y, back = forward(net, theta, split.x[rows][:, None])
            top = y - y.max(axis=-1, keepdims=True)
            losses[t] = (np.log(np.exp(top).sum(axis=-1)) - (top * eye[labels]).sum(axis=-1)).mean(axis=-1)
            grad = back(cross_entropy_slope(y, labels))
            turned[t], before = (grad * before).sum(axis=-1) < 0, grad
            theta = theta - eta * grad
    return np.where(np.isfinite(losses), losses, np.inf), turned


def arrival(losses: Floats, target: float, window: int) -> Floats:
    """The step after which the mean loss of the last `window` batches first is at most the target, ∞ if never.

    losses: (steps, …) -> (…). ValueError for a window longer than that, or none.
    """
    if not 0 < window <= len(losses):
        raise ValueError(f"a window of {window} does not fit into {len(losses)} steps")
    clipped = np.minimum(losses, 1e6)  # ∞ − ∞ is not a number
    total = np.cumsum(np.concatenate([np.zeros_like(clipped[:1]), clipped]), axis=0)
    smooth = (total[window:] - total[:-window]) / window
    there = smooth <= target
    return np.where(there.any(axis=0), there.argmax(axis=0) + window, np.inf)


def curvature_of_outputs(arm: str, seed: int) -> tuple[float, float]:
    """The two largest eigenvalues of E[h hᵀ] of the first hidden layer, h with its constant 1 for the bias, at the start."""
    net = network(arm)
    hs, _ = net.trace(same_start(arm, seed).astype(np.float64), digits().x)
    h = np.column_stack([hs[2], np.ones(len(hs[2]))])
    found = np.linalg.eigvalsh(h.T @ h / len(h))
    return float(found[-1]), float(found[-2])

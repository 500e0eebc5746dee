"""Descent with batches of any size: many seeds and rates side by side, all reading examples in the order of a stream."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Array, Dense, Network, he_normal, relu, xavier_normal
from gradbook.ch4_big_picture.many_nets import Floats, cross_entropy_slope, forward
from gradbook.data import DataName, data

HIDDEN = 16


def digits_net() -> Network:
    return Network([Dense(64, HIDDEN, he_normal), Activation(relu), Dense(HIDDEN, 10, xavier_normal)])


def single_layer() -> Network:
    """Softmax regression on MNIST-1D: it cannot fit all examples."""
    return Network([Dense(40, 10, xavier_normal)])


class Task:
    """Every seed's own examples, order of reading and initial weights.

    x (seeds, 1, n, features), labels (seeds, 1, n); total examples are read, each once before any is read again.
    """

    def __init__(self, net: Network, name: DataName, n: int, total: int, seeds: Iterable[int]) -> None:
        rngs = [np.random.default_rng([seed, n]) for seed in seeds]
        splits = [data(name).drawn(n, rng) for rng in rngs]
        self.net, self.n = net, n
        self.x, self.labels = np.stack([s.x for s in splits])[:, None], np.stack([s.labels for s in splits])[:, None]
        self.x_test = np.stack([s.x_test for s in splits])[:, None]
        self.labels_test = np.stack([s.labels_test for s in splits])[:, None]
        self.stream = np.stack([stream(rng, n, total) for rng in rngs])
        self.start = np.stack([net.init(rng) for rng in rngs])[:, None]  # (seeds, 1, net.size)

    def loss(self, theta: Array) -> Floats:
        """Mean cross-entropy over all training examples, (seeds, rates)."""
        y, _ = forward(self.net, theta, self.x)
        y = y - y.max(axis=-1, keepdims=True)
        own = np.take_along_axis(y, np.broadcast_to(self.labels[..., None], (*y.shape[:-1], 1)), axis=-1)[..., 0]
        return np.asarray((np.log(np.exp(y).sum(axis=-1)) - own).mean(axis=-1))

    def right(self, theta: Array) -> Floats:
        """Test accuracy in percent, (seeds, rates)."""
        y, _ = forward(self.net, theta, self.x_test)
        return np.asarray(100 * (y.argmax(axis=-1) == self.labels_test).mean(axis=-1))


def stream(rng: np.random.Generator, n: int, total: int) -> NDArray[np.int64]:
    """Row numbers in the order of reading: all n in random order, then all n in another, …"""
    return np.concatenate([rng.permutation(n) for _ in range(-(-total // n))])[:total]


def descend(
    task: Task, theta: Array, plan: Iterable[tuple[int, float | Floats]], read: int = 0
) -> Iterator[tuple[int, Array]]:
    """θ ← θ − η · (mean gradient of the next B examples): (examples read so far, θ) after each step.

    plan: (B, η) of each step, η a number or one for each rate; `read` examples of the stream have been read before.
    """
    for batch, eta in plan:
        rows = task.stream[:, read : read + batch]
        if rows.shape[1] < batch:
            raise ValueError(f"the stream ends: {task.stream.shape[1]} examples, a step wants {read + batch}")
        x = np.take_along_axis(task.x[:, 0], rows[..., None], axis=1)[:, None]
        y, back = forward(task.net, theta, x)
        slope = cross_entropy_slope(y, np.take_along_axis(task.labels[:, 0], rows, axis=1)[:, None])
        theta = theta - np.asarray(eta, theta.dtype)[..., None] * back(slope)
        read += batch
        yield read, theta


def arrival(read: Floats, loss: Floats, target: float) -> Floats:
    """Examples read when the loss first falls to the target, between looks on a straight line in their logarithms.

    read (looks,), loss (looks, …) -> (…), infinite where it never does.
    """
    found = np.full(loss.shape[1:], np.inf)
    for k, (a, b) in reversed(list(enumerate(pairwise(loss)))):
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.log(a / target) / np.log(a / b)
        here = (a > target) & (b <= target)
        at = np.exp(np.log(read[k]) + share * np.log(read[k + 1] / read[k]))
        found = np.where(here, at, found)
    return found

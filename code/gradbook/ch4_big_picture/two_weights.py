"""A model with two weights on real digits, so that its whole loss can be drawn: is it an 8 or a 9?"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gradbook.data import digits

type Floats = NDArray[np.float64]

PAIR: Final = (8, 9)


@cache
def examples() -> tuple[Floats, Floats]:
    """(x, s): ink in the upper and in the lower half, each with mean 0 and variance 1, (n, 2); s = −1 for an 8, +1 for a 9."""
    split = digits()
    chosen = np.isin(split.labels, PAIR)
    x = split.x[chosen].astype(np.float64).reshape(-1, 2, 32).sum(axis=2)
    return (x - x.mean(axis=0)) / x.std(axis=0), np.where(split.labels[chosen] == PAIR[1], 1.0, -1.0)


def loss(theta: Floats) -> Floats:
    """Mean over the examples of log(1 + exp(−s x·θ)), (…, 2) -> (…)."""
    x, s = examples()
    return np.asarray(np.logaddexp(0, -s * (theta @ x.T)).mean(axis=-1))


def gradients(theta: Floats, rows: NDArray[np.int64] | slice = slice(None)) -> Floats:
    """∂/∂θ of each example's own loss, (…, 2) -> (…, n, 2); rows (…, B) picks other examples for each θ."""
    x, s = examples()
    x, s = x[rows], s[rows]
    margin = s * (x @ theta[..., None])[..., 0]
    return np.asarray((-s / (1 + np.exp(margin)))[..., None] * x)


@cache
def bottom() -> Floats:
    """θ of the lowest loss, by Newton's method from 0."""
    theta = np.zeros(2)
    for _ in range(20):
        theta = theta - np.linalg.solve(hessian(theta), gradients(theta).mean(axis=0))
    return theta


def hessian(theta: Floats) -> Floats:
    """The mean of p (1 − p) x xᵀ, (2, 2)."""
    x, _ = examples()
    p = 1 / (1 + np.exp(-x @ theta))
    return np.asarray((x * (p * (1 - p))[:, None]).T @ x / len(x))


def walk(
    start: Floats, eta: float | Floats, batch: int | None, steps: int, rng: np.random.Generator, walkers: int
) -> Floats:
    """Paths of gradient descent, (steps + 1, walkers, 2): each step with `batch` examples drawn afresh, None: with all.

    eta: one, or one for each walker.
    """
    n = len(examples()[0])
    theta = np.tile(start, (walkers, 1))
    path = [theta]
    for _ in range(steps):
        rows = slice(None) if batch is None else rng.integers(n, size=(walkers, batch))
        theta = theta - np.reshape(eta, (-1, 1)) * gradients(theta, rows).mean(axis=-2)
        path.append(theta)
    return np.array(path)

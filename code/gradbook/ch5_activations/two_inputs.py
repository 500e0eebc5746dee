"""A neuron with two inputs whose mean can be moved: descent with all examples or one at a time, the loss being a bowl."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

SIDE: Final = 8  # examples on a grid of 8 × 8
W_STAR: Final = np.array([2.0, -1.0])  # in the fourth quadrant, seen from the start at 0
TARGET: Final = 0.01  # arrived when the loss is this share of half the variance of the targets
PARTS: Final = np.concatenate([np.geomspace(0.02, 0.49, 20), np.linspace(0.5, 1, 51)])  # of 2/λ_max
SGD_PARTS: Final = np.geomspace(0.05, 2.0, 25)  # of 2/|x|² for the largest x
HORIZON, SGD_HORIZON = 6000, 400


def examples(mean: float, bias: bool = False) -> Floats:
    """x (64, 2): an even grid of variance 1 and no covariance, about (mean, mean); with `bias` a third column of ones."""
    line = np.arange(SIDE) - (SIDE - 1) / 2
    grid = np.array([(a, b) for a in line for b in line]) / line.std()
    x = grid + mean
    return np.column_stack([x, np.ones(len(x))]) if bias else x


def optimum(mean: float, bias: bool = False) -> Floats:
    """w*, and with `bias` the b* for which w* x + b* is w* (x − mean): the same targets wherever the inputs lie."""
    return np.append(W_STAR, -mean * W_STAR.sum()) if bias else W_STAR


def curvatures(mean: float) -> tuple[float, float]:
    """The eigenvalues of E[x xᵀ] = I + m mᵀ with m = (mean, mean): across m, and along it."""
    return 1.0, 1.0 + 2 * mean**2


def stretch_with_bias(mean: float) -> float:
    """κ of E[x xᵀ] with x = (x₁, x₂, 1): λ + 1/λ = 2 + 2 mean² for the pair along m, so that κ = λ² (λ ≥ 1)."""
    half = 1 + mean**2
    return float((half + np.sqrt(half**2 - 1)) ** 2)


@dataclass(frozen=True)
class Walk:
    """Of one walk to the target."""

    eta: float
    path: Floats  # (steps + 1, weights)

    @property
    def steps(self) -> int:
        return len(self.path) - 1

    @property
    def detour(self) -> float:
        """Length of the path over the distance from its start to its end."""
        return float(
            np.linalg.norm(np.diff(self.path, axis=0), axis=1).sum() / np.linalg.norm(self.path[-1] - self.path[0])
        )

    @property
    def turns(self) -> float:
        """Share of the steps that turn by more than 90° from the one before."""
        step = np.diff(self.path, axis=0)
        return float(((step[1:] * step[:-1]).sum(axis=1) < 0).mean()) if len(step) > 1 else 0.0

    @property
    def same_sign(self) -> float:
        """Share of the steps in which both weights move the same way: into the first or third quadrant."""
        step = np.diff(self.path[:, :2], axis=0)
        step = step[(step != 0).all(axis=1)]
        return float((step[:, 0] * step[:, 1] > 0).mean())


def losses(theta: Floats, x: Floats, star: Floats) -> Floats:
    """½ E[(θ·x − θ*·x)²] for θ (..., weights)."""
    moment = x.T @ x / len(x)
    off = theta - star
    return np.asarray(0.5 * ((off @ moment) * off).sum(axis=-1))


def goal() -> float:
    """TARGET · ½ Var(w*·x), whatever the mean."""
    return float(TARGET * 0.5 * W_STAR @ W_STAR)


def slopes(theta: Floats, x: Floats, star: Floats, rows: NDArray[np.int64] | None = None) -> Floats:
    """∂L/∂w of each walker at its θ, (walkers, weights): with all examples, or with the one that it takes, rows (walkers,).

    All: H (w − w*). One: (w·x − w*·x) x, in the direction of x or against it and nowhere else.
    """
    off = theta - star
    if rows is None:
        return np.asarray(off @ (x.T @ x) / len(x))
    chosen = x[rows]
    return np.asarray((off * chosen).sum(axis=1, keepdims=True) * chosen)


def walks(x: Floats, star: Floats, etas: Floats, rows: NDArray[np.int64] | None = None) -> list[Walk | None]:
    """Gradient descent from 0 to the goal, side by side with every rate; None where it has not arrived in time.

    rows (steps, walkers): the one example that a walker takes in a step; None: all. ValueError for a rate that is not
    positive, or walkers and rates of different number.
    """
    if not (np.asarray(etas) > 0).all() or (rows is not None and rows.shape[1] != len(etas)):
        raise ValueError(
            f"need positive rates, one for each walker, got {etas} for rows {None if rows is None else rows.shape}"
        )
    theta = np.zeros((len(etas), len(star)))
    paths, arrived = [theta], np.full(len(etas), -1)
    for t in range(1, (HORIZON if rows is None else len(rows)) + 1):
        theta = theta - etas[:, None] * slopes(theta, x, star, None if rows is None else rows[t - 1])
        theta = np.where(np.abs(theta) < 1e6, theta, 1e6)  # beyond that it will not come back
        paths.append(theta)
        there = losses(theta, x, star) <= goal()
        arrived[(arrived < 0) & there] = t
        if rows is None and arrived.max() > 0 and t > 2 * arrived[arrived > 0].min() and t > 50:
            break
        if (arrived > 0).all():
            break
    path = np.array(paths)
    return [
        Walk(float(eta), path[: t + 1, k]) if t > 0 else None
        for k, (eta, t) in enumerate(zip(etas, arrived, strict=True))
    ]


def best(found: Sequence[Walk | None]) -> Walk:
    """The one of fewest steps; of equals, that of the smallest rate. ValueError if none arrived."""
    arrived = [walk for walk in found if walk is not None]
    if not arrived:
        raise ValueError("no walk arrived: raise HORIZON or widen the rates")
    return min(arrived, key=lambda walk: walk.steps)


def all_at_once(mean: float, bias: bool = False) -> tuple[Walk, Walk | None]:
    """Gradient descent at its best rate, and at 1/λ_max, the largest that crosses the bottom in no direction."""
    x, star = examples(mean, bias), optimum(mean, bias)
    top = float(np.linalg.eigvalsh(x.T @ x / len(x))[-1])
    fastest = best(walks(x, star, 2 / top * PARTS))
    return fastest, walks(x, star, np.array([1 / top]))[0]


def one_by_one(mean: float, seeds: Sequence[int], bias: bool = False) -> list[Walk]:
    """A walk for each seed, one example a step, at the rate whose median number of steps was lowest on ten other seeds."""
    x, star = examples(mean, bias), optimum(mean, bias)
    etas = 2 / float((x**2).sum(axis=1).max()) * SGD_PARTS
    tried = [draws(seed, len(etas)) for seed in range(10_000, 10_010)]
    steps = np.array([[walk.steps if walk else np.inf for walk in walks(x, star, etas, rows)] for rows in tried])
    eta = float(etas[int(np.argmin(np.median(steps, axis=0)))])
    rows = np.column_stack([draws(seed, 1) for seed in seeds])
    found = walks(x, star, np.full(len(seeds), eta), rows)
    arrived = [walk for walk in found if walk is not None]
    if len(arrived) != len(seeds):
        raise ValueError(f"mean {mean:g}: {len(seeds) - len(arrived)} of {len(seeds)} walks did not arrive")
    return arrived


def draws(seed: int, walkers: int) -> NDArray[np.int64]:
    """The examples of the steps, the same for all walkers: (SGD_HORIZON, walkers)."""
    rows = np.random.default_rng([seed, 5]).integers(SIDE**2, size=(SGD_HORIZON, 1))
    return np.repeat(rows, walkers, axis=1)

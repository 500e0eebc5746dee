"""Surfaces over the unit square that networks of this chapter are built to follow, and three ways to build them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, normal, sigmoid, towers

SHARP = 40  # steepness times the width of a tower
RIDGE = 10.0  # steepness of the steps in random directions

type Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Surface:
    """f(x, y) = Σₖₗ aₖₗ sin(kπx) sin(lπy): smooth, and 0 on the border of the square."""

    amplitudes: tuple[tuple[float, ...], ...]  # aₖₗ: k down, l across

    def __call__(self, xy: Reals) -> Reals:
        """Its values at (points, 2): (points,)."""
        a = np.array(self.amplitudes)
        k, l = (np.arange(1, size + 1) for size in a.shape)  # noqa: E741 (the formula's name)
        return np.einsum("pk,kl,pl->p", np.sin(np.pi * xy[:, :1] * k), a, np.sin(np.pi * xy[:, 1:] * l))  # type: ignore[no-any-return]

    @property
    def steepest(self) -> float:
        """The largest |∂f/∂x| plus the largest |∂f/∂y|, found on a fine grid."""
        a = np.array(self.amplitudes)
        t = np.linspace(0, 1, 201)[:, None]
        up, across = (np.arange(1, size + 1) for size in a.shape)
        by_x = (np.pi * up * np.cos(np.pi * t * up)) @ a @ np.sin(np.pi * t * across).T
        by_y = np.sin(np.pi * t * up) @ a @ (np.pi * across * np.cos(np.pi * t * across)).T
        return float(np.abs(by_x).max() + np.abs(by_y).max())


SURFACE = Surface(((0.0, 1.0),))  # a hill and a valley


def random_surface(rng: np.random.Generator) -> Surface:
    """Three waves each way, of random height, lower the faster they are."""
    k = np.arange(1, 4)
    return Surface(tuple(map(tuple, (rng.normal(size=(3, 3)) / np.outer(k, k)).tolist())))


def edges(n: int) -> Reals:
    """Where n towers in a row begin and end."""
    return np.linspace(0, 1, n + 1)


def heights(surface: Surface, n: int) -> Reals:
    """The surface in the middle of each of n × n towers: (n, n)."""
    middle = (np.arange(n) + 0.5) / n
    return surface(grid(middle)).reshape(n, n)


def grid(ticks: Reals) -> Reals:
    """All pairs of ticks, x slowest: (ticks², 2)."""
    return np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)


def by_corners(surface: Surface, n: int, xy: Reals) -> Reals:
    """n × n towers, each made of four quadrants: a unit for each corner of the field."""
    net, theta = towers(edges(n), edges(n), heights(surface, n), SHARP * n)
    return net(theta.astype(np.float32), xy)[0][:, 0]


def by_four_sides(surface: Surface, n: int, xy: Reals) -> Reals:
    """n × n towers as they are usually drawn: a unit for each tower that asks for its four sides at once.

    From step to step: aᵢ up and aᵢ₊₁ not, bⱼ up and bⱼ₊₁ not; the unit is σ(S (aᵢ − aᵢ₊₁ + bⱼ − bⱼ₊₁ − 1.5)).
    """
    steps, _ = sigmoid(SHARP * n * (xy[:, :, None] - edges(n)).astype(np.float32))  # (points, 2, n + 1)
    inside = -np.diff(steps, axis=2)
    towers, _ = sigmoid(SHARP * (inside[:, 0, :, None] + inside[:, 1, None, :] - np.float32(1.5)))
    return towers.reshape(len(xy), -1) @ heights(surface, n).astype(np.float32).ravel()


def by_one_layer(surface: Surface, units: int, xy: Reals, rng: np.random.Generator) -> Reals:
    """One hidden layer: steps in random directions at random places, then the last layer by least squares.

    Nothing is trained step by step: with the hidden layer fixed, the best output weights solve a linear system.
    """
    net = Network([Dense(2, units, normal(1.0)), Activation(sigmoid)])
    theta = net.init(rng, dtype=np.float64)
    (first, _) = net.views(theta)
    angle = rng.uniform(0, 2 * np.pi, units)
    first["W"][:] = RIDGE * np.stack([np.cos(angle), np.sin(angle)])
    first["b"][:] = -(rng.uniform(0, 1, (units, 2)) * first["W"].T).sum(axis=1)
    learned = grid(np.linspace(0, 1, 31))

    def features(points: Reals) -> Reals:
        return np.column_stack([net(theta, points)[0], np.ones(len(points))])

    weights, *_ = np.linalg.lstsq(features(learned), surface(learned), rcond=1e-10)
    return features(xy) @ weights

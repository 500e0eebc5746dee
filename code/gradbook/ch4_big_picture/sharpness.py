"""The largest curvature of a loss, λ_max of its Hessian, without the Hessian: from gradients alone."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

type Points = NDArray[np.float64]  # (…, size): θ of many networks
type Gradient = Callable[[Points], Points]  # θ -> ∂C/∂θ, of the same shape, network by network

REACH = 1e-4  # how far the two points of a difference lie from θ


def length(v: Points) -> Points:
    """‖v‖ of each network, (…, 1)."""
    return np.asarray(np.linalg.norm(v, axis=-1, keepdims=True))


def hessian_times(gradient: Gradient, theta: Points, v: Points) -> Points:
    """H v ≈ (∇C(θ + h v) − ∇C(θ − h v)) / 2h for unit vectors v: two gradients instead of size² numbers."""
    return (gradient(theta + REACH * v) - gradient(theta - REACH * v)) / (2 * REACH)


def sharpest(gradient: Gradient, theta: Points, v: Points, rounds: int) -> tuple[Points, Points]:
    """(λ, v): the curvature of largest size, (…), and its direction: v ← H v / ‖H v‖, again and again (power iteration).

    theta, v: (…, size); v is where the search starts, of any length but 0. λ = v · H v, so it keeps its sign.
    ValueError if rounds < 1. Pearlmutter, Fast exact multiplication by the Hessian, 1994, gets H v without a difference.
    """
    if rounds < 1:
        raise ValueError(f"rounds is {rounds}, but the power iteration needs at least 1")
    for _ in range(rounds):
        v = v / length(v)
        Hv = hessian_times(gradient, theta, v)
        curvature, v = (v * Hv).sum(axis=-1), Hv
    return curvature, v

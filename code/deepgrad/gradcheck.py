"""Is the way back right? Compare it with finite differences, in float64."""

import math
from collections.abc import Callable

import numpy as np

from deepgrad.checks import (
    require_arrays,
    require_function,
    require_one_shape,
    require_positive,
)
from deepgrad.signatures import Array, Real

type _Op = Callable[
    [Array], tuple[Real, Callable[[Array], Array]]
]  # y, back = f(x)


def central_difference(
    f: Callable[[Array], float], x: Array, h: float = 1e-5
) -> Array:
    """∂f/∂xᵢ ≈ (f(x + h eᵢ) − f(x − h eᵢ)) / 2h for a function to a number, one
    element after another.

    The error is of the order h² from the formula and of 10⁻¹⁶/h from rounding: h =
    10⁻⁵ balances them. x: float64 of any shape, else ValueError; it is not written
    to. Returns an array of its shape.
    """
    _require_float64(x)
    require_function("f", f, "x", "the operation to check")
    h = require_positive("h", h)
    moved, slope = x.copy(), np.empty_like(x)
    for i in np.ndindex(x.shape):
        moved[i] = x[i] + h
        above = f(moved)
        moved[i] = x[i] - h
        slope[i] = (above - f(moved)) / (2 * h)
        moved[i] = x[i]
    return slope


def relative_error(a: Real, b: Real) -> float:
    """max|a − b| / max(max|a|, max|b|): the largest difference over the largest
    number; 0 if both are 0, infinite if any of them is not finite.

    a, b: numbers or arrays of one shape, else ValueError.
    """
    require_one_shape(a=a, b=b)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return math.inf
    size = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return (
        float(np.abs(np.subtract(a, b)).max(initial=0) / size) if size > 0 else 0.0
    )


def check_gradient(f: _Op, x: Array, *, h: float = 1e-5, seed: int = 0) -> float:
    """The relative error of the way back of `y, back = f(x)`, against central
    differences in each element.

    The outputs are weighted by a random dy (drawn with the seed), so that every one
    takes part. A right way back gives less than 1e-7, unless a kink such as ReLU's
    lies within h. x: float64, else ValueError.
    """
    _require_float64(x)
    require_function("f", f, "x", "the operation to check")
    y, back = f(x)
    dy = np.random.default_rng(seed).normal(size=np.shape(y))
    return relative_error(
        back(dy),
        central_difference(lambda moved: float(np.sum(f(moved)[0] * dy)), x, h),
    )


def check_direction(f: _Op, x: Array, *, h: float = 1e-5, seed: int = 0) -> float:
    """Like `check_gradient`, but along one random v: dx · v against (f(x + hv) −
    f(x − hv)) · dy / 2h.

    Two evaluations, whatever the size of x; for a whole network,
    `check_direction(lambda theta: net(theta, x), theta)`. Each vᵢ has the sign of
    dxᵢ, so that the terms of the sum cannot cancel and leave only rounding to
    compare.
    """
    _require_float64(x)
    require_function("f", f, "x", "the operation to check")
    h = require_positive("h", h)
    rng = np.random.default_rng(seed)
    y, back = f(x)
    dy = rng.normal(size=np.shape(y))
    dx = back(dy)
    v = np.copysign(rng.normal(size=x.shape), dx)
    slope = np.sum((f(x + h * v)[0] - f(x - h * v)[0]) * dy) / (2 * h)
    return relative_error(np.sum(dx * v), slope)


def _require_float64(x: Array) -> None:
    require_arrays(x=x)
    if x.dtype != np.float64:
        raise ValueError(
            f"x has dtype {x.dtype}, but finite differences need float64: x.astype(np.float64)"
        )

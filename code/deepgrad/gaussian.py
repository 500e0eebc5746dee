"""The standard normal distribution, element by element: NumPy has no erf."""

import math

import numpy as np

from deepgrad.signatures import Array, Real

_STEP = 0.7
_NODES = [_STEP * (k + 0.5) for k in range(13)]


def normal_pdf(z: Real) -> Array:
    """φ(z) = exp(−z²/2) / √(2π), in the dtype of z."""
    # where z² overflows to ∞, exp(−∞) = 0 is the right answer
    with np.errstate(over="ignore"):
        y: Array = np.exp(-0.5 * (z * z)) / math.sqrt(2 * math.pi)
    return y


def normal_cdf(z: Real) -> Array:
    """Φ(z) = P(N(0, 1) ≤ z) = (1 + erf(z / √2)) / 2, in the dtype of z.

    For r = |z|, Φ(−r) = (r/π) ∫₀^∞ exp(−(r² + s²)/2) / (r² + s²) ds. Rectangles
    of width 0.7 about the midpoints s = 0.35, 1.05, … give it to the last
    digit, once the integrand's pole at s = ir is made up for: rectangles
    converge that fast where a smooth function falls like exp(−s²/2).

    In float64 the error is below 4e-16, and in the lower tail below 8e-16 (1 + z²)
    of the value. Matta and Reichl, Uniform computation of the error function and
    other related functions, Mathematics of Computation 25, 1971.
    """
    r = np.abs(z)
    # where r² or the exponential overflows to ∞, its quotient 0 is the right answer
    with np.errstate(over="ignore"):
        square = r * r
        total = sum(math.exp(-0.5 * s * s) / (square + s * s) for s in _NODES)
        pole = 1 / (1 + np.exp(2 * math.pi / _STEP * r))
    tail = _STEP / math.pi * r * np.exp(-0.5 * square) * total
    # from 2π/h on, the pole lies outside the strip that rectangles see
    tail = tail + np.where(r < 2 * math.pi / _STEP, pole, 0)
    return np.where(z < 0, tail, 1 - tail)

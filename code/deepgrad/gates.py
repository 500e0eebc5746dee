"""Logic gates as perceptrons, weights set by hand; XOR takes two layers of them.

Every gate takes x: (..., 2) of zeros and ones, or two booleans, and returns 0 or 1
for each pair: an integer array (...). Another last axis or other values raise
ValueError.
"""

import numpy as np

from deepgrad.checks import as_reals, require_number
from deepgrad.signatures import Array


def perceptron(x: Array, w: Array, b: float) -> Array:
    """1 where x · w + b > 0, and 0 elsewhere: a line that splits the plane.

    x: (..., inputs); w: (inputs,). Raises ValueError for other shapes. Its slope is
    0 everywhere, so there is no way back through it. Rosenblatt, The perceptron,
    Psychological Review 65, 1958, doi:10.1037/h0042519.
    """
    x, w, b = as_reals("x", x), as_reals("w", w), require_number("b", b)
    if w.ndim != 1 or x.shape[-1:] != w.shape:
        raise ValueError(
            f"x {x.shape} and w {w.shape} do not fit (..., inputs) and (inputs,)"
        )
    return (x @ w + b > 0).astype(int)


def and_gate(x: Array) -> Array:
    """1 where both inputs are 1: x₁ + x₂ − 1.5 > 0."""
    return perceptron(_bits(x), np.array([1.0, 1.0]), -1.5)


def nand_gate(x: Array) -> Array:
    """0 where both inputs are 1, AND with every sign turned: −x₁ − x₂ + 1.5 > 0."""
    return perceptron(_bits(x), np.array([-1.0, -1.0]), 1.5)


def or_gate(x: Array) -> Array:
    """1 where an input is 1: x₁ + x₂ − 0.5 > 0."""
    return perceptron(_bits(x), np.array([1.0, 1.0]), -0.5)


def xor_gate(x: Array) -> Array:
    """1 where exactly one input is 1: AND of NAND and OR. No line parts (0, 0) and
    (1, 1) from (0, 1) and (1, 0), so one perceptron cannot do it; two layers can.
    """
    hidden = np.stack([nand_gate(x), or_gate(x)], axis=-1)
    return and_gate(hidden)


def _bits(x: Array) -> Array:
    """x as an array, once it is known to hold pairs of zeros and ones."""
    x = as_reals("x", x)
    if x.shape[-1:] != (2,):
        raise ValueError(f"x has shape {x.shape}, but a gate takes pairs: (..., 2)")
    other = x[(x != 0) & (x != 1)]
    if other.size:
        raise ValueError(f"x holds {other[0]}, but a gate takes only 0 and 1")
    return x

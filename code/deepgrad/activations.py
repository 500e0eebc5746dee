"""Activation functions, each with its way back: `y, back = f(z)`, then `dz =
back(dy)`.

All but softmax act on every element by itself and take an array of any shape or a
single number. They keep the dtype of z, accept every finite float32 or float64
without a warning, and never write into the caller's arrays.
"""

import numpy as np

from deepgrad.signatures import Array, Pullback, Real


def sigmoid(z: Real) -> tuple[Array, Pullback]:
    """σ(z) = 1 / (1 + e⁻ᶻ), with σ′ = σ (1 − σ) ≤ 1/4.

    Values lie in [0, 1]. Where σ(z) rounds to 1 (z above 37; above 17 in float32),
    the derivative is exactly 0.
    """
    # where e⁻ᶻ overflows to ∞, 1 / (1 + ∞) = 0 is the right answer
    with np.errstate(over="ignore"):
        y = 1 / (1 + np.exp(-z))

    def back(dy: Real) -> Array:
        return dy * y * (1 - y)

    return y, back


def tanh(z: Real) -> tuple[Array, Pullback]:
    """tanh(z) = 2 σ(2z) − 1, with tanh′ = 1 − tanh² ≤ 1. Values lie in [−1, 1]."""
    y = np.tanh(z)

    def back(dy: Real) -> Array:
        return dy * (1 - y * y)

    return y, back


def relu(z: Real) -> tuple[Array, Pullback]:
    """max(z, 0), with derivative 1 above zero and 0 elsewhere (at z = 0, too).

    Nair and Hinton, Rectified linear units improve restricted Boltzmann machines,
    ICML 2010.
    """
    y = np.maximum(z, 0)

    def back(dy: Real) -> Array:
        return dy * (y > 0)

    return y, back


def softmax(z: Array) -> tuple[Array, Pullback]:
    """softmax(z)ᵢ = exp(zᵢ) / Σⱼ exp(zⱼ) over the last axis: positive numbers that
    sum to 1.

    z: (..., classes). The way back is dz = y ⊙ (dy − Σⱼ yⱼ dyⱼ).
    """
    # a difference too large for the dtype is −∞, and exp(−∞) = 0 is right
    with np.errstate(over="ignore"):
        e = np.exp(z - z.max(axis=-1, keepdims=True))
    y = e / e.sum(axis=-1, keepdims=True)

    def back(dy: Real) -> Array:
        return y * (dy - (y * dy).sum(axis=-1, keepdims=True))

    return y, back

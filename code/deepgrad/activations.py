"""Activation functions, each with its way back: `y, back = f(z)`, then `dz =
back(dy)`.

All but softmax act on every element by itself and take an array of any shape or a
single number: floats keep their dtype, whole numbers and lists become float64, and
what does not hold real numbers is a ValueError. They accept every finite float32 or
float64 without a warning, and never write into the caller's arrays. The descendants
of ReLU are in `rectifiers`.
"""

import math

import numpy as np

from deepgrad.checks import as_reals, elementwise
from deepgrad.gaussian import normal_cdf, normal_pdf
from deepgrad.signatures import Array, Pullback, Real


@elementwise
def step(z: Real) -> tuple[Array, Pullback]:
    """1 above zero and 0 elsewhere (at z = 0, too): the neuron that fires or
    does not.

    Its derivative is 0 wherever there is one, so nothing that lies behind a step
    learns. McCulloch and Pitts, A logical calculus of the ideas immanent in nervous
    activity, 1943, doi:10.1007/BF02478259.
    """
    y = np.heaviside(z, 0)

    def back(dy: Real) -> Array:
        return dy * np.zeros_like(y)

    return y, back


@elementwise
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


@elementwise
def tanh(z: Real) -> tuple[Array, Pullback]:
    """tanh(z) = 2 σ(2z) − 1, with tanh′ = 1 − tanh² ≤ 1. Values lie in [−1, 1]."""
    y = np.tanh(z)

    def back(dy: Real) -> Array:
        return dy * (1 - y * y)

    return y, back


@elementwise
def relu(z: Real) -> tuple[Array, Pullback]:
    """max(z, 0), with derivative 1 above zero and 0 elsewhere (at z = 0, too).

    Nair and Hinton, Rectified linear units improve restricted Boltzmann machines,
    ICML 2010.
    """
    y = np.maximum(z, 0)

    def back(dy: Real) -> Array:
        return dy * (y > 0)

    return y, back


@elementwise
def softplus(z: Real) -> tuple[Array, Pullback]:
    """log(1 + eᶻ), a smooth max(z, 0), with derivative σ(z).

    Dugas, Bengio, Bélisle, Nadeau and Garcia, Incorporating second-order functional
    knowledge for better option pricing, NeurIPS 2000.
    """
    # log(1 + eᶻ) = z + log(1 + e⁻ᶻ): the exponent is never above zero
    y = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))

    def back(dy: Real) -> Array:
        return dy * sigmoid(z)[0]

    return y, back


@elementwise
def silu(z: Real) -> tuple[Array, Pullback]:
    """z σ(z), with derivative σ + z σ (1 − σ). Also called swish.

    Values lie above −0.279, reached at z ≈ −1.278. Elfwing, Uchibe and Doya,
    Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning, 2018, arXiv:1702.03118.
    """
    gate, _ = sigmoid(z)
    y = z * gate

    def back(dy: Real) -> Array:
        slope: Array = gate + y * (1 - gate)
        return dy * slope

    return y, back


@elementwise
def gelu(z: Real) -> tuple[Array, Pullback]:
    """z Φ(z) = z (1 + erf(z / √2)) / 2, with derivative Φ(z) + z φ(z), where φ
    is the normal density and Φ(z) the probability that N(0, 1) lies below z.

    Values lie above −0.170, reached at z ≈ −0.752. Hendrycks and Gimpel, Gaussian
    error linear units, 2016, arXiv:1606.08415.
    """
    gate = normal_cdf(z)

    def back(dy: Real) -> Array:
        return dy * (gate + z * normal_pdf(z))

    return z * gate, back


@elementwise
def gelu_tanh(z: Real) -> tuple[Array, Pullback]:
    """z (1 + tanh u) / 2 with u = √(2/π) (z + 0.044715 z³): `gelu` to within 5e-4,
    for less work.

    The derivative is (1 + tanh u) / 2 + z (1 − tanh² u) u′ / 2. The paper of
    `gelu`.
    """
    # beyond ±10, tanh u is ±1 to the last digit, and z³ might overflow
    r: Array = np.clip(z, -10, 10)
    scale = math.sqrt(2 / math.pi)
    t = np.tanh(scale * (r + 0.044715 * (r * r * r)))

    def back(dy: Real) -> Array:
        du = scale * (1 + 3 * 0.044715 * (r * r))
        slope: Array = 0.5 * (1 + t) + 0.5 * r * (1 - t * t) * du
        return dy * slope

    return z * (0.5 * (1 + t)), back


def softmax(z: Array) -> tuple[Array, Pullback]:
    """softmax(z)ᵢ = exp(zᵢ) / Σⱼ exp(zⱼ) over the last axis: positive numbers that
    sum to 1.

    z: (..., classes), at least one, else ValueError. The way back is dz = y ⊙ (dy −
    Σⱼ yⱼ dyⱼ).
    """
    z = as_reals("z", z)
    if z.ndim == 0 or z.shape[-1] == 0:
        raise ValueError(f"z has shape {z.shape}, but must be (..., classes)")
    # a difference too large for the dtype is −∞, and exp(−∞) = 0 is right
    with np.errstate(over="ignore"):
        e = np.exp(z - z.max(axis=-1, keepdims=True))
    y = e / e.sum(axis=-1, keepdims=True)

    def back(dy: Real) -> Array:
        return y * (dy - (y * dy).sum(axis=-1, keepdims=True))

    return y, back

"""Activation functions for a stack of networks, and initial weights that fit each of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import sqrt
from typing import Any, Final

import numpy as np

from deepgrad import gelu_tanh, leaky_relu, relu, sigmoid, silu, softplus, tanh
from deepgrad.fixed_point import SELU_ALPHA, SELU_LAMBDA
from deepgrad.signatures import Array
from gradbook.ch2_approximation.bn_stack import normal_mean, slope_square

type Params = dict[str, Array]  # of one layer, first axis: networks
type Pull = Callable[[Array], Array]


def exponential(alpha: float, scale: float) -> Callable[[Array], tuple[Array, Pull]]:
    """scale · elu(z; α), as in deepgrad but in a third of the time: NumPy has exp for many numbers at once, expm1 not."""

    def op(z: Array) -> tuple[Array, Pull]:
        e = np.exp(np.minimum(z, 0))

        def back(dy: Array) -> Array:
            return dy * (scale * (alpha * e + (1 - alpha) * (z > 0)))

        return scale * (np.maximum(z, 0) + alpha * (e - 1)), back

    return op


ELEMENTWISE: Final[dict[str, Callable[..., Any]]] = {
    "sigmoid": sigmoid, "tanh": tanh, "ReLU": relu, "leaky ReLU": leaky_relu(0.01), "ELU": exponential(1, 1),
    "SELU": exponential(SELU_ALPHA, SELU_LAMBDA),
    "softplus": softplus, "GELU": gelu_tanh, "SiLU": silu,
}  # fmt: skip
SLOPE: Final = 0.25  # at which PReLU starts


def activate(name: str, z: Array, layer: Mapping[str, Array]) -> tuple[Array, Callable[[Array], tuple[Array, Params]]]:
    """f(z); maxout takes the larger of the first and the second half of the units."""
    if name == "maxout":
        one, two = np.split(z, 2, axis=-1)

        def back_maxout(dy: Array) -> tuple[Array, Params]:
            return np.concatenate([dy * (one >= two), dy * (one < two)], axis=-1), {}

        return np.maximum(one, two), back_maxout
    if name == "PReLU":
        below = np.minimum(z, 0)

        def back_prelu(dy: Array) -> tuple[Array, Params]:
            return np.where(z > 0, dy, layer["a"] * dy), {"a": (dy * below).sum(axis=(1, 2), keepdims=True)}

        return np.maximum(z, 0) + layer["a"] * below, back_prelu
    y, pull = ELEMENTWISE[name](z)
    return y, lambda dy: (pull(dy), {})


@cache
def gain(activation: str) -> float:
    """g = 1 / E[f(z)²], z ~ N(0, 1): with Var w = g / fan_in, z has variance 1 in the next layer, too (2 for ReLU).

    PReLU: 2 / (1 + a²). Maxout of two: 1, for the larger of z₁, z₂ and the smaller have the same mean square.
    """
    if activation == "maxout":
        return 1.0
    if activation == "PReLU":
        return 2 / (1 + SLOPE**2)
    return 1 / normal_mean(lambda z: ELEMENTWISE[activation](z)[0] ** 2)


@cache
def chi(activation: str, *, centered: bool = False) -> float:
    """√(g E[f′(z)²]), z ~ N(0, 1): what a layer fitted by `gain` multiplies the gradient's length by, chapter 1's χ.

    With `centered` that of f − f(0). 1 for PReLU, as for ReLU, and for maxout, where each unit's gradient goes to one of its
    two pieces.
    """
    if activation in ("maxout", "PReLU"):
        return 1.0
    f = ELEMENTWISE[activation]
    shift = f(np.zeros(1))[0] if centered else 0.0
    return float(sqrt(slope_square(f) / normal_mean(lambda z: (f(z)[0] - shift) ** 2)))


@dataclass(frozen=True)
class Fitted:
    """std = √(g / fan_in): g = 1 for the pixels, whose mean square is 1, and the activation's `gain` behind it."""

    activation: str

    def __call__(self, fan_in: int, first: bool) -> float:
        return sqrt((1.0 if first else gain(self.activation)) / fan_in)

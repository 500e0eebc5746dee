"""The deep networks that the sections on ReLU and batch normalization compare, and what wide ones do by theory."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, BatchNorm, Dense, Network, Residual, he_normal, normal, relu, sigmoid, xavier_normal
from gradbook.text import Text, same

WIDTH: Final = 50
Stack = Literal["sigmoid", "sigmoid+BN", "ReLU", "ReLU+BN", "ReLU+skip", "ReLU Xavier"]
NAMES: Final[dict[Stack, Text]] = {
    "sigmoid": Text("시그모이드", "sigmoid"),
    "sigmoid+BN": Text("시그모이드 + BN", "sigmoid + BN"),
    "ReLU": same("ReLU"),
    "ReLU+BN": same("ReLU + BN"),
    "ReLU+skip": Text("ReLU + 건너뛰기", "ReLU + skip"),
    "ReLU Xavier": same("ReLU, Xavier"),
}


def stack(kind: Stack, depth: int, width: int = WIDTH) -> Network:
    """64 inputs, `depth` hidden layers, 10 outputs: Xavier's weights for the sigmoid, He's for ReLU.

    Where there is batch normalization, it stands between weights and activation. A skip goes around one layer,
    h + W relu(h), whose weights have He's variance divided by the depth: else the signal would double at every block.
    """
    f = sigmoid if kind.startswith("sigmoid") else relu
    init = he_normal if kind in ("ReLU", "ReLU+BN", "ReLU+skip") else xavier_normal
    layers: list[Any] = []
    for k in range(depth):
        fan_in = width if k else 64
        if kind == "ReLU+skip" and k:
            layers.append(Residual([Activation(f), Dense(width, width, normal((2 / width / depth) ** 0.5))]))
            continue
        layers.append(Dense(fan_in, width, init))
        if kind.endswith("+BN"):
            layers.append(BatchNorm(width))
        if kind != "ReLU+skip":
            layers.append(Activation(f))
    return Network([*layers, Dense(width, 10, init)])


def hidden(net: Network) -> list[int]:
    """Where in `net.trace` the outputs of the hidden layers stand, first to last."""
    return [k + 1 for k, layer in enumerate(net.layers) if isinstance(layer, Activation | Residual)]


def normal_mean(f: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> float:
    """E[f(z)] for z ~ N(0, 1), f smooth on either side of 0: Gauss–Legendre on [−12, 0] and on [0, 12]."""
    nodes, weights = legendre()
    z = np.concatenate([6 * nodes - 6, 6 * nodes + 6])
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return float(np.tile(6 * weights, 2) @ (density * f(z)))


@cache
def legendre() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights on [−1, 1], found once: it takes longer than what they are used for."""
    return np.polynomial.legendre.leggauss(120)


def slope_square(f: Any, scale: float = 1.0) -> float:
    """E[f′(z)²] for z ~ N(0, scale²)."""
    return normal_mean(lambda z: f(scale * z)[1](np.ones_like(z)) ** 2)


def factor(f: Any, gain: float) -> float:
    """What a wide layer multiplies the gradient's length by: √(g E[f′(z)²]), where g = n·Var(w) and
    z ~ N(0, g E[f(z)²]), chapter 1's χ.
    """
    second_moment = 0.5
    for _ in range(200):
        scale = float(np.sqrt(gain * second_moment))
        second_moment = normal_mean(lambda z, s=scale: f(s * z)[0] ** 2)  # type: ignore[misc]
    return float(np.sqrt(gain * slope_square(f, np.sqrt(gain * second_moment))))


def factor_normalized(f: Any) -> float:
    """The same with batch normalization before f, for large batches: √(E[f′(z)²] / Var f(z)) with z ~ N(0, 1)."""
    variance = normal_mean(lambda z: f(z)[0] ** 2) - normal_mean(lambda z: f(z)[0]) ** 2
    return float(np.sqrt(slope_square(f) / variance))

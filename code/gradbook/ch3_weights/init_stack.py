"""Five layers of a hundred units: what goes through them for a given size of the initial weights, and what theory expects."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Array, Dense, Layer, Network, normal, relu, sigmoid, tanh
from deepgrad.gaussian import normal_pdf
from gradbook.stats import number, scientific, significant_decimals
from gradbook.text import Text, same

LAYERS, UNITS, SAMPLES = 5, 100, 1000
ACTIVATIONS: Final[dict[str, Callable[..., Any]]] = {"sigmoid": sigmoid, "tanh": tanh, "ReLU": relu}
INITS: Final[dict[str, float]] = {"0.01": 0.01, "Xavier": sqrt(1 / UNITS), "He": sqrt(2 / UNITS), "1": 1.0}
NAMES: Final = {"sigmoid": Text("시그모이드", "sigmoid"), "tanh": same("tanh"), "ReLU": same("ReLU")}


@dataclass(frozen=True)
class Spread:
    """Of the activations, layer by layer: (…, LAYERS) each."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]  # of all numbers of a layer together
    signal: NDArray[np.float64]  # of one unit's numbers over the samples, root mean square over the units


def activations(name: str, std: float, seed: int, samples: int = SAMPLES) -> list[Array]:
    """What the layers hand on, first to last, (samples, UNITS) each: standard normal inputs, W ~ N(0, std²), b = 0.

    One seed has the same inputs and, but for their size, the same weights for every activation function and std.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, UNITS))
    layers: list[Layer] = []
    for _ in range(LAYERS):
        layers += [Dense(UNITS, UNITS, normal(std)), Activation(ACTIVATIONS[name])]
    net = Network(layers)
    hs, _ = net.trace(net.init(rng, dtype=np.float64), x)
    return hs[2::2]


def spread(hs: list[Array]) -> Spread:
    return Spread(
        mean=np.array([h.mean() for h in hs]),
        std=np.array([h.std() for h in hs]),
        signal=np.array([np.sqrt(h.var(axis=0).mean()) for h in hs]),
    )


def predicted(name: str, std: float) -> Spread:
    """The same for infinitely wide layers, where z ~ N(0, n std² E[h²]) and two samples' z have as much in common as their h.

    Sums over an even grid, which for smooth functions that fall like exp(−u²/2) are as good as exact.
    """
    u = np.linspace(-8, 8, 321)
    weight = normal_pdf(u) / normal_pdf(u).sum()
    square, signal = 1.0, 1.0  # of the inputs: E[h²], and what of it differs from sample to sample
    found = []
    for _ in range(LAYERS):
        own = min(signal / square, 1.0)  # not a last bit more
        z = sqrt(UNITS * std**2 * square) * (sqrt(1 - own) * u[:, None] + sqrt(own) * u)  # (units, samples)
        h, _ = ACTIVATIONS[name](z)
        of_unit = h @ weight
        mean, square = weight @ of_unit, weight @ (h**2 @ weight)
        signal = weight @ ((h - of_unit[:, None]) ** 2 @ weight)
        found.append((mean, sqrt(square - mean**2), sqrt(signal)))
    return Spread(*np.array(found).T)


def init_name(init: str) -> Text:
    """How figures call initial weights."""
    return same(init) if init in ("Xavier", "He") else Text(f"표준편차 {init}", f"std {init}")


def short(x: float) -> str:
    """Two figures, whatever the order of magnitude."""
    return scientific(x) if x < 1e-3 or x >= 1e4 else number(x, significant_decimals(x, 2))

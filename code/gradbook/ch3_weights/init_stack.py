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


def activations(name: str, std: float, seed: int) -> list[Array]:
    """What the layers hand on, first to last, (SAMPLES, UNITS) each: standard normal inputs, W ~ N(0, std²), b = 0.

    One seed has the same inputs and, but for their size, the same weights for every activation function and std.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(SAMPLES, UNITS))
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
    """The same for infinitely wide layers: z ~ N(0, n std² E[h²]), and any two samples' z share what E[h h′] makes them
    share. Sums over an even grid, which for smooth functions that fall like exp(−u²/2) are as good as exact.
    """
    u = np.linspace(-8, 8, 321)
    weight = normal_pdf(u) / normal_pdf(u).sum()
    square, overlap = 1.0, 0.0  # E[h²] and, for two samples, E[h h′]: of the inputs
    found = []
    for _ in range(LAYERS):
        scale, shared = sqrt(UNITS * std**2 * square), overlap / square
        z = scale * (
            sqrt(shared) * u[:, None] + sqrt(1 - shared) * u
        )  # what two samples share, and what is a sample's own
        h, _ = ACTIVATIONS[name](z)
        of_one_unit = h @ weight
        mean, overlap, square = weight @ of_one_unit, weight @ of_one_unit**2, weight @ (h**2 @ weight)
        found.append((mean, sqrt(square - mean**2), sqrt(square - overlap)))
    return Spread(*np.array(found).T)


def init_name(init: str) -> Text:
    """How figures call initial weights."""
    return same(init) if init in ("Xavier", "He") else Text(f"표준편차 {init}", f"std {init}")


def short(x: float) -> str:
    """Two figures, whatever the order of magnitude."""
    return scientific(x) if x < 1e-3 or x >= 1e4 else number(x, significant_decimals(x, 2))

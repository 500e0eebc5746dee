"""Ten layers of 500 units, as the lecture has them: what goes forward and what comes back, measured and by theory.

A layer of n inputs with weights of variance v does what its gain g = √(n v) says, whatever its width.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deepgrad import relu, tanh
from gradbook import style
from gradbook.ch2_approximation.bn_stack import normal_mean, slope_square
from gradbook.stats import number, scientific, significant_decimals
from gradbook.text import Text, same

LAYERS, UNITS, SAMPLES = 10, 500, 50
type Setting = tuple[str, str]  # activation, initial weights
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {"tanh": tanh, "ReLU": relu}
STDS: Final = {"0.01": 0.01, "1/n": 1 / UNITS, "Xavier": UNITS**-0.5, "He": (2 / UNITS) ** 0.5, "1": 1.0}
GAINS: Final = {init: UNITS**0.5 * std for init, std in STDS.items()}
TANH: Final = ("1", "Xavier", "0.01", "1/n")
SETTINGS: Final[tuple[Setting, ...]] = (*(("tanh", init) for init in TANH), ("ReLU", "He"), ("ReLU", "Xavier"))
NAMES: Final[dict[str, Text]] = {
    "1": Text("표준편차 1", "std 1"),
    "Xavier": Text("Xavier (√n으로 나눔)", "Xavier (over √n)"),
    "0.01": Text("표준편차 0.01", "std 0.01"),
    "1/n": Text("n으로 나눔", "over n"),
    "He": same("He"),
}
LOOKS: Final = {
    "1": {"color": style.PURPLE, "marker": "D"},
    "He": {"color": style.ORANGE, "marker": "s"},
    "Xavier": {"color": style.BLUE, "marker": "o"},
    "0.01": {"color": style.GREEN, "marker": "^"},
    "1/n": {"color": style.RED, "marker": "v"},
}
END: Final = 0.9  # a tanh beyond ±END is within a 20th of its range from an end


@dataclass(frozen=True)
class Passes:
    """Layer by layer, (…, layers) each."""

    mean: NDArray[np.float64]  # of the activations
    std: NDArray[np.float64]
    back: NDArray[np.float64]  # root mean square of ∂C/∂h, in parts of that at the last layer


def expected(name: str, gain: float, layers: int = LAYERS) -> Passes:
    """Of infinitely wide layers, for inputs with E[x²] = 1.

    z ~ N(0, g² q) with q = E[h²] of the layer before; backwards a layer multiplies E[(∂C/∂h)²] by g² E[f′(z)²]
    (Poole et al., arXiv:1606.05340; Schoenholz et al., arXiv:1611.01232).
    """
    f, q, found, factors = FUNCTIONS[name], 1.0, [], []
    for _ in range(layers):
        scale = gain * q**0.5
        mean = normal_mean(lambda u, s=scale: f(s * u)[0])  # type: ignore[misc]
        q = normal_mean(lambda u, s=scale: f(s * u)[0] ** 2)  # type: ignore[misc]
        found.append((mean, max(q - mean**2, 0.0) ** 0.5))
        factors.append(gain * slope_square(f, scale) ** 0.5)
    back = np.append(np.cumprod(factors[:0:-1])[::-1], 1.0)
    means, stds = np.array(found).T
    return Passes(means, stds, back)


@dataclass(frozen=True)
class Draws:
    """The chance of one seed, which all functions and gains share: float32."""

    x: NDArray[np.float32]  # (samples, units), standard normal, as dh
    dh: NDArray[np.float32]  # ∂C/∂h of the last layer
    Ws: list[NDArray[np.float32]]  # (units, units) each, variance 1/units


def draws(seed: int, layers: int = LAYERS, units: int = UNITS, samples: int = SAMPLES) -> Draws:
    rng, scale = np.random.default_rng(seed), np.float32(units**-0.5)
    x, dh = (rng.standard_normal((samples, units), np.float32) for _ in range(2))
    return Draws(x, dh, [rng.standard_normal((units, units), np.float32) * scale for _ in range(layers)])


def walk(name: str, gain: float, of: Draws) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """(activations, ∂C/∂activations) of each layer, first to last, (samples, units) each: weights gain · W, biases 0."""
    f, g, h = FUNCTIONS[name], np.float32(gain), of.x
    hs, backs = [], []
    for W in of.Ws:
        h, back = f(g * (h @ W))
        hs.append(h)
        backs.append(back)
    dhs = [of.dh]
    for W, back in zip(of.Ws[:0:-1], backs[:0:-1], strict=True):
        dhs.append(g * (back(dhs[-1]) @ W.T))
    return hs, dhs[::-1]


def passes(hs: list[NDArray[np.float32]], dhs: list[NDArray[np.float32]]) -> Passes:
    sizes = np.array([(dh.astype(np.float64) ** 2).mean() ** 0.5 for dh in dhs])
    return Passes(
        np.array([h.mean(dtype=np.float64) for h in hs]), np.array([h.std(dtype=np.float64) for h in hs]),
        sizes / sizes[-1],
    )  # fmt: skip


def short(x: float) -> str:
    """Two figures, whatever the order of magnitude."""
    return scientific(x) if x < 1e-3 or x >= 1e4 else number(x, significant_decimals(x, 2))


def middle(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The geometric mean over the seeds (axis 0)."""
    return np.asarray(np.exp(np.log(x).mean(axis=0)))

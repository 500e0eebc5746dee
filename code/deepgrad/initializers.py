"""Initial weights: functions (rng, fan_in, fan_out, dtype) -> array of shape
(fan_in, fan_out).

A scheme with a parameter of its own is made by a call, `normal(0.01)`; one without
is used as it is, `he_normal`. All draw in float64 and round, so a seed gives the
same weights in float32 as in float64.
"""

import math

import numpy as np
from numpy.typing import DTypeLike

from deepgrad.signatures import Array, Initializer


def uniform(low: float, high: float) -> Initializer:
    """W ~ U[low, high). Raises ValueError unless low < high, both finite."""
    if not -math.inf < low < high < math.inf:
        raise ValueError(
            f"uniform({low}, {high}): low must be below high, both finite"
        )

    def init(
        rng: np.random.Generator, fan_in: int, fan_out: int, dtype: DTypeLike
    ) -> Array:
        return rng.uniform(low, high, (fan_in, fan_out)).astype(dtype)

    return _named(init, f"uniform({low}, {high})")


def normal(std: float) -> Initializer:
    """W ~ N(0, std²). Raises ValueError unless std is finite and not negative."""
    if not 0 <= std < math.inf:
        raise ValueError(f"normal({std}): std must be finite and not negative")

    def init(
        rng: np.random.Generator, fan_in: int, fan_out: int, dtype: DTypeLike
    ) -> Array:
        return rng.normal(0.0, std, (fan_in, fan_out)).astype(dtype)

    return _named(init, f"normal({std})")


def constant(value: float) -> Initializer:
    """W = value, everywhere. Raises ValueError unless value is finite."""
    if not math.isfinite(value):
        raise ValueError(f"constant({value}): the value must be finite")

    def init(
        rng: np.random.Generator, fan_in: int, fan_out: int, dtype: DTypeLike
    ) -> Array:
        return np.full((fan_in, fan_out), value, dtype)

    return _named(init, f"constant({value})")


def xavier_uniform(
    rng: np.random.Generator, fan_in: int, fan_out: int, dtype: DTypeLike
) -> Array:
    """W ~ U(−a, a) with a = √(6 / (fan_in + fan_out)), so Var W = 2 / (fan_in +
    fan_out).

    Glorot and Bengio, Understanding the difficulty of training deep feedforward
    neural networks, AISTATS 2010, https://proceedings.mlr.press/v9/glorot10a.html.
    """
    a = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-a, a, (fan_in, fan_out)).astype(dtype)


def xavier_normal(
    rng: np.random.Generator, fan_in: int, fan_out: int, dtype: DTypeLike
) -> Array:
    """W ~ N(0, 2 / (fan_in + fan_out)): the variance of `xavier_uniform`, which
    names the paper.
    """
    return rng.normal(
        0.0, math.sqrt(2 / (fan_in + fan_out)), (fan_in, fan_out)
    ).astype(dtype)


def he_normal(
    rng: np.random.Generator, fan_in: int, fan_out: int, dtype: DTypeLike
) -> Array:
    """W ~ N(0, 2 / fan_in), which keeps the signal's size through ReLU layers.

    He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015,
    arXiv:1502.01852.
    """
    return rng.normal(0.0, math.sqrt(2 / fan_in), (fan_in, fan_out)).astype(dtype)


def _named[F: Initializer](init: F, name: str) -> F:
    """Give a made initializer the name it was called by, for the repr of the layer
    that holds it.
    """
    init.__name__ = name
    return init

"""Initial weights: functions (rng, fan_in, fan_out, dtype) -> array of shape
(fan_in, fan_out).

A scheme with a parameter of its own is made by a call, `normal(0.01)`; one without
is used as it is, `he_normal`. All draw in float64 and round, so a seed gives the
same weights in float32 as in float64.

All take a shape as a last argument, for weights that are not (fan_in, fan_out): see
`convolution_weights`.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from deepgrad.signatures import Array, Initializer

type _Shape = tuple[int, ...] | None
"""The shape of the weights; None means (fan_in, fan_out)."""


def uniform(low: float, high: float) -> Initializer:
    """W ~ U[low, high). Raises ValueError unless low < high, both finite."""
    if not -math.inf < low < high < math.inf:
        raise ValueError(
            f"uniform({low}, {high}): low must be below high, both finite"
        )

    def init(
        rng: np.random.Generator,
        fan_in: int,
        fan_out: int,
        dtype: DTypeLike,
        shape: _Shape = None,
    ) -> Array:
        return rng.uniform(low, high, shape or (fan_in, fan_out)).astype(dtype)

    return _named(init, f"uniform({low}, {high})")


def normal(std: float) -> Initializer:
    """W ~ N(0, std²). Raises ValueError unless std is finite and not negative."""
    if not 0 <= std < math.inf:
        raise ValueError(f"normal({std}): std must be finite and not negative")

    def init(
        rng: np.random.Generator,
        fan_in: int,
        fan_out: int,
        dtype: DTypeLike,
        shape: _Shape = None,
    ) -> Array:
        return rng.normal(0.0, std, shape or (fan_in, fan_out)).astype(dtype)

    return _named(init, f"normal({std})")


def constant(value: float) -> Initializer:
    """W = value, everywhere. Raises ValueError unless value is finite."""
    if not math.isfinite(value):
        raise ValueError(f"constant({value}): the value must be finite")

    def init(
        rng: np.random.Generator,
        fan_in: int,
        fan_out: int,
        dtype: DTypeLike,
        shape: _Shape = None,
    ) -> Array:
        return np.full(shape or (fan_in, fan_out), value, dtype)

    return _named(init, f"constant({value})")


def zeros(
    rng: np.random.Generator,
    fan_in: int,
    fan_out: int,
    dtype: DTypeLike,
    shape: _Shape = None,
) -> Array:
    """W = 0, everywhere: hidden units that start equal stay equal, so only a
    bias or a single layer should start here.
    """
    return np.zeros(shape or (fan_in, fan_out), dtype)


def xavier_uniform(
    rng: np.random.Generator,
    fan_in: int,
    fan_out: int,
    dtype: DTypeLike,
    shape: _Shape = None,
) -> Array:
    """W ~ U(−a, a) with a = √(6 / (fan_in + fan_out)), so Var W = 2 / (fan_in +
    fan_out).

    Glorot and Bengio, Understanding the difficulty of training deep feedforward
    neural networks, AISTATS 2010, https://proceedings.mlr.press/v9/glorot10a.html.
    """
    a = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-a, a, shape or (fan_in, fan_out)).astype(dtype)


def xavier_normal(
    rng: np.random.Generator,
    fan_in: int,
    fan_out: int,
    dtype: DTypeLike,
    shape: _Shape = None,
) -> Array:
    """W ~ N(0, 2 / (fan_in + fan_out)): the variance of `xavier_uniform`, which
    names the paper.
    """
    std = math.sqrt(2 / (fan_in + fan_out))
    return rng.normal(0.0, std, shape or (fan_in, fan_out)).astype(dtype)


def he_normal(
    rng: np.random.Generator,
    fan_in: int,
    fan_out: int,
    dtype: DTypeLike,
    shape: _Shape = None,
) -> Array:
    """W ~ N(0, 2 / fan_in), which keeps the signal's size through ReLU layers.

    He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015,
    arXiv:1502.01852.
    """
    std = math.sqrt(2 / fan_in)
    return rng.normal(0.0, std, shape or (fan_in, fan_out)).astype(dtype)


def he_uniform(
    rng: np.random.Generator,
    fan_in: int,
    fan_out: int,
    dtype: DTypeLike,
    shape: _Shape = None,
) -> Array:
    """W ~ U(−a, a) with a = √(6 / fan_in): the variance of `he_normal`, which names
    the paper.
    """
    a = math.sqrt(6 / fan_in)
    return rng.uniform(-a, a, shape or (fan_in, fan_out)).astype(dtype)


def lecun_normal(
    rng: np.random.Generator,
    fan_in: int,
    fan_out: int,
    dtype: DTypeLike,
    shape: _Shape = None,
) -> Array:
    """W ~ N(0, 1 / fan_in), which keeps the signal's size through linear
    layers, and through SELU.

    LeCun, Bottou, Orr and Müller, Efficient backprop, in Neural networks: tricks of
    the trade, 1998, doi:10.1007/3-540-49430-8_2.
    """
    std = math.sqrt(1 / fan_in)
    return rng.normal(0.0, std, shape or (fan_in, fan_out)).astype(dtype)


def orthogonal(
    rng: np.random.Generator,
    fan_in: int,
    fan_out: int,
    dtype: DTypeLike,
    shape: _Shape = None,
) -> Array:
    """W with orthonormal columns, or rows if there are fewer of them: a map that
    keeps lengths, every such W being equally likely.

    A shape of more than two axes is taken as a matrix, its first axis against all
    the others: each of a convolution's filters is one row. Saxe, McClelland and
    Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks, ICLR 2014, arXiv:1312.6120.
    """
    shape = shape or (fan_in, fan_out)
    rows, columns = shape[0], math.prod(shape[1:])
    Q, R = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    # QR leaves the columns' signs to chance or habit: R's diagonal undoes the habit
    Q = Q * np.sign(np.diagonal(R))
    return (Q if rows >= columns else Q.T).reshape(shape).astype(dtype)


def convolution_weights(
    init: Callable[..., Array],
    rng: np.random.Generator,
    shape: tuple[int, ...],
    dtype: DTypeLike,
) -> Array:
    """W of the given shape, (filters, channels, *kernel), drawn by init with
    the fans of a convolution.

    One output sees channels × prod(kernel) inputs: fan_in. One input is seen by
    up to filters × prod(kernel) outputs: fan_out. init: any of this module, or
    one that takes the shape as they do. ValueError for fewer than three axes or
    a size below 1.
    """
    if len(shape) < 3 or min(shape) < 1:
        raise ValueError(
            f"shape is {shape}, but must be (filters, channels, *kernel), "
            "all at least 1"
        )
    filters, channels, *kernel = shape
    size = math.prod(kernel)
    return init(rng, channels * size, filters * size, dtype, shape)


def _named[F: Initializer](init: F, name: str) -> F:
    """Give a made initializer the name it was called by, for the repr of the layer
    that holds it.
    """
    init.__name__ = name
    return init

"""Initial weights: functions (rng, fan_in, fan_out, dtype) -> array of shape
(fan_in, fan_out).

A scheme with a parameter of its own is made by a call, `normal(0.01)`; one without
is used as it is, `he_normal`. All draw in float64 and round, so a seed gives the
same weights in float32 as in float64.

All take a shape as a last argument, for weights that are not (fan_in, fan_out): see
`convolution_weights`. ValueError for an rng that is no generator, fans below 1 and a
dtype that does not hold real numbers.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from deepgrad.checks import (
    require_count,
    require_counts,
    require_finite_number,
    require_floating,
    require_initializer,
    require_not_negative,
    require_rng,
    told,
)
from deepgrad.signatures import Array, Initializer, Rng, Shape

type _Shape = Shape | None
"""The shape of the weights; None means (fan_in, fan_out)."""


def uniform(low: float, high: float) -> Initializer:
    """W ~ U[low, high). Raises ValueError unless low < high, both finite."""
    if not require_finite_number("low", low) < require_finite_number("high", high):
        raise ValueError(f"uniform({low}, {high}): low must be below high")

    def draw(rng: Rng, shape: Shape) -> Array:
        return rng.uniform(low, high, shape)

    return _initializer(f"uniform({low}, {high})", draw)


def normal(std: float) -> Initializer:
    """W ~ N(0, std²). Raises ValueError unless std is finite and not negative."""
    require_not_negative("std", std)

    def draw(rng: Rng, shape: Shape) -> Array:
        return rng.normal(0.0, std, shape)

    return _initializer(f"normal({std})", draw)


def constant(value: float) -> Initializer:
    """W = value, everywhere. Raises ValueError unless value is finite."""
    require_finite_number("value", value)

    def draw(rng: Rng, shape: Shape) -> Array:
        return np.full(shape, value)

    return _initializer(f"constant({value})", draw)


def _initializer(name: str, draw: Callable[[Rng, Shape], Array]) -> Initializer:
    """An initializer of this name, for the repr of the layer that holds it."""

    def init(
        rng: Rng, fan_in: int, fan_out: int, dtype: DTypeLike, shape: _Shape = None
    ) -> Array:
        require_rng(rng)
        require_counts(fan_in=fan_in, fan_out=fan_out)
        require_floating(dtype)
        shape = (fan_in, fan_out) if shape is None else _require_shape(shape)
        return draw(rng, shape).astype(dtype)

    init.__name__ = name
    return init


def zeros(
    rng: Rng, fan_in: int, fan_out: int, dtype: DTypeLike, shape: _Shape = None
) -> Array:
    """W = 0, everywhere: hidden units that start equal stay equal, so only a
    bias or a single layer should start here.
    """
    return constant(0)(rng, fan_in, fan_out, dtype, shape)


def xavier_uniform(
    rng: Rng, fan_in: int, fan_out: int, dtype: DTypeLike, shape: _Shape = None
) -> Array:
    """W ~ U(−a, a) with a = √(6 / (fan_in + fan_out)), so Var W = 2 / (fan_in +
    fan_out).

    Glorot and Bengio, Understanding the difficulty of training deep feedforward
    neural networks, AISTATS 2010, https://proceedings.mlr.press/v9/glorot10a.html.
    """
    fans = require_count("fan_in", fan_in) + require_count("fan_out", fan_out)
    a = math.sqrt(6 / fans)
    return uniform(-a, a)(rng, fan_in, fan_out, dtype, shape)


def xavier_normal(
    rng: Rng, fan_in: int, fan_out: int, dtype: DTypeLike, shape: _Shape = None
) -> Array:
    """W ~ N(0, 2 / (fan_in + fan_out)): the variance of `xavier_uniform`, which
    names the paper.
    """
    fans = require_count("fan_in", fan_in) + require_count("fan_out", fan_out)
    return normal(math.sqrt(2 / fans))(rng, fan_in, fan_out, dtype, shape)


def he_normal(
    rng: Rng, fan_in: int, fan_out: int, dtype: DTypeLike, shape: _Shape = None
) -> Array:
    """W ~ N(0, 2 / fan_in), which keeps the signal's size through ReLU layers.

    He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015,
    arXiv:1502.01852.
    """
    fan_in = require_count("fan_in", fan_in)
    return normal(math.sqrt(2 / fan_in))(rng, fan_in, fan_out, dtype, shape)


def he_uniform(
    rng: Rng, fan_in: int, fan_out: int, dtype: DTypeLike, shape: _Shape = None
) -> Array:
    """W ~ U(−a, a) with a = √(6 / fan_in): the variance of `he_normal`, which names
    the paper.
    """
    fan_in = require_count("fan_in", fan_in)
    a = math.sqrt(6 / fan_in)
    return uniform(-a, a)(rng, fan_in, fan_out, dtype, shape)


def lecun_normal(
    rng: Rng, fan_in: int, fan_out: int, dtype: DTypeLike, shape: _Shape = None
) -> Array:
    """W ~ N(0, 1 / fan_in), which keeps the signal's size through linear
    layers, and through SELU.

    LeCun, Bottou, Orr and Müller, Efficient backprop, in Neural networks: tricks of
    the trade, 1998, doi:10.1007/3-540-49430-8_2.
    """
    fan_in = require_count("fan_in", fan_in)
    return normal(math.sqrt(1 / fan_in))(rng, fan_in, fan_out, dtype, shape)


def orthogonal(
    rng: Rng, fan_in: int, fan_out: int, dtype: DTypeLike, shape: _Shape = None
) -> Array:
    """W with orthonormal columns, or rows if there are fewer of them: a map that
    keeps lengths, every such W being equally likely.

    A shape of more than two axes is taken as a matrix, its first axis against all
    the others: each of a convolution's filters is one row. Saxe, McClelland and
    Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks, ICLR 2014, arXiv:1312.6120.
    """

    def draw(rng: Rng, shape: Shape) -> Array:
        rows, columns = shape[0], math.prod(shape[1:])
        square = rng.normal(size=(max(rows, columns), min(rows, columns)))
        Q, R = np.linalg.qr(square)
        # QR leaves the columns' signs to chance or habit: R's diagonal undoes the habit
        Q = Q * np.sign(np.diagonal(R))
        return (Q if rows >= columns else Q.T).reshape(shape)

    return _initializer("orthogonal", draw)(rng, fan_in, fan_out, dtype, shape)


def convolution_weights(
    init: Initializer, rng: Rng, shape: Shape, dtype: DTypeLike
) -> Array:
    """W of the given shape, (filters, channels, *kernel), drawn by init with
    the fans of a convolution.

    One output sees channels × prod(kernel) inputs: fan_in. One input is seen by
    up to filters × prod(kernel) outputs: fan_out. init: any of this module, or
    one that takes the shape as they do. ValueError for fewer than three axes or
    a size below 1.
    """
    require_initializer(init, arguments=5)
    if len(_require_shape(shape)) < 3:
        raise ValueError(
            f"shape is {shape}, but must be (filters, channels, *kernel)"
        )
    filters, channels, *kernel = shape
    size = math.prod(kernel)
    return init(rng, channels * size, filters * size, dtype, shape)


def _require_shape(shape: Shape) -> Shape:
    """The shape; ValueError unless it is a tuple of sizes."""
    if not isinstance(shape, tuple):
        raise ValueError(f"shape is {told(shape)}, but must be a tuple")
    for size in shape:
        require_count(f"a size in shape {shape}", size)
    return shape

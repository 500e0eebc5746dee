"""Pooling: every window gives one number, its largest or its mean.

Windows are `size` long along every axis of space, so the same functions pool signals
(batch, channels, length) and images (batch, channels, height, width).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from deepgrad.checks import require_arrays, require_counts
from deepgrad.layers.convolution import count_places, elements
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Array, Params, Pullback, Real


def max_pool(
    x: Array, size: int, stride: int | None = None
) -> tuple[Array, Pullback]:
    """y = the largest number of each window; dy goes back to where it stood, to the
    first such place if there are several.

    x: (batch, channels, *space); y: (batch, channels, *places) with places = (n −
    size) // stride + 1 along an axis of n numbers. stride: `size` if None, so that
    windows lie side by side. ValueError for a window that does not fit, or a stride
    below 1.
    """
    spots = _spots(x, size, stride)
    y = x[spots[0]]
    for at in spots[1:]:
        y = np.maximum(y, x[at])

    def back(dy: Real) -> Array:
        dx = np.zeros_like(x)
        open_ = np.ones_like(y, bool)  # windows whose largest is not yet found
        for at in spots:
            found = open_ & (x[at] == y)
            dx[at] += dy * found
            open_ ^= found
        return dx

    return y, back


def average_pool(
    x: Array, size: int, stride: int | None = None
) -> tuple[Array, Pullback]:
    """y = the mean of each window; every number of it gets its share of dy.

    Arguments, shapes and errors as for `max_pool`.
    """
    spots = _spots(x, size, stride)
    share = 1 / len(spots)
    y = x[spots[0]] * share
    for at in spots[1:]:
        y = y + x[at] * share

    def back(dy: Real) -> Array:
        dx = np.zeros_like(x)
        for at in spots:
            dx[at] += dy * share
        return dx

    return y, back


class _Pool(Protocol):
    def __call__(
        self, x: Array, size: int, stride: int | None
    ) -> tuple[Array, Pullback]: ...


@dataclass(frozen=True)
class _Pooling:
    """What MaxPool and AveragePool share: all but the operation."""

    size: int
    stride: int | None = None
    pool: ClassVar[_Pool]

    def __post_init__(self) -> None:
        stride = self.size if self.stride is None else self.stride
        require_counts(size=self.size, stride=stride)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        pass

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        y, back_pool = self.pool(x, self.size, self.stride)

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            return back_pool(dy)

        return y, back

    def __repr__(self) -> str:
        stride = f", stride={self.stride}" if self.stride is not None else ""
        return f"{type(self).__name__}({self.size}{stride})"


class MaxPool(_Pooling):
    """`max_pool` over signals or images. ValueError for a size or stride below 1."""

    pool = staticmethod(max_pool)


class AveragePool(_Pooling):
    """`average_pool` over signals or images. ValueError for a size or stride below
    1.
    """

    pool = staticmethod(average_pool)


def _spots(x: Array, size: int, stride: int | None) -> list[tuple[slice, ...]]:
    """For every element of the window, the places in x where the windows have it."""
    require_arrays(x=x)
    require_counts(size=size)
    if x.ndim < 3:
        raise ValueError(
            f"x has shape {x.shape}, but must be (batch, channels, length) or "
            "(batch, channels, height, width)"
        )
    stride = size if stride is None else stride
    window = (size,) * (x.ndim - 2)
    places = count_places(x.shape[2:], window, stride)
    every = slice(None)
    return [(every, every, *at) for _, at in elements(places, window, stride)]

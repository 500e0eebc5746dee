"""Convolution: the same few weights look at every window of the input."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from deepgrad.checks import (
    require_arrays,
    require_count,
    require_counts,
    require_floats,
    require_initializer,
)
from deepgrad.initializers import convolution_weights
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Array, Initializer, Params

type Convolved = tuple[Array, Callable[..., tuple[Array, Array, Array]]]
"""y, and back(dy) -> dx, dW, db; back(dy, needs_dx=False) leaves dx empty."""


def windows(
    x: Array, size: tuple[int, ...], stride: int, padding: int
) -> tuple[Array, Callable[[Array], Array]]:
    """Every window of the given size that slides over x, and back(dseen) -> dx.

    x: (batch, channels, *space), with `padding` zeros put around it on every side;
    seen: (channels, *size, *places, batch). Along an axis of n numbers stand
    places = (n + 2 padding − size) // stride + 1 windows. On the way back a number
    collects what all the windows that saw it send. Errors as for `convolve`.
    """
    space = x.shape[2:]
    padded_space = tuple(n + 2 * padding for n in space)
    places = count_places(padded_space, size, stride)
    # the batch stands last, so that long runs of memory are copied and added
    padded = np.zeros((x.shape[1], *padded_space, len(x)), x.dtype)
    middle = tuple(slice(padding, padding + n) for n in space)
    padded[:, *middle] = np.moveaxis(x, 0, -1)
    axes = tuple(range(1, 1 + len(size)))
    seen = sliding_window_view(padded, size, axis=axes)
    seen = seen[:, *(slice(None, None, stride) for _ in size)]

    def back(dseen: Array) -> Array:
        dpadded = np.zeros(padded.shape, dseen.dtype)
        for i, at in elements(places, size, stride):
            dpadded[:, *at] += dseen[:, *i]
        return np.moveaxis(dpadded[:, *middle], -1, 0)

    window_axes = tuple(range(-len(size), 0))
    return np.moveaxis(seen, window_axes, axes), back


def convolve(x: Array, W: Array, b: Array, stride: int, padding: int) -> Convolved:
    """y at a place and filter f = Σ W[f] ⊙ (the window of x there) + b[f], summed
    over channels and window: one product of W's rows with all windows as columns.

    Shapes for images as in `conv2d`; for other numbers of axes accordingly. Raises
    ValueError where they do not fit, for a window larger than the padded x, a
    stride below 1 and a padding below 0.
    """
    _require_fit(x, W, b, padding)
    seen, back_windows = windows(x, W.shape[2:], stride, padding)
    places = seen.shape[W.ndim - 1 :]  # (height, width, batch) of the output
    rows = W.reshape(len(W), -1)  # (filters, channels * kh * kw)
    columns = seen.reshape(rows.shape[1], -1)  # (channels * kh * kw, all places)
    y = (rows @ columns + b[:, None]).reshape(len(W), *places)

    def back(dy: Array, needs_dx: bool = True) -> tuple[Array, Array, Array]:
        dy = np.moveaxis(dy, 0, -1).reshape(len(W), -1)  # (filters, all places)
        dx = np.empty(0)
        if needs_dx:
            dx = back_windows((rows.T @ dy).reshape(seen.shape))
        return dx, (dy @ columns.T).reshape(W.shape), dy.sum(axis=1)

    return np.moveaxis(y, -1, 0), back


def conv2d(
    x: Array, W: Array, b: Array, stride: int = 1, padding: int = 0
) -> Convolved:
    """y[n, f, i, j] = Σ W[f, c, k, l] x[n, c, s i + k, s j + l] + b[f], summed over
    c, k, l with stride s, and back(dy) -> dx, dW, db.

    x: (batch, channels, height, width), with `padding` zeros put on all four sides;
    W: (filters, channels, kh, kw); b: (filters,); y: (batch, filters, out height,
    out width) with out = (n + 2 padding − k) // stride + 1. The window is not
    flipped. Errors as for `convolve`. LeCun et al., Gradient-based learning applied
    to document recognition, 1998, doi:10.1109/5.726791.
    """
    _require_axes("conv2d", W, "(filters, channels, kh, kw)", 4)
    return convolve(x, W, b, stride, padding)


def conv1d(
    x: Array, W: Array, b: Array, stride: int = 1, padding: int = 0
) -> Convolved:
    """y[n, f, i] = Σ W[f, c, k] x[n, c, s i + k] + b[f]: `conv2d` along one axis.

    x: (batch, channels, length); W: (filters, channels, k); b: (filters,); y:
    (batch, filters, out length).
    """
    _require_axes("conv1d", W, "(filters, channels, k)", 3)
    return convolve(x, W, b, stride, padding)


def count_places(
    space: tuple[int, ...], size: tuple[int, ...], stride: int
) -> tuple[int, ...]:
    """How many windows stand along each axis of space; what they leave over at the
    end is not seen. ValueError unless there is one at least.
    """
    require_counts(stride=stride)
    if any(k < 1 or k > n for n, k in zip(space, size, strict=True)):
        raise ValueError(
            f"the window {size} does not fit into {space}: choose one that is smaller, "
            "but at least 1, or pad x"
        )
    return tuple((n - k) // stride + 1 for n, k in zip(space, size, strict=True))


def elements(
    places: tuple[int, ...], size: tuple[int, ...], stride: int
) -> Iterator[tuple[tuple[slice | int, ...], tuple[slice, ...]]]:
    """For every element of the window, its index in it, and where in space all the
    windows have it.
    """
    for i in np.ndindex(size):
        yield (
            i,
            tuple(
                slice(k, k + stride * n, stride)
                for k, n in zip(i, places, strict=True)
            ),
        )


@dataclass(frozen=True)
class _Convolution:
    """What Conv1d and Conv2d share: all but the number of axes."""

    channels: int
    filters: int
    size: int
    init: Initializer
    stride: int = 1
    padding: int = 0
    bias: bool = True
    axes: ClassVar[int]

    def __post_init__(self) -> None:
        require_counts(channels=self.channels, filters=self.filters)
        require_counts(size=self.size, stride=self.stride)
        require_count("padding", self.padding, least=0)
        require_initializer(self.init, arguments=5)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        window = (self.size,) * self.axes
        W = (self.filters, self.channels, *window)
        return {"W": W, "b": (self.filters,)} if self.bias else {"W": W}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        W = params["W"]
        W[:] = convolution_weights(self.init, rng, W.shape, W.dtype)
        if self.bias:
            params["b"][:] = 0

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        W = params["W"]
        b = params["b"] if self.bias else np.zeros(self.filters, W.dtype)
        y, back_convolve = convolve(x, W, b, self.stride, self.padding)

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            dx, grads["W"][:], db = back_convolve(dy, needs_dx)
            if self.bias:
                grads["b"][:] = db
            return dx

        return y, back

    def __repr__(self) -> str:
        init = getattr(self.init, "__name__", self.init)
        stride = f", stride={self.stride}" if self.stride != 1 else ""
        padding = f", padding={self.padding}" if self.padding != 0 else ""
        return (
            f"{type(self).__name__}({self.channels}, {self.filters}, {self.size}, "
            f"{init}{stride}{padding}{'' if self.bias else ', bias=False'})"
        )


class Conv2d(_Convolution):
    """`conv2d` with W: (filters, channels, size, size) drawn by init, and b:
    (filters,) starting at zero.

    init sees fan_in = channels · size² and fan_out = filters · size². padding =
    size // 2 keeps height and width where size is odd and stride is 1. With
    bias=False there is no b: a `BatchNorm` behind it would take it out again. Raises
    ValueError for a size, stride or count below 1, and a padding below 0.
    """

    axes = 2


class Conv1d(_Convolution):
    """`conv1d` with W: (filters, channels, size) drawn by init, and b: (filters,)
    starting at zero.

    init sees fan_in = channels · size and fan_out = filters · size. bias and errors
    as for `Conv2d`.
    """

    axes = 1


def _require_fit(x: Array, W: Array, b: Array, padding: int) -> None:
    """ValueError unless x, W and b belong together."""
    require_arrays(x=x, b=b)
    require_floats(W=W)
    require_count("padding", padding, least=0)
    if x.ndim != W.ndim or x.shape[1] != W.shape[1]:
        raise ValueError(
            f"x {x.shape} and W {W.shape} do not fit (batch, channels, ...) and "
            "(filters, channels, ...)"
        )
    if b.shape != W.shape[:1]:
        raise ValueError(
            f"b has shape {b.shape}, but must be (filters,) = {W.shape[:1]}"
        )


def _require_axes(name: str, W: Array, shape: str, axes: int) -> None:
    """ValueError unless W has as many axes as the operation's windows need."""
    require_arrays(W=W)
    if W.ndim != axes:
        raise ValueError(f"{name}: W has shape {W.shape}, but must be {shape}")

"""The fully connected layer: every output sees every input."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from deepgrad.checks import (
    require_arrays,
    require_counts,
    require_floats,
    require_initializer,
)
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Array, Initializer, Params


def linear(x: Array, W: Array) -> tuple[Array, Callable[..., tuple[Array, Array]]]:
    """y = x W, and back(dy) -> dx, dW; back(dy, needs_dx=False) leaves dx empty.

    x: (batch, fan_in); W: (fan_in, fan_out); y: (batch, fan_out). Raises ValueError
    for other shapes.
    """
    require_arrays(x=x)
    require_floats(W=W)
    if x.ndim != 2 or W.ndim != 2 or x.shape[1] != W.shape[0]:
        raise ValueError(
            f"x {x.shape} and W {W.shape} do not fit (batch, fan_in) and (fan_in, fan_out)"
            + ("; Flatten() turns images into rows" if x.ndim > 2 else "")
        )
    y = x @ W

    def back(dy: Array, needs_dx: bool = True) -> tuple[Array, Array]:
        return dy @ W.T if needs_dx else np.empty(0), x.T @ dy

    return y, back


def affine(
    x: Array, W: Array, b: Array
) -> tuple[Array, Callable[..., tuple[Array, Array, Array]]]:
    """y = x W + b, and back(dy) -> dx, dW, db; needs_dx as for `linear`.

    x: (batch, fan_in); W: (fan_in, fan_out); b: (fan_out,); y: (batch, fan_out).
    Raises ValueError for other shapes.
    """
    y, back_linear = linear(x, W)
    require_arrays(b=b)
    if b.shape != W.shape[1:]:
        raise ValueError(
            f"b has shape {b.shape}, but must be (fan_out,) = {W.shape[1:]}"
        )
    y += b  # in place: the product is nobody else's yet

    def back(dy: Array, needs_dx: bool = True) -> tuple[Array, Array, Array]:
        return *back_linear(dy, needs_dx), dy.sum(axis=0)

    return y, back


@dataclass(frozen=True)
class Dense:
    """y = x W + b with W: (fan_in, fan_out) drawn by init, and b: (fan_out,)
    starting at zero.

    With bias=False, y = x W. Raises ValueError for a size below 1.
    """

    fan_in: int
    fan_out: int
    init: Initializer
    bias: bool = True

    def __post_init__(self) -> None:
        require_counts(fan_in=self.fan_in, fan_out=self.fan_out)
        require_initializer(self.init)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        W = (self.fan_in, self.fan_out)
        return {"W": W, "b": (self.fan_out,)} if self.bias else {"W": W}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        W = params["W"]
        W[:] = self.init(rng, self.fan_in, self.fan_out, W.dtype)
        if self.bias:
            params["b"][:] = 0

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        if not self.bias:
            return self._without_bias(params, x)
        y, back_affine = affine(x, params["W"], params["b"])

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            dx, grads["W"][:], grads["b"][:] = back_affine(dy, needs_dx)
            return dx

        return y, back

    def _without_bias(
        self, params: Params, x: Array
    ) -> tuple[Array, LayerPullback]:
        y, back_linear = linear(x, params["W"])

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            dx, grads["W"][:] = back_linear(dy, needs_dx)
            return dx

        return y, back

    def __repr__(self) -> str:
        name = getattr(self.init, "__name__", self.init)
        return f"Dense({self.fan_in}, {self.fan_out}, {name}{'' if self.bias else ', bias=False'})"

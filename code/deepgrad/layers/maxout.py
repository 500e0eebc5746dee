"""Maxout: a unit that is the largest of several affine functions, and so learns its
own activation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from deepgrad.checks import require_arrays, require_counts, require_initializer
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Array, Initializer, Params


def maxout(
    x: Array, W: Array, b: Array
) -> tuple[Array, Callable[[Array], tuple[Array, Array, Array]]]:
    """y = maxₖ (x Wₖ + bₖ), and back(dy) -> dx, dW, db.

    x: (batch, fan_in); W: (pieces, fan_in, fan_out); b: (pieces, fan_out); y:
    (batch, fan_out). dy goes back through the piece that was largest, the first
    of equals.

    Raises ValueError for other shapes. Goodfellow, Warde-Farley, Mirza,
    Courville and Bengio, Maxout networks, ICML 2013, arXiv:1302.4389.
    """
    require_arrays(x=x, W=W, b=b)
    if x.ndim != 2 or W.ndim != 3 or x.shape[1] != W.shape[1]:
        raise ValueError(
            f"x {x.shape} and W {W.shape} do not fit (batch, fan_in) and "
            "(pieces, fan_in, fan_out)"
        )
    if b.shape != (W.shape[0], W.shape[2]):
        raise ValueError(
            f"b has shape {b.shape}, but must be (pieces, fan_out) = "
            f"{(W.shape[0], W.shape[2])}"
        )
    z = x @ W + b[:, None, :]  # (pieces, batch, fan_out)
    winner = z.argmax(axis=0)

    def back(dy: Array) -> tuple[Array, Array, Array]:
        dz = dy * (winner == np.arange(len(W))[:, None, None])
        dx = (dz @ W.transpose(0, 2, 1)).sum(axis=0)
        return dx, x.T @ dz, dz.sum(axis=1)

    return z.max(axis=0), back


@dataclass(frozen=True)
class Maxout:
    """`maxout` with W: (pieces, fan_in, fan_out), each piece drawn by init, and b:
    (pieces, fan_out) starting at zero.

    Raises ValueError for a size below 1.
    """

    fan_in: int
    fan_out: int
    pieces: int
    init: Initializer

    def __post_init__(self) -> None:
        require_counts(fan_in=self.fan_in, fan_out=self.fan_out, pieces=self.pieces)
        require_initializer(self.init)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {
            "W": (self.pieces, self.fan_in, self.fan_out),
            "b": (self.pieces, self.fan_out),
        }

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        for W in params["W"]:
            W[:] = self.init(rng, self.fan_in, self.fan_out, W.dtype)
        params["b"][:] = 0

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        y, back_maxout = maxout(x, params["W"], params["b"])

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            dx, grads["W"][:], grads["b"][:] = back_maxout(dy)
            return dx

        return y, back

    def __repr__(self) -> str:
        name = getattr(self.init, "__name__", self.init)
        return f"Maxout({self.fan_in}, {self.fan_out}, {self.pieces}, {name})"

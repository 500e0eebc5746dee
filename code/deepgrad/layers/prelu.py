"""ReLU whose slope below zero is learned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from deepgrad.checks import require_arrays, require_below_one
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Array, Params


def prelu(
    z: Array, a: Array
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """y = max(z, 0) + a min(z, 0), and back(dy) -> dz, da.

    z: any shape; a: one number, of shape (1,), for all of them, else
    ValueError. He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015,
    arXiv:1502.01852.
    """
    require_arrays(z=z, a=a)
    if a.shape != (1,):
        raise ValueError(f"a has shape {a.shape}, but must be (1,): one slope")
    below = np.minimum(z, 0)
    y = np.maximum(z, 0) + a * below

    def back(dy: Array) -> tuple[Array, Array]:
        return np.where(z > 0, dy, a * dy), np.array([np.vdot(dy, below)])

    return y, back


@dataclass(frozen=True)
class PReLU:
    """`prelu` with one slope a: (1,) for the whole layer, starting at slope;
    any shape.

    slope: in [0, 1), else ValueError; training may take a anywhere.
    """

    slope: float = 0.25

    def __post_init__(self) -> None:
        require_below_one("slope", self.slope)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {"a": (1,)}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        params["a"][:] = self.slope

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        y, back_prelu = prelu(x, params["a"])

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            dx, grads["a"][:] = back_prelu(dy)
            return dx

        return y, back

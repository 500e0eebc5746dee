"""Dropout's mask, and what one might take for it: one layer that is any of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deepgrad import dropout
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Array, Params


@dataclass(frozen=True)
class Mask:
    """While training: units dropped on the way forward and back; or on the way back only; or dropped but not rescaled.

    The same seed drops the same units in all three.
    """

    rate: float
    forward: bool = True
    rescaled: bool = True

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        pass

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        y, masked = (x, same_back) if not train or rng is None else dropout(x, self.rate, rng)
        size = 1.0 if self.rescaled or not train else 1 - self.rate

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            return np.asarray(masked(dy) * dy.dtype.type(size))

        return (y * x.dtype.type(size) if self.forward else x), back


def same_back(dy: Array) -> Array:
    return dy

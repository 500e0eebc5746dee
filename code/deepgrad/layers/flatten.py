"""From images to rows of numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Array, Params


@dataclass(frozen=True)
class Flatten:
    """(batch, ...) -> (batch, features): the numbers stay, in order; what stands
    between convolutions and a Dense layer.
    """

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        pass

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            dx = np.empty_like(
                x, dy.dtype
            )  # in x's order of memory: cheaper to go on
            dx[:] = dy.reshape(x.shape)
            return dx

        return x.reshape(len(x), prod(x.shape[1:])), back

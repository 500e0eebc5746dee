"""The layer of the randomized leaky ReLU."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deepgrad.layers.layer import LayerPullback
from deepgrad.rectifiers import require_slopes, rrelu
from deepgrad.signatures import Array, Params


@dataclass(frozen=True)
class RReLU:
    """`rrelu`: slopes below zero drawn from U[lower, upper) while training, their mean
    otherwise; any shape.

    ValueError unless 0 ≤ lower ≤ upper < 1.
    """

    lower: float = 1 / 8
    upper: float = 1 / 3

    def __post_init__(self) -> None:
        require_slopes(self.lower, self.upper)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        pass

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        y, back_rrelu = rrelu(x, rng, train, self.lower, self.upper)

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            return back_rrelu(dy)

        return y, back

"""The layer that applies an activation function."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deepgrad.checks import require_function, require_value_and_back
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Array, Op, Params


@dataclass(frozen=True)
class Activation:
    """y = f(x) for an operation f without parameters, such as `relu`; any shape."""

    f: Op

    def __post_init__(self) -> None:
        remedy = "for example relu, or what a call such as leaky_relu(0.01) returns"
        require_function("f", self.f, "z", remedy)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        pass

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        y, back_f = require_value_and_back(self, self.f(x))

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            return back_f(dy)

        return y, back

    def __repr__(self) -> str:
        return f"Activation({getattr(self.f, '__name__', self.f)})"

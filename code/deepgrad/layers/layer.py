"""What every layer can do. A layer holds sizes and rates, never numbers that
training changes.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from deepgrad.signatures import Array, Params


class LayerPullback(Protocol):
    """The way back through a layer: (dy, grads) -> dx, with the parameters'
    gradients written into grads, views of the flat gradient.

    The first layer's input is data, and nobody asks how the loss depends on it:
    with needs_dx=False a layer may save itself the work, and hand back an empty
    array.
    """

    def __call__(
        self, dy: Array, grads: Params, needs_dx: bool = True
    ) -> Array: ...


class Layer(Protocol):
    """A frozen dataclass: its fields say what it is, three methods say what it
    does.
    """

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The name and shape of every parameter, in the order in which they lie in
        θ.
        """

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        """Write initial values into the given views of θ."""

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        """The output, and the way back."""

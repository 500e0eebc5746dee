"""What every layer can do. A layer holds sizes and rates, never numbers that
training changes.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from deepgrad.checks import told
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


@runtime_checkable
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


def require_layer(name: str, layer: Layer) -> None:
    """ValueError unless it is a layer: neither its class nor a bare function."""
    if isinstance(layer, type) or not isinstance(layer, Layer):
        raise ValueError(
            f"{name} is {told(layer)}, but must be a layer, such as Dense(2, 3, "
            "he_normal); a function f becomes one as Activation(f)"
        )


def require_layers(owner: str, layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The layers as a tuple; ValueError unless there is one at least."""
    if isinstance(layers, Layer) or not np.iterable(layers):
        raise ValueError(f"{owner} takes a list of layers, but got {told(layers)}")
    layers = tuple(layers)
    if not layers:
        raise ValueError(f"{owner} needs at least one layer")
    for k, layer in enumerate(layers):
        require_layer(f"layer {k}", layer)
    return layers


def is_weight(name: str) -> bool:
    """W, Wx, Wh are weights, b is not; a layer within a layer says "0.W"."""
    return name.rpartition(".")[2].startswith("W")

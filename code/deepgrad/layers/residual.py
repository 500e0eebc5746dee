"""The residual block: layers that learn what to add to their input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deepgrad.layers.layer import Layer, LayerPullback
from deepgrad.signatures import Array, Params


@dataclass(frozen=True)
class Residual:
    """y = x + f(x), where f is the given layers one after another; so dx = dy + the
    way back through f, and the gradient always has a free path.

    Parameters are named by the layer's position: "0.W", "0.b", "2.W". x: any shape
    that f keeps, else ValueError; no layers at all are a ValueError, too. He, Zhang,
    Ren and Sun, Deep residual learning for image recognition, CVPR 2016,
    arXiv:1512.03385.
    """

    layers: Sequence[Layer]

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        if not self.layers:
            raise ValueError("a residual block needs at least one layer")

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {
            f"{i}.{name}": shape
            for i, layer in enumerate(self.layers)
            for name, shape in layer.shapes().items()
        }

    def parts(self, params: Params) -> list[tuple[Layer, Params]]:
        """Each layer with its own parameters (or gradients), under its own names."""
        return [
            (layer, {name: params[f"{i}.{name}"] for name in layer.shapes()})
            for i, layer in enumerate(self.layers)
        ]

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        for layer, own in self.parts(params):
            layer.initialize(own, rng)

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        h, backs = x, []
        for layer, own in self.parts(params):
            h, back_layer = layer(own, h, train, rng)
            backs.append(back_layer)
        if h.shape != x.shape:
            raise ValueError(
                f"the layers of {self} turn {x.shape} into {h.shape}, but x + f(x) "
                "needs equal shapes"
            )

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            dh = dy
            for back_layer, (_, own) in zip(
                reversed(backs), reversed(self.parts(grads)), strict=True
            ):
                dh = back_layer(dh, own)
            return dy + dh

        return x + h, back

    def __repr__(self) -> str:
        return f"Residual([{', '.join(map(repr, self.layers))}])"

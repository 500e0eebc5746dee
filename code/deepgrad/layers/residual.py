"""The residual block: layers that learn what to add to their input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepgrad.layers.activation import Activation
from deepgrad.layers.layer import (
    Layer,
    LayerPullback,
    require_layer,
    require_layers,
)
from deepgrad.signatures import Array, Params, Pullback, Real


def identity(x: Array) -> tuple[Array, Pullback]:
    """y = x."""

    def back(dy: Real) -> Array:
        return np.asarray(dy)

    return x, back


_SAME = Activation(identity)


@dataclass(frozen=True)
class Residual:
    """y = s(x) + f(x), where f is the given layers one after another. With s(x) = x,
    dx = dy + the way back through f, so the gradient always has a free path.

    Where f changes the shape, shortcut is a layer s that changes it alike, such as
    Dense(4, 8, he_normal) or Conv2d(4, 8, 1, he_normal, stride=2).

    Parameters are named by the layer's position, "0.W", "0.b", "2.W", and those of
    the shortcut "shortcut.W". Raises ValueError where s(x) and f(x) differ in shape,
    and for no layers at all. He, Zhang, Ren and Sun, Deep residual learning for image
    recognition, CVPR 2016, arXiv:1512.03385.
    """

    layers: Sequence[Layer]
    shortcut: Layer = _SAME

    def __post_init__(self) -> None:
        layers = require_layers("a residual block", self.layers)
        object.__setattr__(self, "layers", layers)
        require_layer("shortcut", self.shortcut)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {
            f"{place}.{name}": shape
            for place, layer in self._places()
            for name, shape in layer.shapes().items()
        }

    def parts(self, params: Params) -> list[tuple[Layer, Params]]:
        """Each layer with its own parameters (or gradients), under its own names; the
        shortcut comes last.
        """
        return [
            (layer, {own: params[name] for own, name in names})
            for layer, names in self._names
        ]

    @cached_property
    def _names(self) -> list[tuple[Layer, list[tuple[str, str]]]]:
        """Each layer's own names, and the same ones here."""
        return [
            (layer, [(own, f"{place}.{own}") for own in layer.shapes()])
            for place, layer in self._places()
        ]

    def _places(self) -> list[tuple[str, Layer]]:
        layers = [(str(k), layer) for k, layer in enumerate(self.layers)]
        return [*layers, ("shortcut", self.shortcut)]

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        for layer, own in self.parts(params):
            layer.initialize(own, rng)

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        *parts, (shortcut, own_shortcut) = self.parts(params)
        h, backs = x, []
        for layer, own in parts:
            h, back_layer = layer(own, h, train, rng)
            backs.append(back_layer)
        s, back_shortcut = shortcut(own_shortcut, x, train, rng)
        if h.shape != s.shape:
            raise ValueError(
                f"the layers of {self} turn {x.shape} into {h.shape}, but the shortcut "
                f"into {s.shape}: let a layer shortcut=... change the shape alike"
            )

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            *parts, (_, own_shortcut) = self.parts(grads)
            dh = dy
            for back_layer, (_, own) in zip(
                reversed(backs), reversed(parts), strict=True
            ):
                dh = back_layer(dh, own)
            return back_shortcut(dy, own_shortcut) + dh

        return s + h, back

    def __repr__(self) -> str:
        layers = ", ".join(map(repr, self.layers))
        plain = self.shortcut == _SAME
        return f"Residual([{layers}]{'' if plain else f', shortcut={self.shortcut!r}'})"

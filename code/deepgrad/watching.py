"""A network that works as before, but notes what passes each layer, also within
blocks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from deepgrad.layers import Layer, LayerPullback, Residual
from deepgrad.network import Network
from deepgrad.signatures import Array, Params


@dataclass(eq=False)
class Seen:
    """What passed one layer; dy and grads are there once the way back has been
    taken.
    """

    name: str
    layer: Layer
    params: Params
    y: Array
    back: LayerPullback
    dy: Array = field(init=False)
    grads: Params = field(init=False)


def watch(net: Network) -> tuple[Network, list[Seen]]:
    """A network of the same θ, and the list to which each layer adds what it sees, in
    the order in which they are done.

    A layer inside the block net.layers[3] is called "Residual[3] " and its name; the
    block itself follows its layers. Everything is done once, so that random layers
    such as `Dropout` draw as they would, and what is noted is what was used.
    """
    log: list[Seen] = []
    return Network(
        [_watch(layer, k, "", log) for k, layer in enumerate(net.layers)]
    ), log


def _watch(layer: Layer, place: int, where: str, log: list[Seen]) -> "_Watched":
    """The layer, watched; a block with all that is in it."""
    name, works = f"{where}{layer!r}", layer
    if isinstance(layer, Residual):
        inside = f"{where}Residual[{place}] "
        inner = [
            _watch(part, k, inside, log) for k, part in enumerate(layer.layers)
        ]
        shortcut = layer.shortcut
        if shortcut.shapes():  # the plain one has nothing to tell
            shortcut = _watch(shortcut, len(inner), f"{inside}shortcut ", log)
        works = Residual(inner, shortcut)
    return _Watched(layer, works, name, log)


@dataclass(frozen=True)
class _Watched:
    """A layer, the one that does its work, and where it notes what passes."""

    layer: Layer
    works: Layer
    name: str
    log: list[Seen]

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return self.layer.shapes()

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        self.layer.initialize(params, rng)

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        y, back_layer = self.works(params, x, train, rng)
        seen = Seen(self.name, self.layer, params, y, back_layer)
        self.log.append(seen)

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            seen.dy, seen.grads = dy, grads
            return back_layer(dy, grads, needs_dx)

        return y, back

    def __repr__(self) -> str:
        return repr(self.layer)

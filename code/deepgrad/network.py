"""A network: layers one after another, their parameters in one flat vector θ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import DTypeLike

from deepgrad.checks import (
    as_reals,
    require_arrays,
    require_finite,
    require_floating,
    require_rng,
    require_same_shape,
    told,
)
from deepgrad.layers.layer import Layer, is_weight, require_layers
from deepgrad.signatures import Array

type _Slot = tuple[
    str, slice, tuple[int, ...]
]  # a parameter's name, its place in θ, its shape


@dataclass(frozen=True, repr=False)
class Network:
    """A chain of layers: `y, back = net(theta, x)`, then `dtheta = back(dy)`.

    The network itself holds no numbers. θ has the shape (net.size,) and dθ its
    layout; `views` shows either of them layer by layer. Computing happens in θ's
    dtype.
    """

    layers: Sequence[Layer]

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", require_layers("a network", self.layers))

    @cached_property
    def _slots(self) -> list[list[_Slot]]:
        """Where each layer's parameters lie in θ."""
        start, slots = 0, []
        for layer in self.layers:
            own: list[_Slot] = []
            for name, shape in layer.shapes().items():
                own.append((name, slice(start, start + prod(shape)), shape))
                start += prod(shape)
            slots.append(own)
        return slots

    @cached_property
    def size(self) -> int:
        """How many parameters the network has: the length of θ."""
        return sum(
            prod(shape)
            for layer in self.layers
            for shape in layer.shapes().values()
        )

    def init(
        self, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> Array:
        """A new θ, each layer's part drawn by the layer, in order. ValueError
        unless dtype is real.
        """
        require_rng(rng)
        require_floating(dtype)
        theta = np.empty(self.size, dtype)
        for layer, params in zip(self.layers, self.views(theta), strict=True):
            layer.initialize(params, rng)
        return theta

    def views(self, vector: Array) -> list[dict[str, Array]]:
        """θ or dθ layer by layer, by name and in shape: `net.views(theta)[0]["W"]`.

        They are views: writing into them writes into the vector. ValueError if the
        length is not net.size.
        """
        self.require_theta(vector)
        return [
            {name: vector[place].reshape(shape) for name, place, shape in own}
            for own in self._slots
        ]

    def weights(self) -> Array:
        """Which numbers of θ are weights, the entries of any W: (net.size,) of
        booleans. Biases, slopes, γ and β, and the statistics of batch normalization
        are not.
        """
        chosen = np.zeros(self.size, bool)
        for own in self._slots:
            for name, place, _ in own:
                chosen[place] = is_weight(name)
        return chosen

    def require_theta(self, vector: Array) -> Array:
        """The vector, θ or dθ; ValueError unless it is one of this network."""
        require_arrays(theta=vector)
        if vector.shape != (self.size,) or vector.dtype.kind != "f":
            raise ValueError(
                f"the vector has shape {vector.shape} and dtype {vector.dtype}, but "
                f"this network's θ is ({self.size},) of float32 or float64"
            )
        return vector

    def norms(self, vector: Array) -> Array:
        """The Euclidean norm of each layer's part of θ or dθ: of the layers with
        parameters, in order.
        """
        self.views(vector)  # checks the length
        wide = vector.astype(np.float64)  # float32 would round tiny squares to 0
        parts = [
            wide[own[0][1].start : own[-1][1].stop] for own in self._slots if own
        ]
        return np.array([np.linalg.norm(part) for part in parts])

    def trace(
        self,
        theta: Array,
        x: Array,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[list[Array], Callable[..., tuple[list[Array], Array]]]:
        """Everything on the way: hs = [x, first layer's output, …, y], and back(dy)
        -> dhs, dtheta.

        dhs[k] is the gradient with respect to hs[k], so dhs[0] is dx and dhs[-1] is
        dy; back(dy, needs_dx=False) may leave dx empty. x: (batch, ...), whatever the
        first layer takes. train and rng matter to layers such as Dropout.
        """
        views = self.views(theta)
        # one dtype throughout: mixing two would silently cost time
        h = as_reals("x", x, theta.dtype)
        require_finite("x", h)
        if h.ndim == 0:
            raise ValueError("x has shape (), but must be (batch, ...)")
        hs, backs = [h], []
        for k, (layer, params) in enumerate(zip(self.layers, views, strict=True)):
            try:
                h, back_layer = layer(params, h, train, rng)
            except ValueError as error:
                error.add_note(f"in layer {k} of the network, {layer}")
                raise
            hs.append(h)
            backs.append(back_layer)

        def back(dy: Array, needs_dx: bool = True) -> tuple[list[Array], Array]:
            require_same_shape("dy", dy, "y", hs[-1])
            dtheta = np.empty_like(theta)
            grads, dhs = self.views(dtheta), [dy]
            for k in reversed(range(len(backs))):
                dhs.append(backs[k](dhs[-1], grads[k], k > 0 or needs_dx))
            return dhs[::-1], dtheta

        return hs, back

    def __call__(
        self,
        theta: Array,
        x: Array,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[Array, Callable[[Array], Array]]:
        """y, and back(dy) -> dtheta. Arguments as for `trace`."""
        hs, back_trace = self.trace(theta, x, train, rng)

        def back(dy: Array) -> Array:
            _, dtheta = back_trace(dy, needs_dx=False)
            return dtheta

        return hs[-1], back

    def __repr__(self) -> str:
        lines = [f"    {layer!r}," for layer in self.layers]
        return "\n".join(["Network([", *lines, f"])  # {self.size:,} parameters"])


def require_network(net: Network) -> None:
    """ValueError unless it is a network."""
    if not isinstance(net, Network):
        raise ValueError(f"net is {told(net)}, but must be a Network([...])")

"""Networks of many hidden sizes, trained at once: side by side in one, and strangers to each other.

Ten inputs, one hidden layer, one output each. The hidden units of all sizes stand in a single layer, and each output adds up
its own. Squared errors add, so no network's gradient knows of another, and neither does Adam, which goes weight by weight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Array, Dense, Network, he_normal, relu
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Params


@dataclass(frozen=True)
class Outputs:
    """y_k = Σ v_j h_j + c_k over the sizes[k] units j of network k; (batch, Σ sizes) -> (batch, networks).

    v_j starts with variance 1 / sizes[k]. Raises ValueError for no size, or one below 1.
    """

    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.sizes or min(self.sizes) < 1:
            raise ValueError(f"sizes is {self.sizes}, but must hold at least one, each at least 1")

    @cached_property
    def owner(self) -> NDArray[np.intp]:
        """Which network a unit belongs to: (Σ sizes,)."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {"Wv": (len(self.owner),), "b": (len(self.sizes),)}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        params["Wv"][:] = rng.normal(size=len(self.owner)) / np.sqrt(np.repeat(self.sizes, self.sizes))
        params["b"][:] = 0

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        units = np.arange(len(self.owner))
        V = np.zeros((len(self.owner), len(self.sizes)), x.dtype)
        V[units, self.owner] = params["Wv"]

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            grads["Wv"][:] = (x.T @ dy)[units, self.owner]
            grads["b"][:] = dy.sum(axis=0)
            return np.asarray(dy @ V.T)

        return x @ V + params["b"], back


def side_by_side_nets(inputs: int, sizes: Sequence[int]) -> Network:
    """One network whose k-th output is a ReLU network with sizes[k] hidden units: (batch, inputs) -> (batch, sizes)."""
    return Network([Dense(inputs, sum(sizes), he_normal), Activation(relu), Outputs(tuple(sizes))])

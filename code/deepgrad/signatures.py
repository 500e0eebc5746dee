"""The names of the types that run through the library."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

type Array = NDArray[Any]
"""A NumPy array; real numbers unless its name says labels."""

type Real = Array | float
"""An array or a single number: elementwise operations take both."""

type Pullback = Callable[[Real], Array]
"""The way back through an operation y = f(x): takes dy = ∂C/∂y, hands back dx =
∂C/∂x.
"""

type Elementwise = Callable[[Real], tuple[Array, Pullback]]
"""An operation that acts on every number by itself: its value and the way back."""

type Op = Callable[[Array], tuple[Array, Pullback]]
"""An operation of one argument: its value and the way back."""

type Loss = Callable[[Array, Array], tuple[float, Callable[[], Array]]]
"""(outputs, targets) -> the batch's mean loss, and back() -> its gradient with
respect to the outputs.
"""

type Optimizer = Callable[[Array, Array, Any], tuple[Array, Any]]
"""(theta, grad, state) -> the next theta and state; the first state is None."""

type Rng = np.random.Generator
"""A source of random numbers: `np.random.default_rng(seed)`."""

type Shape = tuple[int, ...]
"""The shape of an array."""


class Initializer(Protocol):
    """(rng, fan_in, fan_out, dtype) -> weights of shape (fan_in, fan_out), or of the
    shape that is given as well.
    """

    def __call__(
        self,
        rng: Rng,
        fan_in: int,
        fan_out: int,
        dtype: DTypeLike,
        shape: Shape | None = None,
        /,
    ) -> Array: ...


type Params = Mapping[str, Array]
"""One layer's parameters (or their gradients) by name: views of the flat vector."""

"""The names of the types that run through the library."""

from collections.abc import Callable, Mapping
from typing import Any

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

type Op = Callable[[Array], tuple[Array, Pullback]]
"""An operation of one argument: its value and the way back."""

type Loss = Callable[[Array, Array], tuple[float, Callable[[], Array]]]
"""(outputs, targets) -> the batch's mean loss, and back() -> its gradient with
respect to the outputs.
"""

type Optimizer = Callable[[Array, Array, Any], tuple[Array, Any]]
"""(theta, grad, state) -> the next theta and state; the first state is None."""

type Initializer = Callable[[np.random.Generator, int, int, DTypeLike], Array]
"""(rng, fan_in, fan_out, dtype) -> weights of shape (fan_in, fan_out)."""

type Params = Mapping[str, Array]
"""One layer's parameters (or their gradients) by name: views of the flat vector."""

"""The plain recurrent layer, and the one that hands on a sequence's last step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from deepgrad.checks import (
    require_arrays,
    require_counts,
    require_floats,
    require_initializer,
)
from deepgrad.initializers import xavier_uniform
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Array, Initializer, Params, Pullback, Real


def rnn(
    x: Array, h0: Array, Wx: Array, Wh: Array, b: Array
) -> tuple[Array, Callable[[Array], tuple[Array, Array, Array, Array, Array]]]:
    """hₜ = tanh(xₜ Wx + hₜ₋₁ Wh + b) for t = 1 … time. Returns all hₜ, and
    back(dhs) -> dx, dh0, dWx, dWh, db: backpropagation through time.

    x: (batch, time, features); h0: (batch, units); Wx: (features, units); Wh:
    (units, units); b: (units,); hs: (batch, time, units). Raises ValueError for
    other shapes or a sequence of no steps.

    Elman, Finding structure in time, Cognitive Science 14, 1990,
    doi:10.1207/s15516709cog1402_1.
    """
    require_sequence(x, h0, Wx, Wh, b, gates=1)
    zx, back_inputs = over_time(x, Wx, b)
    hs = np.empty((len(zx) + 1, *h0.shape), zx.dtype)  # hs[t] is hₜ
    hs[0] = h0
    for t, z in enumerate(zx, start=1):
        hs[t] = np.tanh(z + hs[t - 1] @ Wh)

    def back(dhs: Array) -> tuple[Array, Array, Array, Array, Array]:
        dzs, dh = np.empty_like(zx), np.zeros_like(hs[0])
        for t in reversed(range(len(zx))):
            dh = dh + dhs[:, t]  # from the later steps, and from the output
            dzs[t] = dh * (1 - hs[t + 1] ** 2)
            dh = dzs[t] @ Wh.T
        dx, dWx, db = back_inputs(dzs)
        return dx, dh, dWx, rows(hs[:-1]).T @ rows(dzs), db

    return hs[1:].swapaxes(0, 1), back


def over_time(
    x: Array, Wx: Array, b: Array
) -> tuple[Array, Callable[[Array], tuple[Array, Array, Array]]]:
    """What the inputs contribute to every step, zₜ = xₜ Wx + b, in one product of
    matrices: this, not the steps, is where it pays.

    x: (batch, time, features) -> zs: (time, batch, ...), steps first, since they
    are taken one after another. back(dzs) -> dx, dWx, db.
    """
    xs = rows(x.swapaxes(0, 1))
    zs = xs @ Wx
    zs += b

    def back(dzs: Array) -> tuple[Array, Array, Array]:
        dz = rows(dzs)
        dx = (dz @ Wx.T).reshape(*dzs.shape[:2], -1).swapaxes(0, 1)
        return dx, xs.T @ dz, dz.sum(axis=0)

    return zs.reshape(x.shape[1], x.shape[0], -1), back


def rows(steps: Array) -> Array:
    """(time, batch, n) -> (time · batch, n): all steps below each other."""
    return steps.reshape(-1, steps.shape[2])


def last_step(x: Array) -> tuple[Array, Pullback]:
    """y = x_T, the last of the steps. x: (batch, time, ...), else ValueError."""
    require_arrays(x=x)
    if x.ndim < 2 or x.shape[1] == 0:
        raise ValueError(
            f"x has shape {x.shape}, but must be (batch, time, ...) with a last step"
        )

    def back(dy: Real) -> Array:
        dx = np.zeros_like(x)
        dx[:, -1] = dy
        return dx

    return x[:, -1], back


@dataclass(frozen=True)
class RNN:
    """`rnn` from h₀ = 0: (batch, time, features) -> (batch, time, units).

    init draws Wx: (features, units) and Wh: (units, units); b starts at zero.
    Raises ValueError for a size below 1.
    """

    features: int
    units: int
    init: Initializer = xavier_uniform

    def __post_init__(self) -> None:
        require_counts(features=self.features, units=self.units)
        require_initializer(self.init)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        features, units = self.features, self.units
        return {"Wx": (features, units), "Wh": (units, units), "b": (units,)}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        for W in (params["Wx"], params["Wh"]):
            W[:] = self.init(rng, len(W), self.units, W.dtype)
        params["b"][:] = 0

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        h0 = np.zeros((len(x), self.units), x.dtype)
        hs, back_rnn = rnn(x, h0, params["Wx"], params["Wh"], params["b"])

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            dx, _, grads["Wx"][:], grads["Wh"][:], grads["b"][:] = back_rnn(dy)
            return dx

        return hs, back

    def __repr__(self) -> str:
        name = getattr(self.init, "__name__", self.init)
        return f"RNN({self.features}, {self.units}, {name})"


@dataclass(frozen=True)
class LastStep:
    """`last_step`: (batch, time, ...) -> (batch, ...)."""

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        pass

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        y, back_last = last_step(x)

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            return back_last(dy)

        return y, back


def require_sequence(
    x: Array, h0: Array, Wx: Array, Wh: Array, b: Array, gates: int
) -> None:
    """ValueError unless the shapes fit each other, with `gates` columns a unit."""
    require_arrays(x=x, h0=h0, b=b)
    require_floats(Wx=Wx, Wh=Wh)
    if x.ndim != 3 or x.shape[1] == 0:
        raise ValueError(
            f"x has shape {x.shape}, but must be (batch, time, features) with at "
            "least one step"
        )
    if h0.ndim != 2 or len(h0) != len(x):
        raise ValueError(
            f"h0 has shape {h0.shape}, but must be (batch, units) with batch {len(x)}"
        )
    features, units = x.shape[2], h0.shape[1]
    columns = gates * units
    for name, array, shape in (
        ("Wx", Wx, (features, columns)),
        ("Wh", Wh, (units, columns)),
        ("b", b, (columns,)),
    ):
        if array.shape != shape:
            raise ValueError(
                f"{name} has shape {array.shape}, but {features} features and "
                f"{units} units need {shape}"
            )

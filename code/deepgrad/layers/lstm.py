"""Long short-term memory: a cell that is added to, not multiplied through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from deepgrad.activations import sigmoid, tanh
from deepgrad.checks import (
    require_arrays,
    require_counts,
    require_finite_number,
    require_initializer,
)
from deepgrad.initializers import xavier_uniform
from deepgrad.layers.layer import LayerPullback
from deepgrad.layers.recurrent import (
    over_time,
    require_sequence,
    rows,
)
from deepgrad.signatures import Array, Initializer, Params


def lstm_cell(
    z: Array, c: Array
) -> tuple[Array, Array, Callable[[Array, Array], tuple[Array, Array]]]:
    """One step, elementwise: from the scores z of its gates and the last cell c to
    the next h and c, and back(dh, dc) -> dz, dc of the last cell.

    z = (i, f, o, g) side by side; i, f, o ← σ, g ← tanh; then

        cₜ = f ⊙ cₜ₋₁ + i ⊙ g        hₜ = o ⊙ tanh cₜ

    z: (batch, 4 units); c, h: (batch, units), else ValueError.
    """
    require_arrays(z=z, c=c)
    if c.ndim != 2 or z.shape != (len(c), 4 * c.shape[1]):
        raise ValueError(
            f"z {z.shape} and c {c.shape} do not fit (batch, 4 units) and (batch, units)"
        )
    n = c.shape[1]
    gates, back_gates = sigmoid(z[:, : 3 * n])
    i, f, o = gates[:, :n], gates[:, n : 2 * n], gates[:, 2 * n :]
    g, back_g = tanh(z[:, 3 * n :])
    c_next = f * c + i * g
    s, back_s = tanh(c_next)

    def back(dh: Array, dc: Array) -> tuple[Array, Array]:
        dc = dc + back_s(dh * o)
        dgates = np.concatenate([dc * g, dc * c, dh * s], axis=1)
        dz = np.concatenate([back_gates(dgates), back_g(dc * i)], axis=1)
        return dz, dc * f

    return o * s, c_next, back


def lstm(
    x: Array, h0: Array, c0: Array, Wx: Array, Wh: Array, b: Array
) -> tuple[
    Array, Callable[[Array], tuple[Array, Array, Array, Array, Array, Array]]
]:
    """zₜ = xₜ Wx + hₜ₋₁ Wh + b, then `lstm_cell`, for t = 1 … time. Returns all hₜ,
    and back(dhs) -> dx, dh0, dc0, dWx, dWh, db: backpropagation through time.

    x: (batch, time, features); h0, c0: (batch, units); Wx: (features, 4 units); Wh:
    (units, 4 units); b: (4 units,), columns in the order i, f, o, g; hs: (batch,
    time, units). PyTorch's order is i, f, g, o, its weights are the transposes, and
    its two biases add up to b. Raises ValueError for other shapes or a sequence of no
    steps.

    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9, 1997,
    doi:10.1162/neco.1997.9.8.1735; the forget gate f: Gers, Schmidhuber and
    Cummins, Learning to forget, 2000, doi:10.1162/089976600300015015.
    """
    require_sequence(x, h0, Wx, Wh, b, gates=4)
    require_arrays(c0=c0)
    if c0.shape != h0.shape:
        raise ValueError(f"c0 has shape {c0.shape}, but h0 has {h0.shape}")
    zx, back_inputs = over_time(x, Wx, b)
    hs, c, backs = np.empty((len(zx) + 1, *h0.shape), zx.dtype), c0, []
    hs[0] = h0  # hs[t] is hₜ
    for t, z in enumerate(zx, start=1):
        hs[t], c, back_cell = lstm_cell(z + hs[t - 1] @ Wh, c)
        backs.append(back_cell)

    def back(dhs: Array) -> tuple[Array, Array, Array, Array, Array, Array]:
        dzs, dh, dc = np.empty_like(zx), np.zeros_like(hs[0]), np.zeros_like(c0)
        for t in reversed(range(len(zx))):
            # dh: from the next step's gates, and from the output
            dzs[t], dc = backs[t](dh + dhs[:, t], dc)
            dh = dzs[t] @ Wh.T
        dx, dWx, db = back_inputs(dzs)
        return dx, dh, dc, dWx, rows(hs[:-1]).T @ rows(dzs), db

    return hs[1:].swapaxes(0, 1), back


@dataclass(frozen=True)
class LSTM:
    """`lstm` from h₀ = c₀ = 0: (batch, time, features) -> (batch, time, units).

    init draws each gate's part of Wx: (features, 4 units) and Wh: (units, 4 units)
    by itself, so that fan_out is units; b starts at zero, but for the forget gates'
    part: there it is forget_bias, which keeps them open at first. Raises ValueError
    for a size below 1 or a bias that is not finite.
    """

    features: int
    units: int
    init: Initializer = xavier_uniform
    forget_bias: float = 1.0

    def __post_init__(self) -> None:
        require_counts(features=self.features, units=self.units)
        require_initializer(self.init)
        require_finite_number("forget_bias", self.forget_bias)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        columns = 4 * self.units
        return {
            "Wx": (self.features, columns),
            "Wh": (self.units, columns),
            "b": (columns,),
        }

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        n = self.units
        for W in (params["Wx"], params["Wh"]):
            for gate in range(4):
                part = W[:, gate * n : (gate + 1) * n]
                part[:] = self.init(rng, len(W), n, W.dtype)
        params["b"][:] = 0
        params["b"][n : 2 * n] = self.forget_bias

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        zero = np.zeros((len(x), self.units), x.dtype)
        hs, back_lstm = lstm(x, zero, zero, params["Wx"], params["Wh"], params["b"])

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            dx, _, _, *dparams = back_lstm(dy)
            grads["Wx"][:], grads["Wh"][:], grads["b"][:] = dparams
            return dx

        return hs, back

    def __repr__(self) -> str:
        name = getattr(self.init, "__name__", self.init)
        return (
            f"LSTM({self.features}, {self.units}, {name}, "
            f"forget_bias={self.forget_bias})"
        )

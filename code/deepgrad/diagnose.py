"""Where does learning stop? Each layer's signal, slopes and gradients, on one batch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepgrad.activations import softmax
from deepgrad.checks import (
    require_count,
    require_function,
    require_positive,
)
from deepgrad.layers import Activation, PReLU, Residual, RReLU
from deepgrad.layers.layer import is_weight
from deepgrad.losses import softmax_cross_entropy
from deepgrad.network import Network, require_network
from deepgrad.signatures import Array, Loss
from deepgrad.watching import Seen, watch


@dataclass(frozen=True, eq=False)
class LayerDiagnosis:
    """One layer on one batch. None stands where a layer has no slopes or weights."""

    layer: str
    mean: float  # of its outputs
    std: float
    counts: Array  # histogram of its outputs: how many lie in each bin, …
    edges: Array  # … and the bins' edges, one more
    saturated: float | None  # share of slopes f′ of size below 0.01
    dead: float | None  # share of units whose f′ is 0 on the whole batch
    output_gradient: float  # ‖∂C/∂y‖, of its outputs
    gradient: float | None  # ‖∂C/∂θ‖, of its own part of θ
    update_to_weight: float | None  # η ‖∂C/∂W‖ / ‖W‖, without biases
    one_signed: (
        float | None
    )  # share of units whose weights' gradients agree in sign

    def __repr__(self) -> str:
        parts = [f"{self.layer}: mean {self.mean:.3g}, std {self.std:.3g}"]
        for name in ("saturated", "dead", "one_signed"):
            share = getattr(self, name)
            parts += [] if share is None else [f"{name} {share:.0%}"]
        for name in ("output_gradient", "gradient", "update_to_weight"):
            size = getattr(self, name)
            parts += [] if size is None else [f"{name} {size:.2g}"]
        return ", ".join(parts)


def diagnose(
    net: Network,
    theta: Array,
    x: Array,
    targets: Array,
    *,
    loss: Loss = softmax_cross_entropy,
    eta: float = 0.1,
    bins: int = 20,
    train: bool = False,
    rng: np.random.Generator | None = None,
) -> list[LayerDiagnosis]:
    """A `LayerDiagnosis` for each layer of the network, in the order in which they
    are done; nothing is trained.

    Inside `Residual` blocks, too: a layer of the block net.layers[3] is called
    "Residual[3] " and its name, and the block's own row follows, with x + f(x) as its
    outputs and no parameters, since its layers have them.

    x, targets: one batch, what the network and the loss take; eta: the rate of the
    update that is compared with the weights, above 0; bins: of the histograms. train
    and rng go to the layers. Slopes are known of layers that act element by element,
    `Activation`, `PReLU` and `RReLU`; a unit is a place in x[0]; signs are counted on
    weights (fan_in, fan_out), and a unit's agree if none has the other's and not all
    are 0.
    """
    require_network(net)
    eta = require_positive("eta", eta)
    require_count("bins", bins)
    require_function("loss", loss, "y, targets", "for example squared_error")
    watched, log = watch(net)
    y, back = watched(theta, x, train, rng)
    _, back_loss = loss(y, targets)
    back(back_loss())
    return [_diagnosis(seen, eta, bins) for seen in log]


def _diagnosis(seen: Seen, eta: float, bins: int) -> LayerDiagnosis:
    """The numbers of one layer that has seen a way back."""
    y, slopes = seen.y.astype(np.float64), _slopes(seen)
    # a block's parameters are its layers', and stand in their rows
    grads = {} if isinstance(seen.layer, Residual) else seen.grads
    weights = [name for name in grads if is_weight(name)]
    W, dW = (
        [seen.params[name] for name in weights],
        [grads[name] for name in weights],
    )
    return LayerDiagnosis(
        seen.name,
        float(y.mean()),
        float(y.std()),
        *_histogram(y, bins),
        None if slopes is None else float((np.abs(slopes) < 0.01).mean()),
        None if slopes is None else float((slopes == 0).all(axis=0).mean()),
        _norm([seen.dy]),
        _norm(list(grads.values())) if grads else None,
        _ratio(eta * _norm(dW), _norm(W)) if W else None,
        _one_signed(dW),
    )


def _slopes(seen: Seen) -> Array | None:
    """f′(z) of an elementwise activation: what its way back makes of ones."""
    layer = seen.layer
    if not isinstance(layer, Activation | PReLU | RReLU):
        return None
    if isinstance(layer, Activation) and layer.f is softmax:
        return None  # it mixes the units
    unused = {name: np.empty_like(value) for name, value in seen.params.items()}
    slopes = seen.back(np.ones_like(seen.y), unused)
    return slopes if slopes.shape == seen.y.shape else None


def _norm(arrays: Sequence[Array]) -> float:
    """√Σg² over all of them, in float64: squares of vanishing gradients would round
    to 0 in float32.
    """
    return math.hypot(
        *(float(np.linalg.norm(array.astype(np.float64))) for array in arrays)
    )


def _ratio(update: float, weight: float) -> float:
    """update / weight; infinite for weights that are all 0, unless they stay so."""
    if weight == 0:
        return 0.0 if update == 0 else math.inf
    return update / weight


def _one_signed(dWs: Sequence[Array]) -> float | None:
    """The share of columns, one a unit, in which no two gradients differ in sign."""
    columns = [column for dW in dWs if dW.ndim == 2 for column in dW.T]
    if not columns:
        return None
    agree = [c.any() and bool((c >= 0).all() or (c <= 0).all()) for c in columns]
    return float(np.mean(agree))


def _histogram(y: Array, bins: int) -> tuple[Array, Array]:
    """Counts and edges from the smallest to the largest value."""
    low, high = float(y.min()), float(y.max())
    if high - low <= 1e-12 * max(
        abs(low), abs(high)
    ):  # all one value, but rounding
        low, high = low - 0.5, high + 0.5
    return np.histogram(y, np.linspace(low, high, bins + 1))

"""Training: minibatches, an optimizer, a history."""

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from deepgrad.checks import (
    as_reals,
    require_arrays,
    require_count,
    require_finite,
    require_function,
    require_number,
    require_rng,
    require_value_and_back,
    told,
)
from deepgrad.losses import softmax_cross_entropy
from deepgrad.memory import keep_freed_memory
from deepgrad.network import Network, require_network
from deepgrad.optimizers import sgd
from deepgrad.signatures import Array, Loss, Optimizer


class Diverged(ArithmeticError):  # noqa: N818 (it reads as what happened)
    """Training left the finite numbers: `step` says when; `last_loss` is the last
    good loss, NaN if none.
    """

    def __init__(self, step: int, last_loss: float) -> None:
        self.step, self.last_loss = step, last_loss
        super().__init__(
            f"training left the finite numbers at step {step} (last good loss: {last_loss:.4g}): "
            "try a smaller eta, smaller initial weights, or inputs scaled to about 1"
        )

    def __reduce__(self) -> tuple[type["Diverged"], tuple[int, float]]:
        return Diverged, (
            self.step,
            self.last_loss,
        )  # so that it survives the way back from a worker process


class Step(NamedTuple):
    """What a callback sees after each step."""

    number: int  # 1 for the first step
    theta: Array  # after the step
    grad: Array  # that made it
    loss: float  # of the minibatch, before the step


@dataclass(frozen=True, eq=False)
class Fit:
    """The trained θ, and the history.

    history["loss"]: the minibatch loss of every step. history["step"]: after which
    steps `evaluate` was called; each name it returned has its values, one for each
    of those steps.
    """

    theta: Array
    history: Mapping[str, Array]

    def __repr__(self) -> str:
        losses = self.history["loss"]
        return f"Fit({len(losses)} steps, loss {losses[0]:.4g} → {losses[-1]:.4g})"


def fit(
    net: Network,
    theta: Array,
    x: Array,
    targets: Array,
    *,
    rng: np.random.Generator,
    loss: Loss = softmax_cross_entropy,
    optimizer: Optimizer = sgd,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int = 64,
    evaluate: Callable[[Array], Mapping[str, float]] | None = None,
    callback: Callable[[Step], None] | None = None,
    progress: bool = False,
) -> Fit:
    """Train by minibatches, reshuffled each epoch. The given theta is left as it
    is.

    x: (n, ...); targets: (n, ...), what the loss takes. Give either epochs or
    steps. An epoch's last batch may be smaller. evaluate(theta) -> {"name": number}
    is called after each epoch and at the end. progress=True writes one line to
    stderr.

    rng is split in two, one for the order of the data and one for the layers: with
    one seed, networks with and without dropout see the same batches.

    Raises Diverged when the loss or θ is no longer finite; ValueError for lengths
    that differ, an empty set, data that are not finite, sizes below 1, evaluations
    named "loss" or "step", and all else that could not work, before the first step
    where possible. What evaluate and callback raise comes through.
    """
    require_network(net)
    require_finite("theta", net.require_theta(theta))
    require_function("loss", loss, "y, targets", "for example squared_error")
    require_function(
        "optimizer", optimizer, "theta, grad, state", "for example sgd"
    )
    if evaluate is not None:
        require_function("evaluate", evaluate, "theta", "it returns {name: number}")
    if callback is not None:
        require_function("callback", callback, "step", "it is told each Step")
    require_rng(rng)
    x, targets = as_reals("x", x, theta.dtype), np.asarray(targets)
    _require_data(x, targets)
    steps = _steps(len(x), batch_size, epochs, steps)
    keep_freed_memory()
    order_rng, layer_rng = rng.spawn(2)
    state = None
    losses = np.empty(steps)
    evaluated: list[tuple[int, Mapping[str, float]]] = []
    batches = _minibatches(len(x), batch_size, order_rng)

    for number in range(1, steps + 1):
        rows, epoch_ends = next(batches)
        # where numbers overflow, the check below says it better
        with np.errstate(over="ignore", invalid="ignore"):
            y, back = net(theta, x[rows], train=True, rng=layer_rng)
            if finite := bool(np.isfinite(y).all()):
                value, back_loss = require_value_and_back(
                    "loss", loss(y, targets[rows])
                )
            if not (finite and math.isfinite(require_number("the loss", value))):
                raise Diverged(
                    number, float(losses[number - 2]) if number > 1 else math.nan
                )
            grad = back(back_loss())
            theta, state = optimizer(theta, grad, state)
        losses[number - 1] = value
        if callback is not None:
            callback(Step(number, theta, grad, value))
        if epoch_ends or number == steps:
            if not np.isfinite(theta).all():
                raise Diverged(number, value)
            if evaluate is not None:
                values = _require_numbers(evaluate(theta), evaluated)
                evaluated.append((number, values))
            if progress:
                print(
                    f"\rstep {number}/{steps}  loss {value:.4f}",
                    end="",
                    file=sys.stderr,
                    flush=True,
                )
    if progress:
        print(file=sys.stderr)
    return Fit(theta, {"loss": losses} | _columns(evaluated))


def _minibatches(
    n: int, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[Array, bool]]:
    """Row numbers of one minibatch after another, for ever, and whether it is its
    epoch's last.
    """
    while True:
        order = rng.permutation(n)
        for start in range(0, n, batch_size):
            yield order[start : start + batch_size], start + batch_size >= n


def _columns(evaluated: list[tuple[int, Mapping[str, float]]]) -> dict[str, Array]:
    """The evaluations, name by name."""
    if not evaluated:
        return {}
    columns = {
        name: np.array([values[name] for _, values in evaluated])
        for name in evaluated[0][1]
    }
    return {"step": np.array([number for number, _ in evaluated])} | columns


def _require_numbers(
    values: Mapping[str, float], earlier: list[tuple[int, Mapping[str, float]]]
) -> Mapping[str, float]:
    """The evaluation, if it is one number for each of the names it had before, none
    of which the history holds anyway.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"evaluate returned {told(values)}, not {{name: number}}")
    for name, value in values.items():
        require_number(f"evaluate's {name!r}", value)
    if earlier and values.keys() != earlier[0][1].keys():
        raise ValueError(
            f"evaluate named {list(values)}, but {list(earlier[0][1])} the first time: "
            "return the same names every time"
        )
    if taken := values.keys() & {"loss", "step"}:
        raise ValueError(
            f"evaluate named a number {taken.pop()!r}, which the history uses itself: rename it"
        )
    return values


def _require_data(x: Array, targets: Array) -> None:
    """ValueError for data that cannot be trained on."""
    require_arrays(targets=targets)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(
            f"x has shape {x.shape}, but must be (n, ...) with at least one row"
        )
    if targets.shape[:1] != x.shape[:1]:
        raise ValueError(
            f"x has shape {x.shape} but targets {targets.shape}: give every row one target"
        )
    require_finite("x", x)
    require_finite("targets", targets)


def _steps(n: int, batch_size: int, epochs: int | None, steps: int | None) -> int:
    """How many steps to take."""
    require_count("batch_size", batch_size)
    if (epochs is None) == (steps is None):
        raise ValueError(
            f"epochs is {epochs} and steps is {steps}: give exactly one of them"
        )
    if steps is not None:
        return require_count("steps", steps)
    return require_count("epochs", epochs or 0) * math.ceil(n / batch_size)

"""The rate of each step, and a bound on the gradient's length: both wrap an optimizer.

A schedule is a function step -> eta, with step 1 the first. For `fit`, choose
`optimizer=scheduled(adam, cosine_eta(0.01, steps=2000))`.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from deepgrad.checks import (
    require_arrays,
    require_count,
    require_function,
    require_positive,
)
from deepgrad.signatures import Array, Optimizer

type Schedule = Callable[[int], float]
"""step -> eta; step 1 is the first."""


def constant_eta(eta: float) -> Schedule:
    """η(t) = η. eta: above 0, else ValueError."""
    eta = require_positive("eta", eta)

    def schedule(step: int) -> float:
        return eta

    return schedule


def step_eta(eta: float, every: int, factor: float = 0.1) -> Schedule:
    """A staircase: η(t) = η · factorᵏ with k = ⌊(t − 1) / every⌋, a step down after
    each `every` steps.

    eta, factor: above 0; every: at least 1; else ValueError.
    """
    eta = require_positive("eta", eta)
    factor = require_positive("factor", factor)
    every = require_count("every", every)

    def schedule(step: int) -> float:
        require_count("step", step)
        return eta * factor ** ((step - 1) // every)

    return schedule


def cosine_eta(eta: float, steps: int) -> Schedule:
    """Half a cosine: η(t) = ½ η (1 + cos(π (t − 1) / steps)), from η at step 1 to
    almost 0 at step `steps`.

    eta: above 0; steps: at least 1; else ValueError, as for a step after the last.
    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts,
    ICLR 2017, arXiv:1608.03983; one period, without restarts.
    """
    eta = require_positive("eta", eta)
    steps = require_count("steps", steps)

    def schedule(step: int) -> float:
        if require_count("step", step) > steps:
            raise ValueError(
                f"the rate has come down to 0 after {steps} steps, but step {step} "
                "was asked for: give cosine_eta as many steps as you train"
            )
        return 0.5 * eta * (1 + math.cos(math.pi * (step - 1) / steps))

    return schedule


class ScheduledState(NamedTuple):
    """The optimizer's own state, and the number of steps taken."""

    state: Any
    t: int


def scheduled(
    optimizer: Callable[..., tuple[Array, Any]], eta: Schedule
) -> Optimizer:
    """The optimizer with the rate eta(1) in its first step, eta(2) in its second, …

    optimizer: one that takes the keyword eta, such as `adam` or `partial(momentum,
    beta=0.5)`.
    """
    require_function(
        "optimizer", optimizer, "theta, grad, state", "for example adam"
    )
    require_function("eta", eta, "step", "for example constant_eta(0.01)")

    def with_schedule(
        theta: Array, grad: Array, state: ScheduledState | None = None
    ) -> tuple[Array, ScheduledState]:
        own, t = state or (None, 0)
        theta, own = optimizer(theta, grad, own, eta=eta(t + 1))
        return theta, ScheduledState(own, t + 1)

    return with_schedule


def clip_norm(grad: Array, limit: float) -> Array:
    """g · min(1, limit / ‖g‖): the same direction, at most as long as limit.

    limit: above 0, else ValueError. A g that is 0 or not finite stays as it is.
    PyTorch divides by ‖g‖ + 10⁻⁶ instead. Pascanu, Mikolov and Bengio, On the
    difficulty of training recurrent neural networks, ICML 2013, arXiv:1211.5063.
    """
    limit = require_positive("limit", limit)
    require_arrays(grad=grad)
    # ‖g‖ in units of the largest |gᵢ|: its square would overflow when g explodes
    largest = float(np.abs(grad).max(initial=0))
    if largest == 0 or not math.isfinite(largest):
        return grad
    direction = grad / largest
    norm = float(np.linalg.norm(direction))
    return direction * (limit / norm) if limit / norm < largest else grad


def clipped(
    optimizer: Callable[..., tuple[Array, Any]], limit: float
) -> Callable[..., tuple[Array, Any]]:
    """The optimizer, with every gradient shortened by `clip_norm` before it is used.

    limit: above 0, else ValueError.
    """
    limit = require_positive("limit", limit)
    require_function(
        "optimizer", optimizer, "theta, grad, state", "for example adam"
    )

    def with_clipping(
        theta: Array, grad: Array, state: Any = None, **rates: float
    ) -> tuple[Array, Any]:
        return optimizer(theta, clip_norm(grad, limit), state, **rates)

    return with_clipping

"""Optimizers as in the papers: `theta, state = f(theta, grad, state)`, with state
None at the start.

They are pure: nothing is written in place, so a kept theta stays what it was. theta
is one flat vector (or any array) and grad has its shape; another shape, a rate
outside its range, or the state of another theta raises ValueError. For `fit`, choose
the rates with `functools.partial(sgd, eta=0.5)`.

With the same rates they go PyTorch's way; its RMSprop has alpha = 0.99 where beta is
0.9 here, and its Adagrad eps = 10⁻¹⁰.
"""

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from deepgrad.checks import (
    optimizer,
    require_not_negative,
    require_positive,
    require_same_shape,
    told,
)
from deepgrad.signatures import Array


@optimizer
def sgd(
    theta: Array, grad: Array, state: None = None, *, eta: float = 0.1
) -> tuple[Array, None]:
    """Gradient descent: θ ← θ − η g. It has no state. eta: above 0."""
    return theta - eta * grad, None


@optimizer
def momentum(
    theta: Array,
    grad: Array,
    state: Array | None = None,
    *,
    eta: float = 0.01,
    beta: float = 0.9,
) -> tuple[Array, Array]:
    """The heavy ball: v ← β v − η g, then θ ← θ + v; the state is v. eta: above 0;
    beta: in [0, 1).

    v holds the rates of its time. PyTorch's SGD keeps v without η: the same way while
    η is constant, but a new η then rescales the old steps, too.

    Polyak, Some methods of speeding up the convergence of iteration methods, 1964,
    doi:10.1016/0041-5553(64)90137-5.
    """
    v = _running(theta, state)
    v = beta * v - eta * grad
    return theta + v, v


@optimizer
def nesterov(
    theta: Array,
    grad: Array,
    state: Array | None = None,
    *,
    eta: float = 0.01,
    beta: float = 0.9,
) -> tuple[Array, Array]:
    """Nesterov's momentum: v ← β v − η g, then θ ← θ + β v − η g; the state is v.

    The θ that is handed on is the look-ahead point, the ball's place plus β v, so
    that g is taken where the momentum is about to carry the ball. The first step is
    (1 + β) η g: 1.9 η g for β = 0.9. eta: above 0; beta: in [0, 1).

    Nesterov, A method for solving the convex programming problem with convergence
    rate O(1/k²), Doklady Akademii Nauk SSSR 269, 1983; in this form: Sutskever,
    Martens, Dahl and Hinton, On the importance of initialization and momentum in
    deep learning, ICML 2013,
    https://proceedings.mlr.press/v28/sutskever13.html.
    """
    v = _running(theta, state)
    v = beta * v - eta * grad
    return theta + beta * v - eta * grad, v


@optimizer
def adagrad(
    theta: Array,
    grad: Array,
    state: Array | None = None,
    *,
    eta: float = 0.01,
    eps: float = 1e-8,
) -> tuple[Array, Array]:
    """AdaGrad: G ← G + g², then θ ← θ − η g / (√G + ε); the state is G, the sum of
    all squared gradients.

    eta, eps: above 0. Duchi, Hazan and Singer, Adaptive subgradient methods for
    online learning and stochastic optimization, JMLR 12, 2011,
    https://jmlr.org/papers/v12/duchi11a.html.
    """
    grad = _squarable(grad)
    G = _running(theta, state)
    G = G + grad * grad
    return theta - eta * grad / (np.sqrt(G) + eps), G


@optimizer
def rmsprop(
    theta: Array,
    grad: Array,
    state: Array | None = None,
    *,
    eta: float = 0.001,
    beta: float = 0.9,
    eps: float = 1e-8,
) -> tuple[Array, Array]:
    """RMSProp: v ← β v + (1 − β) g², then θ ← θ − η g / (√v + ε); the state is v, a
    running mean of g².

    v starts at 0 and is not corrected for it: with β = 0.9, the first step is √10 η
    long. eta, eps: above 0; beta: in [0, 1). Tieleman and Hinton, Neural networks
    for machine learning, lecture 6.5, 2012.
    """
    grad = _squarable(grad)
    v = _running(theta, state)
    v = beta * v + (1 - beta) * grad * grad
    return theta - eta * grad / (np.sqrt(v) + eps), v


class AdamState(NamedTuple):
    """Running means of the gradient and of its square, and the number of steps
    taken.
    """

    m: Array
    v: Array
    t: int


@optimizer
def adam(
    theta: Array,
    grad: Array,
    state: AdamState | None = None,
    *,
    eta: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, AdamState]:
    """Adam: θ ← θ − η m̂ / (√v̂ + ε), with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ)
    the bias-corrected running means of g and g².

    The corrections are two numbers, so they are taken into η and ε, as the paper
    suggests, instead of being divided out of every element. eta, eps: above 0;
    beta1, beta2: in [0, 1). Kingma and Ba, Adam: a method for stochastic
    optimization, ICLR 2015, arXiv:1412.6980.
    """
    grad = _squarable(grad)
    m, v, t = _moments(theta, state)
    t = t + 1
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad * grad
    root = math.sqrt(1 - beta2**t)  # √v = root · √v̂
    eta_t = eta * root / (1 - beta1**t)
    return theta - eta_t * m / (np.sqrt(v) + root * eps), AdamState(m, v, t)


def adamw(
    theta: Array,
    grad: Array,
    state: AdamState | None = None,
    *,
    eta: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    decay: float = 0.01,
    where: Array | None = None,
) -> tuple[Array, AdamState]:
    """Adam with decoupled weight decay: Adam's step, and − η λ θ beside it, with
    λ = decay.

    The decay does not pass through m̂ and v̂, so it shrinks every weight by the same
    share. decay: finite, not negative; where: booleans in theta's shape, what shrinks
    (None: all of theta); `where=net.weights()` spares biases and what batch
    normalization keeps; the others as for `adam`. Loshchilov and
    Hutter, Decoupled weight decay regularization, ICLR 2019, arXiv:1711.05101; with
    λ multiplied by η, as frameworks do.
    """
    eta = require_positive("eta", eta)
    decay = require_not_negative("decay", decay)
    moved, state = adam(
        theta, grad, state, eta=eta, beta1=beta1, beta2=beta2, eps=eps
    )
    if where is None:
        return moved - eta * decay * theta, state
    require_same_shape("theta", theta, "where", where)
    return moved - eta * decay * np.where(where, theta, 0), state


def _running(theta: Array, state: Array | None) -> Array:
    """The state so far, or zeros at the start."""
    if state is None:
        return np.zeros_like(theta)
    require_same_shape("theta", theta, "state", state)
    return state


def _moments(theta: Array, state: AdamState | None) -> AdamState:
    """Adam's state so far, or zeros at the start."""
    if state is None:
        return AdamState(np.zeros_like(theta), np.zeros_like(theta), 0)
    if not isinstance(state, AdamState):
        raise ValueError(
            f"state is {told(state)}, but must be None in the first step and then what "
            "the step before returned"
        )
    require_same_shape("theta", theta, "the state's m", state.m)
    return state


def _squarable(grad: Array) -> Array:
    """grad, cut off where the sum of its squares might overflow: in float32 at about
    10¹⁵. A step whose length is relative to the gradient's stays the same.
    """
    if grad.dtype.kind != "f":
        return grad
    limit = _limit(grad.dtype)
    if np.vdot(grad, grad) <= limit * limit:  # one quick look spares the clipping
        return grad
    return np.clip(grad, -limit, limit)


@functools.cache
def _limit(dtype: np.dtype[Any]) -> float:
    """A number of which a hundred million squares can be added up."""
    return 1e-4 * math.sqrt(np.finfo(dtype).max)

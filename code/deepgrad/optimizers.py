"""Optimizers as in the papers: `theta, state = f(theta, grad, state)`, with state
None at the start.

They are pure: nothing is written in place, so a kept theta stays what it was. theta
is one flat vector (or any array) and grad has its shape; another shape, or a rate
outside its range, raises ValueError. For `fit`, choose the rates with
`functools.partial(sgd, eta=0.5)`.
"""

from typing import NamedTuple

import numpy as np

from deepgrad.checks import require_below_one, require_positive, require_same_shape
from deepgrad.signatures import Array


def sgd(
    theta: Array, grad: Array, state: None = None, *, eta: float = 0.1
) -> tuple[Array, None]:
    """Gradient descent: θ ← θ − η g. It has no state. eta: above 0."""
    require_positive("eta", eta)
    require_same_shape("theta", theta, "grad", grad)
    return theta - eta * grad, None


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

    Polyak, Some methods of speeding up the convergence of iteration methods, 1964,
    doi:10.1016/0041-5553(64)90137-5.
    """
    require_positive("eta", eta)
    require_below_one("beta", beta)
    require_same_shape("theta", theta, "grad", grad)
    v = np.zeros_like(theta) if state is None else state
    v = beta * v - eta * grad
    return theta + v, v


class AdamState(NamedTuple):
    """Running means of the gradient and of its square, and the number of steps
    taken.
    """

    m: Array
    v: Array
    t: int


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
    """Adam: θ ← θ − η m̂ / (√v̂ + ε), with m̂, v̂ the bias-corrected running means
    of g and g².

    eta, eps: above 0; beta1, beta2: in [0, 1). Kingma and Ba, Adam: a method for
    stochastic optimization, ICLR 2015, arXiv:1412.6980.
    """
    require_positive("eta", eta)
    require_positive("eps", eps)
    require_below_one("beta1", beta1)
    require_below_one("beta2", beta2)
    require_same_shape("theta", theta, "grad", grad)
    m, v, t = state or (np.zeros_like(theta), np.zeros_like(theta), 0)
    t = t + 1
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad * grad
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return theta - eta * m_hat / (np.sqrt(v_hat) + eps), AdamState(m, v, t)

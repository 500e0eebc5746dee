"""The chain that is one neuron wide: the smallest network whose gradient vanishes.

    x = h₀ → h₁ = σ(w₁ h₀) → h₂ = σ(w₂ h₁) → … → h_L

By the chain rule ∂h_L/∂h₀ is the product of the L local derivatives wₖ σ′(zₖ), with
zₖ = wₖ hₖ₋₁.
"""

from collections.abc import Callable

import numpy as np

from deepgrad.activations import sigmoid
from deepgrad.checks import as_reals, require_one_shape
from deepgrad.signatures import Array, Real


def link(
    h: Real, w: Real, b: Real = 0.0
) -> tuple[Array, Callable[[Real], tuple[Array, Array]]]:
    """One link of the chain: y = σ(w h + b), and back(dy) -> dh, dw.

    All arguments are of one shape, elementwise. The bias b only shifts where on the
    sigmoid the link works: it is held fixed.
    """
    require_one_shape(h=h, w=w, b=b)
    y, back_sigmoid = sigmoid(w * h + b)

    def back(dy: Real) -> tuple[Array, Array]:
        dz = back_sigmoid(dy)
        return w * dz, h * dz

    return y, back


def chain(
    x: Real, w: Array, b: Array | None = None
) -> tuple[Array, Callable[[Real], tuple[Array, Array]]]:
    """Links one after another: h₀ = x, hₖ = σ(wₖ hₖ₋₁ + bₖ). Returns h_L, and
    back(dh) -> dx, dw.

    w: (depth, ...); axes after the first hold independent chains.
    x: a number or an array that broadcasts to w.shape[1:], the shape of h_L and dx;
    every chain has its own input. b: like w, held fixed; None means zero.

    Raises ValueError where the shapes do not fit.
    """
    h, w, b = _start(x, w, b)
    backs = []
    for w_k, b_k in zip(w, b, strict=True):
        h, back_link = link(h, w_k, b_k)
        backs.append(back_link)

    def back(dh: Real) -> tuple[Array, Array]:
        dw = np.empty_like(w)
        for k in reversed(range(len(w))):
            dh, dw[k] = backs[k](dh)
        return np.asarray(dh), dw

    return h, back


def local_derivatives(x: Real, w: Array, b: Array | None = None) -> Array:
    """The number on each link, ∂hₖ/∂hₖ₋₁ = wₖ σ′(zₖ): an array of w's shape.

    Arguments and errors as for `chain`. The product over the first axis is ∂h_L/∂x.
    """
    h, w, b = _start(x, w, b)
    derivatives = np.empty_like(w)
    for k in range(len(w)):
        h, back_link = link(h, w[k], b[k])
        derivatives[k], _ = back_link(1.0)
    return derivatives


def _start(x: Real, w: Array, b: Array | None) -> tuple[Array, Array, Array]:
    """h₀, w and b as arrays of one floating dtype, their shapes checked."""
    w = as_reals("w", w)
    if w.ndim == 0 or len(w) == 0:
        raise ValueError(
            f"w has shape {w.shape}, but must be (depth, ...) with at least one link"
        )
    b = np.zeros_like(w) if b is None else as_reals("b", b, w.dtype)
    if b.shape != w.shape:
        raise ValueError(
            f"b has shape {b.shape} but w has shape {w.shape}: give every link one bias"
        )
    x = as_reals("x", x, w.dtype)
    try:
        return np.broadcast_to(x, w.shape[1:]), w, b
    except ValueError:
        raise ValueError(
            f"x has shape {x.shape}, which does not fit the chains {w.shape[1:]} of w"
        ) from None

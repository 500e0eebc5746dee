"""Descendants of ReLU: z above zero, each with its own idea of what to do below.

Like the other activations: `y, back = f(z)`, elementwise, in the dtype of z, for
every finite number without a warning. One with a parameter is made by a call, so
`leaky_relu(0.01)` is such an f.
"""

import numpy as np

from deepgrad.checks import (
    as_reals,
    elementwise,
    require_below_one,
    require_number,
    require_positive,
    require_rng,
)
from deepgrad.fixed_point import (
    SELU_ALPHA,
    SELU_LAMBDA,
    SERLU_ALPHA,
    SERLU_LAMBDA,
)
from deepgrad.signatures import Array, Elementwise, Pullback, Real


def leaky_relu(slope: float = 0.01) -> Elementwise:
    """z above zero and slope · z elsewhere, with derivative 1 or slope (at z = 0,
    too).

    slope: in [0, 1), else ValueError. Maas, Hannun and Ng, Rectifier nonlinearities
    improve neural network acoustic models, ICML 2013.
    """
    slope = require_below_one("slope", slope)

    @elementwise
    def op(z: Real) -> tuple[Array, Pullback]:
        def back(dy: Real) -> Array:
            return np.where(z > 0, dy, slope * dy)

        return np.maximum(z, slope * z), back

    op.__name__ = f"leaky_relu({slope})"
    return op


def rrelu(
    z: Array,
    rng: np.random.Generator | None,
    train: bool,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
) -> tuple[Array, Pullback]:
    """Randomized leaky ReLU: in training every element has its own slope below
    zero, drawn from U[lower, upper); otherwise all have the mean, (lower +
    upper) / 2.

    z: any shape. Raises ValueError unless 0 ≤ lower ≤ upper < 1, and without
    rng in training. Xu, Wang, Chen and Li, Empirical evaluation of rectified
    activations in convolutional network, arXiv:1505.00853.
    """
    require_slopes(lower, upper)
    if not train:
        return leaky_relu((lower + upper) / 2)(z)
    z, rng = as_reals("z", z), require_rng(rng)
    drawn = rng.uniform(lower, upper, z.shape).astype(z.dtype)
    slope = np.where(z > 0, 1, drawn)

    def back(dy: Real) -> Array:
        return dy * slope

    return z * slope, back


def require_slopes(lower: float, upper: float) -> None:
    """ValueError unless slopes can be drawn between them."""
    if (
        not 0
        <= require_number("lower", lower)
        <= require_number("upper", upper)
        < 1
    ):
        raise ValueError(
            f"lower is {lower} and upper is {upper}, "
            "but must be 0 <= lower <= upper < 1"
        )


def elu(alpha: float = 1.0) -> Elementwise:
    """z above zero and α (eᶻ − 1) elsewhere, with derivative 1 or α eᶻ = y + α.

    Values lie above −α. alpha: above 0, else ValueError. Clevert, Unterthiner and
    Hochreiter, Fast and accurate deep network learning by exponential linear units,
    ICLR 2016, arXiv:1511.07289.
    """
    alpha = require_positive("alpha", alpha)

    @elementwise
    def op(z: Real) -> tuple[Array, Pullback]:
        y = np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))

        def back(dy: Real) -> Array:
            return dy * np.where(z > 0, 1, y + alpha)

        return y, back

    op.__name__ = f"elu({alpha})"
    return op


@elementwise
def selu(z: Real) -> tuple[Array, Pullback]:
    """λ elu(z; α), with the λ ≈ 1.0507 and α ≈ 1.6733 that keep mean 0 and variance
    1: see `fixed_point`.

    Beyond the dtype's largest number / λ, y is ∞. Klambauer, Unterthiner, Mayr and
    Hochreiter, Self-normalizing neural networks, NeurIPS 2017, arXiv:1706.02515.
    """
    y, back_elu = elu(SELU_ALPHA)(z)

    def back(dy: Real) -> Array:
        return SELU_LAMBDA * back_elu(dy)

    with np.errstate(over="ignore"):
        return SELU_LAMBDA * y, back


@elementwise
def serlu(z: Real) -> tuple[Array, Pullback]:
    """λz above zero and λα z eᶻ elsewhere, with derivative λ or λα (1 + z) eᶻ.

    Below zero it dips to −λα/e at z = −1 and comes back to 0. λ ≈ 1.0786 and α ≈
    2.9043 keep mean 0 and variance 1: see `fixed_point`. Beyond the dtype's largest
    number / λ, y is ∞. Zhang and Li, Effectiveness of scaled
    exponentially-regularized linear units, arXiv:1807.10117.
    """
    below = np.minimum(z, 0)
    e = SERLU_LAMBDA * SERLU_ALPHA * np.exp(below)

    def back(dy: Real) -> Array:
        return dy * np.where(z > 0, SERLU_LAMBDA, e * (1 + below))

    with np.errstate(over="ignore"):
        return np.where(z > 0, SERLU_LAMBDA * z, e * below), back

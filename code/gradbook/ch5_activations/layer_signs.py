"""Do the gradients of a neuron's weights agree in sign? Counting, and what theory expects of many examples together."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, relu, sigmoid, softmax_cross_entropy, tanh, xavier_normal
from deepgrad.gaussian import normal_cdf, normal_pdf

type Floats = NDArray[np.float64]

WIDTH: Final = 32
PIXELS: Final = 64
ACTIVATIONS: Final[dict[str, Callable[..., Any]]] = {"sigmoid": sigmoid, "tanh": tanh, "ReLU": relu}


def network(name: str) -> Network:
    """Two hidden layers: the second one's neurons are those whose weights we ask about."""
    f = ACTIVATIONS[name]
    return Network([
        Dense(PIXELS, WIDTH, xavier_normal), Activation(f), Dense(WIDTH, WIDTH, xavier_normal), Activation(f),
        Dense(WIDTH, 10, xavier_normal),
    ])  # fmt: skip


def parts(net: Network, theta: Floats, x: Floats, labels: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """h (examples, in), what the first hidden layer hands on, and δ = ∂L/∂z (examples, neurons) of the second layer.

    L is each example's own cross-entropy, so ∂L/∂w of an example is h δᵀ, and that of a batch their mean.
    """
    hs, back = net.trace(theta, x)
    _, back_loss = softmax_cross_entropy(hs[-1], labels)
    dhs, _ = back(back_loss() * len(x), needs_dx=False)
    return hs[2], dhs[3]


def batch_gradients(h: Floats, delta: Floats, rows: NDArray[np.int64]) -> Floats:
    """∂L/∂w of batches: rows (batches, B) -> (batches, in, neurons)."""
    return np.asarray(h[rows].swapaxes(1, 2) @ delta[rows] / rows.shape[1])


def agreement(grads: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Neuron by neuron: whether all its weights' gradients share a sign, which share of the pairs do, whether it counts.

    grads: (..., in, neurons) -> (..., neurons). A gradient of exactly 0 has no sign and is left out, with its pairs. A
    neuron counts if at least two of its gradients have one. ValueError for fewer than two axes.
    """
    if grads.ndim < 2:
        raise ValueError(f"grads has shape {grads.shape}, but must be (..., in, neurons)")
    plus, minus = (grads > 0).sum(axis=-2), (grads < 0).sum(axis=-2)
    signed = plus + minus
    pairs = (plus * (plus - 1) + minus * (minus - 1)) / np.maximum(signed * (signed - 1), 1)
    return np.minimum(plus, minus) == 0, pairs, signed > 1


def effective(delta: Floats) -> float:
    """(Σ δ²)² / Σ δ⁴ over the examples, the median over the neurons: n if all |δ| are equal, 1 if one example has it all."""
    square = delta[:, (delta != 0).any(axis=0)] ** 2
    return float(np.median(square.sum(axis=0) ** 2 / (square**2).sum(axis=0)))


def one_direction(name: str, s: float) -> float:
    """c = E[h]² / E[h²] for z ~ N(0, s²): 1/π for ReLU, 0 for tanh, a sum over an even grid for the sigmoid."""
    u = np.linspace(-8, 8, 321)
    weight = normal_pdf(u) / normal_pdf(u).sum()
    h, _ = ACTIVATIONS[name](s * u)
    return float((weight @ h) ** 2 / (weight @ h**2))


def expected_pairs(c: float) -> float:
    """P(two standard normal numbers of correlation c share a sign) = ½ + arcsin(c) / π (Sheppard, 1899). ValueError unless |c| ≤ 1."""
    if not -1 <= c <= 1:
        raise ValueError(f"a correlation lies in −1 … 1, got {c}")
    return float(0.5 + np.arcsin(c) / np.pi)


def expected_all(c: float, n: int) -> float:
    """P(n standard normal numbers, each two of correlation c, share a sign) = 2 ∫ φ(u) Φ(u √(c/(1−c)))ⁿ du.

    ValueError unless 0 ≤ c < 1.
    """
    if not 0 <= c < 1:
        raise ValueError(f"n numbers can share a correlation in 0 … 1 only, 1 excluded, got {c}")
    u = np.linspace(-8, 8, 1601)
    return float(2 * normal_pdf(u) @ normal_cdf(u * np.sqrt(c / (1 - c))) ** n * (u[1] - u[0]))

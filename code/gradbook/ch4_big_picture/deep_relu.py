"""Deep ReLU networks by the size of their weights, the paths through them, and which of these an example opens."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Layer, Network, accuracy, normal, relu, sgd
from gradbook.ch2_approximation.bn_stack import hidden
from gradbook.ch4_big_picture.many_nets import train
from gradbook.data import digits

WIDTHS, DEPTH, IMAGES = (1, 2, 4, 32), 8, 100
WIDE = WIDTHS[-1]
SCALES = (0.5, 1.0, 2.0)  # times He's standard deviation
TRAINED = (2, DEPTH)  # hidden layers
DEEPER = 12  # trained, too, with He's weights
ETAS = (0.003, 0.01, 0.03, 0.1)  # for He's weights; others make the outputs scale^depth times as large, see `rates`
STEPS, BATCH = 400, 32
GUESSING = 10.0  # percent


def deep_relu(scale: float, depth: int, width: int = WIDE) -> Network:
    """64 inputs, hidden ReLU layers, 10 outputs; W ~ N(0, scale² · 2 / fan_in), but the last layer's scale is 1."""
    layers: list[Layer] = []
    for fan_in in (64, *[width] * (depth - 1)):
        layers += [Dense(fan_in, width, normal(scale * (2 / fan_in) ** 0.5)), Activation(relu)]
    return Network([*layers, Dense(width, 10, normal((2 / width) ** 0.5))])


def active_units(net: Network, theta: NDArray[Any], x: NDArray[Any]) -> NDArray[np.int64]:
    """How many units of each hidden layer an example switches on: (examples, layers)."""
    hs, _ = net.trace(theta, x)
    return np.stack([(hs[k] > 0).sum(axis=1) for k in hidden(net)], axis=1)


def log_paths(units: NDArray[Any]) -> NDArray[np.float64]:
    """log₁₀ of the number of paths from one hidden unit of each layer to one of the next, for layers with so many units.

    Every unit is tied to all of the next layer, so the number is their product: units (…, layers) -> (…).
    """
    with np.errstate(divide="ignore"):  # a layer that is off has no path: −∞
        return np.asarray(np.log10(units).sum(axis=-1))


def reached(width: int, depths: NDArray[Any]) -> NDArray[np.float64]:
    """Theory, in percent: with biases 0, a layer that gets anything is off with probability 2⁻ⁿ, and one is enough."""
    return np.asarray(100 * (1 - 0.5**width) ** depths)


def rates(scale: float, depth: int) -> list[float]:
    """ETAS / scale^depth: the gradient grows with the outputs, and the rate makes up for it."""
    return [eta / scale**depth for eta in ETAS]


def trained(setting: tuple[float, int, tuple[int, ...]]) -> NDArray[np.float64]:
    """Training accuracy in percent, (rates, seeds)."""
    scale, depth, seeds = setting
    net, data = deep_relu(scale, depth), digits()
    start = [net.init(np.random.default_rng(seed)) for seed in seeds]
    theta = train(net, start, [data.x] * len(seeds), [data.labels] * len(seeds), rates(scale, depth),
                  optimizer=sgd, steps=STEPS, batch=BATCH, seeds=seeds).swapaxes(0, 1)  # fmt: skip
    return np.array([[right(net, one) for one in row] for row in theta])


def right(net: Network, theta: NDArray[Any]) -> float:
    """Training accuracy in percent; a network that left the finite numbers guesses."""
    if not np.isfinite(theta).all():
        return GUESSING
    with np.errstate(over="ignore", invalid="ignore"):
        scores, _ = net(theta, digits().x)
    return 100 * accuracy(scores, digits().labels) if np.isfinite(scores).all() else GUESSING

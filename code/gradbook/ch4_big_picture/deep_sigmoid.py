"""Deep sigmoid networks by the size of their weights: which units are saturated, and how many to expect."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Layer, Network, accuracy, normal, sgd, sigmoid
from deepgrad.gaussian import normal_cdf
from gradbook.ch2_approximation.bn_stack import hidden, normal_mean
from gradbook.ch4_big_picture.many_nets import train
from gradbook.data import digits

WIDTH, DEPTHS, IMAGES = 32, (1, 2, 4, 8), 128
GAINS = (1, 4, 16)  # √n · (standard deviation of the weights): 1 is Xavier's
FLAT = 0.01  # a unit is saturated where σ′ lies below this, a 25th of its top
ETAS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
STEPS, BATCH = 200, 32


def edge() -> float:
    """The |z| beyond which σ′(z) < FLAT: σ′ = ¼ (1 − tanh²(z/2)), solved for z."""
    return float(2 * np.arctanh(np.sqrt(1 - 4 * FLAT)))


def deep_sigmoid(gain: float, depth: int, width: int = WIDTH) -> Network:
    """64 inputs, hidden sigmoid layers, 10 outputs; W ~ N(0, gain² / fan_in), but the last layer's gain is 1."""
    layers: list[Layer] = []
    for fan_in in (64, *[width] * (depth - 1)):
        layers += [Dense(fan_in, width, normal(gain / fan_in**0.5)), Activation(sigmoid)]
    return Network([*layers, Dense(width, 10, normal(width**-0.5))])


def shares(net: Network, theta: NDArray[Any]) -> NDArray[np.float64]:
    """The percentage of saturated units in each hidden layer, over some training digits."""
    hs, _ = net.trace(theta, digits().x[:IMAGES])
    return np.array([100 * (sigmoid_slope(hs[k]) < FLAT).mean() for k in hidden(net)])


def sigmoid_slope(y: NDArray[Any]) -> NDArray[Any]:
    """σ′ from the value: σ (1 − σ), as `sigmoid` computes it on its way back."""
    return np.asarray(y * (1 - y))


def expected_shares(gain: float) -> NDArray[np.float64]:
    """Of infinitely wide layers, in percent: z ~ N(0, gain² E[h²]), layer by layer from the digits on."""
    square, found = float((digits().x.astype(np.float64) ** 2).mean()), []
    for _ in range(DEPTHS[-1]):
        scale = gain * square**0.5
        found.append(200 * float(normal_cdf(np.float64(-edge() / scale))))
        square = normal_mean(lambda u, s=scale: sigmoid(s * u)[0] ** 2)  # type: ignore[misc]
    return np.array(found)


def last_slope(sign: int) -> float:
    """The largest |z|, to a hundredth, of that sign at which float32 still has a slope above 0."""
    z = sign * np.arange(0, 120, 0.01, dtype=np.float32)
    _, back = sigmoid(z)
    return float(np.abs(z[back(np.ones_like(z)) > 0]).max())


def trained(setting: tuple[int, int, tuple[int, ...]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(training accuracy in percent, (rates, seeds); shares after training, (rates, seeds, layers)) of a gain and a depth."""
    gain, depth, seeds = setting
    net, data = deep_sigmoid(gain, depth), digits()
    start = [net.init(np.random.default_rng(seed)) for seed in seeds]
    theta = train(net, start, [data.x] * len(seeds), [data.labels] * len(seeds), ETAS,
                  optimizer=sgd, steps=STEPS, batch=BATCH, seeds=seeds).swapaxes(0, 1)  # fmt: skip
    right = [[100 * accuracy(net(one, data.x)[0], data.labels) for one in row] for row in theta]
    return np.array(right), np.array([[shares(net, one) for one in row] for row in theta])

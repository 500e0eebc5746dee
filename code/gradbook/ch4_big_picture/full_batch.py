"""A small network that learns digits by full-batch gradient descent, at rates measured in its own 2/λ_max: many at once."""

from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, tanh, xavier_normal
from gradbook.ch4_big_picture.many_nets import cross_entropy_slope, forward, squared_error_slope
from gradbook.ch4_big_picture.sharpness import Points, length, sharpest
from gradbook.data import digits

type Floats = NDArray[np.float64]
type Loss = Literal["squared", "entropy"]

NET: Final = Network([Dense(64, 12, xavier_normal), Activation(tanh), Dense(12, 10, xavier_normal)])
EXAMPLES, STEPS, EVERY = 64, 250, 10  # λ_max is taken every so many steps
ESCAPED = 1e6  # a network with so long a gradient will not come back, and stays where it is
PARTS: Final = np.array([1 / 16, 1 / 4, 1 / 2, 1, 1.5, 2, 4, 8, 16])  # rates over 2/λ_max at the start
FOLLOWED: Final = (2, 3, 4, 5)  # those rates along which λ_max is taken: ½ … 2


@dataclass(frozen=True)
class Examples:
    """Of all seeds: x (seeds, 1, EXAMPLES, 64) with mean 0 in each pixel, labels, and the labels as ones and zeros."""

    x: Floats
    labels: NDArray[np.int64]
    targets: Floats

    def gradient(self, loss: Loss, theta: Points) -> Points:
        """∂C/∂θ of networks θ (seeds, rates, size) on all examples."""
        y, back = forward(NET, theta, self.x)
        return back(cross_entropy_slope(y, self.labels) if loss == "entropy" else squared_error_slope(y, self.targets))

    def losses(self, loss: Loss, theta: Points) -> Floats:
        """The mean loss of each network, (seeds, rates)."""
        y, _ = forward(NET, theta, self.x)
        if loss == "squared":
            each = 0.5 * ((y - self.targets) ** 2).sum(axis=-1)
        else:
            y = y - y.max(axis=-1, keepdims=True)
            each = np.log(np.exp(y).sum(axis=-1)) - (y * self.targets).sum(axis=-1)
        return np.asarray(each.mean(axis=-1))


def examples(seeds: tuple[int, ...]) -> Examples:
    drawn = [digits().drawn(EXAMPLES, np.random.default_rng(seed)) for seed in seeds]
    x = np.stack([one.x.astype(np.float64) - one.x.astype(np.float64).mean(axis=0) for one in drawn])
    labels = np.stack([one.labels for one in drawn])[:, None]
    return Examples(x[:, None], labels, np.eye(10)[labels])


@dataclass(frozen=True)
class Run:
    """Training with one loss."""

    lam: Floats  # λ_max at the start, (seeds,)
    first: Floats  # loss at the start, (seeds,)
    last: Floats  # loss after STEPS, (seeds, rates)
    edge: Floats  # η λ_max / 2 along the way, (times, seeds, followed rates)
    slope: Floats  # ‖∇C‖ along the way, (times, seeds, rates)


def run(loss: Loss, seeds: tuple[int, ...]) -> Run:
    """Gradient descent from one start for each seed, at every rate."""
    data = examples(seeds)
    gradient = partial(data.gradient, loss)
    theta = np.stack([NET.init(np.random.default_rng([seed, 4]), np.float64) for seed in seeds])[:, None]
    lam, v = sharpest(gradient, theta, np.random.default_rng(4).normal(size=theta.shape), 80)
    first = data.losses(loss, theta)[:, 0]
    eta = PARTS * 2 / lam  # (seeds, rates)
    theta, v = np.repeat(theta, len(PARTS), axis=1), np.repeat(v, len(FOLLOWED), axis=1)
    edge, slope = [], []
    for t in range(STEPS + 1):
        grad = gradient(theta)
        stays = length(grad) > ESCAPED  # so no network leaves the finite numbers
        if t % EVERY == 0:
            slope.append(length(grad)[..., 0])
            followed, v = sharpest(gradient, theta[:, FOLLOWED], v, 3)
            edge.append(eta[:, FOLLOWED] * followed / 2)
        if t < STEPS:
            theta = np.where(stays, theta, theta - eta[..., None] * grad)
    last = np.where(stays[..., 0], np.inf, data.losses(loss, theta))
    return Run(lam[:, 0], first, last, np.array(edge), np.array(slope))

"""Small networks of ReLUs, leaky ReLUs or maxouts on digits, trained side by side, and what their units do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Array, Dense, Layer, Network, accuracy, he_normal, leaky_relu, lecun_normal, relu
from deepgrad.signatures import Elementwise, Op, Pullback, Real
from gradbook.ch4_big_picture.many_nets import train
from gradbook.data import Split, digits
from gradbook.sweep import sweep

DEPTH: Final = 3  # hidden layers
WIDTH: Final = 32
ETAS: Final = (0.1, 0.2, 0.4, 0.8)
STEPS, BATCH = 200, 32
type Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """What the hidden units are: `leak` is the slope below 0 (0: a ReLU), unless they are maxouts of two pieces."""

    leak: float = 0.0
    maxout: bool = False
    width: int = WIDTH

    def network(self) -> Network:
        """64 inputs, DEPTH hidden layers, 10 outputs; He's weights, for maxouts 1/n, since E[max(z₁, z₂)²] = 1, not ½."""
        init = lecun_normal if self.maxout else he_normal
        f: Op = larger_half if self.maxout else rectifier(self.leak)
        layers: list[Layer] = []
        for fan_in in (64, *[self.width] * (DEPTH - 1)):
            layers += [Dense(fan_in, (1 + self.maxout) * self.width, init), Activation(f)]
        return Network([*layers, Dense(self.width, 10, he_normal)])


def rectifier(leak: float) -> Elementwise:
    return leaky_relu(leak) if leak else relu


LEAKS: Final = (0.0, 0.01, 0.1, 0.3)
RELU, LEAKY = Kind(), Kind(leak=0.01)
MAXOUT, NARROW_MAXOUT = (
    Kind(maxout=True),
    Kind(maxout=True, width=20),
)  # as wide as the others, as many parameters as they
KINDS: Final = (*(Kind(leak) for leak in LEAKS), MAXOUT, NARROW_MAXOUT)


def larger_half(z: Array) -> tuple[Array, Pullback]:
    """What a `Maxout` of two pieces does behind its matrix product: z (…, 2 · units) -> y (…, units)."""
    one, other = np.split(z, 2, axis=-1)
    first = one >= other

    def back(dy: Real) -> Array:
        return np.concatenate([dy * first, dy * ~first], axis=-1)

    return np.maximum(one, other), back


def slowing(theta: Array, grad: Array, state: int | None = None, *, eta: Any) -> tuple[Array, int]:
    """SGD at a rate that falls evenly to 0, so that the last minibatches do not decide where a network ends."""
    step = state or 0
    return theta - eta * np.float32(1 - step / STEPS) * grad, step + 1


@dataclass(frozen=True)
class Outcome:
    """What became of the networks of one kind; (seeds, rates) in percent, or (seeds, rates, layers)."""

    right: Floats  # of the test examples
    dead: Floats  # hidden units through which no training example sends a gradient
    one_sided: Floats  # hidden units of which all training examples meet the same piece: over the data a straight line
    burst: Floats  # 100 where a network left the finite numbers, 0 elsewhere
    zero: Floats  # percent of a layer's outputs that are 0
    lean: Floats  # mean over standard deviation of a layer's outputs
    zero_start: Floats  # before training, (seeds, layers)
    lean_start: Floats


def outcomes(seeds: Sequence[int] = range(20)) -> dict[Kind, Outcome]:
    """All kinds; asked for by several experiments, and kept on disk."""
    return dict(zip(KINDS, sweep(outcome, [(kind, tuple(seeds)) for kind in KINDS]), strict=True))


def outcome(setting: tuple[Kind, tuple[int, ...]]) -> Outcome:
    """Every seed has weights, batches and a split of the digits of its own, the same for all kinds."""
    kind, seeds = setting
    net, splits = kind.network(), [split(seed) for seed in seeds]
    start = [net.init(np.random.default_rng(seed)) for seed in seeds]
    theta = train(
        net, start, [one.x for one in splits], [one.labels for one in splits], ETAS,
        optimizer=slowing, steps=STEPS, batch=BATCH, seeds=seeds,
    )  # fmt: skip
    looks = [[look(net, kind, own, one) for own in (start[k], *theta[k])] for k, one in enumerate(splits)]
    single = np.array([[one[:4] for one in row] for row in looks])  # (seeds, start and rates, 4)
    layers = np.array([[one[4:] for one in row] for row in looks])  # (seeds, start and rates, 2, layers)
    return Outcome(
        *np.moveaxis(single[:, 1:], 2, 0), *np.moveaxis(layers[:, 1:], 2, 0), *np.moveaxis(layers[:, 0], 1, 0)
    )


def split(seed: int) -> Split:
    return digits().drawn(len(digits().x), np.random.default_rng([seed, 5]))


def look(net: Network, kind: Kind, theta: Array, data: Split) -> tuple[float, float, float, float, Floats, Floats]:
    """What an Outcome has of one network; numbers that were not finite stand as 0."""
    burst = not np.isfinite(theta).all()
    theta = np.nan_to_num(theta, posinf=0, neginf=0)
    hidden = [k for k, layer in enumerate(net.layers) if isinstance(layer, Activation)]
    with np.errstate(over="ignore", invalid="ignore"):
        scores, _ = net(theta, data.x_test)
        hs, _ = net.trace(theta, data.x)
        dead, one_sided = np.concatenate([used_slopes(kind, hs[k]) for k in hidden], axis=1)
        outputs = [np.nan_to_num(hs[k + 1].astype(np.float64)) for k in hidden]
    zero = np.array([100 * (y == 0).mean() for y in outputs])
    lean = np.array([y.mean() / (y.std() or np.inf) for y in outputs])
    right = accuracy(np.nan_to_num(scores), data.labels_test)
    return 100 * right, 100 * dead.mean(), 100 * one_sided.mean(), 100.0 * burst, zero, lean


def used_slopes(kind: Kind, z: Array) -> NDArray[np.bool_]:
    """(dead, one-sided) of each unit, z of a hidden layer, its examples in rows -> (2, units).

    dead: its gradient is 0 for every example; one-sided: all examples meet the same piece of it.
    """
    y, back = larger_half(z) if kind.maxout else rectifier(kind.leak)(z)
    slopes = back(np.ones_like(y)).reshape(len(z), 1 + kind.maxout, -1)
    return np.stack([(slopes == 0).all(axis=(0, 1)), (slopes == slopes[0]).all(axis=(0, 1))])


def chosen(found: Outcome) -> int:
    """The rate with the best test accuracy, mean over the seeds: one for all of them, and each kind its own."""
    return int(np.argmax(found.right.mean(axis=0)))


def tuned(found: Outcome, what: str = "right") -> Floats:
    """What is measured of each seed at the chosen rate: (seeds,) or (seeds, layers)."""
    values: Floats = getattr(found, what)[:, chosen(found)]
    return values

"""The deep networks of this chapter's sections on what depth costs: plain and with skip connections, trained and sliced."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from deepgrad import (
    Activation,
    Array,
    Dense,
    Layer,
    Network,
    Residual,
    accuracy,
    adam,
    filter_normalized_direction,
    fit,
    he_normal,
    moons,
    normal,
    relu,
    roughness,
    spirals,
)
from gradbook.together import Start, cross_entropy, fit_together, outputs

Kind = Literal["plain", "skip", "skip unscaled"]
Toy = Literal["spirals", "moons"]
WIDTHS: dict[Toy, int] = {"spirals": 16, "moons": 32}
POINTS, STEPS, BATCH, ETA = 150, 200, 50, 3e-3
REACH, PLACES, LINES = 0.5, 25, 4  # of a slice: how far it goes either way, how many losses on it, how many slices
FLOOR = 1e-6  # added to losses before their logarithm


def deep_net(kind: Kind, features: int, width: int, depth: int, outputs: int) -> Network:
    """`depth` hidden ReLU layers; with skips, depth is odd: one layer, then blocks of two.

    A block adds f(x) to x. Its last weights are He's divided by the root of the number of blocks, so that adding up
    all blocks does not make the numbers grow; "skip unscaled" leaves them as they are.
    """
    layers: list[Layer] = [Dense(features, width, he_normal), Activation(relu)]
    if kind == "plain":
        for _ in range(depth - 1):
            layers += [Dense(width, width, he_normal), Activation(relu)]
    else:
        blocks = (depth - 1) // 2
        shrink = blocks if kind == "skip" else 1
        for _ in range(blocks):
            branch: list[Layer] = [
                Dense(width, width, he_normal),
                Activation(relu),
                Dense(width, width, normal((2 / width / shrink) ** 0.5)),
            ]
            layers += [Residual(branch), Activation(relu)]
    return Network([*layers, Dense(width, outputs, he_normal)])


@dataclass(frozen=True)
class Toys:
    """Which network on which points: all that fixes a trained one."""

    kind: Kind
    depth: int
    seed: int
    toy: Toy = "spirals"
    longer: int = 1


type Net = tuple[Network, Array, Array, Array, np.random.Generator]  # θ, points, labels, random numbers left


def drawn(toys: Toys) -> Net:
    """Before training: the seed fixes points, initial weights, batches."""
    rng = np.random.default_rng([toys.seed, toys.depth])
    x, labels = spirals(rng, POINTS) if toys.toy == "spirals" else moons(rng, POINTS, 0.15)
    x = (2 * x if toys.toy == "spirals" else x).astype(np.float32)
    net = deep_net(toys.kind, 2, WIDTHS[toys.toy], toys.depth, int(labels.max()) + 1)
    return net, net.init(rng), x, labels, rng


def trained(toys: Toys) -> Net:
    net, theta, x, labels, rng = drawn(toys)
    found = fit(net, theta, x, labels, optimizer=partial(adam, eta=ETA), steps=STEPS * toys.longer,
                batch_size=BATCH, rng=rng)  # fmt: skip
    return net, found.theta, x, labels, rng


def trained_together(runs: Sequence[Toys]) -> list[Net]:
    """What `trained` finds for each, up to rounding; they differ only in the seed."""
    nets = [drawn(toys) for toys in runs]
    starts = [Start(theta, x, labels, rng, ETA) for _, theta, x, labels, rng in nets]
    found = fit_together(nets[0][0], starts, optimizer=adam, steps=STEPS * runs[0].longer, batch_size=BATCH)
    return [(net, own.theta, x, labels, rng) for (net, _, x, labels, rng), own in zip(nets, found, strict=True)]


def log_loss(losses: Array) -> Array:
    """ln(loss), kept finite where the loss is 0."""
    return np.log(losses + FLOOR)


def ruggedness(runs: Sequence[Toys]) -> list[tuple[float, float, float]]:
    """(roughness of ln loss, powers of ten the loss climbs, training accuracy in percent) of each run, the first two
    averaged over filter-normalized lines through the trained θ; the runs differ only in the seed."""
    found = []
    for net, theta, x, labels, rng in trained_together(runs):
        rough, climb = [], []
        for _ in range(LINES):
            logs = log_loss(losses_along(net, theta, x, labels, filter_normalized_direction(net, theta, rng)))
            rough.append(roughness(logs))
            climb.append(float(np.ptp(logs)) / np.log(10))
        scores, _ = net(theta, x)
        found.append((float(np.mean(rough)), float(np.mean(climb)), 100 * accuracy(scores, labels)))
    return found


def losses_along(net: Network, theta: Array, x: Array, labels: Array, direction: Array) -> Array:
    """`loss_slice` along one direction: (PLACES,)."""
    places = np.linspace(-REACH, REACH, PLACES, dtype=theta.dtype)
    return losses_at(net, theta + places[:, None] * direction, x, labels)


def losses_at(net: Network, thetas: Array, x: Array, labels: Array) -> Array:
    """The mean cross-entropy at each θ, (thetas,), in a fraction of the time that one after another takes."""
    losses, _ = cross_entropy(outputs(net, thetas, x), np.tile(labels, (len(thetas), 1)))
    return losses.astype(np.float64)

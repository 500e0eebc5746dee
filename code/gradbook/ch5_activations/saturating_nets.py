"""Networks of sigmoids or tanhs in training, watched for saturated units: who is saturated, who comes back, whose weights move."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Array, Dense, Layer, Network, adam, normal, sgd, sigmoid, tanh
from gradbook.ch4_big_picture.many_nets import cross_entropy_slope, forward
from gradbook.data import digits
from gradbook.memo import recall
from gradbook.sweep import sweep

type Floats = NDArray[np.float64]

WIDTH, HIDDEN, IMAGES, BATCH, STEPS = 32, 3, 128, 32, 200
PART: Final = 0.04  # saturated: the slope lies below this part of its largest; for σ that is chapter 4's 0.01
TOPS: Final = {"sigmoid": 0.25, "tanh": 1.0}
FUNCTIONS: Final[dict[str, Any]] = {"sigmoid": sigmoid, "tanh": tanh}
WEIGHTS: Final = ("Xavier", "one")  # the hidden weights' standard deviation: 1/√fan_in, or 1
TRIED: Final = (("Xavier", "SGD"), ("one", "SGD"), ("one", "Adam"))
RATES: Final = {"SGD": (0.1, 0.3, 1.0, 3.0), "Adam": (0.003, 0.01, 0.03, 0.1)}
OPTIMIZERS: Final[dict[str, Callable[..., Any]]] = {"SGD": sgd, "Adam": adam}
LOOKS: Final = (0, 1, 2, 5, 10, 20, 50, 100, 150, 200)  # steps after which we look
GROUPS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)  # units by the share of images for which they start saturated; then: all


@dataclass(frozen=True)
class Watched:
    """Networks of one setting, (rates, seeds, …); percentages and plain numbers."""

    share: Floats  # saturated (unit, image) pairs, percent, (…, looks, layers)
    mean: Floats  # of the outputs, (…, looks, layers)
    off: Floats  # root mean square over units of their own mean output, (…, looks, layers)
    kept: Floats  # of the pairs saturated at the start, percent saturated at every look so far, (…, looks)
    kept_units: Floats  # the same for units that start saturated for all images; NaN where there is none
    moved: Floats  # rms step of the incoming weights over its layer's median, by GROUPS, (…, groups); NaN where empty
    always: Floats  # how many units start saturated for all images, (…)
    frozen: Floats  # how many of these have not moved a single weight at the end, (…)
    right: Floats  # training accuracy after the last step, percent, (…)


def network(name: str, weights: str) -> Network:
    """64 inputs, HIDDEN layers of WIDTH, 10 outputs; biases 0, and the last layer always Xavier's."""
    layers: list[Layer] = []
    for fan_in in (64, *[WIDTH] * (HIDDEN - 1)):
        layers += [
            Dense(fan_in, WIDTH, normal(1.0 if weights == "one" else fan_in**-0.5)),
            Activation(FUNCTIONS[name]),
        ]
    return Network([*layers, Dense(WIDTH, 10, normal(WIDTH**-0.5))])


def slope(name: str, y: NDArray[Any]) -> NDArray[Any]:
    """σ′ = σ (1 − σ) or tanh′ = 1 − tanh², from the value, over its largest."""
    return np.asarray(4 * y * (1 - y) if name == "sigmoid" else 1 - y * y)


def edge(name: str) -> float:
    """The |z| beyond which a unit is saturated: tanh′(u) = PART there, and σ′(2u) = ¼ tanh′(u)."""
    u = float(np.arctanh(np.sqrt(1 - PART)))
    return 2 * u if name == "sigmoid" else u


def activations(net: Network, theta: Array, x: Array) -> list[Array]:
    """The outputs of every hidden layer, of many networks: θ (seeds, rates, size), x (images, features)."""
    start, h, found = 0, np.broadcast_to(x, (theta.shape[0], 1, *x.shape)), []
    for k in range(0, 2 * HIDDEN, 2):
        part = Network(net.layers[k : k + 2])
        h, _ = forward(part, theta[..., start : start + part.size], h)
        start += part.size
        found.append(h)
    return found


def watch(setting: tuple[str, str, str, tuple[int, ...]]) -> Watched:
    """Train the networks of all seeds and rates of a setting (activation, weights, optimizer, seeds)."""
    name, weights, optimizer, seeds = setting
    net, data, etas = network(name, weights), digits(), RATES[optimizer]
    start = np.stack([net.init(np.random.default_rng([seed, 52])) for seed in seeds])[:, None]
    theta = np.repeat(start, len(etas), axis=1)
    step = partial(inspect.unwrap(OPTIMIZERS[optimizer]), eta=np.asarray(etas, theta.dtype)[:, None])
    state = None
    rngs = [np.random.default_rng([seed, 77]) for seed in seeds]
    rows: list[tuple[NDArray[Any], ...]] = []
    first: NDArray[Any] = np.empty(0)
    still, units = first, first
    for t in range(STEPS + 1):
        if t in LOOKS:
            hs = np.stack(activations(net, theta, data.x[:IMAGES]), axis=2)  # (seeds, rates, layers, images, units)
            flat = slope(name, hs) < PART
            if t == 0:
                still, units, first = flat, flat.all(axis=-2), flat
            still, units = still & flat, units & flat.all(axis=-2)
            own = hs.mean(axis=-2, dtype=np.float64)  # of each unit
            rows.append((100 * flat.mean(axis=(-2, -1)), own.mean(axis=-1), np.sqrt((own**2).mean(axis=-1)),
                         still.sum(axis=(-3, -2, -1)), units.sum(axis=(-2, -1))))  # fmt: skip
        if t == STEPS:
            break
        chosen = np.stack([rng.choice(len(data.x), BATCH, replace=False) for rng in rngs])
        y, back = forward(net, theta, data.x[chosen][:, None])
        theta, state = step(theta, back(cross_entropy_slope(y, data.labels[chosen][:, None])), state)
    share, mean, off, kept, kept_units = (np.stack(one, axis=2).swapaxes(0, 1) for one in zip(*rows, strict=True))
    moved, frozen = moves(net, start, theta, first.mean(axis=-2))
    scores, _ = forward(net, theta, np.broadcast_to(data.x, (len(seeds), 1, *data.x.shape)))
    with np.errstate(invalid="ignore", divide="ignore"):  # 0/0 where nothing was saturated
        return Watched(
            share, mean, off, 100 * kept / kept[..., :1], 100 * kept_units / kept_units[..., :1],
            moved.swapaxes(0, 1), kept_units[..., 0], frozen.T,
            100 * (scores.argmax(axis=-1) == data.labels).mean(axis=-1).T,
        )  # fmt: skip


def moves(net: Network, start: Array, theta: Array, share: Floats) -> tuple[Floats, Floats]:
    """How far each unit's incoming weights went over its layer's median, averaged by groups of share, (seeds, rates, groups);
    and how many units of share 1 did not move at all, (seeds, rates)."""
    there, steps = 0, []
    for layer in net.layers[: 2 * HIDDEN : 2]:
        n, m = layer.shapes()["W"]
        gone = (theta - start)[..., there : there + n * m].reshape(*theta.shape[:2], n, m)
        length = np.sqrt((gone.astype(np.float64) ** 2).mean(axis=-2))
        steps.append(length / np.median(length, axis=-1, keepdims=True))
        there += n * m + m
    ratio, group = np.stack(steps, axis=2), np.digitize(share, GROUPS)  # group 5: share = 1
    found = np.full((*theta.shape[:2], len(GROUPS)), np.nan)
    for k in range(1, len(GROUPS) + 1):
        count = (group == k).sum(axis=(-2, -1))
        total = np.where(group == k, ratio, 0).sum(axis=(-2, -1))
        found[..., k - 1] = np.divide(total, count, where=count > 0, out=found[..., k - 1])
    return found, ((group == len(GROUPS)) & (ratio == 0)).sum(axis=(-2, -1)).astype(np.float64)


def watch_all(seeds: tuple[int, ...]) -> dict[tuple[str, str, str], Watched]:
    """(activation, weights, optimizer) → its networks."""
    settings = [(f, *tried) for f in FUNCTIONS for tried in TRIED]
    return dict(zip(settings, sweep(watch, [(*s, seeds) for s in settings]), strict=True))


def watched(seeds: Sequence[int]) -> dict[tuple[str, str, str], Watched]:
    """The same from disk if it was computed before: two experiments look at these networks."""
    return recall(watch_all, seeds=tuple(seeds))


def best(one: Watched) -> int:
    """The rate with the best mean training accuracy."""
    return int(one.right.mean(axis=1).argmax())

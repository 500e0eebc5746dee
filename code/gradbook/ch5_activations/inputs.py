"""Five ways to hand inputs to a network, and a race between them: who needs how many steps to a given training loss."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deepgrad import (
    Activation,
    Array,
    Dense,
    Network,
    accuracy,
    adam,
    center,
    he_normal,
    relu,
    sgd,
    standardize,
    whiten,
    zeros,
)
from deepgrad.preprocessing import Transform
from gradbook import style
from gradbook.ch4_big_picture.many_nets import cross_entropy_slope, train
from gradbook.data import Split
from gradbook.text import Text

type Floats = NDArray[np.float64]
type Seen = Callable[[Split], Array]  # which examples the statistics are taken from

EPS: Final = 1e-5  # what the lecture adds to each variance before it divides
PILOTS: Final = range(900, 901)  # the seed that chooses the rates and is not measured
OPTIMIZERS: Final[dict[str, Callable[..., Any]]] = {"SGD": sgd, "Adam": adam}


def untouched(x: Array) -> Transform:
    return lambda new: new


def one_mean(x: Array) -> Transform:
    """One number for all features: the gray of a mean pixel."""
    mean = x.mean(dtype=np.float64)
    return lambda new: np.asarray(new - mean, new.dtype)


WAYS: Final[dict[str, Callable[[Array], Transform]]] = {
    "raw": untouched,
    "one mean": one_mean,
    "centered": center,
    "standardized": standardize,
    "whitened": partial(whiten, eps=EPS),
}
NAMES: Final = {
    "raw": Text("그대로", "raw"),
    "one mean": Text("평균 하나", "one mean"),
    "centered": Text("중심화", "centered"),
    "standardized": Text("표준화", "standardized"),
    "whitened": Text("화이트닝", "whitened"),
}
LOOKS: Final[dict[str, dict[str, Any]]] = {
    "raw": {"color": style.MUTED, "marker": "o", "linestyle": "-"},
    "one mean": {"color": style.SKY, "marker": "v", "linestyle": ":"},
    "centered": {"color": style.BLUE, "marker": "s", "linestyle": "-"},
    "standardized": {"color": style.ORANGE, "marker": "^", "linestyle": "--"},
    "whitened": {"color": style.PURPLE, "marker": "D", "linestyle": "-."},
}


def second_moments(x: Array) -> Floats:
    """E[x̃ x̃ᵀ] with x̃ = (x, 1): the curvature of squared error in a unit's weights and its bias."""
    with_one = np.column_stack([x, np.ones(len(x))]).astype(float)
    return np.asarray(with_one.T @ with_one / len(x))


def spectrum(x: Array) -> Floats:
    """Its eigenvalues, the largest first, without those that are zero up to rounding."""
    found = np.linalg.eigvalsh(second_moments(x))[::-1]
    return np.asarray(found[found > 1e-10 * found[0]])


def classifier(features: int, classes: int, hidden: int = 0) -> Network:
    """Logistic regression from zero weights, or one hidden layer of ReLUs from He's."""
    if not hidden:
        return Network([Dense(features, classes, zeros)])
    return Network([Dense(features, hidden, he_normal), Activation(relu), Dense(hidden, classes, he_normal)])


def training(split: Split) -> Array:
    return split.x


def everything(split: Split) -> Array:
    """What must not be: the test examples have a say, too."""
    return np.concatenate([split.x, split.x_test])


@dataclass(frozen=True)
class Race:
    """What all runs share: the network, how it is trained, and when it has arrived."""

    hidden: int
    optimizer: str
    steps: int
    batch: int
    target: float  # mean training loss over an epoch's batches


def run(
    race: Race, way: str, splits: Sequence[Split], etas: Sequence[float], seeds: Sequence[int], seen: Seen = training
) -> tuple[Floats, Floats]:
    """(loss over the last epoch's batches at each step, (steps, seeds, rates); test accuracy in percent, (seeds, rates))."""
    transforms = [WAYS[way](seen(split)) for split in splits]
    x = [f(split.x) for f, split in zip(transforms, splits, strict=True)]
    net = classifier(x[0].shape[1], int(splits[0].labels.max()) + 1, race.hidden)
    heard: list[Floats] = []

    def slope(y: Array, labels: Array) -> Array:
        dy = cross_entropy_slope(y, labels)
        rows = dy.reshape(-1, dy.shape[-1])
        wrong = -rows[np.arange(len(rows)), np.broadcast_to(labels, dy.shape[:-1]).ravel()].reshape(dy.shape[:-1])
        heard.append(-np.log(np.maximum(1 - race.batch * wrong.astype(float), 1e-12)).mean(axis=-1))
        return dy

    theta = train(
        net, [net.init(np.random.default_rng(seed)) for seed in seeds], x, [split.labels for split in splits], etas,
        optimizer=OPTIMIZERS[race.optimizer], slope=slope, steps=race.steps, batch=race.batch, seeds=seeds,
    )  # fmt: skip
    epoch = len(x[0]) // race.batch
    total = np.cumsum(np.concatenate([np.zeros((1, *heard[0].shape)), heard]), axis=0)
    smooth = np.full((race.steps, *heard[0].shape), np.nan)  # before the first epoch's end nothing is known
    smooth[epoch - 1 :] = (total[epoch:] - total[:-epoch]) / epoch
    right = [
        [100 * accuracy(np.nan_to_num(net(one, f(split.x_test))[0]), split.labels_test) if np.isfinite(one).all() else 0
         for one in of_seed]
        for of_seed, f, split in zip(theta, transforms, splits, strict=True)
    ]  # fmt: skip
    return smooth, np.array(right)


def arrival(losses: Floats, target: float) -> Floats:
    """The first step at which the loss is at most the target, counted from 1; ∞ where it never is."""
    there = losses <= target
    return np.where(there.any(axis=0), 1.0 + there.argmax(axis=0), np.inf)


def best_rate(race: Race, way: str, splits: Sequence[Split], etas: Sequence[float]) -> float:
    """The rate with the fewest steps to the target (geometric mean; who does not arrive counts twice all steps).

    Where several have as few, as when none arrives, the one with the lowest last loss.
    """
    losses, _ = run(race, way, splits, etas, PILOTS)
    steps = np.log(np.minimum(arrival(losses, race.target), 2 * race.steps)).mean(axis=0)
    last = np.nan_to_num(losses[-1], nan=np.inf).mean(axis=0)
    return etas[int(np.lexsort((last, steps))[0])]

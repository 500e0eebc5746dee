"""The network that all dropout experiments of this chapter train."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepgrad import Activation, Dense, Dropout, Network, accuracy, he_normal, relu, sgd
from gradbook import memo
from gradbook.data import DataName, data
from gradbook.mask import Mask
from gradbook.stack import Member, fit_stack, sweep_stacked

ETA, BATCH = 0.2, 50
STEPS: dict[DataName, int] = {"digits": 1000, "MNIST-1D": 2000}
FULL: dict[DataName, int] = {"digits": 1297, "MNIST-1D": 4000}  # all training examples there are
DATA: tuple[DataName, ...] = ("digits", "MNIST-1D")


@dataclass(frozen=True)
class Run:
    """What to train: `examples` of a data set, two hidden layers of `width`, a dropout rate, a seed, longer or not."""

    data: DataName
    examples: int
    width: int
    rate: float
    seed: int
    longer: int = 1


Accuracies = tuple[float, float]  # on the training and on the test examples, in percent


def sweep_accuracies(runs: Sequence[Run]) -> list[Accuracies]:
    """The accuracies of all runs, in their order; each is trained once, though experiments and an exercise share some."""
    found = {run: memo.load(place(run)) for run in runs}
    missing = [run for run, (is_there, _) in found.items() if not is_there]
    trained = sweep_stacked(train_and_keep, missing, lambda run: (run.data, run.examples, run.width, run.longer))
    new = dict(zip(missing, trained, strict=True))
    return [new[run] if run in new else found[run][1] for run in runs]


def train_and_keep(runs: Sequence[Run]) -> list[Accuracies]:
    found = accuracies(runs)
    for run, right in zip(runs, found, strict=True):
        memo.store(place(run), right)
    return found


def place(run: Run) -> Path:
    """Where a run's accuracies are kept. They hang on the run alone, whichever others it is trained with."""
    return memo.where(memo.key_of([accuracies], {"run": run}), accuracies)


def accuracies(runs: Sequence[Run]) -> list[Accuracies]:
    """The accuracies of each run after plain SGD. They are trained together, so they differ only in rate and seed.

    The seed fixes which examples are learned from and which tested on, the initial weights and the batches: runs that
    differ only in rate are paired.
    """
    rngs = [np.random.default_rng([run.seed, run.examples]) for run in runs]
    splits = [data(run.data).drawn(run.examples, rng) for run, rng in zip(runs, rngs, strict=True)]
    net = network(splits[0].x.shape[1], runs[0].width)
    members = [
        Member(net.init(rng), split.x, split.labels, rng, ETA, (Mask(0.0), Mask(run.rate), Mask(run.rate)))
        for run, split, rng in zip(runs, splits, rngs, strict=True)
    ]
    found = fit_stack(net, members, STEPS[runs[0].data] * runs[0].longer, BATCH, sgd)
    return [
        (100 * accuracy(net(theta, s.x)[0], s.labels), 100 * accuracy(net(theta, s.x_test)[0], s.labels_test))
        for theta, s in zip(found, splits, strict=True)
    ]


def network(features: int, width: int, rate: float = 0.0) -> Network:
    """features-width-width-10, ReLU, dropout after each hidden layer."""
    return Network([
        Dense(features, width, he_normal), Activation(relu), Dropout(rate),
        Dense(width, width, he_normal), Activation(relu), Dropout(rate),
        Dense(width, 10, he_normal),
    ])  # fmt: skip

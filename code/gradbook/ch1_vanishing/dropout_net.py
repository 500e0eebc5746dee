"""The network that all dropout experiments of this chapter train."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from deepgrad import Activation, Dense, Dropout, Network, accuracy, fit, he_normal, relu, sgd
from gradbook.data import DataName, data
from gradbook.memo import recall

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


def accuracies(run: Run) -> tuple[float, float]:
    """Accuracy on the training and on the test examples, in percent, after plain SGD.

    The seed fixes which examples are learned from and which tested on, the initial weights and the batches: runs that
    differ only in rate are paired.
    """
    rng = np.random.default_rng([run.seed, run.examples])
    chosen = data(run.data).drawn(run.examples, rng)
    net = network(chosen.x.shape[1], run.width, run.rate)
    trained = fit(
        net, net.init(rng), chosen.x, chosen.labels,
        optimizer=partial(sgd, eta=ETA), steps=STEPS[run.data] * run.longer, batch_size=BATCH, rng=rng,
    )  # fmt: skip
    on_training, _ = net(trained.theta, chosen.x)
    on_test, _ = net(trained.theta, chosen.x_test)
    return 100 * accuracy(on_training, chosen.labels), 100 * accuracy(on_test, chosen.labels_test)


def known(run: Run) -> tuple[float, float]:
    """`accuracies`, each run once: `dropout_rates`, `scarcity` and an exercise have some in common."""
    return recall(accuracies, run=run)


def network(features: int, width: int, rate: float) -> Network:
    """features-width-width-10, ReLU, dropout after each hidden layer."""
    return Network([
        Dense(features, width, he_normal), Activation(relu), Dropout(rate),
        Dense(width, width, he_normal), Activation(relu), Dropout(rate),
        Dense(width, 10, he_normal),
    ])  # fmt: skip

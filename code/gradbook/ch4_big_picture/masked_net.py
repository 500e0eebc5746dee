"""The network that this chapter's dropout experiments train, and what it comes to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, accuracy, adam, he_normal, relu, softmax_cross_entropy
from gradbook.data import DataName, Split, data
from gradbook.mask import Mask
from gradbook.stack import Member, fit_stack, sweep_stacked

WIDTH, STEPS, BATCH, EXAMPLES = 64, 500, 50, 1000
ETAS = (0.003, 0.01, 0.03)  # for Adam
TUNING = (9001, 9002)  # seeds that choose the rate, and are used for nothing else


@dataclass(frozen=True)
class Run:
    mask: Mask
    eta: float
    seed: int
    data: DataName = "MNIST-1D"
    examples: int = EXAMPLES
    steps: int = STEPS


def network(features: int, mask: Mask) -> Network:
    """features-64-64-10, ReLU: chapter 1's network with a mask after each hidden layer."""
    return Network([
        Dense(features, WIDTH, he_normal), Activation(relu), mask,
        Dense(WIDTH, WIDTH, he_normal), Activation(relu), mask,
        Dense(WIDTH, 10, he_normal),
    ])  # fmt: skip


def outcomes(runs: Sequence[Run]) -> list[list[float]]:
    """What becomes of each run. They are trained together, so they have the same data, number of examples and steps."""
    rngs = [np.random.default_rng([run.seed, run.examples]) for run in runs]
    splits = [data(run.data).drawn(run.examples, rng) for run, rng in zip(runs, rngs, strict=True)]
    net = network(splits[0].x.shape[1], Mask(0.0))
    members = [
        Member(net.init(rng), split.x, split.labels, rng, run.eta, (Mask(0.0), run.mask, run.mask))
        for run, split, rng in zip(runs, splits, rngs, strict=True)
    ]
    found = fit_stack(net, members, runs[0].steps, BATCH, adam)
    return [outcome(net, theta, split, run.mask.rate) for run, theta, split in zip(runs, found, splits, strict=True)]


def outcome(net: Network, theta: NDArray[np.floating], split: Split, rate: float) -> list[float]:
    """Accuracy (percent) on training and test examples and test loss; then accuracy and loss with units held back in testing."""
    scores = [net(theta, x)[0] for x in (split.x, split.x_test)]
    held_back = theta.copy()
    for layer in (3, 6):  # halving what enters a layer is halving its weights
        net.views(held_back)[layer]["W"][...] *= 1 - rate
    scores.append(net(held_back, split.x_test)[0])
    right = [100 * accuracy(y, to) for y, to in zip(scores, (split.labels, split.labels_test, split.labels_test), strict=True)]  # fmt: skip
    loss = [float(softmax_cross_entropy(y, split.labels_test)[0]) for y in scores[1:]]
    return [right[0], right[1], loss[0], right[2], loss[1]]


def sweep_outcomes(runs: Sequence[Run]) -> NDArray[np.float64]:
    """The outcomes of all runs, in their order: (runs, 5)."""
    return np.array(sweep_stacked(outcomes, runs, lambda run: (run.data, run.examples, run.steps)))


def best_rates(runs: Sequence[Run]) -> list[float]:
    """For each setting the rate of ETAS with the highest accuracy on examples not learned from, over seeds set aside."""
    tried = [replace(run, eta=eta, seed=seed) for run in runs for eta in ETAS for seed in TUNING]
    right = np.reshape(sweep_outcomes(tried)[:, 1], (len(runs), len(ETAS), len(TUNING))).mean(axis=2)
    return [ETAS[k] for k in right.argmax(axis=1)]

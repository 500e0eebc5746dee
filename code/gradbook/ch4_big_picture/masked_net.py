"""The network that this chapter's dropout experiments train, and its mask: dropout, and things one might take for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from deepgrad import Activation, Dense, Network, accuracy, adam, dropout, fit, he_normal, relu, softmax_cross_entropy
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Array, Params
from gradbook.data import DataName, data
from gradbook.sweep import sweep

WIDTH, STEPS, BATCH, EXAMPLES = 64, 500, 50, 1000
ETAS = (0.003, 0.01, 0.03)  # for Adam
TUNING = (9001, 9002)  # seeds that choose the rate, and are used for nothing else


@dataclass(frozen=True)
class Mask:
    """While training: units dropped on the way forward and back; or on the way back only; or dropped but not rescaled.

    The same seed drops the same units in all three.
    """

    rate: float
    forward: bool = True
    rescaled: bool = True

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        pass

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        y, masked = (x, same_back) if not train or rng is None else dropout(x, self.rate, rng)
        size = 1.0 if self.rescaled or not train else 1 - self.rate

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            return np.asarray(masked(dy) * dy.dtype.type(size))

        return (y * x.dtype.type(size) if self.forward else x), back


def same_back(dy: Array) -> Array:
    return dy


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


def outcome(run: Run) -> list[float]:
    """Accuracy (percent) on training and test examples and test loss; then accuracy and loss with units held back in testing."""
    rng = np.random.default_rng([run.seed, run.examples])
    chosen = data(run.data).drawn(run.examples, rng)
    net = network(chosen.x.shape[1], run.mask)
    found = fit(net, net.init(rng), chosen.x, chosen.labels, rng=rng, optimizer=partial(adam, eta=run.eta),
                steps=run.steps, batch_size=BATCH)  # fmt: skip
    scores = [net(found.theta, x)[0] for x in (chosen.x, chosen.x_test)]
    held_back = found.theta.copy()
    for layer in (3, 6):  # halving what enters a layer is halving its weights
        net.views(held_back)[layer]["W"][...] *= 1 - run.mask.rate
    scores.append(net(held_back, chosen.x_test)[0])
    right = [100 * accuracy(y, to) for y, to in zip(scores, (chosen.labels, chosen.labels_test, chosen.labels_test), strict=True)]  # fmt: skip
    loss = [float(softmax_cross_entropy(y, chosen.labels_test)[0]) for y in scores[1:]]
    return [right[0], right[1], loss[0], right[2], loss[1]]


def best_rates(runs: Sequence[Run]) -> list[float]:
    """For each setting the rate of ETAS with the highest accuracy on examples not learned from, over seeds set aside."""
    tried = [replace(run, eta=eta, seed=seed) for run in runs for eta in ETAS for seed in TUNING]
    right = np.reshape(np.array(sweep(outcome, tried))[:, 1], (len(runs), len(ETAS), len(TUNING))).mean(axis=2)
    return [ETAS[k] for k in right.argmax(axis=1)]

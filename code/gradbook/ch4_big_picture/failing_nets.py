"""One network on one data set, in eight combinations of the post's three cures: ReLU, Adam, dropout."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deepgrad import (
    Activation,
    Dense,
    Dropout,
    LayerDiagnosis,
    Network,
    Step,
    accuracy,
    adam,
    diagnose,
    fit,
    he_normal,
    relu,
    sgd,
    sigmoid,
    xavier_normal,
)
from gradbook.data import data

DEPTH, WIDTH, RATE = 4, 32, 0.1  # hidden layers, units in each, dropout rate
EXAMPLES, STEPS, PATIENCE, BATCH = 300, 150, 5, 50  # patience: so many times the steps
ETA, ETA_ADAM = 0.035, 0.005  # all of this was chosen with seeds from 9000, which are used for nothing else
LOOKS = (*range(5, 60, 5), *range(60, STEPS, 15), *range(STEPS, PATIENCE * STEPS + 1, STEPS // 3))  # at the accuracies


@dataclass(frozen=True)
class Plan:
    """Which of the three cures a training uses."""

    relu: bool = False
    adam: bool = False
    dropout: bool = False


UNDER, SLOW, OVER = (
    Plan(),
    Plan(relu=True),
    Plan(relu=True, adam=True),
)  # the three failures: each is the last one, cured


def network(plan: Plan) -> Network:
    """40 numbers of MNIST-1D, DEPTH hidden layers, 10 scores."""
    f, init = (relu, he_normal) if plan.relu else (sigmoid, xavier_normal)
    sizes = [40] + [WIDTH] * DEPTH
    hidden = [
        layer
        for fan_in, fan_out in pairwise(sizes)
        for layer in (Dense(fan_in, fan_out, init), Activation(f), Dropout(RATE if plan.dropout else 0.0))
    ]
    return Network([*hidden, Dense(WIDTH, 10, xavier_normal)])


@dataclass(frozen=True)
class Story:
    """How one training went: accuracies in percent after the steps in LOOKS, and the first batch's diagnosis."""

    step: NDArray[np.int64]
    train: NDArray[np.float64]
    test: NDArray[np.float64]
    gradient: NDArray[np.float64]  # ‖∂C/∂θ‖ of each dense layer before the first step
    update: NDArray[np.float64]  # η ‖∂C/∂W‖ / ‖W‖ of each dense layer, for the η of SGD


def story(run: tuple[Plan, int, int]) -> Story:
    """(plan, seed, how many times the steps). The seed draws examples, initial weights and batches, for all plans alike."""
    plan, seed, longer = run
    rng = np.random.default_rng(seed)
    split = data("MNIST-1D").drawn(EXAMPLES, rng)
    net = network(plan)
    start = net.init(rng)

    seen: list[tuple[int, float, float]] = []

    def look(step: Step) -> None:
        if step.number in LOOKS:
            train, test = net(step.theta, split.x)[0], net(step.theta, split.x_test)[0]
            seen.append((step.number, 100 * accuracy(train, split.labels), 100 * accuracy(test, split.labels_test)))

    fit(
        net, start, split.x, split.labels, rng=rng, steps=STEPS * longer, batch_size=BATCH, callback=look,
        optimizer=partial(adam, eta=ETA_ADAM) if plan.adam else partial(sgd, eta=ETA),
    )  # fmt: skip
    step, train, test = (np.array(column) for column in zip(*seen, strict=True))
    layers = dense_layers(diagnose(net, start, split.x[:BATCH], split.labels[:BATCH], eta=ETA))
    gradients, updates = ([getattr(d, name) for d in layers] for name in ("gradient", "update_to_weight"))
    return Story(step, train, test, np.array(gradients), np.array(updates))


def dense_layers(found: list[LayerDiagnosis]) -> list[LayerDiagnosis]:
    """Of the layers those that have weights."""
    return [d for d in found if d.update_to_weight is not None]

"""Six optimizers at thirteen rates on eight problems: what is left of the loss."""

import numpy as np
from numpy.typing import NDArray

from deepgrad import Array, accuracy, softmax_cross_entropy, squared_error
from gradbook.ch3_weights.bowl import OPTIMIZERS, Name
from gradbook.ch4_big_picture.eight_problems import Problem, Task, task
from gradbook.ch4_big_picture.many_nets import forward, train

STEPS = 150
POWERS = np.arange(-8, 5) / 2  # of ten: two rates a decade, from 0.0001 to 100
ETAS = 10**POWERS
SOLVED = 1e-3  # losses below this share of the first one count as this share: the problem is solved


def outcome(setting: tuple[Problem, Name, tuple[int, ...]]) -> NDArray[np.float64]:
    """(final loss over the first, SOLVED … 1; test accuracy in percent, NaN where nothing is tested): (2, seeds, rates).

    What leaves the finite numbers, or ends above where it started, has learned nothing: it counts as its start.
    """
    problem, name, seeds = setting
    tasks = [task(problem, seed) for seed in seeds]
    theta = train(
        tasks[0].net, [one.theta for one in tasks], [one.x for one in tasks], [one.targets for one in tasks],
        ETAS.tolist(), optimizer=OPTIMIZERS[name], slope=tasks[0].slope, steps=STEPS, batch=tasks[0].batch, seeds=seeds,
    )  # fmt: skip
    found = np.empty((2, *theta.shape[:2]))
    for k, one in enumerate(tasks):
        starts = losses(one, one.theta[None], one.x, one.targets)
        found[0, k] = np.clip(losses(one, theta[k], one.x, one.targets) / starts, SOLVED, 1)
        found[1, k] = np.nan if one.test is None else rights(one, theta[k], *one.test)
    return found


def outputs(one: Task, theta: Array, x: Array) -> Array:
    """(networks, examples, …) of networks θ (networks, size)."""
    with np.errstate(over="ignore", invalid="ignore"):
        y, _ = forward(one.net, theta[None], x[None, None])
    return np.asarray(y[0])


def losses(one: Task, theta: Array, x: Array, targets: Array) -> NDArray[np.float64]:
    """The mean loss of each network, ∞ where it left the finite numbers."""
    of = squared_error if one.test is None else softmax_cross_entropy
    with np.errstate(over="ignore"):
        return np.array([of(y, targets)[0] if np.isfinite(y).all() else np.inf for y in outputs(one, theta, x)])


def rights(one: Task, theta: Array, x: Array, labels: Array) -> NDArray[np.float64]:
    """Accuracy of each network in percent; one that left the finite numbers gives the first class."""
    return np.array([100 * accuracy(np.nan_to_num(y), labels) for y in outputs(one, theta, x)])

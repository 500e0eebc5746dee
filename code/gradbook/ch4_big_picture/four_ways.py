"""Four ways on from SGD, which all read as many examples: the same SGD, the full batch, falling rates, growing batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from deepgrad import Network
from gradbook.ch4_big_picture.batches import Task, descend, digits_net, single_layer
from gradbook.ch4_big_picture.many_nets import Floats
from gradbook.data import DataName
from gradbook.stats import Estimate, mean_interval

Problem = Literal["cannot", "can"]  # fit all training examples
Arm = Literal["same", "full", "decay", "grow"]
ARMS: Final[tuple[Arm, ...]] = ("same", "full", "decay", "grow")
ROWS, BATCH = 1024, 8
FIRST, THEN = 21, 7  # epochs of SGD, epochs in which the arms differ: 8 doubled seven times is all of 1,024
ETAS: Final[dict[Problem, NDArray[np.float64]]] = {
    "cannot": np.array([1 / 32, 1 / 16, 1 / 8, 1 / 2]), "can": np.array([1 / 16, 1 / 8, 1 / 4, 1 / 2]),
}  # fmt: skip
TUNING: Final = (9001, 9002, 9003)


@cache
def net_of(problem: Problem) -> tuple[Network, DataName]:
    return (single_layer(), "MNIST-1D") if problem == "cannot" else (digits_net(), "digits")


def plan(arm: Arm, eta: Floats | float) -> list[list[tuple[int, Floats | float]]]:
    """(B, η) of each step, epoch by epoch: each arm reads each example once per epoch."""
    found = []
    for epoch in range(1, THEN + 1):
        batch = {"full": ROWS, "grow": BATCH * 2**epoch}.get(arm, BATCH)
        found.append([(batch, eta / 2**epoch if arm == "decay" else eta)] * (ROWS // batch))
    return found


@dataclass(frozen=True)
class Ending:
    etas: NDArray[np.float64]
    tuned: int  # which rate had the lowest loss where SGD ends, on seeds kept for this
    before: NDArray[np.float64]  # loss after each of the last epochs of SGD, (THEN, seeds, rates)
    loss: dict[Arm, NDArray[np.float64]]  # after each epoch, (THEN, seeds, rates)
    right: dict[Arm, NDArray[np.float64]]  # test accuracy at the end, percent, (seeds, rates)

    @property
    def eta(self) -> float:
        return float(self.etas[self.tuned])

    def against(self, a: Arm, b: Arm, rate: int | None = None) -> Estimate:
        """Loss of a over loss of b at the end, geometric mean, paired by seed; at the tuned rate if none is told."""
        k = self.tuned if rate is None else rate
        return mean_interval(np.log(self.loss[a][-1, :, k] / self.loss[b][-1, :, k])).exp()

    def end(self, arm: Arm) -> float:
        """Loss at the end at the tuned rate, geometric mean."""
        return float(np.exp(np.log(self.loss[arm][-1, :, self.tuned]).mean()))

    def points(self, a: Arm, b: Arm) -> Estimate:
        return mean_interval((self.right[a] - self.right[b])[:, self.tuned])

    @property
    def pays_from(self) -> float:
        """The smallest rate from which on the full batch ends lower than the same SGD (whole interval), ∞ if none."""
        lower = [self.against("full", "same", k).below(1) for k in range(len(self.etas))]
        first = len(lower) - int(np.argmin([*lower[::-1], False]))
        return float(self.etas[first]) if first < len(lower) else np.inf


def ending(problem: Problem, seeds: Sequence[int]) -> Ending:
    """All rates side by side; the seeds for tuning come first and are left out of what is returned."""
    (net, name), etas, kept = net_of(problem), ETAS[problem], len(TUNING)
    task = Task(net, name, ROWS, (FIRST + THEN) * ROWS, [*TUNING, *seeds])
    start, before = np.repeat(task.start, len(etas), axis=1), []
    for read, start in descend(task, start, [(BATCH, etas)] * (ROWS // BATCH * FIRST)):  # noqa: B020
        if read % ROWS == 0 and read > (FIRST - THEN) * ROWS:
            before.append(task.loss(start))
    losses: dict[Arm, NDArray[np.float64]] = {}
    right: dict[Arm, NDArray[np.float64]] = {}
    for arm in ARMS:
        theta, read, found = start, FIRST * ROWS, []
        for epoch in plan(arm, etas):
            for read, theta in descend(task, theta, epoch, read):  # noqa: B007, B020
                pass
            found.append(task.loss(theta)[kept:])
        losses[arm], right[arm] = np.array(found, float), task.right(theta)[kept:].astype(np.float64)
    tuned = int(before[-1][:kept].mean(axis=0).argmin())
    return Ending(etas, tuned, np.array(before, float)[:, kept:], losses, right)

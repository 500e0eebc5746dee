"""What the hidden units of one network answer to, with ears, eyes and spots put on and taken off one at a time."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from deepgrad import Network
from gradbook.ch4_big_picture.cat_net import FRESH, KINDS, WIDTH, Marks, Pictures, Run, asked, score

SPOTS = 2
SETS: tuple[Marks, ...] = tuple((ears, eyes, spots) for ears, eyes, spots in product((False, True), repeat=3))
PLACES = tuple(SETS.index(marks) for marks in KINDS)
OUT = (0, 1, 2, 4, 8, 16)  # how many units are taken out
DRAWS = 10  # of units taken out at random
ALIVE = 0.01  # of the most variable unit's standard deviation; below it a unit is silent


@dataclass(frozen=True)
class Answers:
    """Of one network; shares are of a unit's variance, by each mark, NaN if the unit is silent."""

    before: NDArray[np.float64]  # untrained, (units, marks)
    after: NDArray[np.float64]
    change: NDArray[np.float64]  # of the unit by putting the mark on, (units, marks)
    weight: NDArray[np.float64]  # what the last layer makes of the unit, for cat minus for bear, (units,)
    moves: NDArray[np.float64]  # of the score by putting the mark on, (marks,)
    right: NDArray[np.float64]  # percent, strongest spot units or units drawn at random taken out, (2, OUT, kinds)
    pictures: NDArray[np.float64]  # the weights of each unit, (units, 16, 16)


def answers(net: Network, theta: NDArray[np.floating], run: Run) -> Answers:
    """Shares before training and after, and what follows from them for the score."""
    pictures = asked(run.seed, SETS)
    before, _ = shares(hidden(net, net.init(np.random.default_rng(run.seed)), pictures))
    h = hidden(net, theta, pictures)
    after, change = shares(h)
    on, scores = np.array(SETS), score(net, theta, pictures)
    moves = np.array([scores[on[:, k]].mean() - scores[~on[:, k]].mean() for k in range(3)])
    first, last = net.views(theta)[2], net.views(theta)[5]
    weight = np.asarray(last["W"][:, 1] - last["W"][:, 0], np.float64)
    bias = float(last["b"][1] - last["b"][0])
    strongest = np.argsort(-change[:, SPOTS] * weight)
    rng = np.random.default_rng([run.seed, 3])
    draws = [rng.permutation(WIDTH) for _ in range(DRAWS)]
    right = np.zeros((2, len(OUT), len(PLACES)))
    for k, count in enumerate(OUT):
        right[0, k] = without(h, weight, bias, strongest[:count])
        right[1, k] = np.mean([without(h, weight, bias, order[:count]) for order in draws], axis=0)
    return Answers(before, after, change, weight, moves, right, np.asarray(first["W"].T, float).reshape(-1, 16, 16))


def hidden(net: Network, theta: NDArray[np.floating], pictures: Pictures) -> NDArray[np.float64]:
    """The hidden units' values, (sets, faces, units)."""
    values, _ = net.trace(theta, pictures.reshape(-1, 1, 16, 16))
    return np.asarray(values[4], np.float64).reshape(len(SETS), FRESH, WIDTH)


def shares(h: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of the variance that each mark makes by itself, and change by putting it on: (units, marks) each.

    All eight sets of marks come equally often, so the variance between "on" and "off" is (change / 2)².
    """
    on = np.array(SETS)
    change = np.stack([h[on[:, k]].mean(axis=(0, 1)) - h[~on[:, k]].mean(axis=(0, 1)) for k in range(3)], axis=1)
    spread = h.reshape(-1, h.shape[2]).std(axis=0)
    alive = spread > ALIVE * spread.max()
    share = np.full(change.shape, np.nan)
    share[alive] = (change[alive] / 2) ** 2 / spread[alive, None] ** 2
    return share, change


def without(
    h: NDArray[np.float64], weight: NDArray[np.float64], bias: float, units: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Percent right of each of KINDS with these hidden units held at 0; h: (sets, faces, units)."""
    weight = weight.copy()
    weight[units] = 0
    cat = np.array([SETS[k][0] for k in PLACES])
    return np.asarray(100 * ((h[list(PLACES)] @ weight + bias > 0) == cat[:, None]).mean(axis=1))

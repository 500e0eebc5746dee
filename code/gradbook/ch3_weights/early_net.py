"""A digits network early in its training, about a third of its 100 images right, and how far its jumps are (3.5, 3.6, 3.13)."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, sgd, softmax_cross_entropy, xavier_normal
from deepgrad.signatures import Op
from gradbook.data import digits

SIZES = (64, 32, 10)
IMAGES = 100
ETA = 0.1
# After so many steps a third of the images is right, on average over other seeds (9001 … 9010). The number is fixed
# because a net stopped at the moment an image turns right would have that image still on the edge.
STEPS = {"sigmoid": 50, "step": 25}
FIRST = SIZES[0] * SIZES[1]  # the first layer's weights come first in θ


@dataclass(frozen=True)
class State:
    """A network with its images, in float64, so that even tiny nudges are seen."""

    net: Network
    theta: NDArray[np.float64]
    x: NDArray[np.float64]
    labels: NDArray[np.int64]

    def outcome(self, theta: NDArray[np.float64]) -> tuple[float, int]:
        """(loss, images right) with these parameters."""
        scores, _ = self.net(theta, self.x)
        return softmax_cross_entropy(scores, self.labels)[0], int((scores.argmax(axis=1) == self.labels).sum())

    def nudged(self, place: int, by: float) -> NDArray[np.float64]:
        theta = self.theta.copy()
        theta[place] += by
        return theta

    @cached_property
    def gradient(self) -> NDArray[np.float64]:
        scores, back = self.net(self.theta, self.x)
        return back(softmax_cross_entropy(scores, self.labels)[1]())

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """Where in θ the weights stand that have a say: all but those of pixels that are empty in every image."""
        chosen = self.net.weights()
        empty = np.repeat(self.x.max(axis=0) == 0, SIZES[1])
        chosen[:FIRST] &= ~empty
        return np.flatnonzero(chosen)

    @property
    def first_places(self) -> NDArray[np.int64]:
        """The same, of the first layer only."""
        return self.places[self.places < FIRST]


def network(f: Op) -> Network:
    return Network([Dense(*SIZES[:2], xavier_normal), Activation(f), Dense(*SIZES[1:], xavier_normal)])


def early(f: Op, seed: int, steps: int | None = None) -> State:
    """Gradient descent over all the images, for STEPS of them unless told otherwise."""
    rng = np.random.default_rng(seed)
    chosen, net = digits().drawn(IMAGES, rng), network(f)
    state = State(net, net.init(rng, dtype=np.float64), chosen.x.astype(np.float64), chosen.labels)
    for _ in range(STEPS[f.__name__] if steps is None else steps):
        state = replace(state, theta=sgd(state.theta, state.gradient, eta=ETA)[0])
    return state


def to_next_answer(state: State) -> NDArray[np.float64]:
    """How far each weight must be moved until the first image turns right or wrong: (2, places), raising and lowering.

    Image i is right while its gap, the right score minus the best other one, is above 0. The derivative of the gap
    says how far the weight has to go: to first order −gap / (∂gap/∂w), where that is in the right direction.
    """
    nearest = np.full((2, state.places.size), np.inf)
    for i, label in enumerate(state.labels):
        scores, back = state.net(state.theta, state.x[i : i + 1])
        others = scores[0].copy()
        others[label] = -np.inf
        rival = int(others.argmax())
        toward = np.zeros_like(scores)
        toward[0, label], toward[0, rival] = 1, -1
        with np.errstate(divide="ignore"):
            distance = -(scores[0, label] - scores[0, rival]) / back(toward)[state.places]
        for k, signed in enumerate((distance, -distance)):
            nearest[k] = np.where(signed > 0, np.minimum(nearest[k], signed), nearest[k])
    return nearest


def to_next_flip(state: State) -> NDArray[np.float64]:
    """In a net of steps, how far each weight of the first layer must be moved until its unit flips for some image:
    (2, first_places), raising and lowering. Exact: z = w x + … is straight in w, so the threshold is |z| / x away.
    """
    (hs, _), pixel, unit = state.net.trace(state.theta, state.x), *np.divmod(state.first_places, SIZES[1])
    z, x = hs[1][:, unit], state.x[:, pixel]  # (images, places)
    with np.errstate(divide="ignore"):
        distance = np.where(x > 0, np.abs(z) / np.where(x > 0, x, 1), np.inf)
    off = z <= 0
    return np.stack([np.where(off, distance, np.inf).min(axis=0), np.where(off, np.inf, distance).min(axis=0)])

"""A truth of ten inputs that we know, examples of it with noise, and networks of all sizes that learn from them."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepgrad import Step, adam, fit, squared_error
from gradbook.ch4_big_picture.side_by_side_nets import side_by_side_nets

INPUTS = 10
SIZES = (1, 2, 4, 6, 8, 11, 16, 21, 32, 64, 128)
STEPS, ETA, LOOK = 300, 0.02, 20  # of Adam on all examples at once; validation is looked at every LOOK steps
KEPT_BACK = 5  # one example in so many is kept back for validation by those who try
FRESH = 500  # inputs on which a network is compared with the truth


class Setting(NamedTuple):
    """The truth is itself a network of `units` hidden units; noise is a standard deviation, where the truth's own is 1."""

    units: int = 4
    examples: int = 80
    noise: float = 0.5


SETTINGS = (Setting(), Setting(units=1), Setting(units=16), Setting(examples=30), Setting(noise=0.0))


def truth(rng: np.random.Generator, n: int, units: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """n normal inputs and a ReLU network's answers, shifted and scaled to mean 0 and variance 1; every other unit counts as −1."""
    x = rng.normal(size=(n, INPUTS))
    y = np.maximum(x @ rng.normal(size=(INPUTS, units)), 0) @ np.resize([1.0, -1.0], units)
    return x, (y - y.mean()) / y.std()


def one_run(run: tuple[Setting, int, int]) -> NDArray[np.float64]:
    """Rows: training error, error against the truth (of all sizes); then, after training with some examples kept back, the
    index of the size that validation chooses and the error of the widest network stopped where validation was lowest, both
    repeated for each size. (4, sizes)
    """
    (units, n, noise), seed, longer = run
    rng = np.random.default_rng(seed)
    x, y = truth(rng, n + FRESH, units)
    told, fresh = y[:n] + noise * rng.normal(size=n), slice(n, None)
    net = side_by_side_nets(INPUTS, SIZES)
    start = net.init(rng)

    def error(theta: NDArray[np.floating], rows: slice, against: NDArray[np.float64]) -> NDArray[np.float64]:
        outputs, _ = net(theta, x[rows])
        return np.asarray(((outputs - against[:, None]) ** 2).mean(axis=0), np.float64)

    def trained(m: int, callback: Callable[[Step], None] | None = None) -> NDArray[np.floating]:
        """θ after learning from the first m examples, all of them at every step."""
        targets = np.repeat(told[:m, None], len(SIZES), axis=1)
        return fit(
            net, start, x[:m], targets, rng=np.random.default_rng(0), loss=squared_error,
            optimizer=partial(adam, eta=ETA), steps=STEPS * longer, batch_size=m, callback=callback,
        ).theta  # fmt: skip

    fewer = n - n // KEPT_BACK
    validation: list[NDArray[np.float64]] = []
    widest: list[float] = []

    def look(step: Step) -> None:
        if step.number % LOOK == 0:
            validation.append(error(step.theta, slice(fewer, n), told[fewer:]))
            widest.append(float(error(step.theta, fresh, y[n:])[-1]))

    theta = trained(n)
    trained(fewer, look)
    chosen, stopped = validation[-1].argmin(), widest[int(np.array(validation)[:, -1].argmin())]
    all_sizes = np.ones(len(SIZES))
    return np.array([error(theta, slice(n), told), error(theta, fresh, y[n:]), chosen * all_sizes, stopped * all_sizes])

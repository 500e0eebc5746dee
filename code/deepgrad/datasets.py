"""Small data sets that are generated, not loaded."""

import numpy as np

from deepgrad.checks import require_count, require_not_negative, require_rng
from deepgrad.signatures import Array


def moons(
    rng: np.random.Generator, n: int, noise: float = 0.1
) -> tuple[Array, Array]:
    """Two half circles that reach into each other: points (n, 2) float64; labels
    (n,), 0 and 1 in turn.

    noise: the standard deviation of what is added to each coordinate. Raises
    ValueError for n < 2 or a noise that is negative or not finite.
    """
    require_rng(rng)
    require_count("n", n, least=2)
    require_not_negative("noise", noise)
    labels = np.arange(n) % 2
    angle = rng.uniform(0, np.pi, n)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.where(labels[:, None] == 0, upper, lower)
    return points + rng.normal(0, noise, (n, 2)), labels


def spirals(
    rng: np.random.Generator, n: int, noise: float = 0.2, arms: int = 3
) -> tuple[Array, Array]:
    """Spiral arms around the origin: points (n, 2) float64; labels (n,), 0, 1, …,
    arms − 1 in turn.

    Arm j runs from the center to radius 1 while its angle turns from 4j to 4j + 4:
    x = (r sin t, r cos t) with t = 4 (j + r) + noise. noise: the standard deviation
    of the angle, in radians. Raises ValueError for arms < 1, fewer than two points an
    arm, or a noise that is negative or not finite.

    The toy data of the course CS231n, https://cs231n.github.io/neural-networks-case-study/.
    """
    require_rng(rng)
    require_count("n", n, least=2 * require_count("arms", arms))
    require_not_negative("noise", noise)
    labels, place = np.arange(n) % arms, np.arange(n) // arms
    r = place / (np.bincount(labels)[labels] - 1)  # evenly from 0 to 1 on each arm
    t = 4 * (labels + r) + rng.normal(0, noise, n)
    return np.stack([r * np.sin(t), r * np.cos(t)], axis=1), labels


def first_symbol(
    rng: np.random.Generator,
    n: int,
    delay: int,
    symbols: int = 2,
    noise: float = 0.2,
) -> tuple[Array, Array]:
    """Remember the first symbol through `delay` steps of noise: sequences (n, 1 +
    delay, symbols) float64; labels (n,), the symbols in turn.

    Step 0 is the symbol's one-hot vector; every later number is drawn from N(0,
    noise²). Guessing is right 1 / symbols of the time, so all above that is memory.
    Raises ValueError for n < 1, delay < 0, symbols < 2, or a noise that is negative
    or not finite.

    A task of the kind in Hochreiter and Schmidhuber, Long short-term memory, 1997,
    doi:10.1162/neco.1997.9.8.1735.
    """
    require_rng(rng)
    require_count("n", n)
    require_count("delay", delay, least=0)
    require_count("symbols", symbols, least=2)
    require_not_negative("noise", noise)
    labels = np.arange(n) % symbols
    x = rng.normal(0, noise, (n, 1 + delay, symbols))
    x[:, 0] = np.eye(symbols)[labels]
    return x, labels

"""Small data sets that are generated, not loaded."""

import numpy as np

from deepgrad.signatures import Array


def moons(
    rng: np.random.Generator, n: int, noise: float = 0.1
) -> tuple[Array, Array]:
    """Two half circles that reach into each other: points (n, 2) float64; labels
    (n,), 0 and 1 in turn.

    noise: the standard deviation of what is added to each coordinate. Raises
    ValueError for n < 2 or a noise that is negative or not finite.
    """
    if n < 2 or not 0 <= noise < np.inf:
        raise ValueError(
            f"moons(n={n}, noise={noise}): n must be at least 2, noise finite and not negative"
        )
    labels = np.arange(n) % 2
    angle = rng.uniform(0, np.pi, n)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.where(labels[:, None] == 0, upper, lower)
    return points + rng.normal(0, noise, (n, 2)), labels

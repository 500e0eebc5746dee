"""The curve that networks of this chapter are built, or trained, to follow on [0, 1]; and curves drawn at random."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WAVES = 5  # of a random curve

type Reals = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Curve:
    """f(x) = ½ + Σₖ aₖ sin(2πkx + φₖ): smooth, and nowhere steeper than 2π Σₖ k |aₖ|."""

    amplitudes: tuple[float, ...]  # a₁, a₂, …
    phases: tuple[float, ...]

    def __call__(self, x: Reals) -> NDArray[np.float64]:
        """Its values: x of any shape."""
        value = np.full(np.shape(x), 0.5)
        for k, (a, phase) in enumerate(zip(self.amplitudes, self.phases, strict=True), 1):
            value += a * np.sin(2 * np.pi * k * x + phase)
        return value

    def slope(self, x: Reals) -> NDArray[np.float64]:
        """Its derivative."""
        value = np.zeros(np.shape(x))
        for k, (a, phase) in enumerate(zip(self.amplitudes, self.phases, strict=True), 1):
            value += 2 * np.pi * k * a * np.cos(2 * np.pi * k * x + phase)
        return value

    @property
    def steepest(self) -> float:
        """The largest |f′| on [0, 1], found on a fine grid."""
        return float(np.abs(self.slope(np.linspace(0, 1, 4001))).max())


CURVE = Curve((0.35, 0.0, 0.15), (0.0, 0.0, 0.0))


def random_curve(rng: np.random.Generator) -> Curve:
    """Waves of random height, lower the faster they are, and random phase."""
    heights = rng.normal(scale=0.3, size=WAVES) / np.arange(1, WAVES + 1)
    return Curve(tuple(heights.tolist()), tuple(rng.uniform(0, 2 * np.pi, WAVES).tolist()))

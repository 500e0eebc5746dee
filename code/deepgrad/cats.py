"""Cats and bears, with or without spots: small pictures in which a network can learn
the wrong thing.
"""

from typing import NamedTuple

import numpy as np

from deepgrad.checks import require_count, require_rng
from deepgrad.signatures import Array

SIZE = 16  # of a picture's side, in pixels
RADIUS = 5.0  # of a head, in pixels, before jitter
MIDDLE = (7.5, 9.0)  # of a head, column and row: its ears want room above
# grays; a small network learns spots about as well as ears and eyes, so that
# neither mark wins by being the louder one
PAPER, INK = 0.9, 0.0
EYE = 0.8  # a cat's
SPOT = 0.4  # over the coat's
# in radii of the head, from its middle: on the brow and on the cheeks
BROW = [(-0.5, -0.6), (0.0, -0.75), (0.5, -0.6), (0.0, -0.35)]
CHEEKS = [(-0.8, 0.3), (0.8, 0.3), (-0.45, 0.65), (0.45, 0.65)]
SPOTS = BROW + CHEEKS
SPOT_RADIUS = 0.2


class Cats(NamedTuple):
    """What `cats` draws."""

    x: Array  # (n, 1, 16, 16), float64 in [0, 1]
    labels: Array  # (n,), 1 for a cat, 0 for a bear
    spotted: Array  # (n,), bool


def cats(
    rng: np.random.Generator,
    n: int,
    *,
    spotted_cats: float = 0.5,
    spotted_bears: float = 0.5,
    coat: tuple[float, float] = (0.4, 0.7),
    jitter: float = 1.0,
    noise: float = 0.05,
) -> Cats:
    """Faces in gray: bears and cats in turn. Cats have pointed ears and bright eyes
    with a slit, bears round ears and black dots for eyes; in all else they are alike.
    Spots say nothing, unless the two probabilities differ.

    spotted_cats, spotted_bears: the probability that one has spots; coat: lowest and
    highest gray of its coat, from 0 for black to 1 for white; jitter: how many pixels,
    at most, a face lies off the middle, along and across, and half as many its radius
    of 5 is off (above 1, the picture's edge may cut them); noise: the standard
    deviation of what is added to each pixel, before clipping to [0, 1].

    Whatever the probabilities, one seed draws the same faces: only spots come and go.
    Raises ValueError for n < 2, probabilities or a
    coat outside [0, 1], a jitter outside [0, 2], or a noise that is negative or not
    finite.
    """
    require_rng(rng)
    probabilities = {"spotted_cats": spotted_cats, "spotted_bears": spotted_bears}
    _require_knobs(n, probabilities, coat, jitter, noise)
    labels = np.arange(n) % 2
    spotted = rng.random(n) < np.where(labels == 1, spotted_cats, spotted_bears)
    fur = rng.uniform(*coat, (n, 1, 1))
    radius = RADIUS + rng.uniform(-jitter, jitter, (n, 1, 1)) / 2
    shift_x, shift_y = rng.uniform(-jitter, jitter, (2, n, 1, 1))
    rows, columns = np.mgrid[:SIZE, :SIZE]
    # pixels as seen from the middle of the head, in its radii: x to the right, y down
    x = (columns - MIDDLE[0] - shift_x) / radius
    y = (rows - MIDDLE[1] - shift_y) / radius
    sides = np.abs(x)  # a face is the same left and right

    def choose(cat: Array | float, bear: Array | float) -> Array:
        return np.where(labels.reshape(-1, 1, 1) == 1, cat, bear)

    def paint(picture: Array, gray: Array | float, distance: Array) -> Array:
        """The picture with a shape over it, its edge one pixel soft."""
        cover = np.clip(0.5 - distance * radius, 0, 1)
        return picture + cover * (gray - picture)

    head = _disc(x, y, 1)
    spots = np.maximum(_spots(rng, x, y), head)  # none beyond the head
    picture = np.full((n, SIZE, SIZE), PAPER)
    picture = paint(picture, fur, head)
    ears = choose(_ear(sides, y), _disc(sides - 0.8, y + 0.75, 0.42))
    picture = paint(picture, fur, ears)
    worn = np.where(spotted.reshape(-1, 1, 1), spots, np.inf)
    picture = paint(picture, fur * SPOT, worn)
    iris = choose(_disc(sides - 0.45, y + 0.1, 0.32), np.inf)
    picture = paint(picture, EYE, iris)
    slit = _disc((sides - 0.45) * 2.5, y + 0.1, 0.3)
    pupils = choose(slit, _disc(sides - 0.4, y + 0.1, 0.17))
    picture = paint(picture, INK, pupils)
    nose = _disc(x, (y - 0.45) * 1.3, 0.17)
    picture = paint(picture, INK, nose)
    picture += rng.normal(0, noise, picture.shape)
    return Cats(np.clip(picture, 0, 1)[:, None], labels, spotted)


def _disc(x: Array, y: Array, radius: float) -> Array:
    """The distance of (x, y) from a disc around (0, 0): below 0 inside."""
    return np.hypot(x, y) - radius


def _ear(x: Array, y: Array) -> Array:
    """The distance from the triangle of a cat's ear, as its farthest side sees it."""
    corners = [(0.15, -0.9), (0.95, -1.55), (0.98, -0.3)]
    sides = []
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        across, down = x1 - x0, y1 - y0
        sides.append(((x - x0) * down - (y - y0) * across) / np.hypot(across, down))
    return np.asarray(np.stack(sides).max(axis=0))


def _spots(rng: np.random.Generator, x: Array, y: Array) -> Array:
    """The distance from the nearest spot: on every head they lie a little elsewhere."""
    nearest = np.full_like(x, np.inf)
    for across, down in SPOTS:
        dx, dy = rng.normal(0, 0.07, (2, len(x), 1, 1))
        spot = _disc(x - across - dx, y - down - dy, SPOT_RADIUS)
        nearest = np.minimum(nearest, spot)
    return nearest


def _require_knobs(
    n: int,
    probabilities: dict[str, float],
    coat: tuple[float, float],
    jitter: float,
    noise: float,
) -> None:
    """ValueError for what cannot be drawn."""
    require_count("n", n, least=2)  # a bear and a cat
    for name, value in probabilities.items():
        if not 0 <= value <= 1:
            raise ValueError(
                f"{name} is {value}, but must be a probability in [0, 1]"
            )
    if not 0 <= coat[0] <= coat[1] <= 1:
        raise ValueError(f"coat is {coat}, but must be (low, high) within [0, 1]")
    if not 0 <= jitter <= 2:
        raise ValueError(f"jitter is {jitter}, but must lie in [0, 2] pixels")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise is {noise}, but must be finite and not negative")

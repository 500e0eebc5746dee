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
    require_count("n", n, least=2)  # a bear and a cat
    for name, value in {
        "spotted_cats": spotted_cats,
        "spotted_bears": spotted_bears,
    }.items():
        if not 0 <= value <= 1:
            raise ValueError(
                f"{name} is {value}, but must be a probability in [0, 1]"
            )
    labels = np.arange(n) % 2
    cat = labels == 1
    spotted = rng.random(n) < np.where(cat, spotted_cats, spotted_bears)
    x = faces(rng, cat, cat, spotted, coat=coat, jitter=jitter, noise=noise)
    return Cats(x, labels, spotted)


def faces(
    rng: np.random.Generator,
    ears: Array,
    eyes: Array,
    spots: Array,
    *,
    coat: tuple[float, float] = (0.4, 0.7),
    jitter: float = 1.0,
    noise: float = 0.05,
) -> Array:
    """Faces whose marks are chosen one by one, to ask a network what it looks at.

    ears, eyes: (n,) bool, True for those of a cat, False for those of a bear; spots:
    (n,) bool; the rest as for `cats`. Returns (n, 1, 16, 16), float64 in [0, 1]. One
    seed draws the same faces, whatever their marks. Raises ValueError for marks that
    are not bool or not of one length, and as `cats` does.
    """
    require_rng(rng)
    ears, eyes, spots = _require_marks(ears=ears, eyes=eyes, spots=spots)
    _require_knobs(coat, jitter, noise)
    n = len(ears)
    fur = rng.uniform(*coat, (n, 1, 1))
    radius = RADIUS + rng.uniform(-jitter, jitter, (n, 1, 1)) / 2
    shift_x, shift_y = rng.uniform(-jitter, jitter, (2, n, 1, 1))
    rows, columns = np.mgrid[:SIZE, :SIZE]
    # pixels as seen from the middle of the head, in its radii: x to the right, y down
    x = (columns - MIDDLE[0] - shift_x) / radius
    y = (rows - MIDDLE[1] - shift_y) / radius
    sides = np.abs(x)  # a face is the same left and right

    def paint(picture: Array, gray: Array | float, distance: Array) -> Array:
        """The picture with a shape over it, its edge one pixel soft."""
        cover = np.clip(0.5 - distance * radius, 0, 1)
        return picture + cover * (gray - picture)

    head = _disc(x, y, 1)
    places = np.maximum(_spots(rng, x, y), head)  # none beyond the head
    picture = np.full((n, SIZE, SIZE), PAPER)
    picture = paint(picture, fur, head)
    round_ears = _disc(sides - 0.8, y + 0.75, 0.42)
    picture = paint(picture, fur, np.where(ears, _ear(sides, y), round_ears))
    picture = paint(picture, fur * SPOT, np.where(spots, places, np.inf))
    iris = np.where(eyes, _disc(sides - 0.45, y + 0.1, 0.32), np.inf)
    picture = paint(picture, EYE, iris)
    slit = _disc((sides - 0.45) * 2.5, y + 0.1, 0.3)
    dots = _disc(sides - 0.4, y + 0.1, 0.17)
    picture = paint(picture, INK, np.where(eyes, slit, dots))
    nose = _disc(x, (y - 0.45) * 1.3, 0.17)
    picture = paint(picture, INK, nose)
    picture += rng.normal(0, noise, picture.shape)
    return np.asarray(np.clip(picture, 0, 1)[:, None])


def _disc(x: Array, y: Array, radius: float) -> Array:
    """The distance of (x, y) from a disc around (0, 0): below 0 inside."""
    # not np.hypot: slower, and its last bits are the C library's
    return np.asarray(np.sqrt(x * x + y * y) - radius)


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
    squared = np.full_like(x, np.inf)
    for across, down in SPOTS:
        dx, dy = rng.normal(0, 0.07, (2, len(x), 1, 1))
        squared = np.minimum(squared, (x - across - dx) ** 2 + (y - down - dy) ** 2)
    return np.asarray(np.sqrt(squared) - SPOT_RADIUS)


def _require_marks(**marks: Array) -> list[Array]:
    """The marks, shaped to choose whole pictures; ValueError for what cannot."""
    found = []
    for name, mark in marks.items():
        mark = np.asarray(mark)
        if mark.dtype != bool or mark.ndim != 1 or mark.size == 0:
            raise ValueError(
                f"{name} is an array of {mark.dtype} and shape {mark.shape}, "
                "but must be bool, one for each face"
            )
        found.append(mark.reshape(-1, 1, 1))
    if len({len(mark) for mark in found}) > 1:
        lengths = {name: len(mark) for name, mark in marks.items()}
        raise ValueError(f"give each face one mark of each kind, not {lengths}")
    return found


def _require_knobs(coat: tuple[float, float], jitter: float, noise: float) -> None:
    """ValueError for what cannot be drawn."""
    if not 0 <= coat[0] <= coat[1] <= 1:
        raise ValueError(f"coat is {coat}, but must be (low, high) within [0, 1]")
    if not 0 <= jitter <= 2:
        raise ValueError(f"jitter is {jitter}, but must lie in [0, 2] pixels")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise is {noise}, but must be finite and not negative")

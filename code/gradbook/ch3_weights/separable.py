"""Whether one line can part the ones from the zeros: a linear programme, and the functions it is asked about (claim 3.4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

NONE = 1e-6  # a margin below this is the solver's rounding


@dataclass(frozen=True)
class Line:
    """w · x + b, above 0 on the side of the ones; every point is at least `margin` away from 0."""

    w: NDArray[np.float64]
    b: float
    margin: float

    @property
    def parts(self) -> bool:
        return self.margin > NONE


def points(inputs: int) -> NDArray[np.float64]:
    """All rows of zeros and ones, (2^inputs, inputs): the corners of a square, a cube, …"""
    return np.array(list(product((0, 1), repeat=inputs)), dtype=float)


def best_line(x: NDArray[np.float64], y: NDArray[np.int64]) -> Line:
    """The line with the largest t such that s (w · x + b) ≥ t at every point, where s is 1 for y = 1 and −1 for y = 0.

    Bounds keep t from growing without end: |wᵢ| ≤ 1 and |b| ≤ the number of inputs. w = 0, b = 0 always gives t = 0,
    so t is never below 0, and it is above 0 exactly where a line parts the ones from the zeros.
    """
    s = np.where(y == 1, 1.0, -1.0)
    n = x.shape[1]
    constraints = np.column_stack([-s[:, None] * x, -s, np.ones(len(x))])  # t − s (w · x + b) ≤ 0
    found = linprog(
        np.array([0.0] * (n + 1) + [-1.0]),
        A_ub=constraints,
        b_ub=np.zeros(len(x)),
        bounds=[(-1, 1)] * n + [(-n, n), (None, None)],
    )
    return Line(found.x[:n] + 0.0, float(found.x[n]) + 0.0, float(found.x[-1]) + 0.0)


def families(inputs: int) -> Iterator[tuple[NDArray[np.int64], int]]:
    """One table of answers from each family of functions, and the family's size.

    A family holds what swapping inputs, flipping inputs and flipping the answer make of a function. All that does is
    to mirror the corners, or to swap the sides of a line, so one line parts all of a family or none.
    """
    corners = points(inputs).astype(int)
    value = 1 << np.arange(inputs)[::-1]
    moves = np.array([
        (corners[:, order] ^ np.array(flips)) @ value
        for order in permutations(range(inputs))
        for flips in product((0, 1), repeat=inputs)
    ])  # fmt: skip
    code = 1 << np.arange(len(corners))
    seen = np.zeros(2 ** len(corners), dtype=bool)
    for number in range(len(seen)):
        if seen[number]:
            continue
        table = (number >> np.arange(len(corners))) & 1
        moved = table[moves] @ code
        family = np.unique([moved, len(seen) - 1 - moved])
        seen[family] = True
        yield table, len(family)


def count(inputs: int) -> int:
    """How many of the functions of so many inputs one line can do."""
    corners = points(inputs)
    return sum(size for table, size in families(inputs) if best_line(corners, table).parts)

"""The errors that several modules raise, each naming the value and the remedy."""

import math

from deepgrad.signatures import Array


def require_positive(name: str, value: float) -> float:
    """The value as a plain float, since a NumPy one would turn float32 arrays into
    float64; ValueError unless it is finite and above zero.
    """
    if not 0 < value < math.inf:
        raise ValueError(f"{name} is {value}, but must be a finite number above 0")
    return float(value)


def require_below_one(name: str, value: float) -> float:
    """The value as a plain float; ValueError unless 0 <= value < 1."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} is {value}, but must lie in [0, 1)")
    return float(value)


def require_same_shape(name_a: str, a: Array, name_b: str, b: Array) -> None:
    """ValueError unless both arrays have one shape: broadcasting would hide the
    mistake.
    """
    if a.shape != b.shape:
        raise ValueError(
            f"{name_a} has shape {a.shape} but {name_b} has shape {b.shape}: they must be equal"
        )

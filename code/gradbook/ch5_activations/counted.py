"""Activation functions written out in elementary operations, and numbers that count them."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

LOG2_E: Final = float(np.log2(np.e))
LN2_HIGH: Final = 0.693359375  # few digits, so that k · LN2_HIGH is exact in float32
LN2_LOW: Final = float(np.log(2)) - LN2_HIGH
FACTORIALS: Final = np.cumprod([1.0, *range(1, 12)]).tolist()


class Counted:
    """Stands for a number and writes into `tally` what is done to it: each operation once, even a division."""

    def __init__(self, tally: list[str]) -> None:
        self.tally = tally

    def done(self, operation: str) -> "Counted":
        self.tally.append(operation)
        return self

    def __add__(self, _: Any) -> "Counted":
        return self.done("+")

    def __sub__(self, _: Any) -> "Counted":
        return self.done("-")

    def __mul__(self, _: Any) -> "Counted":
        return self.done("*")

    def __truediv__(self, _: Any) -> "Counted":
        return self.done("/")

    def __neg__(self) -> "Counted":
        return self.done("-")

    def __pow__(self, _: Any) -> "Counted":
        return self.done("2^k")

    def __gt__(self, _: Any) -> "Counted":
        return self.done(">")

    def maximum(self, _: Any) -> "Counted":
        return self.done("max")

    def choose(self, _: Any, __: Any) -> "Counted":
        return self.done("choose")

    def rint(self) -> "Counted":
        return self.done("round")

    __radd__, __rsub__, __rmul__, __rtruediv__, __rpow__ = __add__, __sub__, __mul__, __truediv__, __pow__


def rint(x: Any) -> Any:
    return x.rint() if isinstance(x, Counted) else np.rint(x)


def maximum(x: Any, y: Any) -> Any:
    return x.maximum(y) if isinstance(x, Counted) else np.maximum(x, y)


def choose(condition: Any, x: Any, y: Any) -> Any:
    return condition.choose(x, y) if isinstance(condition, Counted) else np.where(condition, x, y)


def exp_by_hand(x: Any, degree: int) -> Any:
    """eˣ = 2ᵏ eʳ with x = k ln 2 + r, |r| ≤ ½ ln 2, and for eʳ the Taylor polynomial of this degree."""
    k = rint(x * LOG2_E)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    p = 1 / FACTORIALS[degree]
    for i in reversed(range(degree)):
        p = p * r + 1 / FACTORIALS[i]  # Horner: from the inside outwards
    return p * 2.0**k  # a power of two is written straight into the exponent's bits


def forwards(degree: int) -> dict[str, Callable[[Any], Any]]:
    """name -> z ↦ f(z), for one element or an array."""
    return {
        "exp": lambda z: exp_by_hand(z, degree),
        "sigmoid": lambda z: 1 / (1 + exp_by_hand(-z, degree)),
        "tanh": lambda z: 1 - 2 / (exp_by_hand(2 * z, degree) + 1),
        "ELU": lambda z: choose(z > 0, z, exp_by_hand(z, degree) - 1),
        "ReLU": lambda z: maximum(z, 0),
        "leaky ReLU": lambda z: maximum(z, SLOPE * z),
    }


SLOPE: Final = 0.01
BACKWARDS: Final[dict[str, Callable[[Any, Any], Any]]] = {  # y, dy ↦ dz: all of them make do with the y they have kept
    "sigmoid": lambda y, dy: dy * y * (1 - y),
    "tanh": lambda y, dy: dy * (1 - y * y),
    "ELU": lambda y, dy: dy * choose(y > 0, 1, y + 1),
    "ReLU": lambda y, dy: dy * (y > 0),
    "leaky ReLU": lambda y, dy: dy * choose(y > 0, 1, SLOPE),
}


def operations(f: Callable[..., Any], arguments: int = 1) -> int:
    """How many operations f does to one element."""
    tally: list[str] = []
    f(*(Counted(tally) for _ in range(arguments)))
    return len(tally)

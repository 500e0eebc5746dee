"""A computation as a graph of single numbers: each node knows its value and, for each
of its inputs, the slope that leads back.

    price, count = leaf("apple price", 100), leaf("apples", 2)
    total = price * count * leaf("tax", 1.1)        # Node(200 × tax = 220)
    gradients(total)[price]                         # 2.2
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np

from deepgrad.signatures import Op

type _Operand = Node | float
type _Local = tuple[float, tuple[float, ...]]
"""An operation's value and its slopes, one for each operand."""


@dataclass(frozen=True, eq=False, repr=False)
class Node:
    """One number in a computation: made by `leaf`, by `add`, or from other nodes by
    + − * / and ** with a number, exp(), log() and apply(f).

    A number among the operands becomes a leaf without a name. slopes are the local
    derivatives ∂value/∂input, so the way back is dinput = dvalue · slope. Raises
    ValueError for an operand that is no number, and for a result whose value or
    slopes are not finite: x / 0, log of 0 or less, an overflow.
    """

    name: str  # "" if nobody gave it one
    value: float
    op: str = ""  # the operation's sign; "" for a leaf
    inputs: tuple["Node", ...] = ()
    slopes: tuple[float, ...] = ()

    __array_ufunc__ = None  # so that a NumPy number on the left leaves * to us

    def back(self, d: float) -> tuple[float, ...]:
        """What flows back along the edge from each input, if d arrives here."""
        return tuple(d * slope for slope in self.slopes)

    def named(self, name: str) -> "Node":
        """The same result under a name: `z = (w * x + b).named("z")`."""
        return replace(self, name=name)

    def __add__(self, other: _Operand) -> "Node":
        return add(self, other)

    def __radd__(self, other: _Operand) -> "Node":
        return add(other, self)

    def __sub__(self, other: _Operand) -> "Node":
        return _operation("−", lambda a, b: (a - b, (1, -1)), self, other)

    def __rsub__(self, other: _Operand) -> "Node":
        return _as_node(other) - self

    def __neg__(self) -> "Node":
        return _operation("−", lambda a: (-a, (-1,)), self)

    def __mul__(self, other: _Operand) -> "Node":
        return _operation("×", lambda a, b: (a * b, (b, a)), self, other)

    def __rmul__(self, other: _Operand) -> "Node":
        return _as_node(other) * self

    def __truediv__(self, other: _Operand) -> "Node":
        return _operation(
            "÷", lambda a, b: (a / b, (1 / b, -a / b / b)), self, other
        )

    def __rtruediv__(self, other: _Operand) -> "Node":
        return _as_node(other) / self

    def __pow__(self, exponent: float) -> "Node":
        p = leaf("an exponent", exponent).value
        return _operation(
            f"^{p:g}", lambda a: (a**p, (p * a ** (p - 1) if p else 0,)), self
        )

    def exp(self) -> "Node":
        return _operation("exp", lambda a: (np.exp(a), (np.exp(a),)), self)

    def log(self) -> "Node":
        return _operation("log", lambda a: (np.log(a), (1 / a,)), self)

    def apply(self, f: Op) -> "Node":
        """An activation of the library, elementwise: `z.apply(sigmoid)`."""

        def local(a: float) -> _Local:
            y, back = f(np.asarray(a))
            return float(y), (float(back(1.0)),)

        return _operation(getattr(f, "__name__", str(f)), local, self)

    def __repr__(self) -> str:
        named = [self.name] if self.name else []
        formula = [_formula(self.op, self.inputs)] if self.inputs else []
        return f"Node({' = '.join([*named, *formula, f'{self.value:.6g}'])})"


def leaf(name: str, value: float) -> Node:
    """A node that nothing leads to: an input or a weight. ValueError unless the value
    is a finite number.
    """
    # not isfinite: that fails for an integer no float can hold
    if not isinstance(value, Real) or not abs(value) <= sys.float_info.max:
        raise ValueError(
            f"{name or 'an operand'} is {value!r}, but must be a finite number"
        )
    return Node(name, float(value))


def add(*terms: Node | float) -> Node:
    """The sum of any number of terms in one node, where a + b + c makes two."""
    if not terms:
        raise ValueError("add() needs at least one term")
    return _operation("+", lambda *values: (sum(values), (1,) * len(terms)), *terms)


def history(output: Node) -> list[Node]:
    """Every node the output was made from, each after its inputs; itself last."""
    ordered: dict[Node, None] = {}
    waiting = [output]  # a list of our own: Python's stack would end at 1,000 calls
    while waiting:
        missing = [node for node in waiting[-1].inputs if node not in ordered]
        if missing:
            waiting += reversed(missing)
        else:
            ordered[waiting.pop()] = None
    return list(ordered)


def gradients(output: Node) -> dict[Node, float]:
    """∂output/∂node for every node the output was made from; nothing is stored.

    By the chain rule each node, the last one first, sends node.back(gradient) to its
    inputs, and ways that meet again are added up: two operations for each edge,
    however many leaves there are. Raises ValueError where a product overflows.

    Linnainmaa, Taylor expansion of the accumulated rounding error, BIT 16, 1976,
    doi:10.1007/BF01931367.
    """
    nodes = history(output)
    found = dict.fromkeys(nodes, 0.0)
    found[output] = 1.0
    for node in reversed(nodes):
        for source, d in zip(node.inputs, node.back(found[node]), strict=True):
            found[source] += d
            if not abs(found[source]) <= sys.float_info.max:
                raise ValueError(
                    f"the gradient of {output} with respect to {source} is "
                    f"{found[source]}: the slopes on the way are too large"
                )
    return found


def _as_node(operand: _Operand) -> Node:
    return operand if isinstance(operand, Node) else leaf("", operand)


def _operation(op: str, local: Callable[..., _Local], *operands: _Operand) -> Node:
    """The node of op: `local` turns the operands' values into its value and slopes."""
    inputs = tuple(map(_as_node, operands))
    # NumPy's numbers answer 1 / 0 with ∞ and log(−1) with nan: one check finds all
    with np.errstate(all="ignore"):
        value, slopes = local(*(np.float64(node.value) for node in inputs))
    if not np.isfinite([value, *slopes]).all():
        given = [f", {node.name} = {node.value}" for node in inputs if node.name]
        raise ValueError(
            f"{_formula(op, inputs)} has the value {float(value)} and the slopes "
            f"{tuple(map(float, slopes))}{''.join(given)}: all must be finite"
        )
    return Node("", float(value), op, inputs, tuple(map(float, slopes)))


def _label(node: Node) -> str:
    return node.name or f"{node.value:.6g}"


def _formula(op: str, inputs: tuple[Node, ...]) -> str:
    labels = [_label(node) for node in inputs]
    if op.startswith("^"):
        return labels[0] + op
    return f" {op} ".join(labels) if len(labels) > 1 else f"{op}({labels[0]})"

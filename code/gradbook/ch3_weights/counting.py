"""Arrays that count the arithmetic done with them, so that the cost of an algorithm is a number and not a time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ARITHMETIC = {np.add, np.subtract, np.multiply, np.divide, np.negative, np.maximum, np.exp, np.log, np.tanh}


@dataclass
class Tally:
    """How many operations were done with the arrays of this tally."""

    operations: int = 0


class Counted(np.ndarray[Any, Any]):
    """An array whose arithmetic is counted: one for each number that +, −, ×, ÷, exp, … produce.

    A matrix product (m, k) · (k, n) is m n k multiplications and m n (k − 1) additions; a sum of n numbers is n − 1
    additions. Copies and checks (is it finite?) count nothing. What comes out is counted on; a plain array does not count
    until it meets a counted one.
    """

    tally: Tally

    def __array_finalize__(self, source: Any) -> None:
        self.tally = getattr(source, "tally", Tally())

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        plain = [np.asarray(x) if isinstance(x, Counted) else x for x in inputs]
        if out is not None:
            options["out"] = tuple(np.asarray(x) for x in out)
        result = getattr(ufunc, method)(*plain, **options)
        tally = next(x for x in (*inputs, *(out or ())) if isinstance(x, Counted)).tally
        tally.operations += cost(ufunc, method, plain, result)
        return counted(result, tally) if isinstance(result, np.ndarray) else result


def counted(array: NDArray[Any], tally: Tally) -> Counted:
    """The same numbers, counted from now on."""
    view = array.view(Counted)
    view.tally = tally
    return view


def cost(ufunc: np.ufunc, method: str, inputs: list[Any], result: Any) -> int:
    """How many operations on single numbers a call to NumPy is."""
    if ufunc is np.matmul:
        return int(np.size(result)) * (2 * int(inputs[0].shape[-1]) - 1)
    if ufunc not in ARITHMETIC:
        return 0
    return int(np.size(inputs[0])) - int(np.size(result)) if method == "reduce" else int(np.size(result))

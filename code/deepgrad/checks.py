"""The errors that several modules raise, each naming the value and the remedy."""

import functools
import inspect
import math
import operator
from collections.abc import Callable
from numbers import Real as RealNumber
from typing import Any, cast

import numpy as np
from numpy.typing import DTypeLike

from deepgrad.signatures import Array, Elementwise, Pullback, Real, Rng


def told(value: object) -> str:
    """The value as an error message names it: short, and with its type."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    text = repr(value)
    return (
        f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"
    )


def require_number(name: str, value: float) -> float:
    """The value as a plain float, since a NumPy one would turn float32 arrays into
    float64; ValueError unless it is one real number.
    """
    scalar = value[()] if isinstance(value, np.ndarray) else value
    if not isinstance(scalar, RealNumber):
        raise ValueError(f"{name} is {told(value)}, but must be one real number")
    return float(scalar)


def require_finite_number(name: str, value: float) -> float:
    """The value as a plain float; ValueError unless it is finite."""
    number = require_number(name, value)
    if not math.isfinite(number):
        raise ValueError(f"{name} is {value}, but must be a finite number")
    return number


def require_positive(name: str, value: float) -> float:
    """The value as a plain float; ValueError unless it is finite and above zero."""
    number = require_number(name, value)
    if not 0 < number < math.inf:
        raise ValueError(f"{name} is {value}, but must be a finite number above 0")
    return number


def require_not_negative(name: str, value: float) -> float:
    """The value as a plain float; ValueError unless it is finite and at least 0."""
    number = require_number(name, value)
    if not 0 <= number < math.inf:
        raise ValueError(f"{name} is {value}, but must be finite and not negative")
    return number


def require_below_one(name: str, value: float) -> float:
    """The value as a plain float; ValueError unless 0 <= value < 1."""
    number = require_number(name, value)
    if not 0 <= number < 1:
        raise ValueError(f"{name} is {value}, but must lie in [0, 1)")
    return number


def require_count(name: str, value: int, least: int = 1) -> int:
    """The value as a plain int; ValueError unless it is a whole number, and at least
    `least`.
    """
    try:
        count = operator.index(value)
    except TypeError:
        count = least - 1
    if count < least or isinstance(value, bool):
        raise ValueError(
            f"{name} is {value!r}, but must be a whole number, at least {least}"
        )
    return count


def require_counts(**values: int) -> None:
    """`require_count` of several, such as a layer's sizes, by name."""
    for name, value in values.items():
        require_count(name, value)


def require_rng(rng: Rng | None) -> Rng:
    """The generator; ValueError if it is none, such as a seed."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"rng is {told(rng)}, but must be a generator of random numbers: pass "
            "rng=np.random.default_rng(seed)"
        )
    return rng


def require_function(
    name: str, f: Callable[..., Any], arguments: str, remedy: str
) -> None:
    """ValueError unless f can be called with such arguments, given as in "x, y"."""
    try:
        if not callable(f):
            raise TypeError
        inspect.signature(f).bind(*arguments.split(", "))
    except TypeError:
        raise ValueError(
            f"{name} is {told(f)}, but must be a function of ({arguments}): {remedy}"
        ) from None
    except ValueError:  # a function that does not tell its arguments
        return


def require_value_and_back[T](name: object, result: T) -> T:
    """What an operation returned; ValueError unless it is y, back."""
    if isinstance(result, tuple) and len(result) == 2 and callable(result[1]):
        return result
    raise ValueError(
        f"{name} returned {told(result)}, but must return its value and the way back: "
        "y, back"
    )


def require_initializer(init: Callable[..., Array], arguments: int = 4) -> None:
    """ValueError unless init can draw weights."""
    names = ["rng", "fan_in", "fan_out", "dtype", "shape"][:arguments]
    remedy = "for example he_normal, or what a call such as normal(0.01) returns"
    require_function("init", init, ", ".join(names), remedy)


def require_floating(dtype: DTypeLike) -> None:
    """ValueError unless the dtype holds real numbers."""
    try:
        floating = np.issubdtype(np.dtype(dtype), np.floating)
    except TypeError:
        floating = False
    if not floating:
        raise ValueError(
            f"dtype is {dtype}, but must hold real numbers: float32 or float64"
        )


def as_reals(name: str, x: Any, dtype: DTypeLike | None = None) -> Array:
    """x as an array of real numbers, of the dtype if one is given; otherwise floats
    keep theirs and whole numbers become float64. ValueError for anything else, such
    as complex numbers, text, objects or rows of unequal length.
    """
    if isinstance(x, np.ndarray) and x.dtype == dtype and x.dtype.kind == "f":
        return x
    try:
        array = np.asarray(x)
        kind = array.dtype.kind
    except ValueError:
        kind = "rows of unequal length"
    if kind not in "biuf":
        raise ValueError(f"{name} is {told(x)}, but must hold real numbers")
    dtype = dtype or (array.dtype if kind == "f" else np.float64)
    try:
        with np.errstate(over="raise"):
            return array.astype(dtype, copy=False)
    except FloatingPointError:
        raise ValueError(
            f"{name} holds numbers too large for {np.dtype(dtype)}: scale them to "
            "about 1"
        ) from None


def elementwise(f: Elementwise) -> Elementwise:
    """The operation f(z) for z that holds real numbers. Whole numbers and lists
    become float64 arrays; anything else is a ValueError.
    """

    @functools.wraps(f)
    def checked(z: Real) -> tuple[Array, Pullback]:
        if isinstance(z, float) or (isinstance(z, _ARRAYS) and z.dtype in _FLOATS):
            return f(z)  # the usual case, and the fast one
        return f(as_reals("z", z)[()])

    return checked


def optimizer[F: Callable[..., Any]](f: F) -> F:
    """The optimizer f(theta, grad, state) with a look at what it is given: a gradient
    of another shape than theta's, or a rate out of its range, is a ValueError.
    """

    @functools.wraps(f)
    def checked(theta: Array, grad: Array, state: Any = None, **rates: Any) -> Any:
        for name, rate in rates.items():
            if name in _RANGES:
                rates[name] = _RANGES[name](name, rate)
        require_same_shape("theta", theta, "grad", grad)
        return f(theta, grad, state, **rates)

    return cast(F, checked)


_RANGES = {
    "eta": require_positive,
    "eps": require_positive,
    "beta": require_below_one,
    "beta1": require_below_one,
    "beta2": require_below_one,
}
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_ARRAYS = (np.ndarray, np.generic)


def require_arrays(**arrays: Array) -> None:
    """ValueError unless all are NumPy arrays of real numbers."""
    for name, array in arrays.items():
        if not isinstance(array, _ARRAYS) or array.dtype.kind not in "biuf":
            raise ValueError(
                f"{name} is {told(array)}, but must be a NumPy array of real numbers, "
                f"as np.asarray({name}, np.float64) may make it"
            )


def require_floats(**arrays: Array) -> None:
    """ValueError unless all are NumPy arrays of floats: whole numbers would wrap
    around or be cut off.
    """
    for name, array in arrays.items():
        if not isinstance(array, _ARRAYS) or array.dtype.kind != "f":
            require_arrays(**{name: array})
            raise ValueError(
                f"{name} has dtype {array.dtype}, but must hold floats: "
                f"{name}.astype(np.float64)"
            )


def require_same_shape(name_a: str, a: Array, name_b: str, b: Array) -> None:
    """ValueError unless both are arrays of one shape: broadcasting would hide the
    mistake.
    """
    require_arrays(**{name_a: a, name_b: b})
    if a.shape != b.shape:
        raise ValueError(
            f"{name_a} has shape {a.shape} but {name_b} has shape {b.shape}: they must be equal"
        )


def require_one_shape(**values: Real) -> None:
    """ValueError unless each is a number or an array of real numbers, and the arrays
    are of one shape.
    """
    arrays = {k: v for k, v in values.items() if not isinstance(v, float | int)}
    require_arrays(**arrays)
    shapes = [array.shape for array in arrays.values()]
    if len({*shapes, ()}) > 2:
        raise ValueError(
            f"{', '.join(arrays)} have the shapes {shapes}, but must be of one shape"
        )


def require_finite(name: str, array: Array) -> None:
    """ValueError if anything in the array is NaN or infinite."""
    if not np.isfinite(array).all():
        bad = np.count_nonzero(~np.isfinite(array))
        raise ValueError(
            f"{name} holds {bad} values that are NaN or infinite: remove or fill them"
        )

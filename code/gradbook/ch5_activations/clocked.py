"""Times of activation functions and of a layer, side by side: only for `make full`, since a clock never says the same twice."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from threadpoolctl import threadpool_limits

from deepgrad import elu, leaky_relu, relu, sigmoid, tanh, xavier_normal
from deepgrad.memory import keep_freed_memory

ELEMENTS: Final = 100_000  # float32 numbers, few enough for a processor's cache
BATCH: Final = 128
REPEATS: Final = 101
FUNCTIONS: Final[dict[str, Any]] = {
    "ReLU": relu,
    "leaky ReLU": leaky_relu(0.01),
    "ELU": elu(),
    "tanh": tanh,
    "sigmoid": sigmoid,
}


@dataclass(frozen=True)
class Clocked:
    forward: dict[str, float]  # time over ReLU's
    both: dict[str, float]  # the same, with the way back
    sigmoid: list[float]  # share of a layer's forward time, by width
    relu: list[float]
    repeats: int


def medians(jobs: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median seconds of each job; they take turns, so that what disturbs one disturbs all."""
    taken = {name: np.empty(repeats) for name in jobs}
    for k in range(-2, repeats):  # the first two turns warm up
        for name, job in jobs.items():
            begun = time.perf_counter()
            job()
            took = time.perf_counter() - begun
            if k >= 0:
                taken[name][k] = took
    return {name: float(np.median(times)) for name, times in taken.items()}


def there_and_back(f: Any, z: Any, dy: Any) -> Any:
    return f(z)[1](dy)


def clocked(widths: Sequence[int], repeats: int = REPEATS) -> Clocked:
    """In float32, on one thread, with memory that was used before, as in training."""
    keep_freed_memory()
    rng = np.random.default_rng(0)
    with threadpool_limits(1):
        z, dy = rng.standard_normal((2, ELEMENTS), np.float32)
        zeros = np.zeros_like(
            z
        )  # for "max", a ReLU against an array: against a single 0 NumPy has only its slower loop
        forward: dict[str, Callable[[], Any]] = {name: partial(f, z) for name, f in FUNCTIONS.items()}
        both: dict[str, Callable[[], Any]] = {name: partial(there_and_back, f, z, dy) for name, f in FUNCTIONS.items()}
        times = medians(forward | {"exp": partial(np.exp, z), "max": partial(np.maximum, z, zeros)}, repeats)
        times_both = medians(both, repeats)
        shares = [layer_shares(width, repeats, rng) for width in widths]
    return Clocked(
        forward={name: t / times["ReLU"] for name, t in times.items()},
        both={name: t / times_both["ReLU"] for name, t in times_both.items()},
        sigmoid=[share["sigmoid"] for share in shares],
        relu=[share["ReLU"] for share in shares],
        repeats=repeats,
    )


def layer_shares(width: int, repeats: int, rng: np.random.Generator) -> dict[str, float]:
    """The activation's part of the time of a layer of `width` inputs and outputs, forward; it gets what was just made."""
    x = rng.standard_normal((BATCH, width), np.float32)
    W = xavier_normal(rng, width, width, np.float32)  # larger weights make exp overflow, which it does slowly
    b, names = np.zeros(width, np.float32), ("sigmoid", "ReLU")
    taken = np.empty((repeats + 2, len(names), 2))
    for turn in taken:
        for times, name in zip(turn, names, strict=True):
            begun = time.perf_counter()
            z = x @ W + b
            between = time.perf_counter()
            FUNCTIONS[name](z)
            times[:] = between - begun, time.perf_counter() - between
    layer, activation = np.median(taken[2:], axis=0).T
    return dict(zip(names, activation / (layer + activation), strict=True))

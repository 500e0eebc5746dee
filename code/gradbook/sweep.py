"""Many independent runs, side by side: the one place that knows about cores.

Inside a run NumPy's BLAS gets one thread: on small nets two threads are slower than one, sums come out the same on every
machine, and the cores are better spent on different runs.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm


def sweep[P, R](one: Callable[[P], R], settings: Sequence[P]) -> list[R]:
    """`[one(s) for s in settings]`, spread over all cores; the results keep the order of the settings."""
    return list(watched(one, settings, cores(), one.__module__.rsplit(".", 1)[-1], "generator"))


def side_by_side[P, R](one: Callable[[P], R], settings: Sequence[P], what: str, *, spread: bool = True) -> Iterator[R]:
    """Results as they come, in any order; with `spread` off one after another in this process."""
    return watched(one, settings, cores() if spread else 1, what, "generator_unordered")


def watched[P, R](one: Callable[[P], R], settings: Sequence[P], jobs: int, what: str, order: str) -> Iterator[R]:
    """Results with a progress bar (what runs, how much is left, for how long) where someone looks at the terminal."""
    done: Iterable[Any] = Parallel(n_jobs=max(1, min(jobs, len(settings))), return_as=order)(
        delayed(alone)(one, setting) for setting in settings
    )
    yield from tqdm(done, total=len(settings), desc=what, unit="", disable=None)


def alone[P, R](one: Callable[[P], R], setting: P) -> R:
    with threadpool_limits(1):
        return one(setting)


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)

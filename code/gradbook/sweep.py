"""Many independent runs, side by side: the one place that knows about cores.

Inside a run NumPy's BLAS gets one thread: on small nets two threads are slower than one, sums come out the same on every
machine, and the cores are better spent on different runs.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from joblib import Parallel, delayed, parallel_config
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from gradbook import failure, memo
from gradbook.text import BookError

HOW = "in a checkout of the same commit: PYTHONPATH=code .venv/bin/dask worker ADDRESS"
SECONDS_TO_ANSWER = 10
in_cluster: ContextVar[bool] = ContextVar("in_cluster", default=False)


@contextmanager
def cluster(address: str | None) -> Iterator[None]:
    """Within this, sweeps run on the workers of the Dask scheduler at the address; None: on this machine, as ever.

    A run on a worker that dies is given to another. BookError where no scheduler answers or a worker has other code.
    """
    if address is None:
        yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise BookError(
            "--dask needs the package distributed, which is in the lock: delete .venv and run make"
        ) from None
    try:
        client = Client(address, timeout=SECONDS_TO_ANSWER)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise BookError(f"no Dask scheduler answers at {address} ({error}): start one with `dask scheduler`") from None
    with client:
        require_same_code(address, client)
        with parallel_config(backend="dask", n_jobs=-1):
            before = in_cluster.set(True)
            try:
                yield
            finally:
                in_cluster.reset(before)


def require_same_code(address: str, client: Any) -> None:
    """A worker with other code, or without it, would measure something else, or nothing."""
    try:
        there = client.run(fingerprint)
    except Exception as error:
        raise BookError(f"the workers of {address} cannot import gradbook ({error}): start them {HOW}") from None
    if not there:
        raise BookError(f"the scheduler at {address} has no workers: start some {HOW}")
    if other := sorted(worker for worker, code in there.items() if code != fingerprint()):
        raise BookError(f"{', '.join(other)} has other code, packages or Python than this machine: start it {HOW}")


def fingerprint() -> str:
    """Of the book's code, the lock and Python."""
    files = sorted((memo.ROOT / "code").rglob("*.py"))
    contents = [file.read_bytes() for file in files]
    return hashlib.sha256(b"\0".join([*contents, memo.lock().encode()])).hexdigest()


def sweep[P, R](one: Callable[[P], R], settings: Sequence[P]) -> list[R]:
    """`[one(s) for s in settings]`, spread over all cores; the results keep the order of the settings."""
    return list(watched(one, settings, cores(), one.__module__.rsplit(".", 1)[-1], "generator"))


def side_by_side[P, R](one: Callable[[P], R], settings: Sequence[P], what: str, *, spread: bool = True) -> Iterator[R]:
    """Results as they come, in any order; with `spread` off one after another in this process."""
    return watched(one, settings, cores() if spread else 1, what, "generator_unordered")


def watched[P, R](one: Callable[[P], R], settings: Sequence[P], jobs: int, what: str, order: str) -> Iterator[R]:
    """Results with a progress bar (what runs, how much is left, for how long) where someone looks at the terminal."""
    here = None if in_cluster.get() else max(1, min(jobs, len(settings)))  # None: what the cluster has
    done: Iterable[Any] = Parallel(n_jobs=here, return_as=order)(delayed(alone)(one, setting) for setting in settings)
    try:
        yield from tqdm(done, total=len(settings), desc=what, unit="", disable=None)
    except BrokenProcessPool:
        raise BookError(
            f"{what}: a process was killed, perhaps for want of memory; what was measured so far is kept"
        ) from None


def alone[P, R](one: Callable[[P], R], setting: P) -> R:
    with threadpool_limits(1):
        try:
            return one(setting)
        except (BookError, OSError):
            raise
        except Exception as error:
            if (told := failure.of_an_experiment(error)) is None:
                raise
            raise BookError(told) from None


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)

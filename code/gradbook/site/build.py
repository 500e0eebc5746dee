"""`make site`: build beside the last good site; put the new one in its place when it is whole, in one step."""

import ctypes
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gradbook.memo import CACHE, ROOT, drop_leftovers

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # Linux' fcntl.h and fs.h


def main() -> int:
    try:
        with alone() as lock:
            drop_leftovers()
            new = CACHE / "site"
            command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(new)]
            built = subprocess.run(command, cwd=ROOT, pass_fds=[lock])
            if built.returncode:
                print("make site: not built (see above); site/ is as it was", file=sys.stderr)
                return 1
            put(new, ROOT / "site")
    except OSError as error:
        print(f"make site: {error.filename or CACHE}: {error.strerror}; site/ is as it was", file=sys.stderr)
        return 1
    return 0


@contextmanager
def alone() -> Iterator[int]:
    """One build at a time: a second one waits for the first.

    The system frees the lock when the last process that holds the yielded file has ended, however it ends.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "build.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("make site: another build is under way; waiting for it to end", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def put(new: Path, place: Path) -> None:
    """Make `new` the folder at `place` and remove the one that was there; a reader finds the one or the other."""
    if not place.exists():
        new.rename(place)
    elif exchanged(new, place):
        shutil.rmtree(new)
    else:  # a system that cannot exchange two folders: for a moment there is none
        old = place.with_name(f".{place.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        place.rename(old)
        try:
            new.rename(place)
        except OSError:
            old.rename(place)
            raise
        shutil.rmtree(old)


def exchanged(a: Path, b: Path) -> bool:
    """Let two folders change places at once, where the system can; whether it did."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return rename is not None and rename(AT_FDCWD, os.fsencode(a), AT_FDCWD, os.fsencode(b), RENAME_EXCHANGE) == 0


if __name__ == "__main__":
    sys.exit(main())

"""Keeping the memory that a training step frees for the next one."""

import ctypes
from functools import cache


@cache
def keep_freed_memory() -> bool:
    """Ask the C library to keep what NumPy frees, in this process from now on;
    whether it agreed.

    Every step makes and frees the same arrays. Left to itself, glibc hands them
    back to the system, which wipes each page anew for the next step: of Adam on
    300,000 weights that can be most of the time. Other C libraries have no such
    call, and nothing changes there.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, musl, Windows
        return False
    # the numbers of glibc's malloc.h; half a gigabyte is what may be kept
    trim_threshold, mmap_threshold, size = -1, -3, 1 << 29
    return bool(mallopt(mmap_threshold, size) and mallopt(trim_threshold, size))

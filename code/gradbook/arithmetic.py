"""One arithmetic for the book: the same bits on every x86-64 processor that has AVX2, whatever else it has.

NumPy and OpenBLAS choose their inner loops by processor, these round differently, and training makes another network out of
a different last bit. On a processor without AVX2 the book is measured as that processor computes.
"""

import os
import platform
import sys
from pathlib import Path
from typing import Final

AVX2_LOOPS: Final = {
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4,AVX512_ICL,AVX512_SPR",  # all that NumPy would choose above AVX2
}


def pin() -> str:
    """Choose these loops for this process, if NumPy isn't loaded yet, and for all it starts; which arithmetic is in force."""
    if not has_avx2():
        return platform.machine()
    in_force = "numpy" not in sys.modules or AVX2_LOOPS.items() <= os.environ.items()
    os.environ.update(AVX2_LOOPS)
    return "x86-64 with AVX2" if in_force else platform.machine()


def has_avx2() -> bool:
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = next((line.split() for line in described.splitlines() if line.startswith("flags")), [])
    return {"avx2", "fma"} <= set(flags)

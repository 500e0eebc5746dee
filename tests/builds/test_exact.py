"""Two clean builds give the same bytes, whatever the day, the folder, the locale and the machine's mood."""

import os
import subprocess
import sys

import pytest

from gradbook.arithmetic import AVX2_LOOPS, has_avx2
from tests.torture import SITE, Book

CLOCK = """
import datetime, time

DAYS = 400 * 86400
real = {name: getattr(time, name) for name in ("time", "localtime", "gmtime", "strftime")}
time.time = lambda: real["time"]() + DAYS
time.localtime = lambda seconds=None: real["localtime"](time.time() if seconds is None else seconds)
time.gmtime = lambda seconds=None: real["gmtime"](time.time() if seconds is None else seconds)
time.strftime = lambda form, when=None: real["strftime"](form, when or time.localtime())


class Later(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

    today = utcnow = now


datetime.datetime = Later
"""


def test_a_clean_build_elsewhere_and_later_gives_the_same_bytes(small, tmp_path):
    book = Book(tmp_path / "가 b", small=True)
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(CLOCK)
    book.environment |= {
        "PYTHONPATH": f"{tmp_path / 'clock'}{os.pathsep}{book.environment['PYTHONPATH']}",
        "TZ": "Asia/Seoul",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "7",
    }

    def poor():
        os.umask(0o077)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    status = book.start(*SITE, preexec_fn=poor).wait()
    assert status == 0, book.output.read_text()
    assert book.shown() == small.reference


@pytest.mark.skipif(not has_avx2(), reason="this processor has no AVX2: the book is measured as it computes")
def test_the_arithmetic_is_chosen_not_found():
    """As if on another processor: the loops that the environment asks for, and the book does not take."""
    code = (
        "import gradbook, hashlib, numpy as np; x = np.random.default_rng(0).normal(size=(64, 64));"
        "print(hashlib.sha256((x @ x).tobytes() + np.exp(x).tobytes()).hexdigest())"
    )
    bits = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | asked, capture_output=True, text=True, check=True
        ).stdout
        for asked in (AVX2_LOOPS, dict.fromkeys(AVX2_LOOPS, ""), {"OPENBLAS_CORETYPE": "Prescott"})
    }
    assert len(bits) == 1

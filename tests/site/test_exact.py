"""Two clean builds give the same bytes, whatever the day, the folder, the locale and the machine's mood."""

import os

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
def test_the_arithmetic_is_chosen_not_found(small, monkeypatch):
    """As if on another processor: one whose loops the environment asks for."""
    for name in AVX2_LOOPS:
        monkeypatch.setitem(small.environment, name, {"OPENBLAS_CORETYPE": "Prescott"}.get(name, "X86_V3"))
    for file in (small.cache / "memo").iterdir():
        file.unlink()
    (small.cache / "prepared").unlink()
    small.run(*SITE)
    assert small.shown() == small.reference

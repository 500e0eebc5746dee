"""Hard to break: killed, starved, damaged or fed nonsense, a build says one clear thing, and site/ stays whole.

All on the small book (tests/small_book.py); `make torture` does the same to the real one, at length.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest

from gradbook.site.build import put
from tests.building import ROOT
from tests.torture import SITE, digests, flip, torture

MACHINERY = re.compile(r'File ".*(site-packages|gradbook/(?!ch)\w+\.py|gradbook/site)')
STEADY, PAGE = "code/gradbook/ch1_small/steady.py", "docs/en/1-chapter.md"


@pytest.fixture
def failing(small):
    """Run with some files edited: what is said, once it is clear that it failed, in our words, and left site/ alone."""

    def run(*module, edits=(), **options):
        was = {}
        for name, old, new in edits:
            file = small.root / name
            text = file.read_text(encoding="utf-8")
            was.setdefault(file, text)
            assert old in text
            file.write_text(text.replace(old, new, 1), encoding="utf-8")
        try:
            status = small.start(*module, **options).wait()
        finally:
            for file, text in was.items():
                file.write_text(text, encoding="utf-8")
        said = small.output.read_text(encoding="utf-8")
        assert status != 0, said
        assert not MACHINERY.search(said), said
        assert small.shown() == small.reference
        return said

    return run


def works_again(small):
    small.run(*SITE)
    assert small.shown() == small.reference


def test_killed_at_random_moments_it_comes_back_whole(small):
    torture(small, kills=2, seed=0, share=0.5)
    small.turn(0)
    works_again(small)


def test_site_is_exchanged_in_one_step(tmp_path):
    """A process that exchanges two sites without end, killed at random: a reader finds the one or the other, whole."""
    for name in ("site", "other"):
        (tmp_path / name).mkdir()
        for i in range(50):
            (tmp_path / name / f"{i}.html").write_text(name)
    wholes = [digests(tmp_path / name) for name in ("site", "other")]
    code = (
        "import shutil, sys, itertools; from pathlib import Path; from gradbook.site.build import put\n"
        "a = Path(sys.argv[1])\n"
        "for i in itertools.count():\n"
        "    shutil.rmtree(a / 'new', ignore_errors=True)\n"
        "    shutil.copytree(a / 'kept' / str(i % 2), a / 'new'); put(a / 'new', a / 'site')"
    )
    (tmp_path / "kept").mkdir()
    (tmp_path / "site").rename(tmp_path / "kept" / "0")
    (tmp_path / "other").rename(tmp_path / "kept" / "1")
    for delay in (0.4, 0.45, 0.5):
        process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
        while not (tmp_path / "site").exists():
            time.sleep(0.01)
        until = time.monotonic() + delay
        while time.monotonic() < until:
            assert (tmp_path / "site").exists(), "for a moment there was no site"
        process.kill()
        process.wait()
        assert digests(tmp_path / "site") in wholes


def test_where_folders_cannot_be_exchanged_the_last_good_site_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr("gradbook.site.build.exchanged", lambda *_: False)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("last good")
    with pytest.raises(FileNotFoundError):
        put(tmp_path / "missing", tmp_path / "site")
    assert (tmp_path / "site" / "index.html").read_text() == "last good"


def test_cells_that_die_or_never_end_or_make_no_sense_are_each_named(small, failing):
    said = failing(
        *SITE,
        edits=[
            ("code/gradbook/site/execute.py", "SECONDS_A_CELL = 120", "SECONDS_A_CELL = 10"),
            ("docs/en/1-chapter.md", 'note("cells 1 en")', "import os; os._exit(1)"),
            ("docs/ko/1-chapter.md", 'note("cells 1 ko")', "while True: pass"),
            ("docs/en/2-chapter.md", 'note("cells 2 en")', "page = = 1"),
            ("docs/ko/2-chapter.md", 'note("cells 2 ko")', "import os; os.kill(os.getpid(), 9)"),
        ],
    )
    assert "en/1-chapter.md: the kernel died" in said
    assert "ko/1-chapter.md: a cell ran for more than 10 s" in said
    assert re.search("en/2-chapter.md: a cell failed.*SyntaxError", said, re.S)
    assert "ko/2-chapter.md: the kernel died" in said
    assert small.wait_for_silence() == {}
    works_again(small)


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        ('note("measure steady")', "1 / 0", ["ch1_small/steady.py failed", "ZeroDivisionError"]),
        ("time.sleep(0.02)", "seed / 0", ["ch1_small/steady.py failed", "ZeroDivisionError", "seed / 0"]),
        ("found = mean_interval(m.ends)", "found = m.nothing", ["ch1_small/steady.py failed", "AttributeError"]),
        ("made, axes = style.figure(2.0)", "made = axes", ["ch1_small/steady.py failed", "NameError"]),
        ("time.sleep(0.02)", "__import__('os').kill(__import__('os').getpid(), 9)", ["a process was killed"]),
    ],
)
def test_an_experiment_that_fails_shows_its_own_lines(small, failing, old, new, messages):
    said = failing("gradbook", "prepare", edits=[(STEADY, old, new)])
    assert all(message in said for message in messages), said
    assert said.count("gradbook: ") == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{{ claim 1.1 }}", "{{ claim 1.44 }}", "1.44"),
        ("{{ claim 1.1 }}", "", "no chapter page has a badge for claim 1.1"),
        ("{{ n steady.first }}", "{{ n steady.furst }}", "steady.furst"),
        ("eta=0.5)[0]", "eta=0.5)[0] / nothing", "NameError"),
        ('page.figure("steady")', "", "no page shows figure steady"),
        (r"$\sigma(z)$", r"$\fraq{1}{2}$", "fraq"),
        ("Prose of", "[Prose](clams.md) of", "clams.md"),
    ],
)
def test_a_page_that_promises_too_much_is_named(failing, old, new, message):
    assert message in failing(*SITE, edits=[(PAGE, old, new)])


def test_a_broken_placeholder_or_directive_is_named(small, failing):
    said = failing(*SITE, edits=[(PAGE, "{{ claim 1.1 }}", "{{ clame 1.1 }}")])
    assert "1-chapter.md: {{ clame 1.1 }} is no placeholder" in said
    said = failing(*SITE, edits=[(PAGE, 'page.figure("steady")', ':tags: [hide-input\npage.figure("steady")')])
    assert "en/1-chapter.md" in said
    works_again(small)


def test_what_a_page_warns_of_it_warns_of_every_time(failing):
    """A page that would be rendered from the cache stays rendered anew as long as it gives cause."""
    for _ in range(2):
        assert "nowhere.md" in failing(*SITE, edits=[(PAGE, "Prose of", "[Prose](nowhere.md) of")])


def test_no_room_on_the_disk_is_one_clear_line(small, failing):
    """A file that may not grow stands for a full disk: the system refuses in the same way, here in two stages."""
    for room in (3000, 60_000):
        for stamp in ("prepared", "executed"):
            (small.cache / stamp).unlink(missing_ok=True)
        said = failing(*SITE, preexec_fn=lambda room=room: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)))
        assert "File too large" in said
        assert "site/ is as it was" in said
    works_again(small)


def test_a_cache_that_cannot_be_written_is_one_clear_line(small, failing, monkeypatch):
    (small.root / "a file").touch()
    monkeypatch.setitem(small.environment, "GRADBOOK_CACHE", str(small.root / "a file"))
    said = failing(*SITE)
    assert said.count("\n") == 1
    assert f"{small.root / 'a file'}: File exists; site/ is as it was" in said


def test_a_read_only_cache_is_one_clear_line(small, failing):
    """The file system itself refuses; file modes would not stop root."""
    read_only = f"mount --bind {small.cache} {small.cache} && mount -o remount,bind,ro {small.cache} && exec "
    under = ["unshare", "--map-root-user", "--mount", "sh", "-c", read_only + '"$@"', "sh"]
    if shutil.which(under[0]) is None or subprocess.run([*under, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets no process mount anything")
    said = failing(*SITE, under=under)
    assert said.count("\n") == 1
    assert "Read-only file system; site/ is as it was" in said


@pytest.mark.parametrize("folders", [("cells",), ("fonts", "pages", "memo", "book", ".")])
def test_a_flipped_byte_is_mended(small, folders):
    """In every file of some folders at once; `make torture` flips one after another."""
    for folder in folders:
        for file in sorted((small.cache / folder).glob("**/*" if folder != "." else "*")):
            if file.is_file() and file.stat().st_size:
                flip(file)
    works_again(small)


def test_a_build_whose_parent_was_killed_is_waited_for(small):
    """Two builds never write into one folder, however the first lost its parent."""
    first = small.start(*SITE)
    while not (child := [pid for pid, command in small.survivors().items() if "mkdocs" in command]):
        time.sleep(0.02)
    os.kill(child[0], signal.SIGSTOP)
    first.kill()
    first.wait()
    second = small.start(*SITE)
    while "another build is under way" not in (said := small.output.read_text()):
        assert second.poll() is None, said
        time.sleep(0.05)
    os.kill(child[0], signal.SIGCONT)
    assert second.wait() == 0
    assert small.wait_for_silence() == {}
    assert small.shown() == small.reference


def test_the_network_is_never_asked(small):
    """Where there is none, not even the machine's own address."""
    alone = ["unshare", "--map-root-user", "--net"]
    if shutil.which(alone[0]) is None or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system gives no process a network of its own")
    for folder in ("memo", "cells", "fonts"):
        for file in (small.cache / folder).iterdir():
            file.unlink()
    small.run(*SITE, under=alone)
    assert small.shown() == small.reference


def test_make_torture_runs_it():
    said = subprocess.run(["make", "--dry-run", "torture"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "-m tests.torture" in said

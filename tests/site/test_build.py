"""The build itself: stale never, wrong said, the last good site untouched, the same bytes twice."""

import filecmp
import re
import shutil
import socket
import subprocess
import sys

import pytest

from gradbook.memo import CACHE
from gradbook.site.prepared import last_commit
from tests.building import ROOT, build, copy_of_the_book


@pytest.fixture(scope="module")
def tree(tmp_path_factory, site):  # the site first: its measurements are what the copy shares
    """A copy of the book that shares this one's measurements and executed cells, to be spoilt."""
    return copy_with(tmp_path_factory.mktemp("book") / "copy", "memo", "cells")


def copy_with(root, *shared):
    environment = copy_of_the_book(root)
    for folder in shared:
        shutil.copytree(CACHE / folder, root / ".cache" / folder)
    return root, environment


@pytest.fixture
def spoilt(tree, tmp_path):
    """Spoil one file of the copy, build, put it right again: the finished process."""
    root, environment = tree

    def spoil(name, old, new):
        file = root / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        try:
            return build(tmp_path / "site", root=root, **environment)
        finally:
            file.write_text(text, encoding="utf-8")

    return spoil


CHAPTER = "docs/en/1-vanishing-gradient.md"


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (CHAPTER, "{{ claim 1.4 }}", "{{ claim 1.44 }}", "1.44"),
        (CHAPTER, "{{ claim 1.4 }}", "", "no chapter page has a badge for claim 1.4"),
        (CHAPTER, "{{ n link_decay.factor }}", "{{ n link_decay.faktor }}", "link_decay.factor"),
        (CHAPTER, "y, back(1.0)", "y, back(1.0) / nothing", "NameError"),
        (CHAPTER, 'page.figure("quarter")', "", "no page shows figure quarter"),
        (CHAPTER, r"\sigma(z) = \frac{1}{1", r"\sigma(z) = \fraq{1}{1", "fraq"),
        (CHAPTER, "[ledger of claims](claims.md)", "[ledger of claims](clams.md)", "clams.md"),
        ("code/gradbook/ch1_vanishing/quarter.py", "h = 1e-5", "h = 1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_broken_page_or_experiment_fails_the_build_and_says_where(spoilt, name, old, new, message):
    done = spoilt(name, old, new)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr


def test_a_number_in_prose_follows_the_code_behind_it(spoilt, tmp_path, pages):
    done = spoilt(
        "code/gradbook/ch1_vanishing/update_by_layer.py",
        "DEPTH, STEPS, ETA = 8, 100, 0.5",
        "DEPTH, STEPS, ETA = 8, 50, 0.5",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for page in ("1-vanishing-gradient/index.html", "en/1-vanishing-gradient/index.html"):
        after = (tmp_path / "site" / page).read_text(encoding="utf-8")
        before = re.findall(r'<span class="measured"[^>]*>([^<]*)</span>', pages[page])
        now = re.findall(r'<span class="measured"[^>]*>([^<]*)</span>', after)
        assert ("100" in before, "50" in now) == (True, True)
        assert len(before) == len(now)
        assert sum(a != b for a, b in zip(before, now, strict=True)) >= 2, "steps, and the ratio they lead to"


def test_two_builds_give_the_same_bytes(site, tmp_path):
    """Another folder, locale and time zone, pages executed anew."""
    root, environment = copy_with(tmp_path / "copy", "memo")
    environment |= {"TZ": "Asia/Seoul", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": last_commit()}
    done = build(tmp_path / "again", root=root, **environment)
    assert done.returncode == 0, done.stdout + done.stderr

    def differing(comparison, prefix=""):
        names = comparison.left_only + comparison.right_only + comparison.diff_files
        found = [prefix + name for name in names]
        for name, sub in comparison.subdirs.items():
            found += differing(sub, f"{prefix}{name}/")
        return found

    assert differing(filecmp.dircmp(site, tmp_path / "again", shallow=False)) == []


def test_make_commands_of_the_readme_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"\bmake ([a-z]+)", readme))
    assert {"site", "test", "serve", "run", "full", "bench", "lock", "clean"} <= targets
    for target in targets:
        done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (target, done.stderr)


def test_gradbook_commands_of_the_readme_parse():
    readme = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "docs/ko/index.md").read_text(encoding="utf-8")
    for command in set(re.findall(r"gradbook ((?:run|claims)[^`\n]*)", readme)):
        code = f"from gradbook import cli; cli.run_command = lambda options: None; cli.main({command.split()!r})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)


def test_a_busy_port_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            ["make", "-s", "-o", ".venv/ready", "serve", f"PORT={port}"],  # -o: a test never sets .venv up anew
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode != 0
    assert f"serve: port {port} is busy" in done.stderr


def test_a_python_too_old_is_one_clear_line(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    bare = tmp_path / "bin"
    bare.mkdir()
    for tool in ("make", "sh", "touch"):
        (bare / tool).symlink_to(shutil.which(tool))
    (bare / "python3").write_text("#!/bin/sh\nexit 1\n")  # what an older Python answers when asked for its version
    (bare / "python3").chmod(0o755)
    done = subprocess.run(
        ["make", "site"], cwd=tmp_path, capture_output=True, text=True, check=False, env={"PATH": str(bare)}
    )
    assert done.returncode != 0
    assert "the book needs Python 3.12, 3.13 or 3.14" in done.stderr
    assert not (tmp_path / ".venv").exists()

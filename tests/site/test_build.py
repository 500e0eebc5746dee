"""The build itself: stale never, wrong said, the last good site untouched, the same bytes twice."""

import filecmp
import re
import shutil
import socket
import subprocess
import sys

from gradbook.memo import CACHE
from gradbook.site.prepared import last_commit
from tests.building import ROOT, build, copy_of_the_book


def test_two_builds_give_the_same_bytes(site, tmp_path):
    """Another folder, locale and time zone, pages executed anew."""
    root = tmp_path / "copy"
    environment = copy_of_the_book(root)
    shutil.copytree(CACHE / "memo", root / ".cache" / "memo")
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

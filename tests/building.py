"""Builds of the site for tests: strict, in a process of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
NOT_SOURCE = shutil.ignore_patterns(".venv", ".cache", "site", "out", ".git", "__pycache__", ".*_cache", ".hypothesis")


def build(target: Path, root: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """`mkdocs build --strict` of the tree `root` into `target`."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, env=os.environ | environment, check=False)


def copy_of_the_book(root: Path) -> dict[str, str]:
    """A copy of the tree to be spoilt or timed; returns the environment in which its own code and caches count."""
    shutil.copytree(ROOT, root, ignore=NOT_SOURCE)
    return {"PYTHONPATH": str(root / "code"), "GRADBOOK_CACHE": str(root / ".cache")}

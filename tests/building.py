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
MADE = {
    ".venv",
    ".venv-bench",
    ".venv-peers",
    ".cache",
    "site",
    "out",
    ".git",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
}


def build(target: Path, root: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """`mkdocs build --strict` of the tree `root` into `target`."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)]
    return subprocess.run(
        command,
        cwd=root,
        capture_output=True,
        text=True,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"} | environment,
        check=False,
    )


def copy_of_the_book(root: Path) -> dict[str, str]:
    """A copy of the tree to be spoilt or timed; returns the environment in which its own code and caches count."""

    def not_source(folder: str, names: list[str]) -> set[str]:
        return {"__pycache__"} | (MADE if Path(folder) == ROOT else set())

    shutil.copytree(ROOT, root, ignore=not_source)
    return {"PYTHONPATH": str(root / "code"), "GRADBOOK_CACHE": str(root / ".cache")}

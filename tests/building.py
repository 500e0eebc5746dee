"""Builds of the site for tests: strict, in a process of their own."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
CHAPTERS = sorted(path.stem for path in (ROOT / "docs/ko").glob("[0-9]*.md"))
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


@contextmanager
def serving(root: Path, environment: dict[str, str]) -> Iterator[str]:
    """`make serve` of the tree `root`: where it answers. What it says goes to `serve.log` beside the tree."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mkdocs", "serve", "--dev-addr", f"127.0.0.1:{port}"]
    with (root.parent / "serve.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=root, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"} | environment, stdout=log, stderr=log
        )
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
            server.wait()


def wait_for(text: str, address: str, seconds: float = 300) -> bool:
    """Whether what lies at the address comes to hold the text."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(address, timeout=seconds) as page:
            if text in page.read().decode():
                return True
        time.sleep(0.02)
    return False

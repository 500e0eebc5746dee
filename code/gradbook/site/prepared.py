"""Before the pages: a fixed clock, measurements, figures and the cells' outputs."""

import hashlib
import os
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from gradbook.memo import CACHE, ROOT, write_whole
from gradbook.site import store
from gradbook.text import BookError

CELL = re.compile(r"^```\{code-cell\}.*?^```", re.DOTALL | re.MULTILINE)
CONSTANT_TIME = "1767225600"  # 2026-01-01: where there is no git, or nothing committed yet


def fix_environment(serving: bool) -> None:
    """What the pages' kernels and `gradbook prepare` inherit, and what makes two clean builds byte-identical."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", last_commit())
    paths = [str(store.CODE), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    # Joblib's workers import from where this process does, and MkDocs has taken back what its hooks added.
    sys.path[:] = dict.fromkeys([str(store.CODE), *sys.path])
    config = [str(Path(__file__).with_name("jupyter")), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(dict.fromkeys(config))
    # Pages execute side by side: a second thread only waits for the first, and sums shall not depend on how many cores there are.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    if serving:  # bytecode written into the watched folder would set off another rebuild
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def last_commit() -> str:
    try:
        asked = subprocess.run(
            ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return CONSTANT_TIME
    return asked.stdout.strip() or CONSTANT_TIME


def prepare() -> str:
    """Measure and draw in a process of its own, so that a rebuild sees today's code. It says itself what went wrong.

    Nothing is asked again where code, lock and what was made of them are as the last time left them: their digest is returned.
    """
    stamp, made = CACHE / "prepared", digest(site=False)
    if not (stamp.exists() and stamp.read_bytes() == made.encode()):
        run("the measurements could not be made", "gradbook", "prepare")
        made = digest(site=False)
        write_whole(stamp, made.encode())
    return made


def execute_pages(docs: Path) -> None:
    """Execute what needs it of the cells below docs, again in a process of its own."""
    stamp = CACHE / "executed"
    if stamp.exists() and stamp.read_bytes() == cells_digest(docs).encode():
        return
    run("the chapters' cells could not be executed", "gradbook.site.execute", str(docs))
    write_whole(stamp, cells_digest(docs).encode())


def cells_digest(docs: Path) -> str:
    """Of all cells, of everything that these may depend on, and of what they put out; prose does not matter."""
    cells = [cell for path in sorted(docs.rglob("*.md")) for cell in CELL.findall(path.read_text(encoding="utf-8-sig"))]
    outputs = [f"{file.name}\0{sha256(file)}" for file in sorted((CACHE / "cells").glob("*.pickle"))]
    return hashlib.sha256("\0".join([digest(site=True), *cells, *outputs]).encode()).hexdigest()


def run(failure: str, *module: str) -> None:
    """`python -m module`, which says itself what went wrong."""
    if status := subprocess.run([sys.executable, "-m", *module], cwd=ROOT).returncode:
        raise BookError(f"{failure} (`{' '.join(module)}` ended with status {status}, see above)")


def digest(site: bool) -> str:
    """Of the code, the lock, Python's version, the ledger and the figures. Measuring and drawing never import `gradbook.site`
    (import-linter sees to it), cells do."""
    made = [store.BOOK / "ledger.json", *sorted((store.BOOK / "figures").glob("*/*.json"))]
    files = [file for kind in ("*.py", "*.json") for file in sorted(store.CODE.rglob(kind))]
    code = [file for file in files if site or Path(__file__).parent not in file.parents]
    files = [ROOT / "requirements.lock", *code, *made]
    parts = [sys.version] + [f"{file}\0{sha256(file)}" for file in files if file.exists()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def sha256(file: Path) -> str:
    state = file.stat()
    return sha256_as_of(file, state.st_mtime_ns, state.st_size, state.st_ino)


@lru_cache(maxsize=5000)  # while serving, most files are as they were
def sha256_as_of(file: Path, mtime_ns: int, size: int, inode: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()

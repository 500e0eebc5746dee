"""The chapters' cells: executed side by side before the pages are built, where anything they depend on has changed.

A page's outputs are stored under the text of its cells, and hold as long as all that the cells import, the figures they
show, the lock and Python stay the same. Prose is not asked, so an edit of it executes nothing.
"""

import ast
import hashlib
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from tqdm import tqdm
from traitlets.config import Config

from gradbook import memo
from gradbook.site import notebooks, store
from gradbook.site.notebooks import code_cells, place, without_drawings
from gradbook.sweep import cores
from gradbook.text import LANGS, BookError

SECONDS_A_CELL = 120
COLORS = re.compile(r"\x1b\[[0-9;]*m")


def execute_all(docs: Path) -> None:
    """Outputs for every notebook below docs, then nothing else. A BookError says what failed, and where."""
    pages = {path: read(path) for path in notebooks.notebooks(docs)}
    wanted = {place(code_cells(nb)) for nb in pages.values()}
    stale = [path for path, nb in pages.items() if not is_fresh(nb)]
    if stale:
        # Each waits for a kernel, a process of its own that is spoken to through sockets in a folder.
        with ThreadPoolExecutor(cores()) as pool, TemporaryDirectory(prefix="gradbook-") as sockets:
            done = pool.map(lambda path: execute(path, pages[path], Path(sockets, f"{stale.index(path)}.json")), stale)
            failures = [error for error in tqdm(done, "executing pages", len(stale), unit="", disable=None) if error]
        if failures:
            raise BookError("\n".join(failures))
    for old in set((memo.CACHE / "cells").glob("*.pickle")) - wanted:
        old.unlink()


def read(path: Path) -> NotebookNode:
    try:
        return notebooks.read(path)
    except Exception as error:  # whatever the parsers of front matter and of a cell's options raise
        raise BookError(f"{path.parent.name}/{path.name}: this is no notebook: {error}") from None


def is_fresh(nb: NotebookNode) -> bool:
    found, stored = memo.load(place(code_cells(nb)))
    return found and stored[0] == key(nb)


def key(nb: NotebookNode) -> str:
    """What the cells depend on beside their own text."""
    try:
        tree = ast.parse("\n".join(cell.source for cell in code_cells(nb)))
    except SyntaxError:
        return "executing says it better"
    nodes = list(ast.walk(tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    _, imported = memo.reachable(tree, names)
    shown = [
        store.BOOK / "figures" / lang / f"{name}.json"
        for lang in LANGS
        for name in store.figure_names(lang)
        if {lang, name} <= strings
    ]
    figures = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(shown)]
    return "\0".join([memo.code_behind({module for module, _ in imported}), *figures, memo.lock()])


def execute(path: Path, nb: NotebookNode, connection: Path) -> str | None:
    """Run the cells and store what they put out; the message, if one fails. The kernel's sockets lie beside `connection`."""
    where = f"{path.parent.name}/{path.name}"
    client = NotebookClient(
        nb,
        timeout=SECONDS_A_CELL,
        shutdown_kernel="immediate",  # all outputs are here; a cell without end would not hear a request
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=ERROR", "--HistoryManager.enabled=False"],
        config=Config(KernelManager={"connection_file": str(connection), "transport": transport(connection)}),
    )
    before = key(nb)
    try:
        client.execute()
    except CellTimeoutError:
        return f"{where}: a cell ran for more than {SECONDS_A_CELL} s:\n{running(nb)}"
    except DeadKernelError:
        return f"{where}: the kernel died while it ran\n{running(nb)}"
    except RuntimeError as error:
        return f"{where}: no kernel could be started: {error}"
    except (CellExecutionError, CellControlSignal) as error:
        return f"{where}: a cell failed\n{COLORS.sub('', str(error)).strip()}"
    cells = code_cells(nb)
    memo.store(place(cells), (before, [[without_drawings(output) for output in cell.outputs] for cell in cells]))
    return None


def transport(connection: Path) -> str:
    """Files need no network and are never taken; but the system allows their sockets names of some 100 bytes."""
    return "ipc" if len(os.fsencode(connection)) < 90 else "tcp"


def running(nb: NotebookNode) -> str:
    """The first cell that has not come to its end."""
    return next((str(cell.source) for cell in code_cells(nb) if not finished(cell)), "(the last cell)")


def finished(cell: NotebookNode) -> bool:
    return "shell.execute_reply" in cell.metadata.get("execution", {})


if __name__ == "__main__":
    try:
        execute_all(Path(sys.argv[1]))
    except BookError as error:
        sys.exit(f"gradbook: {error}")
    except OSError as error:
        sys.exit(f"gradbook: {error.filename or 'a file'}: {error.strerror or error}")

"""The chapters' cells: executed side by side before the pages are built, where anything they depend on has changed.

A page's outputs are stored under the text of its cells, and hold as long as all that the cells import, the figures they
show, the lock and Python stay the same. Prose is not asked, so an edit of it executes nothing.
"""

import ast
import hashlib
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from tqdm import tqdm

from gradbook import memo
from gradbook.site import store
from gradbook.site.notebooks import COLORS, is_notebook, place, sources
from gradbook.sweep import cores
from gradbook.text import LANGS, BookError

SECONDS_A_CELL = 120


def execute_all(docs: Path) -> None:
    """Outputs for every notebook below docs, then nothing else. A BookError says what failed, and where."""
    pages = notebooks(docs)
    wanted = {place(code) for code in pages.values()}
    stale = [path for path, code in pages.items() if not is_fresh(code)]
    if stale:
        with ThreadPoolExecutor(cores()) as pool:  # each waits for a kernel, a process of its own
            done = pool.map(lambda path: execute(path, pages[path]), stale)
            failures = [error for error in tqdm(done, "executing pages", len(stale), unit="", disable=None) if error]
        if failures:
            raise BookError("\n".join(failures))
    for old in set((memo.CACHE / "cells").glob("*.pickle")) - wanted:
        old.unlink()


def notebooks(docs: Path) -> dict[Path, list[str]]:
    """The code cells of each notebook below docs."""
    texts = {path: path.read_text(encoding="utf-8-sig") for path in sorted(docs.rglob("*.md"))}
    return {path: sources(text) for path, text in texts.items() if is_notebook(text)}


def is_fresh(code: Sequence[str]) -> bool:
    found, stored = memo.load(place(code))
    return found and stored[0] == key(code)


def key(code: Sequence[str]) -> str:
    """What the cells depend on beside their own text."""
    try:
        tree = ast.parse("\n".join(code))
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
    return "\0".join([memo.code_behind(imported), *figures, memo.lock(), Path(__file__).read_text(encoding="utf-8")])


def execute(path: Path, code: Sequence[str]) -> str | None:
    """Run the cells and store what they put out; the message, if one fails."""
    where = f"{path.parent.name}/{path.name}"
    nb = new_notebook(cells=[new_code_cell(source) for source in code])  # type: ignore[no-untyped-call]
    client = NotebookClient(
        nb,
        timeout=SECONDS_A_CELL,
        coalesce_streams=True,  # what a cell prints slowly arrives in pieces, quickly in one: the page must not tell
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=ERROR", "--HistoryManager.enabled=False"],
        shutdown_kernel="immediate",  # it holds nothing that a slower end would save
    )
    before = key(code)
    try:
        client.execute()
    except CellTimeoutError:
        return f"{where}: a cell ran for more than {SECONDS_A_CELL} s:\n{running(nb)}"
    except DeadKernelError:
        return f"{where}: the kernel died while it ran\n{running(nb)}"
    except (CellExecutionError, CellControlSignal) as error:
        return f"{where}: a cell failed\n{COLORS.sub('', str(error)).strip()}"
    memo.store(place(code), (before, [[dict(output) for output in cell.outputs] for cell in nb.cells]))
    return None


def running(nb: NotebookNode) -> str:
    """The first cell that has not come to its end."""
    return next((str(cell.source) for cell in nb.cells if not finished(cell)), "(the last cell)")


def finished(cell: NotebookNode) -> bool:
    return "shell.execute_reply" in cell.metadata.get("execution", {})


if __name__ == "__main__":
    try:
        execute_all(Path(sys.argv[1]))
    except BookError as error:
        sys.exit(f"gradbook: {error}")

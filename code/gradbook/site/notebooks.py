"""The chapters as notebooks, and what their cells put out: stored by `execute`, handed to nbconvert, drawings apart."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jupytext
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode, from_dict
from traitlets import Bool

from gradbook import memo
from gradbook.site import figure_html, kept
from gradbook.text import BookError

parse = jupytext.read  # before the hooks replace it by `read`


PROSE = re.compile(r"PROSE-OF-CELL-(\d+)-")


class Skeleton(Preprocessor):
    """Gives nbconvert's copy of a notebook its stored outputs, and marks in place of its prose, which goes to MkDocs
    as it stands, and shall not have code converted again: named in `jupyter/jupyter_nbconvert_config.py`."""

    enabled = Bool(True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        cells = code_cells(nb)
        for cell, put_out in zip(cells, outputs(cells), strict=True):
            cell["outputs"] = [from_dict(output) for output in put_out]  # type: ignore[no-untyped-call]
        for number, cell in enumerate(nb.cells):
            if cell.cell_type == "markdown":
                cell["source"] = f"PROSE-OF-CELL-{number}-"
        return nb, resources


def skeleton(nb: NotebookNode) -> str:
    """All that a notebook's HTML is made from, but its prose."""
    shown = [(c.cell_type, sorted(c.metadata.items()), c.source if c.cell_type == "code" else "") for c in nb.cells]
    return repr((shown, outputs(code_cells(nb)), sorted(nb.metadata.items())))


def with_prose(html: str, nb: NotebookNode) -> str:
    return PROSE.sub(lambda m: str(nb.cells[int(m[1])].source), html)


def notebooks(docs: Path) -> list[Path]:
    return [path for path in sorted(docs.rglob("*.md")) if "\nkernelspec:" in path.read_text(encoding="utf-8-sig")]


def read(path: Path | str) -> NotebookNode:
    """As jupytext reads it; kept, since nbformat checks every cell against a schema."""
    notebook: NotebookNode = kept.recall("notebook", Path(path).read_text(encoding="utf-8-sig"), lambda: parse(path))
    return notebook


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def place(cells: Sequence[NotebookNode]) -> Path:
    digest = hashlib.sha256("\0".join(cell.source for cell in cells).encode()).hexdigest()[:24]
    return memo.CACHE / "cells" / f"{digest}.pickle"


def outputs(cells: Sequence[NotebookNode]) -> list[list[dict[str, Any]]]:
    """What each cell put out."""
    found, stored = memo.load(place(cells))
    if not found:
        raise BookError("a page's cells have no outputs: build with `make site`, which executes them first")
    put_out: list[list[dict[str, Any]]] = stored[1]
    return put_out


def without_drawings(output: NotebookNode) -> dict[str, Any]:
    if html := output.get("data", {}).get("text/html"):
        output["data"]["text/html"] = figure_html.emptied(html)
    return dict(output)

"""Chapters are notebooks in MyST Markdown: their cells, and what a page shows of each.

The prose of a page goes through Markdown as one text, in which an empty element holds the place of each code cell.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

import yaml

from gradbook import memo
from gradbook.site import code_html, words
from gradbook.text import BookError, Lang

FRONT: Final = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*\n", re.DOTALL | re.MULTILINE)
# A fence of any kind, so that a code cell shown inside a longer fence is none; or a line that parts two pieces of prose.
BOUNDARY: Final = re.compile(
    r"^(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=mark)[`~]*[ \t]*$|^\+\+\+(?P<meta>[^\n]*)$",
    re.DOTALL | re.MULTILINE,
)
OPTION: Final = re.compile(r"\A(?::[\w-]+:[^\n]*\n?)+")
OPTION_BLOCK: Final = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*\n?", re.DOTALL | re.MULTILINE)
PLACE: Final = re.compile(r'<div data-cell="(\d+)"></div>')
COLORS: Final = re.compile(r"\x1b\[[0-9;]*m")
HIDDEN, SOLUTION = "hide-input", "solution"  # tags: only the output shows; a run of such cells folds
OPENED, CLOSED = "<!-- solution -->", "<!-- end of solution -->"


@dataclass(frozen=True)
class Cell:
    """A piece of prose, or code that is run."""

    source: str
    is_code: bool
    tags: frozenset[str]


def is_notebook(text: str) -> bool:
    """Whether the page's front matter names a kernel."""
    front = FRONT.match(text)
    return front is not None and re.search(r"^kernelspec:", front[1], re.MULTILINE) is not None


def split(text: str) -> list[Cell]:
    """The cells of a page, in order; as jupytext parts them, but without those that are empty prose."""
    text = FRONT.sub("", text)
    cells: list[Cell] = []
    begin, tags = 0, frozenset[str]()

    def prose(end: int) -> None:
        if source := text[begin:end].strip("\n"):
            cells.append(Cell(source, False, tags))

    for found in BOUNDARY.finditer(text):
        if found["mark"] is None:
            prose(found.start())
            begin, tags = found.end(), tags_of(found["meta"])
        elif found["info"].strip().startswith("{code-cell}"):
            prose(found.start())
            source, options = without_options(found["body"])
            cells.append(Cell(source, True, tags_of(options)))
            begin, tags = found.end(), frozenset()
    prose(len(text))
    return cells


def without_options(body: str) -> tuple[str, str]:
    """A code cell's source, and its options as YAML."""
    if lines := OPTION.match(body):
        return body[lines.end() :].strip("\n"), re.sub(r"^:", "", lines[0], flags=re.MULTILINE)
    if block := OPTION_BLOCK.match(body):
        return body[block.end() :].strip("\n"), block[1]
    return body.strip("\n"), ""


def tags_of(options: str) -> frozenset[str]:
    try:
        found = yaml.safe_load(options)
        return frozenset(found.get("tags") or ()) if found else frozenset()
    except (yaml.YAMLError, AttributeError, TypeError):
        raise BookError(f"the options of a cell cannot be read: {options.strip()!r}") from None


def sources(text: str) -> list[str]:
    """The code of a page, cell by cell."""
    return [cell.source for cell in split(text) if cell.is_code]


def place(code: Sequence[str]) -> Path:
    """Where the outputs of a page with these code cells are stored: (what they hold for, outputs of each cell)."""
    digest = hashlib.sha256("\0".join(code).encode()).hexdigest()[:24]
    return memo.CACHE / "cells" / f"{digest}.pickle"


def markdown(cells: Sequence[Cell]) -> str:
    """The page's prose as one text, with an empty element in the place of each code cell."""
    parts, count = [], 0
    for cell in cells:
        part = f'<div data-cell="{count}"></div>' if cell.is_code else cell.source
        count += cell.is_code
        parts.append(f"{OPENED}\n\n{part}\n\n{CLOSED}" if SOLUTION in cell.tags else part)
    return "\n\n".join(parts) + "\n"


def fill(html: str, cells: Sequence[Cell], lang: Lang) -> str:
    """The page with code and outputs in their places, and solutions folded. A BookError if the cells have no outputs."""
    code = [cell for cell in cells if cell.is_code]
    found, stored = memo.load(place([cell.source for cell in code]))
    if not found:
        raise BookError("a page's cells have no outputs: build with `make site`, which executes them first")
    shown = [cell_html(cell, outputs) for cell, outputs in zip(code, stored[1], strict=True)]
    html = PLACE.sub(lambda m: shown[int(m[1])], html)
    html = re.sub(rf"{CLOSED}\s*{OPENED}", "", html)
    summary = f"<summary>{words.SOLUTION[lang]}</summary>"
    return html.replace(OPENED, f'<details class="solution">{summary}').replace(CLOSED, "</details>")


def cell_html(cell: Cell, outputs: list[dict[str, Any]]) -> str:
    code = [] if HIDDEN in cell.tags else [code_html.block(cell.source)]
    return "\n".join(code + [output_html(output) for output in outputs])


def output_html(output: dict[str, Any]) -> str:
    """What a cell printed, set off from prose and code and kept out of the search; or the HTML it returned."""
    if output["output_type"] == "stream":
        return text_html(output["text"], output["name"])
    data = output["data"]
    if "text/html" in data:
        return str(data["text/html"])
    if other := set(data) - {"text/plain"}:
        raise BookError(f"a cell puts out {', '.join(sorted(other))}: pages show text and HTML; figures by page.figure")
    return text_html(data["text/plain"], "result")


def text_html(text: str, kind: str) -> str:
    stderr = " output--stderr" if kind == "stderr" else ""
    shown = escape(COLORS.sub("", text), quote=False)
    return f'<div class="output{stderr}" data-search-exclude="1"><pre>{shown}</pre></div>'

"""Python code as HTML, with the same markup and classes as every other code block of the site."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from gradbook.site import store, words
from gradbook.text import BookError, Lang


def coloured(source: str) -> str:
    """Highlighted tokens without a surrounding element; each line is closed in itself."""
    return str(highlight(source, PythonLexer(ensurenl=True), HtmlFormatter(nowrap=True)))


def block(source: str) -> str:
    return f'<div class="highlight"><pre><code>{coloured(source)}</code></pre></div>'


def listing(shown: Callable[..., Any] | type, lang: Lang, docstring: bool = True) -> str:
    """The source of a function or class as it stands in its file, under a line that says where that is."""
    target = inspect.unwrap(shown)
    try:
        lines, first = inspect.getsourcelines(target)
        file = Path(inspect.getsourcefile(target) or "").resolve()
    except (TypeError, OSError) as error:
        raise BookError(f"listing() shows functions and classes written in a file, not {shown!r} ({error})") from None
    if not docstring:
        lines = without_docstring(lines)
    where = f"{target.__module__}.{target.__qualname__}"
    if file.is_relative_to(store.CODE):
        path = file.relative_to(store.CODE).as_posix()
        place = f"code/{path} · {words.LINES[lang]} {first}"
        if store.has_source_page(path):
            place = f'<a data-site-href="{store.source_page(path)}#L{first}">{escape(place)}</a>'
        where = f"<code>{escape(where)}</code> {place}"
    else:
        where = f"<code>{escape(where)}</code>"
    return f'<div class="listing"><p class="listing__where">{where}</p>{block("".join(lines))}</div>'


def without_docstring(lines: list[str]) -> list[str]:
    """The lines of a function or class less those of its docstring."""
    (node,) = ast.parse(textwrap.dedent("".join(lines))).body
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    if ast.get_docstring(node) is None:
        return lines
    told = node.body[0]
    return lines[: told.lineno - 1] + lines[told.end_lineno :]

"""The reference of `deepgrad` as Markdown, from its own signatures and docstrings: read, not imported."""

import ast
import re
from functools import cache
from html import escape
from pathlib import Path

from gradbook.site import kept, store, words
from gradbook.text import Lang

PACKAGE = store.CODE / "deepgrad"


def markdown(lang: Lang) -> str:
    """A section for each module, an entry for each name that `deepgrad` exports, in the order of its `__init__`."""
    sources = all_sources()
    return kept.recall("library", lang + sources, lambda: made(lang), lambda: all_sources() == sources)


def all_sources() -> str:
    return "\0".join(f"{file}\0{file.read_text(encoding='utf-8')}" for file in sorted(PACKAGE.rglob("*.py")))


def made(lang: Lang) -> str:
    sections = []
    for module, names in exports().items():
        path = PACKAGE.joinpath(*module.split(".")[1:])
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        tree = parsed(file.read_text(encoding="utf-8"))
        title = module.removeprefix("deepgrad.")
        sections.append(f"## {title} {{#{title.replace('.', '-')}}}\n\n{paragraphs(tree)}")
        sections += [entry(*found, lang) for name in names if (found := find(name, file))]
    return "\n\n".join(sections)


def exports() -> dict[str, list[str]]:
    """Module -> the names that `deepgrad/__init__.py` takes from it."""
    tree = parsed((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    return {
        statement.module: [alias.name for alias in statement.names]
        for statement in tree.body
        if isinstance(statement, ast.ImportFrom) and statement.module
    }


@cache
def parsed(source: str) -> ast.Module:
    return ast.parse(source)


type Definition = ast.FunctionDef | ast.ClassDef


def find(name: str, file: Path) -> tuple[Definition, Path] | None:
    """The definition of a name in a file, or in one below the same folder that the file passes on."""
    for source in [file, *sorted(file.parent.glob("*.py"))] if file.name == "__init__.py" else [file]:
        for node in parsed(source.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
                return node, source
    return None


def entry(node: Definition, source: Path, lang: Lang) -> str:
    address = f"{store.source_page(source.relative_to(store.CODE).as_posix())}#L{node.lineno}"
    link = f'<a class="docstring__source" data-site-href="{address}">{words.CODE[lang]}</a>'
    heading = f"### {node.name} {{#{node.name}}}"
    return f"{heading}\n\n```python\n{signature(node)}\n```\n\n{paragraphs(node)}\n\n<p>{link}</p>"


def signature(node: Definition) -> str:
    """As one would write it: a function's line, or a class with its fields and its methods' lines."""
    if isinstance(node, ast.FunctionDef):
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return f"{node.name}({ast.unparse(node.args)}){returns}"
    fields = [ast.unparse(item) for item in node.body if isinstance(item, ast.AnnAssign)]
    methods = [signature(item) for item in node.body if isinstance(item, ast.FunctionDef) and public(item.name)]
    bases = f"({', '.join(map(ast.unparse, node.bases))})" if node.bases else ""
    return "\n".join([f"class {node.name}{bases}:", *(f"    {line}" for line in fields + methods)])


def public(name: str) -> bool:
    return not name.startswith("_") or name == "__call__"


def paragraphs(node: ast.Module | Definition) -> str:
    """The docstring as HTML that Markdown leaves alone; its line breaks carry meaning and are kept."""
    text = ast.get_docstring(node) or ""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return "\n".join(f'<p class="docstring">{part}</p>' for part in marked.split("\n\n") if part.strip())

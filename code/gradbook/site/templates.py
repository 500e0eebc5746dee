"""What makes the theme's templates quick: kept compiled, and not handed what neither they nor the search index read."""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from jinja2 import BytecodeCache, Environment, FileSystemLoader
from jinja2.bccache import Bucket

from gradbook import memo

HEAVY: Final = re.compile(r"<(svg|math)\b.*?</\1>", re.DOTALL)
ASIDE: Final = re.compile(r"<!-- aside (\d+) -->")


class Compiled(BytecodeCache):
    """Jinja's compiled templates on disk, whole or not at all. Jinja itself asks whether the source is still the same."""

    def load_bytecode(self, bucket: Bucket) -> None:
        found, code = memo.load(place(bucket))
        if found:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        memo.store(place(bucket), bucket.bytecode_to_string())


def place(bucket: Bucket) -> Path:
    digest = hashlib.sha256(f"{bucket.key} {memo.lock()}".encode()).hexdigest()[:24]
    return memo.CACHE / "templates" / f"{digest}.pickle"


def without_hidden(get_env: Callable[[], Environment]) -> Environment:
    """MkDocs goes through the names of all templates for files to copy, and passes over hidden folders; but in one of these the
    theme has ten thousand icons."""
    env = get_env()
    loader = env.loader
    assert isinstance(loader, FileSystemLoader)

    def list_templates() -> list[str]:
        found = set()
        for place in loader.searchpath:
            for folder, below, files in os.walk(place):
                below[:] = [name for name in below if not name.startswith(".")]
                found |= {Path(folder, name).relative_to(place).as_posix() for name in files}
        return sorted(found)

    loader.list_templates = list_templates  # type: ignore[method-assign]
    return env


def set_aside(html: str) -> tuple[str, list[str]]:
    """The page without its drawings and formulas, which are most of it and which the search shall not find; and these."""
    heavy: list[str] = []

    def note(match: re.Match[str]) -> str:
        heavy.append(match[0])
        return f"<!-- aside {len(heavy) - 1} -->"

    return HEAVY.sub(note, html), heavy


def put_back(html: str, heavy: list[str]) -> str:
    return ASIDE.sub(lambda m: heavy[int(m[1])], html)

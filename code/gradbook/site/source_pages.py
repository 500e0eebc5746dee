"""The code as pages: every file of the library and of the chapters' experiments, line by line, for listings to link to."""

import hashlib
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Final

from gradbook import memo
from gradbook.site import code_html, store
from gradbook.site.links import relative

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>{path} – Gradients All the Way</title>
<link rel="icon" href="{root}assets/favicon.svg">
<link rel="stylesheet" href="{root}assets/fonts/fonts.css">
<link rel="stylesheet" href="{root}assets/source.css">
</head>
<body>
<header><a href="{root}" lang="ko">기울기를 끝까지</a> · <a href="{root}en/">Gradients All the Way</a>
<h1>code/{path}</h1></header>
<main><pre tabindex="0" role="region" aria-label="code/{path}"><code>{code}</code></pre></main>
</body>
</html>
"""


latest: dict[str, str] = {}  # what the last build of this process made: while serving, most files are as they were
MAKERS: Final = "".join(Path(file).read_text(encoding="utf-8") for file in (__file__, code_html.__file__))


def write(site: Path) -> None:
    """Write `source/<path>.html` for each file that has a page; what the last build made of the same text stands."""
    kept = memo.CACHE / "source-pages.pickle"
    files = {file.relative_to(store.CODE).as_posix(): file for file in sorted(store.CODE.rglob("*.py"))}
    wanted = {path: file.read_text(encoding="utf-8") for path, file in files.items() if store.has_source_page(path)}
    keys = {path: key(path, source, memo.lock()) for path, source in wanted.items()}
    if latest.keys() != set(keys.values()):
        _, found = memo.load(kept)
        before: dict[str, str] = latest | (found or {})
        if new := [(path, source) for path, source in wanted.items() if keys[path] not in before]:
            from gradbook import sweep  # a slow import, and most builds have nothing new

            jobs = sweep.cores() if len(new) > 20 else 1
            made = sweep.watched(page, new, jobs, "coloring code", "generator")
            before |= {keys[path]: html for (path, _), html in zip(new, made, strict=True)}
        latest.clear()
        latest.update({named: before[named] for named in keys.values()})
        if latest != found:
            memo.store(kept, latest)
    for path, named in keys.items():
        memo.write_whole(site / store.source_page(path), latest[named].encode())


@lru_cache(maxsize=2000)
def key(path: str, source: str, lock: str) -> str:
    return hashlib.sha256("\0".join([path, source, MAKERS, lock]).encode()).hexdigest()


def page(file: tuple[str, str]) -> str:
    path, source = file
    address = store.source_page(path)
    root = relative("", address)
    lines = code_html.coloured(source).removesuffix("\n").split("\n")
    code = "\n".join(f'<a class="n" id="L{n}" href="#L{n}">{n}</a>{line}' for n, line in enumerate(lines, 1))
    return TEMPLATE.format(path=escape(path), root=root, code=code)

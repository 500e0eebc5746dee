"""The code as pages: every file of the library and of the chapters' experiments, line by line, for listings to link to."""

import hashlib
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


MAKERS: Final = "".join(Path(file).read_text(encoding="utf-8") for file in (__file__, code_html.__file__))


def write(site: Path) -> None:
    """Write `source/<path>.html` for each file that has a page; what the last build made of the same text stands."""
    place = memo.CACHE / "source-pages.pickle"
    _, found = memo.load(place)
    before: dict[str, str] = found or {}
    made: dict[str, str] = {}
    for file in sorted(store.CODE.rglob("*.py")):
        path = file.relative_to(store.CODE).as_posix()
        if store.has_source_page(path):
            source = file.read_text(encoding="utf-8")
            key = hashlib.sha256("\0".join([path, source, MAKERS, memo.lock()]).encode()).hexdigest()
            address = store.source_page(path)
            made[key] = before.get(key) or page(path, address, source)
            memo.write_whole(site / address, made[key].encode())
    if made != before:
        memo.store(place, made)


def page(path: str, address: str, source: str) -> str:
    root = relative("", address)
    lines = code_html.coloured(source).removesuffix("\n").split("\n")
    code = "\n".join(f'<a class="n" id="L{n}" href="#L{n}">{n}</a>{line}' for n, line in enumerate(lines, 1))
    return TEMPLATE.format(path=escape(path), root=root, code=code)

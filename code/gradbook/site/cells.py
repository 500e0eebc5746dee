"""Executed notebooks come as some 600 KB of wrappers, styles and scripts; what a reader reads is a tenth of that."""

import re
from itertools import count

from gradbook.site import words
from gradbook.text import Lang

SCRIPT_OR_STYLE = re.compile(r"<(script|style)\b.*?</\1>\s*", re.DOTALL)
END = re.compile(r"<p></div> <!-- jp-Notebook -->\s*</div> <!-- jupyter-wrapper --></p>")
INPUT = re.compile(r'<div class="highlight-ipynb[^"]*">\s*<pre>(.*?)</pre>\s*</div>', re.DOTALL)
TEXT_OUTPUT = re.compile(
    r'<div class="jp-Rendered[^"]*" data-mime-type="([^"]*)"[^>]*>\s*<pre>(.*?)</pre>\s*</div>', re.DOTALL
)
# What a cell prints slowly arrives in pieces, quickly in one: the page must not tell.
PIECES = re.compile(
    r'</pre>\s*</div>\s*</div>\s*<div class="jp-OutputArea-child">\s*'
    r'(?:<div class="jp-OutputPrompt[^>]*></div>\s*)?<div class="jp-RenderedText jp-OutputArea-output" data-mime-type="text/plain"[^>]*>\s*<pre>'
)
PRE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
ASIDE = re.compile(r'<pre data-aside="(\d+)"></pre>')
DIV = re.compile(r"<div\b[^>]*>|</div>")
CLASSES = re.compile(r'class="([^"]*)"')
BLANK_LINES = re.compile(r"\n\s*\n+(?=</?(?:div|figure|p|h[1-6]|ul|ol|table|details)\b)")  # none of these is in code

WRAPPERS = {"jupyter-wrapper", "jp-Notebook", "jp-Cell", "jp-Cell-inputWrapper", "jp-InputArea", "jp-RenderedMarkdown",
            "jp-Cell-outputWrapper", "jp-OutputArea", "jp-OutputArea-child", "jp-RenderedHTML", "jp-InputArea-editor",
            "CodeMirror"}  # fmt: skip
SOLUTION = "celltag_solution"  # cells so tagged fold, those in a row together
OPENED, CLOSED = "<!-- solution -->", "<!-- end of solution -->"
DROPPED = {"jp-Collapser", "zeroclipboard-container", "clipboard-copy-txt", "celltoolbar"}


def clean(html: str, lang: Lang) -> str:
    """The page without mkdocs-jupyter's wrappers: prose, code and outputs follow each other as on any other page.

    With the wrappers go the random ids that jupytext gives cells (two builds would differ) and the nesting that makes the
    search plugin file a cell's text under the wrong heading.
    """
    html = END.sub("</div></div>", html)
    html = INPUT.sub(r'<div class="highlight"><pre><code>\1</code></pre></div>', html)
    html = PIECES.sub("", html)
    html = TEXT_OUTPUT.sub(lambda m: output(m[1], m[2]), html)
    return BLANK_LINES.sub("\n", fold(unwrap(html), lang)).strip() + "\n"


def without_styles(html: str) -> str:
    """A notebook as nbconvert hands it over, without 600 KB of styles and scripts."""
    return SCRIPT_OR_STYLE.sub("", html)


def set_aside(html: str) -> tuple[str, list[str]]:
    """The notebook without its code and printed text, which Markdown need not read, with marks in their places; and these."""
    pre = PRE.findall(html)
    numbers = count()
    return PRE.sub(lambda _: f'<pre data-aside="{next(numbers)}"></pre>', html), pre


def put_back(html: str, pre: list[str]) -> str:
    return ASIDE.sub(lambda m: pre[int(m[1])], html)


def fold(html: str, lang: Lang) -> str:
    """Each run of cells tagged as a solution as one fold-out."""
    html = re.sub(rf"{CLOSED}\s*{OPENED}", "", html)
    summary = f"<summary>{words.SOLUTION[lang]}</summary>"
    return html.replace(OPENED, f'<details class="solution">{summary}').replace(CLOSED, "</details>")


def output(kind: str, text: str) -> str:
    """What a cell printed, set off from prose and code, and kept out of the search."""
    stderr = " output--stderr" if kind.endswith("stderr") else ""
    return f'<div class="output{stderr}" data-search-exclude="1"><pre>{text}</pre></div>'


def unwrap(html: str) -> str:
    """Remove the tags of wrapper elements, and the dropped elements whole."""
    kept: list[str] = []
    fates: list[str] = []  # of each open div: keep, unwrap, drop or fold
    dropping = position = 0
    for tag in DIV.finditer(html):
        if not dropping:
            kept.append(html[position : tag.start()])
        position = tag.end()
        if tag[0] == "</div>":
            fate = fates.pop() if fates else "keep"
            keep_tag = fate == "keep" and not dropping
            dropping -= fate == "drop"
            if fate == "fold":
                kept.append(CLOSED)
        else:
            fate = fate_of(tag[0])
            if fate == "fold" and "fold" in fates:  # the tag stands on a cell and on parts of it
                fate = "unwrap"
            fates.append(fate)
            dropping += fate == "drop"
            if fate == "fold":
                kept.append(OPENED)
            keep_tag = fate == "keep" and not dropping
        if keep_tag:
            kept.append(tag[0])
    return "".join([*kept, html[position:]])


def fate_of(tag: str) -> str:
    found = CLASSES.search(tag)
    classes = set(found[1].split()) if found else set()
    if classes & DROPPED:
        return "drop"
    if SOLUTION in classes:
        return "fold"
    return "unwrap" if classes & WRAPPERS else "keep"

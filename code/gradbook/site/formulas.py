"""LaTeX in the chapters becomes MathML at build: readers' browsers set it, with a font the site brings along."""

import re
from functools import cache
from html import unescape

from math_core import LatexError, LatexToMathML

from gradbook.text import BookError

MARKED = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)
LEFT_OVER = re.compile(r'class="arithmatex">(.{0,80})', re.DOTALL)


def render(html: str, page: str) -> str:
    """Replace what arithmatex marked; a BookError names page and formula that will not convert."""
    html = MARKED.sub(lambda m: mathml(latex(m[2]), m[1] == "div", page), html)
    if left := LEFT_OVER.search(html):
        raise BookError(f"{page}: this formula is cut in two or empty: {left[1]!r}")
    return html


def latex(text: str) -> str:
    """The formula as written. Inside a notebook's cells Markdown escapes it twice (`&amp;lt;`)."""
    once = unescape(text).strip()
    return once.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mathml(formula: str, display: bool, page: str) -> str:
    try:
        made = convert(formula, display)
    except LatexError as error:
        raise BookError(f"{page}: the formula {formula!r} does not convert: {error}") from None
    # A long equation scrolls in its own box.
    return f'<div class="equation">{made}</div>' if display else made


@cache
def convert(formula: str, display: bool) -> str:
    return LatexToMathML(fancy_error=False).convert_with_local_state(formula, displaystyle=display)

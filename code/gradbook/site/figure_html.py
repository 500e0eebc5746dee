"""A figure as HTML: inline SVG, number, caption, link to its code; with sliders if it moves."""

import json
import re
from html import escape
from typing import Any

from gradbook.site import store, words
from gradbook.text import Lang

# Matplotlib writes a style for `*`, which on a page would reach every element; the stylesheet says it for figures only.
STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL)
# Drawings are four fifths of a chapter, and nothing between its cells and its finished page has to look into them.
DRAWN = re.compile(r'(data-fig="(\w+)"[^>]*><div class="fig__frame"[^>]*>)<svg\b.*?</svg>', re.DOTALL)
EMPTIED = re.compile(r'<svg data-drawn="(\w+)"></svg>')


def static(figure: dict[str, Any], lang: Lang) -> str:
    body = svg(figure["svg"], figure["alt"])
    return (
        f'<figure id="{store.figure_id(figure["name"])}" class="fig" data-fig="{figure["name"]}">'
        f'<div class="fig__frame" data-search-exclude="1">{body}</div>{caption(figure, lang)}</figure>'
    )


def interactive(figure: dict[str, Any], lang: Lang) -> str:
    """The start frame with its sliders. They are hidden until the page's script wakes them."""
    sliders = "".join(slider(figure["name"], k, s) for k, s in enumerate(figure["sliders"]))
    return (
        f'<figure id="{store.figure_id(figure["name"])}" class="fig fig--moves" data-fig="{figure["name"]}"'
        f' data-frames="{store.frames_path(figure, lang)}" data-failed="{words.FRAME_FAILED[lang]}">'
        f'<div class="fig__frame" data-search-exclude="1">{svg(figure["svg"], figure["alt"])}</div>'
        f'<div class="fig__controls" role="group" aria-label="{words.CONTROLS[lang]}" hidden>{sliders}</div>'
        f'<p class="fig__live" aria-live="polite"></p>{caption(figure, lang)}</figure>'
    )


def emptied(html: str) -> str:
    """The HTML with a mark in place of each figure's drawing."""
    return DRAWN.sub(r'\1<svg data-drawn="\2"></svg>', html)


def drawn(html: str, lang: Lang) -> str:
    """The HTML with its drawings in their places again."""

    def drawing(match: re.Match[str]) -> str:
        figure = store.figure(lang, match[1])
        return svg(figure["svg"], figure["alt"])

    return EMPTIED.sub(drawing, html)


def slider(name: str, number: int, slider: dict[str, Any]) -> str:
    made, start = f"{store.figure_id(name)}-slider-{number}", slider["start"]
    values = [str(value) for value in slider["values"]]
    return (
        f'<div class="fig__slider"><label for="{made}">{escape(slider["label"])}</label>'
        f'<input type="range" id="{made}" min="0" max="{len(values) - 1}" step="1" value="{start}"'
        f' aria-valuetext="{escape(values[start])}" autocomplete="off"'
        f' data-values="{escape(json.dumps(values, ensure_ascii=False))}">'
        f'<output for="{made}">{escape(values[start])}</output></div>'
    )


def svg(drawing: str, alt: str) -> str:
    """The drawing as one image with a name: a screen reader reads the text, not the tick labels."""
    return STYLE.sub("", drawing).replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1)


def caption(figure: dict[str, Any], lang: Lang) -> str:
    """Number, title, what to see, and where the code is. The hook puts in the number (a notebook alone has none)."""
    path = figure["source"]
    code = f' <a class="fig__code" data-site-href="{store.source_page(path)}">{words.CODE[lang]}</a>'
    return (
        f'<figcaption><span class="fig__number">{words.FIGURE[lang]}</span> <strong>{escape(ended(figure["title"]))}</strong> '
        f"{escape(figure['caption'])}{code if store.has_source_page(path) else ''}</figcaption>"
    )


def ended(title: str) -> str:
    """With a full stop, where the title does not end a sentence by itself."""
    return title if title[-1] in ".?!" else f"{title}."

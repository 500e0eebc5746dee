"""What a chapter's cells call: `page.figure("link_decay")`, `page.listing(sigmoid)`, `page.interactive("gear_train")`.

Works in JupyterLab as on the site: the objects show themselves as HTML. Colours come from the site's stylesheet; without it
the figures fall back to their own, and an interactive figure stands still.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gradbook.site import code_html, figure_html, store
from gradbook.text import BookError, Lang, language


@dataclass(frozen=True)
class Html:
    """Something a notebook shows as HTML."""

    markup: str = field(repr=False)

    def _repr_html_(self) -> str:
        return self.markup


class Page:
    """One chapter in one language.

    Args:
        lang: the page's language, "ko" or "en"; else BookError.
        chapter: the chapter's number, from 1.
    """

    def __init__(self, lang: str, chapter: int) -> None:
        if chapter < 1:
            raise BookError(f"chapter is {chapter!r}, but chapters count from 1")
        self.lang: Lang = language(lang)
        self.chapter = chapter

    def __repr__(self) -> str:
        return f"Page({self.lang!r}, chapter={self.chapter})"

    def figure(self, name: str) -> Html:
        """The figure that the experiment `name` drew, with number, caption, alternative text and a link to its code."""
        found = store.figure(self.lang, name)
        self._check_chapter(found)
        return Html(figure_html.static(found, self.lang))

    def interactive(self, name: str) -> Html:
        """The same with sliders; a BookError if the experiment drew no frames."""
        found = store.figure(self.lang, name)
        self._check_chapter(found)
        if "frames" not in found:
            raise BookError(f"figure {name!r} has no sliders: show it with page.figure({name!r})")
        return Html(figure_html.interactive(found, self.lang))

    def listing(self, shown: Callable[..., Any] | type, docstring: bool = True) -> Html:
        """The source of a function or class, read from the file it was imported from, with a link to that file.

        docstring=False leaves its docstring out, for where the text around the listing says the same at more length.
        """
        return Html(code_html.listing(shown, self.lang, docstring))

    def _check_chapter(self, found: dict[str, Any]) -> None:
        if not found["source"].startswith(f"gradbook/ch{self.chapter}_"):
            raise BookError(f"figure {found['name']!r} is drawn by {found['source']}, not by chapter {self.chapter}")

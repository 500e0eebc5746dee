"""`{{ claim 1.4 }}`, `{{ verdict 1.4 }}`, `{{ estimate 1.4 }}`, `{{ n link_decay.factor }}`, `{{ full mnist1d.cnn }}`,
`{{ fig link_decay }}` and `{{ ledger }}` on all pages of one language."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import Any

from gradbook.site import ledger_html, store, words
from gradbook.site.links import relative
from gradbook.text import VERDICTS, BookError, Lang

# Code, drawings and formulas keep their braces.
PLACEHOLDER = re.compile(
    r"(?P<kept><(?P<tag>pre|code|svg|math)\b.*?</(?P=tag)>)|\{\{\s*(?P<kind>\w+)\s*(?P<name>[^{}]*?)\s*\}\}", re.DOTALL
)
LEDGER_PARAGRAPH = re.compile(r"<p>\s*(\{\{\s*ledger\s*\}\})\s*</p>")  # its tables may not stand in a paragraph
FIGURE = re.compile(r'<figure\b[^>]*\bdata-fig="(\w+)"')
NUMBER = re.compile(r'(<figure\b[^>]*\bdata-fig="(\w+)".*?<span class="fig__number">)[^<]*', re.DOTALL)
ROOTED = re.compile(r'\bdata-site-(href)="([^"]*)"|\b(data-frames)="([^"]*)"')


@lru_cache(maxsize=200)  # asked twice in each build; while serving, most pages are as they were
def placeholders(html: str) -> list[tuple[str, str, str]]:
    """Kind, name and wording of each placeholder."""
    return [(m["kind"], m["name"], m[0]) for m in PLACEHOLDER.finditer(html) if not m["kept"]]


@dataclass
class Sheet:
    """One page: its source and address, its chapter's number (None for other pages) and its HTML so far."""

    source: str
    url: str
    chapter: int | None
    html: str
    figures: dict[str, str] = field(default_factory=dict)  # name -> number as printed


class LanguageBook:
    """All pages of one language, each knowing where the others' figures and claims stand.

    Raises BookError for a figure shown twice on a page.
    """

    def __init__(self, lang: Lang, ledger: dict[str, Any], sheets: list[Sheet]) -> None:
        self.lang = lang
        self.claims: dict[str, dict[str, Any]] = {claim["id"]: claim for claim in ledger["claims"]}
        self.numbers: dict[str, dict[str, str]] = ledger["numbers"]
        self.stored: dict[str, dict[str, str]] = ledger["full"]
        self.sheets = sheets
        self.figure_home: dict[str, Sheet] = {}
        self.claim_home: dict[str, Sheet] = {}
        for sheet in sorted(sheets, key=lambda sheet: (sheet.chapter is None, sheet.chapter or 0)):
            self._number_figures(sheet)
            self._find_claims(sheet)
        self.known: dict[str, dict[str, Any]] = {
            "claim": self.claims, "verdict": self.claim_home, "estimate": self.claims, "n": self.numbers, "full": self.stored,
            "fig": self.figure_home, "ledger": {"": None},
        }  # fmt: skip

    def _number_figures(self, sheet: Sheet) -> None:
        for count, name in enumerate(FIGURE.findall(sheet.html), 1):
            if name in sheet.figures:
                raise BookError(f"{sheet.source}: figure {name!r} is shown twice; link to it with {{{{ fig {name} }}}}")
            sheet.figures[name] = f"{sheet.chapter}.{count}" if sheet.chapter is not None else str(count)
            self.figure_home.setdefault(name, sheet)

    def _find_claims(self, sheet: Sheet) -> None:
        """A claim's home is its own chapter's page, or the first chapter page that shows it."""
        if sheet.chapter is None:
            return
        for kind, name, _ in placeholders(sheet.html):
            if kind == "claim" and name in self.claims:
                own = self.claims[name]["chapter"] == sheet.chapter
                if own or name not in self.claim_home:
                    self.claim_home[name] = sheet

    def check(self, drawn: list[str]) -> None:
        """Raise BookError for a placeholder that names nothing, then for claims or figures that no page shows."""
        for sheet in self.sheets:
            for kind, name, written in placeholders(sheet.html):
                self._check_known(kind, name, written, sheet)
        if missing := [name for name in self.claims if name not in self.claim_home]:
            raise BookError(
                f"docs/{self.lang}: no chapter page has a badge for claim {', '.join(missing)}: "
                f"write {{{{ claim {missing[0]} }}}} where it is argued"
            )
        if missing := [name for name in drawn if name not in self.figure_home]:
            raise BookError(
                f"docs/{self.lang}: no page shows figure {', '.join(missing)}: "
                f"write page.figure({missing[0]!r}) or page.interactive({missing[0]!r}) in a cell of its chapter"
            )

    def standing(self) -> str:
        """Where claims and figures stand on all pages: what any page may say about others."""
        figures = [(name, home.url, home.figures[name]) for name, home in sorted(self.figure_home.items())]
        return repr((self.lang, figures, [(name, home.url) for name, home in sorted(self.claim_home.items())]))

    def resolve(self, sheet: Sheet) -> str:
        """The page's HTML with every placeholder, figure number and link into the site filled in."""
        anchored: set[str] = set()

        def replace(match: re.Match[str]) -> str:
            if match["kept"]:
                return match["kept"]
            kind, name = match["kind"], match["name"]
            if kind == "n":
                return f'<span class="measured" title="{words.MEASURED[self.lang]}">{self._number(name)}</span>'
            if kind == "full":
                told = words.STORED[self.lang].format(**self.stored[name])
                return f'<span class="measured measured--stored" title="{told}">{self._stored(name)}</span>'
            if kind == "verdict":
                return ledger_html.verdict(self.claims[name], self.lang, self.claim_url(name, sheet))
            if kind == "estimate":
                return ledger_html.estimate(self.claims[name], self.lang)
            if kind == "fig":
                return f'<a class="figref" href="{self._figure_link(name, sheet)}">{self._figure_name(name, sheet)}</a>'
            if kind == "ledger":
                return ledger_html.tables(list(self.claims.values()), self.lang, lambda c: self.claim_url(c, sheet))
            first = self.claim_home.get(name) is sheet and name not in anchored
            anchored.add(name)
            row = relative(f"{self._prefix()}claims/#{store.claim_id(name)}", sheet.url)
            return ledger_html.badge(self.claims[name], self.lang, row, first)

        html = PLACEHOLDER.sub(replace, LEDGER_PARAGRAPH.sub(r"\1", sheet.html))
        html = NUMBER.sub(lambda m: f"{m[1]}{words.FIGURE[self.lang]} {sheet.figures[m[2]]}", html)
        return ROOTED.sub(lambda m: f'{m[1] or m[3]}="{relative(m[2] or m[4], sheet.url)}"', html)

    def plain(self, text: str, sheet: Sheet) -> str:
        """The same for text without markup: descriptions, entries of the table of contents."""

        def replace(match: re.Match[str]) -> str:
            if match["kept"]:
                return match["kept"]
            kind, name = match["kind"], match["name"]
            self._check_known(kind, name, match[0], sheet)
            if kind == "n":
                return self._number(name)
            if kind == "full":
                return self._stored(name)
            if kind == "fig":
                return self._figure_name(name, sheet)
            if kind == "verdict":
                return VERDICTS[self.claims[name]["verdict"]][self.lang]
            if kind == "estimate":
                return ledger_html.in_words(self.claims[name], self.lang)
            return f"{words.CLAIM[self.lang]} {name}".strip()

        return PLACEHOLDER.sub(replace, text)

    def claim_url(self, name: str, sheet: Sheet | None = None) -> str:
        """Where the claim's badge stands: from a page, or from the site's root."""
        target = f"{self.claim_home[name].url}#{store.claim_id(name)}"
        return target if sheet is None else relative(target, sheet.url)

    def _check_known(self, kind: str, name: str, written: str, sheet: Sheet) -> None:
        if kind not in self.known:
            raise BookError(f"{sheet.source}: {written} is no placeholder: there are {', '.join(self.known)}")
        if name not in self.known[kind]:
            what = {
                "claim": "claim", "verdict": "claim with a badge on a page", "estimate": "claim", "n": "measured number", "full": "stored number of make full",
                "fig": "figure shown on a page", "ledger": "kind",
            }[kind]  # fmt: skip
            raise BookError(f"{sheet.source}: {written} names no {what}{store.nearest(name, list(self.known[kind]))}")

    def _number(self, name: str) -> str:
        return escape(self.numbers[name][self.lang])

    def _stored(self, name: str) -> str:
        return escape(self.stored[name][self.lang])

    def _figure_name(self, name: str, sheet: Sheet) -> str:
        shown = sheet.figures if name in sheet.figures else self.figure_home[name].figures
        return f"{words.FIGURE[self.lang]} {shown[name]}"

    def _figure_link(self, name: str, sheet: Sheet) -> str:
        anchor = f"#{store.figure_id(name)}"
        return anchor if name in sheet.figures else relative(self.figure_home[name].url + anchor, sheet.url)

    def _prefix(self) -> str:
        return "" if self.lang == "ko" else f"{self.lang}/"

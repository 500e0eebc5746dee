"""Claims as HTML: the badge where one is argued, the row where all stand together."""

from collections.abc import Callable
from html import escape
from itertools import groupby
from typing import Any, Final

from gradbook.site import store, words
from gradbook.text import VERDICTS, Lang, Verdict

# The verdict's mark has its own shape, so that no one needs the colour: tick, half disc, cross, dot. Drawn in a 12 × 12 box.
MARKS: Final = {
    "holds": '<path d="M2 6.5 5 9.5 10 3" fill="none" stroke="currentColor" stroke-width="2"/>',
    "holds-if": '<circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    '<path d="M6 1.5a4.5 4.5 0 0 1 0 9z" fill="currentColor"/>',
    "does-not-hold": '<path d="M2.5 2.5l7 7m0-7l-7 7" fill="none" stroke="currentColor" stroke-width="2"/>',
    "note": '<circle cx="6" cy="6" r="2.5" fill="currentColor"/>',
}


def mark(verdict: str) -> str:
    return f'<svg class="claim__mark" viewBox="0 0 12 12" aria-hidden="true">{MARKS[verdict]}</svg>'


def badge(claim: dict[str, Any], lang: Lang, row: str, anchor: bool) -> str:
    """Verdict, estimate, interval and n in a line of text, as a link to the claim's row; inline, so it may stand in a `<p>`."""
    verdict: Verdict = claim["verdict"]
    shown = claim["shown"][lang]
    parts = [f'<span class="claim__id">{words.CLAIM[lang]} {escape(claim["id"])}</span>',
             f'<span class="claim__verdict">{VERDICTS[verdict][lang]}</span>']  # fmt: skip
    if shown:
        parts.append(f'<span class="claim__shown">{escape(shown)}</span>')
    if claim["n"] is not None:
        parts.append(f'<span class="claim__n">n = {claim["n"]:,}</span>')
    here = f' id="{store.claim_id(claim["id"])}"' if anchor else ""
    return (
        f'<a class="claim claim--{verdict}"{here} href="{row}" title="{escape(claim["text"][lang])}">'
        f"{mark(verdict)} {' '.join(parts)}</a>"
    )


def verdict(claim: dict[str, Any], lang: Lang, home: str) -> str:
    """The verdict alone, with its mark, as a link to the claim's badge: for tables and sentences that look back."""
    found: Verdict = claim["verdict"]
    return (
        f'<a class="claim claim--{found}" href="{home}" title="{escape(claim["text"][lang])}">'
        f'{mark(found)} <span class="claim__verdict">{VERDICTS[found][lang]}</span></a>'
    )


def estimate(claim: dict[str, Any], lang: Lang) -> str:
    """What the badge gives as measured, with its unit."""
    return f'<span class="measured" title="{words.MEASURED[lang]}">{escape(in_words(claim, lang))}</span>'


def in_words(claim: dict[str, Any], lang: Lang) -> str:
    """Estimate, interval and unit as plain text; a dash where the claim has none."""
    return f"{claim['shown'][lang]} {claim['unit'][lang]}".strip() if claim["shown"][lang] else "–"


def tables(claims: list[dict[str, Any]], lang: Lang, home: Callable[[str], str]) -> str:
    """One table for each chapter. `home` gives the address of a claim's badge."""
    return "\n".join(
        table(chapter, list(group), lang, home) for chapter, group in groupby(claims, lambda claim: claim["chapter"])
    )


def table(chapter: int, claims: list[dict[str, Any]], lang: Lang, home: Callable[[str], str]) -> str:
    columns = (words.VERDICT_COLUMN, words.CLAIM_COLUMN, words.ESTIMATE_COLUMN, words.EXPERIMENT_COLUMN)
    head = "".join(f'<th scope="col" role="columnheader">{column[lang]}</th>' for column in columns)
    name = words.CHAPTER[lang].format(chapter)
    rows = "\n".join(row(claim, lang, home(claim["id"])) for claim in claims)
    # The roles repeat what the elements say: on a phone the stylesheet lays rows out as cards, and `display` would unsay it.
    return (
        f'<div class="ledger"><h2 id="chapter-{chapter}">{name}</h2>\n'
        f'<table class="ledger__table" role="table" aria-label="{words.LEDGER[lang].format(name)}">'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n<tbody role="rowgroup">\n{rows}\n</tbody></table></div>'
    )


def row(claim: dict[str, Any], lang: Lang, home: str) -> str:
    verdict: Verdict = claim["verdict"]
    n = claim["n"]
    path = f"gradbook/{claim['experiment']}.py"
    estimate = escape(claim["shown"][lang] or "–")
    if claim["shown"][lang]:
        estimate = f'<span class="ledger__shown">{estimate}</span>'
    small = [escape(claim["unit"][lang])] if claim["unit"][lang] else []
    small += [f"n = {n:,}"] if n is not None else []
    return (
        f'<tr role="row" id="{store.claim_id(claim["id"])}">'
        f'<td role="cell" class="ledger__verdict"><a class="claim claim--{verdict}" href="{home}">{mark(verdict)} '
        f'<span class="claim__id">{escape(claim["id"])}</span> '
        f'<span class="claim__verdict">{VERDICTS[verdict][lang]}</span></a></td>'
        f'<td role="cell"><p>{escape(claim["text"][lang])}</p><p class="ledger__finding">{escape(claim["finding"][lang])}</p></td>'
        f'<td role="cell">{estimate}<br><span class="ledger__small">{", ".join(small)}</span></td>'
        f'<td role="cell"><a data-site-href="{store.source_page(path)}"><code>{escape(claim["experiment"].rpartition("/")[2])}'
        f"</code></a></td></tr>"
    )

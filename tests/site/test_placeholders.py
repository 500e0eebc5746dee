"""Placeholders on made-up pages: what each becomes, and what is said of one that names nothing."""

import pytest

from gradbook.site.placeholders import LanguageBook, Sheet
from gradbook.text import BookError

CLAIM = {
    "id": "1.2", "chapter": 1, "verdict": "holds-if", "n": 20, "text": {"ko": "말", "en": "a <claim>"},
    "shown": {"ko": "+3 [1, 5]", "en": "+3 [1, 5]"}, "unit": {"ko": "%p, 이득", "en": "points, gain"},
}  # fmt: skip
EXACT = CLAIM | {"id": "1.3", "verdict": "holds", "n": None, "shown": {"ko": "", "en": ""}}
BADGES = "<p>{{ claim 1.2 }} {{ claim 1.3 }}</p>"


def book(lang, *pages):
    """The first page is chapter 1, the next chapter 2, and so on."""
    ledger = {"claims": [CLAIM, EXACT], "numbers": {}, "full": {}}
    sheets = [Sheet(f"{k}.md", f"{k}/", k, html) for k, html in enumerate(pages, start=1)]
    return LanguageBook(lang, ledger, sheets), sheets


@pytest.mark.parametrize(("lang", "word"), [("ko", "조건부 성립"), ("en", "holds if")])
def test_a_verdict_is_its_word_and_leads_to_the_badge(lang, word):
    made, (home, other) = book(lang, BADGES + "<td>{{ verdict 1.2 }}</td>", "<td>{{ verdict 1.2 }}</td>")
    for sheet, address in ((home, "#claim-1-2"), (other, "../1/#claim-1-2")):
        cell = made.resolve(sheet).partition("<td>")[2]
        assert f'href="{address}"' in cell
        assert f">{word}</span>" in cell
        assert "id=" not in cell  # the badge is the target, not this
        assert "<claim>" not in cell
    assert made.resolve(home).count('id="claim-1-2"') == 1
    assert made.plain("{{ verdict 1.2 }}", other) == word


def test_an_estimate_has_interval_and_unit_or_is_a_dash():
    made, (home,) = book("en", BADGES + "<td>{{ estimate 1.2 }}</td><td>{{ estimate 1.3 }}</td>")
    cells = made.resolve(home).split("<td>")[1:]
    assert ">+3 [1, 5] points, gain<" in cells[0]
    assert ">–<" in cells[1]
    assert made.plain("{{ estimate 1.2 }}", home) == "+3 [1, 5] points, gain"


@pytest.mark.parametrize("kind", ["verdict", "estimate"])
def test_no_such_claim(kind):
    made, _ = book("ko", BADGES + f"{{{{ {kind} 1.4 }}}}")
    with pytest.raises(BookError, match=rf"1\.md: {{{{ {kind} 1\.4 }}}} names no claim.*1\.2"):
        made.check([])


def test_a_verdict_alone_is_no_badge():
    made, _ = book("ko", "{{ claim 1.2 }}{{ estimate 1.3 }}")
    with pytest.raises(BookError, match=r"no chapter page has a badge for claim 1\.3"):
        made.check([])
    made, _ = book("ko", "{{ claim 1.2 }}{{ verdict 1.3 }}")
    with pytest.raises(BookError, match=r"names no claim with a badge"):
        made.check([])

"""The built site as files: every link arrives, nothing comes from another host, numbers come from the ledger."""

import gzip
import inspect
import json
import re
import xml.etree.ElementTree as ET
from functools import cache
from html import unescape
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from deepgrad import (
    chain,
    dropout,
    gradients,
    link,
    lstm_cell,
    max_pool,
    rnn,
    sawtooth,
    sgd,
    sigmoid,
    softmax_cross_entropy,
    squared_error,
    staircase,
    xor_gate,
)
from gradbook import ledger
from gradbook.ch5_activations.layer_signs import agreement
from gradbook.ch5_activations.wide_stack import expected
from gradbook.experiment import experiments
from gradbook.text import VERDICTS
from tests import building

CHAPTERS = [f"{lang}{chapter}/index.html" for lang in ("", "en/") for chapter in building.CHAPTERS]
EXERCISES = {1: 7, 2: 12, 3: 15, 4: 17, 5: 14}
LISTED = {
    1: (sigmoid, link, chain, sgd, dropout),
    2: (staircase, sawtooth),
    3: (softmax_cross_entropy, squared_error, gradients, xor_gate),
    4: (lstm_cell, max_pool, rnn),
    5: (agreement, expected),
}


def number_of(name):
    """The chapter that a page is."""
    return int(re.search(r"(\d+)-", name)[1])


HERE = "https://gradients-all-the-way.example/"


@cache
def ids(html):
    return set(re.findall(r'\b(?:id|name)="([^"]+)"', html))


def test_every_internal_link_and_anchor_resolves(site, pages):
    known = {name: ids(html) for name, html in pages.items()}
    missing = []
    for name, html in pages.items():
        if name == "404.html":
            continue  # its links are from the root, whatever the path
        plain = re.sub(r"<(svg|pre)\b.*?</\1>", "", html, flags=re.S)
        for reference in re.findall(r'\b(?:href|src)="([^"]*)"', plain):
            target = urlsplit(urljoin(HERE + name, unescape(reference)))
            if f"{target.scheme}://{target.netloc}/" != HERE:
                continue
            path = unquote(target.path).lstrip("/")
            path = path + "index.html" if path == "" or path.endswith("/") else path
            if not (site / path).is_file() or (target.fragment and unquote(target.fragment) not in known.get(path, ())):
                missing.append((name, reference))
    assert not missing


def test_nothing_is_fetched_from_another_host(site, pages):
    foreign = re.compile(r"(?:https?:)?//(?!gradients-all-the-way\.example)[\w.-]+")
    for name, html in pages.items():
        for tag in re.findall(r"<(?:script|img|iframe|source|video|audio|object|embed)\b[^>]*>", html):
            assert not re.search(rf'(?:src|srcset|data)="?{foreign.pattern}', tag), (name, tag)
        for tag in re.findall(r"<link\b[^>]*>", html):
            if not re.search(r'rel="?(?:canonical|alternate|next|prev)', tag):
                assert not re.search(rf'href="?{foreign.pattern}', tag), (name, tag)
        assert not re.search(rf"url\(['\"]?{foreign.pattern}", html), name
    for sheet in site.rglob("*.css"):
        assert not re.search(rf"url\(['\"]?{foreign.pattern}|@import", sheet.read_text(encoding="utf-8")), sheet


def test_no_image_without_words(pages):
    for name, html in pages.items():
        assert not re.search(r"<img\b(?![^>]*\balt=)", html), name
        assert "No description has been provided" not in html
        for figure in re.findall(r"<figure\b.*?</figure>", html, re.S):
            assert re.search(r'aria-label="[^"]{10,}"|<title>', figure), name


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_shows_all_its_figures_numbered_in_order(pages, name):
    html = pages[name]
    shown = re.findall(r'<figure\b[^>]*data-fig="(\w+)"', html)
    number = number_of(name)
    assert sorted(shown) == sorted(n.name for n in experiments(number) if n.experiment.drawing)
    numbers = re.findall(r'class="fig__number">[^\d<]*([\d.]+)', html)
    assert numbers == [f"{number}.{k}" for k in range(1, len(shown) + 1)]


@pytest.fixture(scope="module")
def measured():
    """What the ledger says today, as pages may print it: numbers and estimates."""
    texts = {text[lang] for text in ledger.numbers().values() for lang in ("ko", "en")}
    claims = [(entry.claim, lang) for entry in ledger.entries() for lang in ("ko", "en")]
    return texts | {f"{claim.as_printed(lang)} {claim.unit[lang]}".strip() for claim, lang in claims}


@pytest.fixture(scope="module")
def stored():
    return {text[lang] for text in ledger.stored_numbers().values() for lang in ("ko", "en")}


@pytest.mark.parametrize("name", CHAPTERS)
def test_numbers_in_prose_come_from_the_ledger(pages, measured, stored, name):
    found = re.findall(r'<span class="measured"[^>]*>([^<]*)</span>', pages[name])
    assert len(found) > 40
    assert {unescape(text) for text in found} <= measured
    assert {unescape(text) for text in re.findall(r'measured--stored"[^>]*>([^<]*)</span>', pages[name])} <= stored
    assert "{{" not in re.sub(r"<(pre|code|svg|math)\b.*?</\1>", "", pages[name], flags=re.S)


@pytest.mark.parametrize(("name", "lang"), [("claims/index.html", "ko"), ("en/claims/index.html", "en")])
def test_the_ledger_page_has_every_claim_with_its_verdict(pages, name, lang):
    html = pages[name]
    for entry in ledger.entries():
        row = re.search(rf'<tr[^>]*id="claim-{entry.claim.id.replace(".", "-")}".*?</tr>', html, re.S)
        assert row, entry.claim.id
        text = unescape(re.sub(r"<[^>]+>", " ", row[0]))
        for part in (VERDICTS[entry.claim.verdict][lang], entry.claim.text[lang], entry.claim.as_printed(lang)):
            assert part in text


def test_claims_json_is_the_ledger_with_addresses(site, pages):
    claims = json.loads((site / "claims.json").read_text(encoding="utf-8"))
    assert [claim["id"] for claim in claims] == [entry.claim.id for entry in ledger.entries()]
    for chapter, count in ((1, 11), (2, 17), (3, 14), (4, 18), (5, 19)):
        assert [c["id"] for c in claims if c["chapter"] == chapter] == [f"{chapter}.{k}" for k in range(1, count + 1)]
    for claim in claims:
        keys = {"id", "chapter", "verdict", "estimate", "low", "high", "unit", "n", "text", "url"}
        assert keys <= set(claim)
        assert claim["verdict"] in ("holds", "holds-if", "does-not-hold", "note")
        for lang in ("ko", "en"):
            path, anchor = claim["url"][lang].split("#")
            assert anchor in ids(pages[path + "index.html"])


@pytest.mark.parametrize("name", CHAPTERS)
def test_mathematics_is_mathml(pages, name):
    html = pages[name]
    assert html.count("<math") > 60
    assert "arithmatex" not in re.sub(r"<pre.*?</pre>", "", html, flags=re.S)
    assert "mathjax" not in html.lower()
    assert not re.search(r"\\(?:frac|sigma|partial)", re.sub(r"<(pre|svg|annotation)\b.*?</\1>", "", html, flags=re.S))


@pytest.mark.parametrize("name", CHAPTERS)
def test_solutions_are_folded_and_executed(pages, name):
    assert pages[name].count('<details class="solution">') == EXERCISES[number_of(name)]
    folded = re.findall(r'<details class="solution">.*?</details>', pages[name], re.S)
    for solution in folded:
        assert "<summary>" in solution
        assert 'class="output"' in solution, "the build executes it"


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_weighs_at_most_300_kb_gzipped(pages, name):
    assert len(gzip.compress(pages[name].encode())) <= 300_000


def test_head_of_every_page(pages):
    for name, html in pages.items():
        if name.startswith("source/"):
            continue
        assert f'<html lang="{"en" if name.startswith("en/") else "ko"}"' in html, name
        if name == "404.html":
            continue
        for wanted in (
            'hreflang="ko"',
            'hreflang="en"',
            'hreflang="x-default"',
            'rel="canonical"',
            'property="og:description"',
        ):
            assert wanted in html, (name, wanted)
        assert re.search(r'<meta name="description" content="[^"]{30,}"', html), name


def test_sitemap_lists_every_page_in_both_languages(site, pages):
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    listed = {element.text for element in ET.parse(site / "sitemap.xml").findall(".//s:loc", space)}
    wanted = {
        HERE + n.removesuffix("index.html") for n in pages if n.endswith("index.html") and not n.startswith("source/")
    }
    assert wanted <= listed


@pytest.mark.parametrize("name", CHAPTERS)
def test_listings_are_the_tested_source(pages, site, name):
    for shown in LISTED[number_of(name)]:
        file = f"source/{shown.__module__.replace('.', '/')}.py.html"
        line = inspect.getsourcelines(shown)[1]
        assert re.search(rf'href="[^"]*{re.escape(file)}#L{line}"', pages[name]), shown.__name__
        assert (site / file).is_file()
        text = unescape(re.sub(r"<[^>]+>", "", pages[name]))
        assert inspect.getsource(shown).strip() in text, shown.__name__


def test_the_language_switch_leads_to_the_same_page(pages):
    for name, html in pages.items():
        if name == "404.html" or name.startswith("source/"):
            continue
        links = re.findall(r'<a href="([^"]*)" hreflang="(\w+)" class="md-select__link"', html)
        there = {lang: urlsplit(urljoin(HERE + name, to)).path.lstrip("/") for to, lang in links}
        korean = name.removesuffix("index.html").removeprefix("en/")
        assert there == {"ko": korean, "en": f"en/{korean}"}

"""The site in a real browser: what a reader with a mouse, a keyboard, a phone or a screen reader meets."""

import re

import pytest
from axe_playwright_python.base import AXE_FILE_PATH

from tests import building

pytestmark = pytest.mark.browser

CHAPTER_PAGES = [f"{chapter}/" for chapter in building.CHAPTERS]
PAGES = ["", *CHAPTER_PAGES, "gallery/", "claims/", "glossary/", "library/", "references/"]
BOTH = [prefix + page for prefix in ("", "en/") for page in PAGES]
CHAPTERS = [lang + page for lang in ("", "en/") for page in CHAPTER_PAGES]


@pytest.fixture
def page(browser, address):
    """A fresh page that remembers what went wrong and what it asked for."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.problems, opened.requests = [], []
    opened.on("console", lambda m: opened.problems.append(m.text) if m.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: opened.problems.append(str(error)))
    opened.on("request", lambda request: opened.requests.append(request.url))
    yield opened
    context.close()


@pytest.mark.parametrize("path", BOTH)
def test_a_page_as_readers_meet_it(page, address, path):
    """In one visit, since a chapter takes long to lay out: sliders move; with all fold-outs open, figures are legible on a
    phone, nothing scrolls sideways at any width, no serious accessibility violation in light or (once) dark, no error, no foreign
    request."""
    page.goto(f"{address}/{path}", wait_until="networkidle")
    if path in CHAPTERS:
        sliders_move_by_keyboard_and_say_what_they_show(page)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for width in (390, 768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        if width == 390 and path in CHAPTERS:
            figures_are_legible(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("""() => [...document.querySelectorAll('math *')].every(part =>
            getComputedStyle(part).color === getComputedStyle(part.closest('math').parentElement).color)"""), scheme
    leave_to_axe_what_it_judges(page)
    page.add_script_tag(path=AXE_FILE_PATH)
    # no other rule looks at colors, and dark ones are the same in both languages
    dark = [] if path.startswith("en/") else [("dark", "runOnly: ['color-contrast'],")]
    for scheme, rules in [("light", ""), *dark]:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = page.evaluate(f"axe.run({{{rules} resultTypes: ['violations']}})")
        bad = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in bad] == [], scheme
    assert page.problems == []
    assert [url for url in page.requests if not url.startswith((address, "data:", "blob:"))] == []


def leave_to_axe_what_it_judges(page):
    """It takes a minute for twenty thousand elements. What is drawn is an image to it, a formula's parts have the color of
    their sentence, and the words of code are colored alike in all listings."""
    page.evaluate("""() => {
        document.querySelectorAll('figure svg').forEach(drawing => drawing.replaceChildren());
        document.querySelectorAll('math').forEach(formula => formula.replaceChildren());
        [...document.querySelectorAll('.highlight code')].slice(10).forEach(code => { code.textContent = code.textContent; });
    }""")


def sliders_move_by_keyboard_and_say_what_they_show(page):
    moving = page.locator("figure:has(input[type=range])")
    assert moving.count() > 0
    for figure in moving.all():
        slider = figure.locator("input[type=range]").first
        shown = f"() => document.querySelector('#{figure.get_attribute('id')} svg').getAttribute('aria-label')"
        value, frame = slider.get_attribute("aria-valuetext"), page.evaluate(shown)
        last = slider.input_value() == slider.get_attribute("max")
        there, back = ("ArrowLeft", "ArrowRight") if last else ("ArrowRight", "ArrowLeft")
        slider.focus()
        page.keyboard.press(there)
        page.wait_for_function(f"old => ({shown})() !== old", arg=frame)
        assert slider.get_attribute("aria-valuetext") != value
        assert figure.locator("[aria-live]").first.inner_text() == page.evaluate(shown)
        page.keyboard.press(back)
        page.wait_for_function(f"old => ({shown})() === old", arg=frame)


def figures_are_legible(page):
    sizes = page.evaluate("""() => [...document.querySelectorAll('figure svg text')].map(t => {
        const svg = t.ownerSVGElement, scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        return parseFloat(getComputedStyle(t).fontSize) * scale;
    })""")
    assert len(sizes) > 100
    assert min(sizes) >= 6.5  # CSS pixels; the smallest are tick labels


@pytest.mark.parametrize(
    ("start", "query", "expected"),
    [
        ("", "기울기", "기울기"),
        ("", "톱니바퀴", "톱니바퀴"),
        ("", "dropout", "드롭아웃"),
        ("en/", "gradient", "gradient"),
        ("en/", "gears", "gears"),
    ],
)
def test_search_finds(page, address, start, query, expected):
    page.goto(f"{address}/{start}", wait_until="networkidle")
    page.keyboard.press("/")
    page.keyboard.type(query, delay=20)
    page.wait_for_selector(".md-search-result__item a", timeout=10_000)
    links = page.eval_on_selector_all(".md-search-result__item a", "all => all.map(a => a.href)")
    assert links
    assert all(("/en/" in link) == start.startswith("en/") for link in links), "results are of the page's language"
    assert expected in page.inner_text(".md-search-result__list")


def test_search_finds_inflected_forms(page, address):
    """The chapter never has 기울기 standing alone where it has 기울기를."""
    page.goto(f"{address}/", wait_until="networkidle")
    page.keyboard.press("/")
    page.keyboard.type("기울기", delay=20)
    page.wait_for_selector(".md-search-result__item a", timeout=10_000)
    assert re.search(r"기울기[가를는로]", page.inner_text(".md-search-result__list"))


def test_without_javascript_the_default_frame_stands(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/1-vanishing-gradient/")
    figure = page.locator("#fig-gear-train")
    assert figure.locator("svg").first.is_visible()
    assert not figure.locator("input[type=range]").first.is_visible()
    context.close()


def test_dark_figures_differ_from_light_ones(page, address):
    ink = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{address}/1-vanishing-gradient/", wait_until="networkidle")
        ink[scheme] = page.evaluate("getComputedStyle(document.querySelector('figure svg text')).fill")
    assert ink["light"] != ink["dark"]


def test_an_unknown_address_says_so_in_both_languages(page, address):
    page.goto(f"{address}/no/such/page/")
    text = page.inner_text("main")
    assert re.search("[가-힣]", text)
    assert re.search("[a-z]{4}", text)

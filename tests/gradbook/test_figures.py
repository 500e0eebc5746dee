"""Every figure in both languages: drawn without a missing glyph, in the book's colours, fit to stand inline on a page."""

import re
import xml.etree.ElementTree as ET

import pytest

from gradbook import style
from gradbook.experiment import experiments
from gradbook.render import measured, rendered
from gradbook.text import LANGS

DRAWN = [named for named in experiments() if named.experiment.drawing]


@pytest.fixture(params=[(named, lang) for named in DRAWN for lang in LANGS], ids=lambda p: f"{p[0].name}-{p[1]}")
def figure(request):
    named, lang = request.param
    return rendered(named, lang) | {"lang": lang}


def frames(figure):
    return [frame["svg"] for frame in figure.get("frames", [])] or [figure["svg"]]


def test_is_one_svg_with_its_own_ids_and_no_foreign_address(figure):
    for svg in frames(figure):
        root = ET.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "width" not in root.attrib
        assert root.attrib["viewBox"].startswith("0 0 374.4 ")
        assert all(i.startswith(figure["name"] + "-") for i in re.findall(r'\bid="([^"]*)"', svg))
        outside = set(re.findall(r"https?://[^\"' >]+", svg)) - {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }
        assert not outside


def test_colors_follow_the_page(figure):
    for svg in frames(figure):
        assert re.findall(r"(?<![,\w])#[0-9a-f]{6}\b", re.sub(r"var\(--fig-\w+,#[0-9a-f]{6}\)", "", svg)) == []


def test_text_is_text_in_the_books_font(figure):
    for svg in frames(figure):
        assert "<text" in svg
        assert set(re.findall(r"font-family: ([^;\"]*)", svg)) == {"'Book Figure', sans-serif"}


def test_words_say_what_is_seen(figure):
    hangul = re.compile("[가-힣]")
    for part in ("title", "caption", "alt"):
        assert bool(hangul.search(figure[part])) == (figure["lang"] == "ko"), part
        assert len(figure[part]) > 10
    assert len({frame["alt"] for frame in figure.get("frames", [])}) == len(figure.get("frames", []))


def test_a_missing_glyph_is_an_error():
    with style.look():
        made, axes = style.figure(1.0)
        axes.set_title("고양이 \U000130e0")  # the Egyptian cat is in none of the book's fonts
        with pytest.raises(UserWarning, match=r"Glyph .* missing"):
            style.to_svg(made, "cat")


def test_drawing_computes_nothing_new():
    """A draw that measured would show in the measurement's absence; here: it does not change what it is given."""
    import pickle

    for named in DRAWN:
        measurement = measured(named)
        before = pickle.dumps(measurement)
        with style.look():
            drawing = named.experiment.drawing
            drawing.draw(measurement, "ko", *(slider.start for slider in drawing.sliders))
        assert pickle.dumps(measurement) == before

"""`make serve` follows every kind of edit, and mends itself when a broken page is mended."""

import shutil
import time

import pytest

from gradbook.memo import CACHE
from tests.building import copy_of_the_book, serving, wait_for

CHAPTER = "en/1-vanishing-gradient/"
SOURCE = "docs/en/1-vanishing-gradient.md"


@pytest.fixture(scope="module")
def served(tmp_path_factory, site):  # the site first: its measurements are what the copy shares
    """A copy of the book under `make serve`: its folder and address."""
    root = tmp_path_factory.mktemp("served") / "copy"
    environment = copy_of_the_book(root)
    shutil.copytree(CACHE / "memo", root / ".cache" / "memo")
    with serving(root, environment) as home:
        assert wait_for("Stack sigmoids", home + CHAPTER), (root.parent / "serve.log").read_text()
        yield root, home


@pytest.mark.parametrize(
    ("name", "old", "new", "page", "shown"),
    [
        (SOURCE, "Stack sigmoids", "Stack follow-prose", CHAPTER, "follow-prose"),
        (SOURCE, "y, back(1.0)\n", "y, back(1.0), 'follow-' + 'cell'\n", CHAPTER, "'follow-cell'"),
        (SOURCE, "# 1. The vanishing gradient", "# 1. The follow-title", "en/search/search_index.json", "follow-title"),
        ("docs/ko/1-vanishing-gradient.md", "이 장은", "이 장은 곧", "1-vanishing-gradient/", "이 장은 곧"),
        ("code/gradbook/site/words.py", '"line")', '"follow-" + "words")', CHAPTER, "follow-words"),
        ("code/gradbook/ch1_vanishing/quarter.py", "def draw(", "# follow-code\ndef draw(", "source/gradbook/ch1_vanishing/quarter.py.html", "follow-code"),
        ("code/gradbook/ch1_vanishing/quarter.py", "Above, the sigmoid", "Follow-caption", CHAPTER, "Follow-caption"),
        ("docs/assets/book.css", ".output {", ".follow-css {} .output {", "assets/book.css", "follow-css"),
        ("mkdocs.yml", "용어: Glossary", "용어: Follow-nav", "en/claims/", "Follow-nav"),
    ],
)  # fmt: skip
def test_every_kind_of_edit_shows(served, name, old, new, page, shown):
    root, home = served
    file = root / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert wait_for(shown, home + page), (root.parent / "serve.log").read_text()[-3000:]


def test_a_mended_page_shows_again(served):
    root, home = served
    file = root / SOURCE
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("{{ claim 1.4 }}", "{{ claim 1.44 }}", 1), encoding="utf-8")
    log = root.parent / "serve.log"
    end = time.monotonic() + 120
    while "1.44" not in log.read_text() and time.monotonic() < end:
        time.sleep(0.1)
    assert "1.44" in log.read_text()
    file.write_text(text.replace("# 1. ", "# 1. Mended: ", 1), encoding="utf-8")
    assert wait_for("Mended: ", home + CHAPTER), log.read_text()[-3000:]

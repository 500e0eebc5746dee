"""`make serve` follows every kind of edit, and mends itself when a broken page is mended. On the small book."""

import time

import pytest

from tests.building import serving, wait_for
from tests.small_book import small_book

CHAPTER = "en/1-chapter/"
SOURCE = "docs/en/1-chapter.md"
STEADY = "code/gradbook/ch1_small/steady.py"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The book under `make serve`: its folder and address."""
    root = tmp_path_factory.mktemp("served") / "copy"
    with serving(root, small_book(root)) as home:
        assert wait_for("A chapter", home + CHAPTER), (root.parent / "serve.log").read_text()
        yield root, home


@pytest.mark.parametrize(
    ("name", "old", "new", "page", "shown"),
    [
        (SOURCE, "Prose of", "A follow-prose of", CHAPTER, "follow-prose"),
        (SOURCE, "eta=0.5)[0]\n", "eta=0.5)[0], 'follow-' + 'cell'\n", CHAPTER, "'follow-cell'"),
        (SOURCE, "# 1. A chapter", "# 1. The follow-title", "en/search/search_index.json", "follow-title"),
        ("docs/ko/1-chapter.md", "Prose of", "이 장은 곧", "1-chapter/", "이 장은 곧"),
        ("code/gradbook/site/words.py", '"code")', '"follow-" + "words")', CHAPTER, "follow-words"),
        (STEADY, "def draw(", "# follow-code\ndef draw(", "source/gradbook/ch1_small/steady.py.html", "follow-code"),
        (STEADY, "a caption", "Follow-caption", CHAPTER, "Follow-caption"),
        (STEADY, 'same(f"{m', 'same(f"follow-number {m', CHAPTER, ">follow-number "),
        (STEADY, "style.BLUE", "style.RED", CHAPTER, "--fig-red"),
        ("docs/assets/book.css", ".output {", ".follow-css {} .output {", "assets/book.css", "follow-css"),
        ("mkdocs.yml", "주장 장부: Ledger", "주장 장부: Follow-nav", "en/claims/", "Follow-nav"),
    ],
)
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
    file.write_text(text.replace("{{ claim 1.1 }}", "{{ claim 1.11 }}", 1), encoding="utf-8")
    log = root.parent / "serve.log"
    end = time.monotonic() + 120
    while "1.11" not in log.read_text() and time.monotonic() < end:
        time.sleep(0.1)
    assert "1.11" in log.read_text()
    file.write_text(text + "\nMended: this.\n", encoding="utf-8")  # leaves what the edits above look for, in any order
    assert wait_for("Mended: ", home + CHAPTER), log.read_text()[-3000:]

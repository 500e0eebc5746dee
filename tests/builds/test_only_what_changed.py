"""An edit costs what it touches: the small book's experiments, figures and pages write down when they run."""

import json
import re
from collections import Counter

import pytest

from tests.torture import SITE, Book

STEADY = "code/gradbook/ch1_small/steady.py"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small book of this file's own: in the one that all share, other tests damage what a build keeps."""
    book = Book(tmp_path_factory.mktemp("edited") / "book", small=True)
    book.run(*SITE)
    return book


@pytest.fixture
def after(small):
    """What a build runs after an edit."""

    def build(name, old, new):
        file, ran = small.root / name, small.root / "ran"
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1
        file.write_text(text.replace(old, new), encoding="utf-8")
        ran.write_text("")
        try:
            small.run(*SITE)
            return Counter(ran.read_text().splitlines())
        finally:
            file.write_text(text, encoding="utf-8")
            small.run(*SITE)

    return build


def test_prose_runs_nothing(after):
    assert after("docs/en/1-chapter.md", "Prose of", "A word on") == {}


def test_a_cell_runs_its_page(after):
    assert after("docs/en/1-chapter.md", "eta=0.5", "eta=0.6") == {"cells 1 en": 1}


def test_a_draw_draws_again_and_runs_the_pages_that_show_it(after):
    ran = after(STEADY, "style.BLUE", "style.INK")
    assert ran == {"draw steady ko": 1, "draw steady en": 1, "cells 1 ko": 1, "cells 1 en": 1}


@pytest.mark.parametrize(
    ("optimizer", "name"), [("sgd", "steady"), ("adam", "adapting")]
)  # what each experiment of the small book descends with
def test_an_optimizer_measures_what_uses_it(small, after, optimizer, name):
    text = (small.root / "code/deepgrad/optimizers.py").read_text(encoding="utf-8")
    signature = next(line for line in text.splitlines() if line.startswith(f"def {optimizer}("))
    body = text[text.index(signature) :]
    old = body[: body.index('"""')]
    ran = after("code/deepgrad/optimizers.py", old + '"""', old + '"""Edited. ')
    assert {what for what in ran if what.startswith("measure")} == {f"measure {name}"}
    chapter = 1 if name == "steady" else 2
    assert {f"cells {chapter} ko", f"cells {chapter} en"} <= set(ran), "cells import it, too"


def test_a_number_in_prose_follows_the_code_behind_it(small):
    pages = [small.site / lang / "1-chapter" / "index.html" for lang in ("", "en")]

    def numbers():
        return [re.search(r'<span class="measured"[^>]*>([^<]*)</span>', page.read_text("utf-8"))[1] for page in pages]

    experiment = small.root / STEADY
    text, before = experiment.read_text(encoding="utf-8"), numbers()
    experiment.write_text(text.replace("eta=0.1", "eta=0.2"), encoding="utf-8")
    try:
        small.run(*SITE)
        ledger = json.loads((small.cache / "book" / "ledger.json").read_text(encoding="utf-8"))
        assert numbers() == [ledger["numbers"]["steady.first"][lang] for lang in ("ko", "en")] != before
    finally:
        experiment.write_text(text, encoding="utf-8")
        small.run(*SITE)
    assert numbers() == before

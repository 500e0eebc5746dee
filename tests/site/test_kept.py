"""What is kept of a page: once made, under all that it was made from, and no longer than it is asked for."""

import pytest

from gradbook import memo
from gradbook.site import kept


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A function that makes something and counts how often."""
    monkeypatch.setattr(memo, "CACHE", tmp_path)
    monkeypatch.setattr(kept, "asked", set())
    calls = []

    def make(text):
        calls.append(text)
        return text.upper()

    make.calls = calls
    return make


def test_the_same_is_made_once(made):
    results = [kept.recall("kind", text, lambda text=text: made(text)) for text in ("a", "b", "a")]
    assert results == ["A", "B", "A"]
    assert made.calls == ["a", "b"]


def test_kinds_and_makers_part_what_is_kept(made, monkeypatch):
    kept.recall("kind", "a", lambda: made("a"))
    assert kept.recall("other", "a", lambda: made("other")) == "OTHER"
    monkeypatch.setattr(kept, "MAKERS", "edited")
    assert kept.recall("kind", "a", lambda: made("again")) == "AGAIN"


def test_what_is_not_worth_it_is_made_again(made):
    for _ in range(2):
        kept.recall("kind", "a", lambda: made("a"), lambda: False)
    assert made.calls == ["a", "a"]


def test_what_a_build_does_not_ask_for_goes(made):
    kept.recall("kind", "a", lambda: made("a"))
    kept.asked.clear()
    kept.recall("kind", "b", lambda: made("b"))
    kept.drop_others()
    kept.recall("kind", "b", lambda: made("b"))
    kept.recall("kind", "a", lambda: made("a"))
    assert made.calls == ["a", "b", "a"]

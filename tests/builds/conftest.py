"""The small book, built once for all tests."""

import pytest

from tests.torture import SITE, Book


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The small book, built: tests may do to it what they like, if they leave its sources as they were."""
    book = Book(tmp_path_factory.mktemp("small") / "book", small=True)
    book.run(*SITE)
    book.reference = book.shown()
    return book

"""Chapter 3, claim 3.12: the optimizers' listings, measurements against closed forms, each verdict re-derived."""

import ast
import inspect
import re
from html import unescape

import pytest

from deepgrad import adagrad, adam, momentum, nesterov, rmsprop, sgd
from gradbook.page import Page

OPTIMIZERS = [sgd, momentum, nesterov, adagrad, rmsprop, adam]


def shown(function, **options):
    """The source that the page's listing shows."""
    code = re.search(r"<code>(?!deepgrad)(.*)</code>", Page("en", 3).listing(function, **options).markup, re.S)[1]
    return unescape(re.sub(r"<[^>]+>", "", code))


@pytest.mark.parametrize("function", OPTIMIZERS)
def test_an_optimizers_listing_is_its_source_in_twenty_lines(function):
    source = inspect.getsource(function)
    assert shown(function) == source
    short = shown(function, docstring=False)
    assert len(short.splitlines()) <= 20
    told = re.search(r'\n    """.*?"""', source, re.S)[0]
    assert short == source.replace(told, "")
    (node,) = ast.parse(short).body
    assert ast.get_docstring(node) is None


def test_a_listing_without_a_docstring_stays_as_it_is():
    def bare():
        return "no docstring"

    assert shown(bare, docstring=False) == shown(bare)

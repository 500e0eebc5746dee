"""The data sets are what their makers ship, whichever way they are read."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from gradbook.data import digits
from gradbook.shipped import shipped
from gradbook.text import BookError


def test_digits_are_scikit_learns_in_another_order():
    x, labels = load_digits(return_X_y=True)
    split = digits()
    assert (split.x.shape, split.x_test.shape) == ((1297, 64), (500, 64))
    found = np.column_stack(
        [np.concatenate([split.labels, split.labels_test]), np.vstack([split.x, split.x_test]) * 16]
    )
    there = np.column_stack([labels, x])
    assert sorted(map(tuple, found)) == sorted(map(tuple, there))
    assert split.x.max() == 1


@pytest.mark.parametrize(("package", "path"), [("sklearn", "datasets/data/none.csv"), ("no_such_package", "a.ttf")])
def test_a_file_that_is_missing_is_named_with_the_remedy(package, path):
    with pytest.raises(
        BookError, match=rf"{package} does not have its file {path} here: install from requirements\.lock"
    ):
        shipped(package, path)


def test_a_page_does_not_wait_for_slow_imports():
    """Each page's kernel would, and each worker of a sweep."""
    code = (
        "import sys; from gradbook import data, experiment, memo, page, stats; data.digits();"
        "print({'scipy', 'sklearn', 'matplotlib'} & {name.partition('.')[0] for name in sys.modules})"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"

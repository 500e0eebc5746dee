"""The data sets that come from packages: handwritten digits and MNIST-1D. No download."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gradbook.memo import recall
from gradbook.shipped import shipped

DataName = Literal["digits", "MNIST-1D"]


@dataclass(frozen=True)
class Split:
    """Training and test examples: x (examples, features) float32, labels (examples,) int64 in 0 … 9."""

    x: NDArray[np.float32]
    labels: NDArray[np.int64]
    x_test: NDArray[np.float32]
    labels_test: NDArray[np.int64]

    def drawn(self, n: int, rng: np.random.Generator) -> "Split":
        """The same examples split anew: as many to be tested on as here, n of the others to learn from."""
        if not 0 < n <= len(self.x):
            raise ValueError(f"n must lie in 1 … {len(self.x)}, the number of training examples, got {n}")
        x, labels = np.concatenate([self.x, self.x_test]), np.concatenate([self.labels, self.labels_test])
        order = rng.permutation(len(x))
        test, train = order[: len(self.x_test)], order[len(self.x_test) :][:n]
        return Split(x[train], labels[train], x[test], labels[test])


@cache
def digits() -> Split:
    """1,797 handwritten digits of 8×8 pixels in [0, 1]; 1,297 to learn from, 500 to be tested on.

    Source: the test half of E. Alpaydin & C. Kaynak, *Optical Recognition of Handwritten Digits*, 1998, UCI Machine
    Learning Repository, doi:10.24432/C50P49, as shipped with scikit-learn. The split is drawn once (seed 0).
    """
    # scikit-learn's own `load_digits` gives the same, but importing it takes each page and each worker a second
    table = np.loadtxt(shipped("sklearn", "datasets/data/digits.csv.gz"), delimiter=",")
    table = table[np.random.default_rng(0).permutation(len(table))]
    x, labels = (table[:, :-1] / 16).astype(np.float32, order="C"), table[:, -1].astype(np.int64)
    return Split(x[500:], labels[500:], x[:500], labels[:500])


def mnist1d() -> Split:
    """5,000 one-dimensional "digits" of 40 values; 4,000 to learn from, 1,000 to be tested on: the published set.

    Source: S. Greydanus & D. Kobak, *Scaling Down Deep Learning with MNIST-1D*, ICML 2024, arXiv:2011.14439; made
    afresh by the authors' own generator with its default settings.
    """
    import random

    from mnist1d.data import get_dataset_args, make_dataset

    before = np.random.get_state(), random.getstate()  # the generator seeds the global ones
    try:
        made = make_dataset(get_dataset_args())
    finally:
        np.random.set_state(before[0])
        random.setstate(before[1])
    x, labels, x_test, labels_test = (made[name] for name in ("x", "y", "x_test", "y_test"))
    return Split(x.astype(np.float32), labels.astype(np.int64), x_test.astype(np.float32), labels_test.astype(np.int64))


@cache
def data(name: DataName) -> Split:
    """One of the data sets; MNIST-1D is kept on disk, since its generator takes seconds."""
    return digits() if name == "digits" else recall(mnist1d)

"""Dropout: switch units off at random while training."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deepgrad.checks import as_reals, require_below_one, require_rng
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Array, Params, Pullback, Real


def dropout(
    x: Array, rate: float, rng: np.random.Generator
) -> tuple[Array, Pullback]:
    """Inverted dropout: each element is 0 with probability rate, and x / (1 − rate)
    otherwise, so E[y] = x.

    x: any shape; rate: in [0, 1), else ValueError. A seed drops the same units in
    float32 as in float64. Srivastava et al., Dropout: a simple way to prevent
    neural networks from overfitting, JMLR 15, 2014,
    https://jmlr.org/papers/v15/srivastava14a.html.
    """
    rate = require_below_one("rate", rate)
    x, rng = as_reals("x", x), require_rng(rng)
    kept = rng.random(x.shape, dtype=np.float32) >= rate
    scale = kept.astype(x.dtype) / (1 - rate)

    def back(dy: Real) -> Array:
        return dy * scale

    return x * scale, back


@dataclass(frozen=True)
class Dropout:
    """`dropout` while training, the identity otherwise. rate: in [0, 1), else
    ValueError.
    """

    rate: float

    def __post_init__(self) -> None:
        require_below_one("rate", self.rate)

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {}

    def initialize(self, params: Params, rng: np.random.Generator) -> None:
        pass

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        if not train or self.rate == 0:
            return x, _unchanged
        if rng is None:
            raise ValueError(
                f"{self} in training needs random numbers: pass rng=np.random.default_rng(seed)"
            )
        y, back_dropout = dropout(x, self.rate, rng)

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            return back_dropout(dy)

        return y, back


def _unchanged(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
    """The way back through the identity."""
    return dy

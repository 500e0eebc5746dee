"""Shattered gradients: do neighboring inputs agree on where the output rises?"""

from collections.abc import Sequence

import numpy as np

from deepgrad.network import Network
from deepgrad.signatures import Array


def input_gradients(net: Network, theta: Array, xs: Array) -> Array:
    """∂y/∂x at each of the points xs, for a network with one output, in evaluation.

    xs: (n, ...), what the network takes, such as np.linspace(-2, 2, 256)[:, None];
    y: (n, 1), else ValueError. Returns an array of xs' shape in θ's dtype.
    """
    hs, back = net.trace(theta, xs)
    y = hs[-1]
    if y.shape != (len(xs), 1):
        raise ValueError(
            f"the network turns xs {np.shape(xs)} into {y.shape}, but must have one "
            f"output, ({len(xs)}, 1)"
        )
    dhs, _ = back(np.ones_like(y))  # rows do not meet, so each has its own gradient
    return dhs[0]


def autocorrelation(values: Array, lags: Sequence[int]) -> Array:
    """ρ(k) = Σ gᵢ gᵢ₊ₖ / √(Σ gᵢ² Σ gᵢ₊ₖ²) for each lag k, summed over all i with both:
    how alike values are that lie k steps apart. In [−1, 1].

    Constant values have 1 at every lag, white noise about 0 from lag 1 on, and brown
    noise, n steps of a random walk from 0, on average √((n − k)(n − k + 1) / (n(n + 1)
    − k(k + 1))) ≈ √((1 − u) / (1 + u)) with u = k / n. No mean is subtracted, since
    gradients that all agree should have 1, not 0 / 0.

    values: (n, ...), steps along the first axis; whatever lies behind it (a gradient's
    components, several networks) is summed over, too. Returns (len(lags),). ValueError
    for lags outside [0, n), and where all values are 0 or not all finite.

    Balduzzi et al., The shattered gradients problem, ICML 2017, arXiv:1702.08591.
    """
    values = np.asarray(values, np.float64)
    n = len(values)
    outside = [k for k in lags if not 0 <= k < n]
    if outside:
        raise ValueError(f"a lag is {outside[0]}, but must lie in [0, {n})")
    largest = np.abs(values).max(initial=0)
    if not 0 < largest < np.inf:
        raise ValueError(
            f"the largest size of the values is {largest}, but it must be finite and "
            "above 0: gradients that vanish or explode have no correlation"
        )
    values = values / largest  # so that squares of tiny gradients are not 0
    found = []
    for k in lags:
        early, late = values[: n - k], values[k:]
        size = np.linalg.norm(early) * np.linalg.norm(late)
        if size == 0:
            raise ValueError(
                f"at lag {k} one side's values are all 0: take smaller lags"
            )
        found.append(np.vdot(early, late) / size)
    return np.array(found)

"""Histograms of the activations, one strip a layer: what the gallery and its sliders draw."""

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from deepgrad import Array
from gradbook import style
from gradbook.ch3_weights.init_stack import LAYERS, Spread

BINS: Final = 50
REACH: Final = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "ReLU": (0.0, 3.0)}
COLOR: Final = {"sigmoid": style.BLUE, "tanh": style.GREEN, "ReLU": style.ORANGE}


def histograms(name: str, hs: list[Array]) -> NDArray[np.float64]:
    """Numbers in each of BINS bins over REACH, (LAYERS, BINS). What lies beyond counts in the last bin; ReLU's zeros, about
    half of its numbers, are left out, or nothing else would be seen.
    """
    low, high = REACH[name]
    return np.array([np.histogram(np.clip(h[h != 0], low, high), BINS, (low, high))[0] for h in hs], dtype=float)


def strips(axes: Axes, name: str, counts: NDArray[np.float64], expected: Spread) -> None:
    """Histograms on their side, one a layer, each as wide as its fullest bin; beside each, mean ± standard deviation
    as theory expects them.
    """
    edges = np.linspace(*REACH[name], BINS + 1)
    for k, count in enumerate(counts):
        width = np.append(count, count[-1]) / count.max() * 0.78
        axes.fill_betweenx(edges, k + 0.7, k + 0.7 + width, step="post", color=COLOR[name], alpha=0.8, linewidth=0)
        low, high = (np.clip(expected.mean[k] + side * expected.std[k], *REACH[name]) for side in (-1, 1))
        axes.plot([k + 0.63] * 2, [low, high], color=style.INK, linewidth=1.6, solid_capstyle="butt")
        if high - low < 0.01:  # too short a line to be seen
            axes.plot(k + 0.63, low, "_", color=style.INK, markersize=4, clip_on=False)
    axes.set_xlim(0.45, LAYERS + 0.55)
    axes.set_xticks(range(1, LAYERS + 1))
    axes.grid(visible=False, axis="x")
    low, high = REACH[name]
    axes.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    axes.set_yticks([low, (low + high) / 2, high] if name != "ReLU" else [0, 1, 2, 3])

"""Small gray pictures side by side, as one image: in a page it weighs a quarter of what they weigh one by one."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gradbook import style

GRAYS = 16  # shades, so that the image packs well: each pixel is within 1/30 of the range of what it shows


def strip(
    axes: Axes, pictures: NDArray[np.floating], low: float, high: float, gaps: Sequence[int] | int = 2
) -> list[float]:
    """Draw pictures (n, height, width) in a row, black where they are `low` and white where `high`, values beyond cut off.

    gaps: transparent columns on the left of each picture. Returns the middle of each picture on the axes' x, which counts
    columns from 0; y counts rows from the top.
    """
    n, height, width = pictures.shape
    left = np.full(n, gaps) if isinstance(gaps, int) else np.asarray(gaps)
    starts = np.cumsum(left + width) - width
    row = np.full((height, starts[-1] + width), np.nan)
    for start, picture in zip(starts, pictures, strict=True):
        shade = np.clip((picture - low) / (high - low), 0, 1)
        row[:, start : start + width] = np.round(shade * (GRAYS - 1)) / (GRAYS - 1)
    extent = (0, row.shape[1], height, 0)
    axes.imshow(np.ma.masked_invalid(row), cmap="gray", vmin=0, vmax=1, interpolation="none", extent=extent)
    style.bare(axes)
    return [float(start + width / 2) for start in starts]

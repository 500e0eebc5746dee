"""Numbers on a grid as squares: area says how large, filled is above zero, hollow below. Readable in gray, and without pixels."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from gradbook import style


def squares(axes: Axes, values: NDArray[np.floating], largest: float, left: float, top: float, place: float) -> None:
    """Draw values: (height, width) in places so large, y downwards; a square that fills its place stands for `largest`."""
    height, width = values.shape
    for positive in (True, False):
        places = [
            (i, j) for i, j in np.ndindex(height, width) if values[i, j] != 0 and bool(values[i, j] > 0) == positive
        ]
        rectangles = [
            square(
                left + (j + 0.5) * place,
                top + (i + 0.5) * place,
                0.94 * place * (abs(float(values[i, j])) / largest) ** 0.5,
            )
            for i, j in places
        ]
        if rectangles:
            axes.add_patch(PathPatch(Path.make_compound_path(*rectangles), facecolor=style.INK if positive else "none",
                                     edgecolor=style.INK, linewidth=0 if positive else 0.8))  # fmt: skip


def square(x: float, y: float, length: float) -> Path:
    h = length / 2
    corners = [(x - h, y - h), (x + h, y - h), (x + h, y + h), (x - h, y + h), (x - h, y - h)]
    return Path(corners, [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY])

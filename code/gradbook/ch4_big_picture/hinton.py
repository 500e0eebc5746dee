"""Numbers on a grid as squares: area says how large, filled is above zero, hollow below. Readable in grey, and without pixels."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from gradbook import style


def squares(axes: Axes, values: NDArray[np.floating], largest: float | None = None, color: str = style.INK) -> None:
    """Draw values: (height, width); a square as large as its place stands for `largest` (None: the largest there is)."""
    largest = float(np.abs(values).max()) if largest is None else largest
    height, width = values.shape
    for positive in (True, False):
        places = [
            (i, j) for i, j in np.ndindex(height, width) if values[i, j] != 0 and bool(values[i, j] > 0) == positive
        ]
        rectangles = [square(j, i, 0.94 * float(abs(values[i, j]) / largest) ** 0.5) for i, j in places]
        if rectangles:
            axes.add_patch(PathPatch(Path.make_compound_path(*rectangles), facecolor=color if positive else "none",
                                     edgecolor=color, linewidth=0 if positive else 0.8))  # fmt: skip
    frame = Path([(-0.5, -0.5), (width - 0.5, -0.5), (width - 0.5, height - 0.5), (-0.5, height - 0.5), (0, 0)],
                 [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY])  # fmt: skip
    axes.add_patch(PathPatch(frame, facecolor="none", edgecolor=style.GRID, linewidth=0.8))
    style.bare(axes)
    axes.set(xlim=(-0.6, width - 0.4), ylim=(height - 0.4, -0.6))


def square(x: float, y: float, side: float) -> Path:
    h = side / 2
    corners = [(x - h, y - h), (x + h, y - h), (x + h, y + h), (x - h, y + h), (x - h, y - h)]
    return Path(corners, [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY])

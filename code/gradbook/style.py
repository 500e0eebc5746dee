"""One look for all figures: size, colours, marks, fonts. Only figure code imports this module (it imports Matplotlib)."""

import io
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import matplotlib as mpl
from cycler import cycler
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from gradbook.compact_svg import compact
from gradbook.shipped import shipped
from gradbook.stats import ten_to

WIDTH: Final = 5.2  # inches: on a phone its 9-point text is still read without zooming

# The page turns each of these into a CSS variable, so that one file serves light and dark. Told apart by the
# colour-blind (after Okabe & Ito 2008) and in grey; a series also has its own mark.
INK, MUTED, GRID, PAPER = "#222222", "#6a6a6a", "#d8d8d8", "#fefefe"
BLUE, ORANGE, GREEN, RED = "#0072b2", "#d55e00", "#00805e", "#b3123f"
PURPLE, SKY, YELLOW = "#8f4a86", "#3a8fc7", "#8a7000"
VARIABLES: Final = {
    INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper", BLUE: "blue", ORANGE: "orange", GREEN: "green",
    RED: "red", PURPLE: "purple", SKY: "sky", YELLOW: "yellow",
}  # fmt: skip
SERIES: Final = (
    {"color": BLUE, "marker": "o", "linestyle": "-"},
    {"color": ORANGE, "marker": "s", "linestyle": "--"},
    {"color": GREEN, "marker": "^", "linestyle": "-."},
    {"color": PURPLE, "marker": "D", "linestyle": ":"},
)
RC: Final[dict[Any, Any]] = {
    "font.size": 9, "axes.titlesize": 9, "axes.labelsize": 9, "xtick.labelsize": 8.5, "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5, "legend.frameon": False, "figure.facecolor": "none", "axes.facecolor": "none",
    "savefig.facecolor": "none", "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": MUTED,
    "xtick.color": MUTED, "ytick.color": MUTED, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
    "axes.grid": True, "grid.color": GRID, "grid.linewidth": 0.6, "axes.axisbelow": True, "axes.linewidth": 0.8,
    "axes.spines.top": False, "axes.spines.right": False, "lines.linewidth": 1.6, "lines.markersize": 4.5,
    "svg.fonttype": "none", "svg.hashsalt": "gradbook", "path.simplify": True, "axes.unicode_minus": True,
    "axes.prop_cycle": cycler(color=[line["color"] for line in SERIES]), "patch.edgecolor": INK, "lines.color": BLUE,
    "figure.constrained_layout.use": True, "hatch.linewidth": 0.6,
}  # fmt: skip


@cache
def fonts() -> tuple[str, ...]:
    """NanumGothic for Hangul and Latin, DejaVu Sans for the mathematical signs it lacks."""
    for weight in ("", "Bold"):
        font_manager.fontManager.addfont(str(shipped("koreanize_matplotlib", f"fonts/NanumGothic{weight}.ttf")))
    return "NanumGothic", "DejaVu Sans"


@contextmanager
def look() -> Iterator[None]:
    """Inside, figures are made and saved in the book's style; a character no font has is an error."""
    with mpl.rc_context({**RC, "font.family": list(fonts())}), warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing")
        yield


def figure(height: float, **options: Any) -> tuple[Figure, Any]:
    """A figure of the book's width and `height` inches with its axes: options as for `Figure.subplots`."""
    made = Figure(figsize=(WIDTH, height))
    return made, made.subplots(**options)


def band(axes: Axes, x: Any, low: Any, high: Any, color: str) -> None:
    """The spread around a line."""
    axes.fill_between(x, low, high, color=color, alpha=0.18, linewidth=0)


def log(axis: Axis, ticks: Sequence[float] | None = None) -> None:
    """A log scale whose labels are plain text, 10⁻⁵ (Matplotlib's own are set in a font the page doesn't have)."""
    axis.axes.set(**{"xscale" if axis is axis.axes.xaxis else "yscale": "log"})
    axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(
        FuncFormatter(lambda x, _: f"{x:g}" if 0.01 <= x <= 1000 else ten_to(round(math.log10(x))))
    )
    if ticks is not None:
        axis.set_major_locator(FixedLocator(list(ticks)))
        axis.set_minor_locator(NullLocator())


def bare(axes: Axes) -> None:
    """Axes for a drawing, not a plot: nothing but what is drawn."""
    axes.set_axis_off()
    axes.set_aspect("equal")


def to_svg(drawn: Figure, name: str) -> str:
    """The figure as an inline SVG: text stays text, colours become CSS variables, ids begin with `name`."""
    buffer = io.StringIO()
    drawn.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="\1" '
                 r'xmlns="http://www.w3.org/2000/svg">', svg, count=1)  # fmt: skip
    svg = re.sub(r"#[0-9a-f]{6}\b", lambda m: variable(m[0]), svg)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: 'Book Figure', sans-serif", svg)
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r'="[^"]*"', lambda attribute: re.sub(r"-?\d+\.\d{3,}", shorter, attribute[0]), svg)
    return compact(svg)


def shorter(coordinate: re.Match[str]) -> str:
    return f"{float(coordinate[0]):.2f}".rstrip("0").rstrip(".")


def variable(color: str) -> str:
    return f"var(--fig-{VARIABLES[color]},{color})" if color in VARIABLES else color

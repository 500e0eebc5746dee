"""Matplotlib's SVG with everything left out that a browser does not need: a chapter has dozens of figures in its page."""

import re
from itertools import pairwise

UNSEEN = re.compile(r'<path d="[^"]*" style="fill: none"/>\s*')  # a background without fill or line
NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")


def compact(svg: str) -> str:
    """The same picture in fewer bytes and elements: steps instead of places, no ids, groups and turns that do nothing."""
    svg = re.sub(r'\bd="([^"]*)"', lambda d: f'd="{steps(d[1])}"', UNSEEN.sub("", svg))
    svg = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", svg)
    used = set(re.findall(r'(?:url\(|href=")#([^)"]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda name: name[0] if name[1] in used else "", svg)
    return re.sub(r"\s*\n\s*", "\n", without_bare_groups(svg)).strip()


def without_bare_groups(svg: str) -> str:
    """Unwraps what is grouped by nothing but `<g>`; groups left empty go with it."""
    kept, opened = [], []
    for piece in re.split(r"(<g\b[^>]*>|</g>)", svg):
        if piece == "<g>":
            opened.append(False)
        elif piece.startswith("<g ") and not piece.endswith("/>"):
            opened.append(True)
            kept.append(piece)
        elif piece != "</g>" or opened.pop():
            kept.append(piece)
    return "".join(kept)


def steps(path: str) -> str:
    """A path's data with each point given from the one before (`l`, `q`, `c`), in hundredths, without adding up errors.

    Understood is what Matplotlib writes: M, L, Q, C and z, absolute. Anything else is returned as it is.
    """
    commands = re.findall(r"([A-Za-z])([^A-Za-z]*)", re.sub(r"(?<=\d)e(?=-?\d)", "@", path))
    if {letter for letter, _ in commands} - set("MLQCz"):
        return path
    written: list[str] = []
    at = start = (0, 0)
    before = ""
    for letter, rest in commands:
        if letter == "z":
            written.append("z")
            at, before = start, "z"
            continue
        values = [round(100 * float(v)) for v in NUMBER.findall(rest.replace("@", "e"))]
        points = list(zip(values[::2], values[1::2], strict=True))
        if letter == "M":
            written.append("M" + joined([value for point in points for value in point]))
            start = points[0]
        else:
            moved = [value for point in points for value in (point[0] - at[0], point[1] - at[1])]
            written.append(("" if before == letter else letter.lower()) + joined(moved, follows=before == letter))
        at, before = points[-1], letter
    return "".join(written)


def joined(hundredths: list[int], follows: bool = False) -> str:
    """Numbers as SVG allows them to be written: 0.5 as .5, and no space before a minus."""
    shown = [f"{value / 100:.2f}".rstrip("0").rstrip(".") or "0" for value in hundredths]
    shown = [re.sub(r"^(-?)0\.", r"\1.", value) for value in shown]
    gaps = ["" if right.startswith("-") else " " for _, right in pairwise(shown)]
    first = " " if follows and not shown[0].startswith("-") else ""
    return first + "".join(value + gap for value, gap in zip(shown, [*gaps, ""], strict=True))

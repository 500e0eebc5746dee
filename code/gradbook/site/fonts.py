"""The site's fonts: cut down to the characters its pages use, so that no page asks a font service for anything.

Readers with a Korean font of their own see that; NanumGothic serves those without, and all figures (Matplotlib measured their
text with it). DejaVu Sans has the signs NanumGothic lacks, STIX Two Math the formulas. All three allow cutting and embedding
(SIL Open Font License; Bitstream Vera licence).
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Final

from gradbook import memo
from gradbook.memo import CACHE, write_whole
from gradbook.shipped import shipped

MATH: Final = re.compile(r"<math\b.*?</math>", re.DOTALL)
TAG: Final = re.compile(r"<[^>]*>")
ENTITY: Final = re.compile(r"&[^\s<&;]{1,32};?")
ALWAYS: Final = "".join(map(chr, range(0x21, 0x7F))) + "…–—‘’“”×÷±−·¶"  # what the theme's script may add

ROOT_SIGN: Final = "√"  # `<msqrt>` draws it without naming it


@dataclass(frozen=True)
class Face:
    """One font file of the site: the families it serves, its weight, and the file of a package it is cut from."""

    file: str
    families: tuple[str, ...]
    weight: int
    package: str
    path: str


TEXT: Final = ("Book Sans", "Book Figure")
NANUM: Final = Face("nanum-regular.woff2", TEXT, 400, "koreanize_matplotlib", "fonts/NanumGothic.ttf")
FACES: Final = (
    NANUM,
    Face("nanum-bold.woff2", TEXT, 700, "koreanize_matplotlib", "fonts/NanumGothicBold.ttf"),
    Face("signs.woff2", TEXT, 400, "matplotlib", "mpl-data/fonts/ttf/DejaVuSans.ttf"),
    Face("math.woff2", ("Book Math",), 400, "ziamath", "fonts/STIXTwoMath-Regular.ttf"),
)


def write(site: Path) -> None:
    """Cut the fonts for the pages in `site` and put them with their stylesheet into `assets/fonts`."""
    text, formulas = characters(site)
    common = text - covered(NANUM)
    wanted = {face: text & covered(face) for face in FACES[:2]}
    wanted[FACES[2]] = common & covered(FACES[2])
    wanted[FACES[3]] = formulas & covered(FACES[3])
    wanted = {face: used for face, used in wanted.items() if used}
    texts = ["".join(sorted(used)) for used in wanted.values()]
    places = [place(face, text) for face, text in zip(wanted, texts, strict=True)]
    folder = site / "assets" / "fonts"
    for face, font in zip(wanted, side_by_side(list(wanted), texts, places), strict=True):
        write_whole(folder / face.file, font)
    write_whole(folder / "fonts.css", stylesheet(wanted).encode())
    for old in set((CACHE / "fonts").iterdir()) - set(places):
        old.unlink()


def side_by_side(faces: list[Face], texts: list[str], places: list[Path]) -> list[bytes]:
    """The cut fonts. Processes are started only where fonts have to be cut, and not forked: `make serve` has threads."""
    if sum(not path.exists() for path in places) > 1:
        from gradbook import sweep  # a slow import, and most builds cut no font

        asked = list(zip(faces, texts, strict=True))
        return list(sweep.watched(cut_one, asked, sweep.cores(), "cutting fonts", "generator"))
    return list(map(cut_down, faces, texts))


def cut_one(asked: tuple[Face, str]) -> bytes:
    return cut_down(*asked)


def characters(site: Path) -> tuple[set[str], set[str]]:
    """The characters of all pages and frames, and those of their formulas."""
    pages = [path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))]
    frames = [path.read_text(encoding="utf-8") for path in sorted((site / "assets" / "frames").rglob("*.json"))]
    used = [shown_in(page) for page in pages]
    text = set(ALWAYS).union(*(shown for shown, _ in used), *map(letters, frames))
    formulas = set(ALWAYS).union({ROOT_SIGN}, *(shown for _, shown in used))
    return {c for c in text if c.isprintable() and c != " "}, with_italics(formulas)


@lru_cache(maxsize=1000)
def letters(frames: str) -> frozenset[str]:
    return frozenset(frames)


@lru_cache(maxsize=1000)  # while serving, most pages are as they were
def shown_in(page: str) -> tuple[set[str], set[str]]:
    """The characters of a page, and those of its formulas."""
    formulas = "".join(TAG.sub("", formula) for formula in MATH.findall(page))
    return set(page).union(*map(unescape, set(ENTITY.findall(page)))), set(unescape(formulas))


def with_italics(used: set[str]) -> set[str]:
    """A lone letter in a formula is set in mathematical italics, which is another character (ℎ alone is older)."""
    return (
        used
        | {c for c in map(chr, range(0x1D434, 0x1D7CC)) if is_italic(c) and unicodedata.normalize("NFKC", c) in used}
        | {"ℎ"}
    )


def is_italic(c: str) -> bool:
    return unicodedata.name(c, "").startswith("MATHEMATICAL ITALIC")


def origin(face: Face) -> Path:
    return shipped(face.package, face.path)


@cache
def covered(face: Face) -> frozenset[str]:
    """The characters the font has; NanumGothic without its few raised and lowered digits, which would clash with the others."""
    kept = CACHE / "glyphs" / f"{face.file}-{hashlib.sha256(memo.lock().encode()).hexdigest()[:16]}.pickle"
    found, stored = memo.load(kept)
    has: frozenset[str] = stored or frozenset()
    if not found:
        from fontTools.ttLib import TTFont  # a slow import, and most builds cut no font

        with TTFont(origin(face), lazy=True) as font:
            has = frozenset(map(chr, font.getBestCmap()))
        memo.store(kept, has)
    return has if face.package != NANUM.package else has - frozenset("¹²³") - frozenset(map(chr, range(0x2070, 0x20A0)))


def place(face: Face, used: str) -> Path:
    """Where the cut font is kept: under a key of its characters, origin and this file."""
    key = hashlib.sha256(f"{used}{origin(face).stat().st_size}{Path(__file__).read_text()}".encode()).hexdigest()[:16]
    return CACHE / "fonts" / f"{face.file.removesuffix('.woff2')}-{key}.pickle"


def cut_down(face: Face, used: str) -> bytes:
    """The font with these characters alone, as WOFF2; an unchanged rebuild costs nothing."""
    found, made = memo.load(place(face, used))
    if not found:
        from fontTools import subset
        from fontTools.ttLib import TTFont

        options = subset.Options(
            flavor="woff2", hinting=False, notdef_outline=True, recalc_timestamp=False, name_IDs=[0, 13, 14],
            layout_features=["ccmp", "kern", "mark", "mkmk", "ssty", "dtls", "flac"],
        )  # fmt: skip
        options.drop_tables += ["FFTM", "TSI0", "TSI1", "TSI2", "TSI3", "TSI5"]  # editors' notes
        with TTFont(origin(face), lazy=True, recalcTimestamp=False) as font:
            cutter = subset.Subsetter(options)
            cutter.populate(text=used)
            cutter.subset(font)
            subset.save_font(font, file := BytesIO(), options)
        made = file.getvalue()
        memo.store(place(face, used), made)
    return bytes(made)


def stylesheet(faces: dict[Face, set[str]]) -> str:
    """`@font-face` for each family and file; the signs say which characters they are for, so that they load only for these."""
    rules = []
    for face, used in faces.items():
        ranges = (
            f"unicode-range:{','.join(f'U+{ord(c):X}' for c in sorted(used))};" if face.file == "signs.woff2" else ""
        )
        rules += [
            f'@font-face{{font-family:"{family}";src:url("{face.file}") format("woff2");'
            f"font-weight:{face.weight};font-display:swap;{ranges}}}"
            for family in face.families
        ]
    return "\n".join(rules) + "\n"

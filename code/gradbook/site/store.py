"""What `gradbook prepare` left in `.cache/book/`, read for the pages, and where things made from it lie in the site."""

import hashlib
import json
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from gradbook.memo import CACHE, ROOT
from gradbook.text import BookError

BOOK = CACHE / "book"
CODE = ROOT / "code"
REMEDY = "run `gradbook prepare` (or `make run CHAPTER=1`) first"


def ledger() -> dict[str, Any]:
    """`{"claims": [...], "numbers": {...}, "full": {...}}`; a BookError that says what to run if there is none."""
    found: dict[str, Any] = read("ledger.json", "the ledger")
    return found


def figure(lang: str, name: str) -> dict[str, Any]:
    """A figure's SVG, title, caption, alt text (and frames); a BookError naming the nearest figures if unknown."""
    if not (BOOK / "figures" / lang / f"{name}.json").exists():
        if not (known := figure_names(lang)):
            raise BookError(f"no figure is drawn yet: {REMEDY}")
        raise BookError(f"there is no figure {name!r}{nearest(name, known)}; or {REMEDY}")
    found: dict[str, Any] = read(f"figures/{lang}/{name}.json", f"figure {name!r}")
    return found


def figure_names(lang: str) -> list[str]:
    return sorted(path.stem for path in (BOOK / "figures" / lang).glob("*.json"))


def read(path: str, what: str) -> Any:
    try:
        return parsed((BOOK / path).read_bytes())
    except FileNotFoundError:
        raise BookError(f"{what} is not made yet: {REMEDY}") from None
    except ValueError as error:
        raise BookError(f"{what} is damaged ({error}): {REMEDY}") from None


@lru_cache(maxsize=2000)  # more than there are figures: while serving, most are as they were
def parsed(content: bytes) -> Any:
    return json.loads(content)


def nearest(name: str, known: list[str]) -> str:
    """` (nearest: a, b)`, for the end of a message about an unknown name; says so where nothing is known at all."""
    close = get_close_matches(name, known, n=3, cutoff=0.4) or known[:3]
    return f" (nearest: {', '.join(close)})" if close else " (none is known)"


def frames_json(figure: dict[str, Any]) -> str:
    """An interactive figure's frames as the page fetches them."""
    return json.dumps(figure["frames"], ensure_ascii=False, separators=(",", ":"))


def frames_path(figure: dict[str, Any], lang: str) -> str:
    """Where these frames lie in the site. The hash lets browsers keep the file until it really changes."""
    digest = hashlib.sha256(frames_json(figure).encode()).hexdigest()[:10]
    return f"assets/frames/{lang}/{figure['name']}-{digest}.json"


def figure_id(name: str) -> str:
    return "fig-" + name.replace("_", "-")


def claim_id(claim: str) -> str:
    return "claim-" + claim.replace(".", "-")


def has_source_page(path: str) -> bool:
    """Readers may look up the library and the chapters' experiments; the machinery has no pages."""
    return path.startswith(("deepgrad/", "gradbook/ch")) and path.endswith(".py")


def source_page(path: str) -> str:
    """The page that shows `code/<path>`, as an address in the site."""
    return f"source/{path}.html"

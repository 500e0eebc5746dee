"""Files beside the pages: the claims for other programs, and the frames of the figures that move."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from gradbook.memo import write_whole
from gradbook.site import store
from gradbook.site.placeholders import LanguageBook

COPIED = ("id", "chapter", "verdict", "estimate", "low", "high", "unit", "n", "text", "finding")


def write_claims(site: Path, books: list[LanguageBook]) -> None:
    """`claims.json`: the ledger with the address of each claim's badge in each language."""
    claims: list[dict[str, Any]] = [
        {key: claim[key] for key in COPIED} | {"url": {book.lang: book.claim_url(name) for book in books}}
        for name, claim in books[0].claims.items()
    ]
    write_whole(site / "claims.json", (json.dumps(claims, ensure_ascii=False, indent=1) + "\n").encode())


def write_frames(site: Path, books: list[LanguageBook]) -> None:
    for book in books:
        for name in store.figure_names(book.lang):
            if found := frames((store.BOOK / "figures" / book.lang / f"{name}.json").read_bytes(), book.lang):
                write_whole(site / found[0], found[1])


@lru_cache(maxsize=2000)  # while serving, most figures are as they were
def frames(figure: bytes, lang: str) -> tuple[str, bytes] | None:
    """Where a figure's frames lie in the site, and they; None where it stands still."""
    found = json.loads(figure)
    return (store.frames_path(found, lang), store.frames_json(found).encode()) if "frames" in found else None

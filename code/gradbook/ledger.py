"""The ledger: every claim with its verdict, every number that stands in prose. Pages and command line both read it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gradbook import stored
from gradbook.experiment import Claim, Named, experiments
from gradbook.render import measured
from gradbook.text import BookError, Text


@dataclass(frozen=True)
class Entry:
    """A claim and the experiment that decides it."""

    claim: Claim
    named: Named


def entries(chapter: int | None = None, **arguments: Any) -> list[Entry]:
    """All claims of a chapter or the book, in the sources' order."""
    chosen = experiments(chapter)
    found = [Entry(claim, named) for named in chosen for claim in judged(named, **arguments)]
    found += [Entry(claim, named) for named in chosen for claim in concluded(named, found)]
    return sorted(found, key=lambda entry: order(entry.claim.id))


def judged(named: Named, **arguments: Any) -> list[Claim]:
    return list(named.experiment.judge(measured(named, **arguments)))


def concluded(named: Named, found: Sequence[Entry]) -> list[Claim]:
    """What the experiment concludes from its chapter's claims."""
    conclude = named.experiment.conclude
    if conclude is None:
        return []
    return list(conclude({entry.claim.id: entry.claim for entry in found if entry.named.chapter == named.chapter}))


def order(claim_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in claim_id.split("."))


def chosen(ids: list[str]) -> list[Entry]:
    """The entries with these ids (all of them if none is named), or a BookError that names the unknown one."""
    known = {entry.claim.id: entry for entry in entries()}
    for claim_id in ids:
        if claim_id not in known:
            raise BookError(f"there is no claim {claim_id!r}: the ledger has {', '.join(known)}")
    return [known[claim_id] for claim_id in ids or known]


def numbers() -> dict[str, Text]:
    """Name -> number as printed: `link_decay.factor` is `factor` of the experiment `link_decay`."""
    return {
        f"{named.name}.{key}": text
        for named in experiments()
        for key, text in named.experiment.numbers(measured(named)).items()
    }


def stored_numbers() -> dict[str, dict[str, str]]:
    """The same for numbers that `make full` stored, each with date and commit; BookError where a file does not fit."""
    files = {named.name: stored.read(named) for named in experiments() if named.experiment.kept}
    return {
        f"{name}.{key}": file.as_dict(key) for name, file in files.items() for key in [*file.numbers, "date", "commit"]
    }


def as_dict(entry: Entry) -> dict[str, Any]:
    """The claim as `claims.json` has it (the site adds where it stands)."""
    claim, estimate = entry.claim, entry.claim.estimate
    value, low, high, n = (estimate.value, estimate.low, estimate.high, estimate.n) if estimate else (None,) * 4
    return {
        "id": claim.id, "chapter": entry.named.chapter, "verdict": claim.verdict,
        "estimate": rounded(value), "low": rounded(low), "high": rounded(high), "unit": claim.unit.as_dict(), "n": n,
        "text": claim.text.as_dict(), "finding": claim.finding.as_dict(),
        "shown": {"ko": claim.as_printed("ko"), "en": claim.as_printed("en")},
        "experiment": f"{entry.named.folder}/{entry.named.name}",
    }  # fmt: skip


def rounded(x: float | None) -> float | None:
    """Six significant figures: beyond them the last digits differ between processors."""
    return None if x is None else float(f"{x:.6g}")


def as_json() -> str:
    book = {
        "claims": [as_dict(entry) for entry in entries()],
        "numbers": {name: text.as_dict() for name, text in sorted(numbers().items())},
        "full": dict(sorted(stored_numbers().items())),
    }
    return json.dumps(book, ensure_ascii=False, indent=1)

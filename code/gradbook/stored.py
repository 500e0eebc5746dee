"""The only stored numbers: what `gradbook full` measured of a dearer protocol, each with date, commit and lock.

One file an experiment, committed: `gradbook full` writes it, the pages read it. It must have been written for the settings
that the experiment has now.
"""

import hashlib
import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gradbook import memo, render
from gradbook.experiment import Named
from gradbook.text import BookError, Text

FOLDER = memo.ROOT / "code" / "gradbook" / "full"
REMEDY = "run `make full` in a clean checkout and commit what it writes"


@dataclass(frozen=True)
class Stored:
    """What the file of one experiment holds."""

    numbers: dict[str, Text]
    date: str  # of the measurement, as 2025-01-31
    commit: str
    lock: str

    def as_dict(self, name: str) -> dict[str, str]:
        """The number called `name` as the ledger has it; `date` and `commit` are numbers, too."""
        text = {"ko": self.date, "en": self.date} if name == "date" else {"ko": self.commit, "en": self.commit}
        found = self.numbers[name].as_dict() if name in self.numbers else text
        return found | {"date": self.date, "commit": self.commit}


def file_of(named: Named) -> Path:
    return FOLDER / f"{named.name}.json"


def settings(named: Named) -> dict[str, str]:
    """All that the stored numbers hang on, as text: the arguments of the dearer protocol and the experiment's constants."""
    kept = named.experiment.kept
    assert kept is not None
    return {name: repr(value) for name, value in sorted({**named.experiment.full, **kept.settings}.items())}


def commit() -> str:
    """The commit that is checked out; BookError where there is none, or where code or lock differ from it."""
    try:
        head = git("rev-parse", "--short=10", "HEAD").strip()
        changed = git("status", "--porcelain", "--", "code", "requirements.lock")
    except (OSError, subprocess.CalledProcessError):
        raise BookError("there is no git checkout to name a commit of") from None
    if changed:
        raise BookError(f"code or lock differ from commit {head}")
    return head


def git(*arguments: str) -> str:
    asked = subprocess.run(["git", *arguments], cwd=memo.ROOT, capture_output=True, text=True, check=True)
    return asked.stdout


def write(named: Named, at: str) -> Path:
    """Store the numbers of the dearer protocol, measured at the commit `at`; measures what is not on disk."""
    experiment = named.experiment
    assert experiment.kept is not None
    numbers = experiment.kept.numbers(render.measured(named, **experiment.full))
    content = {
        "experiment": f"{named.folder}/{named.name}",
        "date": measured_on(named),
        "commit": at,
        "lock": hashlib.sha256((memo.ROOT / "requirements.lock").read_bytes()).hexdigest(),
        "settings": settings(named),
        "numbers": {name: text.as_dict() for name, text in sorted(numbers.items())},
    }
    memo.write_whole(file_of(named), (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())
    return file_of(named)


def measured_on(named: Named) -> str:
    """The day on which the measurement came to its end, which may be before the day on which it is written down."""
    measure, arguments = named.experiment.measure, named.experiment.full
    path = memo.where(memo.key_of([measure], arguments), measure)
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()


def read(named: Named) -> Stored:
    """The experiment's stored numbers; BookError for a file that is missing, damaged, or of other settings."""
    path = file_of(named)
    shown = f"code/gradbook/full/{path.name}"
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        numbers = {name: Text(text["ko"], text["en"]) for name, text in content["numbers"].items()}
        found = Stored(numbers, content["date"], content["commit"], content["lock"])
        then = content["settings"]
    except FileNotFoundError:
        raise BookError(f"{shown} is missing, and pages show its numbers: {REMEDY}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BookError(f"{shown} is damaged ({error!r}): {REMEDY}") from None
    if then != (now := settings(named)):
        other = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
        told = ", ".join(f"{name} was {then.get(name)}, is {now.get(name)}" for name in other)
        raise BookError(f"{shown} was measured with other settings ({told}): {REMEDY}")
    return found

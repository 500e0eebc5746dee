"""What builds made of the pages' texts, kept on disk under all that it was made from. What the last build did not ask for goes."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gradbook import memo, text

# As they stood when they were loaded: while serving they may have been edited since.
MAKERS: Final = "".join(
    file.read_text(encoding="utf-8") for file in [*sorted(Path(__file__).parent.glob("*.py")), Path(text.__file__)]
)
asked: set[Path] = set()  # of the build under way


def recall[R](kind: str, made_from: str, make: Callable[[], R], worth: Callable[[], bool] = lambda: True) -> R:
    """What `make()` returns, from disk if these makers made it of the same before. Not kept where it is not `worth` it."""
    digest = hashlib.sha256("\0".join([made_from, MAKERS, memo.lock()]).encode()).hexdigest()[:24]
    place = folder() / f"{kind}-{digest}.pickle"
    asked.add(place)
    found, value = memo.load(place)
    if not found:
        value = make()
        if worth():
            memo.store(place, value)
    return value  # type: ignore[no-any-return]


def folder() -> Path:
    return memo.CACHE / "pages"


def drop_others() -> None:
    for old in set(folder().glob("*.pickle")) - asked:
        old.unlink(missing_ok=True)

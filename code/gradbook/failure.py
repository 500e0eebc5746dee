"""When an experiment fails: its own part of the traceback, without the machinery that called it."""

import traceback
from pathlib import Path

BOOK = Path(__file__).resolve().parent


def of_an_experiment(error: BaseException) -> str | None:
    """Which experiment failed and where, or None if no chapter's code was running."""
    at = error.__traceback__
    while at is not None and not is_chapters(at.tb_frame.f_code.co_filename):
        at = at.tb_next
    if at is None:
        return None
    lines = traceback.format_exception(type(error), error, at, chain=False)
    return f"{Path(at.tb_frame.f_code.co_filename).relative_to(BOOK)} failed\n{''.join(lines).rstrip()}"


def is_chapters(file: str) -> bool:
    return Path(file).is_relative_to(BOOK) and Path(file).relative_to(BOOK).parts[0].startswith("ch")

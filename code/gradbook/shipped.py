"""Files that installed packages bring along: fonts, data. Finding one does not import its package, which may be slow."""

import importlib.util
from functools import cache
from pathlib import Path

from gradbook.text import BookError


@cache
def shipped(package: str, path: str) -> Path:
    """Where the file `path` of a package lies. A BookError names it and the remedy if it is missing."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or []:
        if (found := Path(folder, path)).is_file():
            return found
    raise BookError(f"{package} does not have its file {path} here: install from requirements.lock again")

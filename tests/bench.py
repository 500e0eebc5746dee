"""How long builds take and how heavy pages are: `make bench`. Prints, asserts nothing.

Works on a copy of the tree, so that the caches of this one are neither used nor touched. The same build with nothing to do
stands beside each number: it is what MkDocs and its plugins cost on this machine, and the ratio holds on others too.
"""

import gzip
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from tests.building import build, copy_of_the_book, serving, wait_for

EDITS = 7


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder) / "book"
        environment = copy_of_the_book(root)
        clean = timed(lambda: make(root, environment))
        again = timed(lambda: make(root, environment))
        chapter = root / "docs/ko/1-vanishing-gradient.md"
        after_prose = timed(lambda: (edit(chapter, "이 장은", "이 장은 곧"), make(root, environment)))
        experiment = root / "code/gradbook/ch1_vanishing/update_by_layer.py"
        after_code = timed(
            lambda: (edit(experiment, "STEPS, ETA = 8, 100, 0.5", "STEPS, ETA = 8, 101, 0.5"), make(root, environment))
        )
        print(f"cores: {len(os.sched_getaffinity(0))}, load: {os.getloadavg()[0]:.1f}")
        for name, seconds in (
            ("clean build, both languages", clean),
            ("build with nothing to do", again),
            ("build after a prose edit", after_prose),
            ("build after an edit of one experiment", after_code),
        ):
            print(f"{name:<40} {seconds:6.1f} s  {seconds / again:5.1f} × nothing to do")
        for page, old in (("1-vanishing-gradient", "Stack "), ("2-universal-approximation", "There is no point ")):
            shown = serve(root, environment, page, old)
            name = f"from saving an edit of {page}"
            print(f"{name:<48} {median(shown):6.2f} s to the served page ({min(shown):.2f} to {max(shown):.2f})")
        weigh(root / "site")


def serve(root: Path, environment: dict[str, str], name: str, old: str) -> list[float]:
    """Seconds from saving an edited sentence until the page that `make serve` serves has it, for several edits."""
    with serving(root, environment) as home:
        page = f"{home}en/{name}/"
        appear(old, page)
        shown = []
        for k in range(EDITS):
            time.sleep(1)
            edit(root / f"docs/en/{name}.md", old, f"{old}edit{k} ")
            shown.append(timed(partial(appear, f"edit{k}", page)))
        return shown


def appear(text: str, address: str) -> None:
    if not wait_for(text, address):
        sys.exit(f"bench: {address} does not come to show {text!r}")


def make(root: Path, environment: dict[str, str]) -> None:
    done = build(root / "site", root=root, **environment)
    if done.returncode:
        sys.exit(f"bench: the build failed\n{done.stdout}{done.stderr}")


def timed(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    if old not in text:
        sys.exit(f"bench: {file.name} no longer holds {old!r}: name another sentence to edit")
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def weigh(site: Path) -> None:
    for page in ("1-vanishing-gradient/index.html", "en/1-vanishing-gradient/index.html"):
        raw = (site / page).read_bytes()
        print(
            f"{page:<40} {len(gzip.compress(raw)) / 1000:6.0f} kB gzipped ({len(raw) / 1000:.0f} kB), with its figures"
        )
    for frames in sorted((site / "assets/frames").rglob("*.json")):
        raw = frames.read_bytes()
        count = len(json.loads(raw))
        name = frames.relative_to(site).as_posix()
        print(
            f"{name:<40} {len(gzip.compress(raw)) / 1000:6.0f} kB gzipped, {count} entries, fetched when a slider moves"
        )


if __name__ == "__main__":
    main()

"""Builds killed at random moments: `make torture` (KILLS=50 SEED=… SMALL=1 for the tests' book of two short chapters;
MEASURED=.cache takes measurements over instead of making them first).

Before each run a random part of the caches goes, so that every stage has something to do. After each kill site/ must be the
last good one or the new one, byte for byte, nothing may be left running, and the next build must equal an undisturbed one.
"""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.building import copy_of_the_book
from tests.small_book import EDITS as SMALL_EDITS
from tests.small_book import small_book

SITE = ("gradbook.site.build",)
CLAIMS = ("gradbook", "claims", "--json")
EDITS = (
    ("code/gradbook/ch1_vanishing/link_decay.py", "DEPTH = 20", "DEPTH = 19"),
    ("docs/en/1-vanishing-gradient.md", "The questions, and their order", "These questions, and their order"),
)
ENDED = "(came to its end before it was killed)"
SECONDS_TO_END = 60  # for what a killed build had started; a busy machine needs some


class Book:
    """A copy of the book (or the small one) to be tortured, in either of two versions."""

    def __init__(self, root: Path, small: bool) -> None:
        self.root, self.cache, self.site = root, root / ".cache", root / "site"
        self.environment = small_book(root) if small else copy_of_the_book(root)
        self.edits = SMALL_EDITS if small else EDITS
        self.temporary = root / "tmp"
        self.temporary.mkdir()
        self.environment |= {
            "TMPDIR": str(self.temporary),
            "JUPYTER_RUNTIME_DIR": str(self.temporary / "jupyter"),
            "SOURCE_DATE_EPOCH": "1767225600",
        }
        self.output = root / "output"
        self.reference: dict[str, str] = {}

    def turn(self, version: int) -> None:
        for name, *texts in self.edits:
            file = self.root / name
            text = file.read_text(encoding="utf-8")
            assert sum(t in text for t in texts) == 1, f"{name} holds neither or both of {texts}"
            file.write_text(text.replace(texts[1 - version], texts[version]), encoding="utf-8")

    def start(self, *module: str, under: Sequence[str] = (), **options: object) -> subprocess.Popen[bytes]:
        self.output.unlink(missing_ok=True)  # what an earlier run still writes goes elsewhere
        with self.output.open("xb") as output:
            return subprocess.Popen(
                [*under, sys.executable, "-m", *module], cwd=self.root, env=os.environ | self.environment,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **options,
            )  # fmt: skip

    def run(self, *module: str, under: Sequence[str] = ()) -> str:
        """Run to the end; what it printed on standard output. An AssertionError shows a failure."""
        done = subprocess.run(
            [*under, sys.executable, "-m", *module], cwd=self.root, env=os.environ | self.environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shown(self) -> dict[str, str]:
        """Path -> digest of all files of the site a reader would be served."""
        return digests(self.site)

    def survivors(self) -> dict[int, str]:
        """Processes that still work for this copy (each inherits its environment), zombies aside: number -> command line."""
        mark = f"GRADBOOK_CACHE={self.cache}".encode()
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found[int(process.name)] = (process / "cmdline").read_text()
            except OSError:
                continue
        return found

    def wait_for_silence(self) -> dict[int, str]:
        until = time.monotonic() + SECONDS_TO_END
        while (left := self.survivors()) and time.monotonic() < until:
            time.sleep(0.2)
        return left

    def lose(self, chance: random.Random, share: float) -> None:
        """Remove a random part of the caches."""
        for folder in ("memo", "cells", "pages", "fonts", "book"):
            if chance.random() < 0.6:
                for file in sorted((self.cache / folder).rglob("*")):
                    if file.is_file() and chance.random() < share:
                        file.unlink()
        for stamp in ("prepared", "executed"):
            if chance.random() < 0.5:
                (self.cache / stamp).unlink(missing_ok=True)

    def half_written(self) -> list[Path]:
        """What killed runs leave: files of the caches, folders of kernels' sockets."""
        return [*(path for path in self.cache.rglob(".*.*") if path.is_file()), *self.temporary.glob("gradbook-*")]


def flip(file: Path) -> None:
    """Damage one byte in the middle, with its highest bit: text is no UTF-8 any more."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x80
    file.write_bytes(content)


def flip_each(book: Book, at_most: int, seed: int) -> int:
    """Flip a byte in one file of the caches after another (in some drawn ones, where there are more); in how many."""
    book.turn(0)
    book.run(*SITE)
    whole = book.shown()
    names = [f.relative_to(book.cache) for f in sorted(book.cache.rglob("*")) if f.is_file() and f.stat().st_size]
    names = random.Random(seed).sample(names, min(at_most, len(names)))
    for name in names:
        if (book.cache / name).is_file():
            flip(book.cache / name)
            book.run(*SITE)
            assert book.shown() == whole, f"a flipped byte in {name} reaches the site"
    return len(names)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def torture(book: Book, kills: int, seed: int, share: float) -> Counter[str]:
    """Start runs until `kills` of them were killed; how many were hit in which stage. An AssertionError says what broke."""
    chance = random.Random(seed)
    sites, claims = [], []
    spans = {CLAIMS: 5.0}  # how long a run takes, by the last one
    for version in (0, 1):
        book.turn(version)
        begun = time.monotonic()
        book.run(*SITE)
        spans[SITE] = time.monotonic() - begun
        sites.append(book.shown())
        claims.append(book.run(*CLAIMS))
    assert sites[0] != sites[1]
    hit: Counter[str] = Counter()
    while hit.total() - hit[ENDED] < kills:
        version = chance.randrange(2)
        command = CLAIMS if chance.random() < 0.25 else SITE
        book.turn(version)
        book.lose(chance, share)
        before = book.shown()
        begun = time.monotonic()
        process = book.start(*command)
        try:
            process.wait(chance.uniform(0, spans[command]))
            hit[ENDED] += 1
            killed = False
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed = True
            hit[f"{'claims' if command == CLAIMS else 'site'}: {stage(book)}"] += 1
        print(f"{hit.total() - hit[ENDED]:4} of {kills}: {dict(hit)}", flush=True)
        lived = time.monotonic() - begun
        assert book.shown() in (before, sites[version]), "site/ is neither the last good one nor the new one"
        assert book.wait_for_silence() == {}, "processes outlive the killed build"
        begun = time.monotonic()
        book.run(*SITE)
        if command == SITE:
            spans[SITE] = lived + (time.monotonic() - begun if killed else 0)
        assert book.shown() == sites[version], "the next build differs from an undisturbed one"
        if command == CLAIMS:
            assert book.run(*CLAIMS) == claims[version]
    for path in book.half_written():
        os.utime(path, (0, 0))
    book.run(*SITE)
    assert book.half_written() == [], "half written files pile up"
    return hit


def stage(book: Book) -> str:
    """How far a run came, by the last thing it said."""
    said = book.output.read_text(encoding="utf-8", errors="replace")
    for sign, name in (
        ("Documentation built", "exchanging"), ("Building documentation to", "pages"), ("ready in", "executing"),
        ("INFO", "measuring"),
    ):  # fmt: skip
        if sign in said:
            return name
    return "starting"


def main() -> None:
    kills, seed = int(os.environ.get("KILLS", "50")), int(os.environ.get("SEED") or random.randrange(10**6))
    small = bool(os.environ.get("SMALL"))
    print(f"torture: KILLS={kills} SEED={seed}{' SMALL=1' if small else ''}", flush=True)
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        book = Book(Path(folder) / "book", small)
        if measured := os.environ.get("MEASURED"):
            shutil.copytree(Path(measured) / "memo", book.cache / "memo")
        hit = torture(book, kills, seed, share=0.5 if small else 0.005)
        print(f"{flip_each(book, 10**6 if small else kills, seed):4} files of the caches, a byte flipped in each")
    for name, times in sorted(hit.items()):
        print(f"{times:4} {name}")


if __name__ == "__main__":
    main()

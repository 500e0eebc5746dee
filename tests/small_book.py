"""A book of two chapters that measures in moments and writes down what ran: for tests of the machinery, not of the text.

Everything but the chapters is this checkout's own: library, machinery, theme, settings.
"""

import re
import shutil
from pathlib import Path

from tests.building import copy_of_the_book

NOTE = '''
import os


def note(what):
    """Add a line to the file that a test reads to know what was run."""
    with open(os.environ["WHAT_RAN"], "a", encoding="utf-8") as file:
        file.write(what + "\\n")
'''

EXPERIMENT = '''
"""How $optimizer descends a bowl."""

import time
from dataclasses import dataclass

import numpy as np
from deepgrad import $optimizer, sigmoid
from gradbook import style
from gradbook.ch1_small.noted import note
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.stats import mean_interval
from gradbook.sweep import sweep
from gradbook.text import same

SEEDS = range(12)


@dataclass(frozen=True)
class Measurement:
    ends: np.ndarray


def measure(seeds=SEEDS):
    note("measure $name")
    return Measurement(np.array(sweep(descend, seeds)))


def descend(seed):
    time.sleep(0.02)
    theta, state = np.random.default_rng(seed).normal(size=3), None
    for _ in range(20):
        theta, state = $optimizer(theta, sigmoid(theta)[0] * theta, state, eta=0.1)
    return float(np.abs(theta).sum())


def judge(m):
    found = mean_interval(m.ends)
    return [Claim(id="$id", text=same("down"), verdict="holds", finding=same(found.shown()), estimate=found)]


def numbers(m):
    return {"first": same(f"{m.ends[0]:.3f}")}


def draw(m, lang, *indices):
    note(f"draw $name {lang}")
    made, axes = style.figure(2.0)
    axes.plot(m.ends, color=style.BLUE)
    return made


def frame_alt(m, lang, i):
    return f"frame {i}"


def words(m, lang):
    return Words("a title", "a caption", "a picture")


EXPERIMENT = Experiment(
    measure=measure, judge=judge, numbers=numbers, sweeps=True, drawing=Drawing(draw=draw, words=words$sliders)
)
'''

PAGE = """---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
description: A chapter.
---

# $number. A chapter {#top}

Prose of chapter $number, with $\\sigma(z)$ and {{ n $name.first }}.

```{code-cell} python
from gradbook.page import Page
from gradbook.ch1_small.noted import note
import numpy as np
from deepgrad import $optimizer

note("cells $number $lang")
page = Page("$lang", chapter=$number)
```

```{code-cell} python
page.$how("$name")
```

{{ claim $id }}

```{code-cell} python
$optimizer(np.ones(2), np.ones(2), None, eta=0.5)[0]
```
"""

CHAPTERS = (
    {"number": "1", "folder": "ch1_small", "name": "steady", "optimizer": "sgd", "id": "1.1", "how": "figure",
     "sliders": ""},
    {"number": "2", "folder": "ch2_small", "name": "adapting", "optimizer": "adam", "id": "2.1", "how": "interactive",
     "sliders": ', sliders=(Slider(same("i"), ("0", "1"), 0),), frame_alt=frame_alt'},
)  # fmt: skip
NAV = "nav:\n  - 처음: index.md\n  - One: 1-chapter.md\n  - Two: 2-chapter.md\n  - 주장 장부: claims.md\n"
EDITS = (  # from the one version of the book to the other: a measurement, and a sentence
    ("code/gradbook/ch1_small/steady.py", "range(12)", "range(11)"),
    ("docs/en/2-chapter.md", "Prose of", "Text of"),
)
ALL_CELLS = [f"cells {number} {lang}" for number in "12" for lang in ("en", "ko")]


def small_book(root: Path) -> dict[str, str]:
    """Write the book into `root`; the environment in which its code and caches count."""
    environment = copy_of_the_book(root)
    for folder in (root / "code/gradbook").glob("ch*_*"):
        shutil.rmtree(folder)
    for page in (root / "docs").glob("*/*.md"):
        if page.name != "claims.md":
            page.unlink()
    for chapter in CHAPTERS:
        folder = root / "code/gradbook" / chapter["folder"]
        folder.mkdir()
        (folder / "__init__.py").write_text('"""A chapter."""\n')
        (folder / f"{chapter['name']}.py").write_text(filled(EXPERIMENT, chapter).lstrip())
        for lang in ("ko", "en"):
            page = root / "docs" / lang / f"{chapter['number']}-chapter.md"
            page.write_text(filled(PAGE, chapter | {"lang": lang}), encoding="utf-8")
    for lang in ("ko", "en"):
        (root / "docs" / lang / "index.md").write_text("# Home {#top}\n\nWelcome.\n")
    (root / "code/gradbook/ch1_small/noted.py").write_text(NOTE.lstrip())
    settings = root / "mkdocs.yml"
    settings.write_text(
        re.sub(r"(?ms)^nav:.*?^$", NAV, settings.read_text(encoding="utf-8"), count=1), encoding="utf-8"
    )
    (root / "ran").touch()
    return environment | {"WHAT_RAN": str(root / "ran")}


def filled(template: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        template = template.replace(f"${name}", value)
    return template

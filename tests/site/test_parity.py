"""Korean and English say the same: files, anchors, cells, figures, equations, claims, exercises."""

import re
from pathlib import Path

import jupytext
import pytest

from gradbook import ledger

DOCS = Path(__file__).resolve().parents[2] / "docs"
NAMES = sorted(path.name for path in (DOCS / "ko").glob("*.md"))
FENCE = re.compile(r"^```.*?^```$", re.S | re.M)


def read(lang, name):
    return (DOCS / lang / name).read_text(encoding="utf-8")


def parts(text):
    """What both languages must share, in order."""
    prose = FENCE.sub("", text)
    return {
        "anchors": re.findall(r"^(#+) .*?\{(#[\w-]+)\}$", prose, re.M),
        "equations": [re.sub(r"\\text\{[^}]*\}", "", e) for e in re.findall(r"\$\$(.*?)\$\$", prose, re.S)],
        "placeholders": sorted(re.findall(r"\{\{\s*(.*?)\s*\}\}", prose)),
        "claims": re.findall(r"\{\{\s*claim (.*?)\s*\}\}", prose),
        "admonitions": re.findall(r"^(\?\?\?|!!!) (\w+)", prose, re.M),
        "footnotes": sorted(re.findall(r"\[\^\w+\](?!:)", prose)),
        "links": sorted(link for link in re.findall(r"\]\(([^)]*)\)", prose)),
        "block breaks": re.findall(r"^\+\+\+.*$", prose, re.M),
        "table rows": len(re.findall(r"^\|", prose, re.M)),
        "terms": len(re.findall(r"^:   ", prose, re.M)),
        "list items": len(re.findall(r"^(?:-|\d+\.) ", prose, re.M)),
    }


def cells(lang, name):
    """Code as it stands, but for the page's language and comments."""
    notebook = jupytext.read(DOCS / lang / name)
    found = [(cell.metadata.get("tags", []), cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    language = re.compile(r'(?<=Page\(")(?:ko|en)| --lang en| BOOK_LANG=en|#.*')
    return [(tags, [line.rstrip() for line in language.sub("", source).splitlines()]) for tags, source in found]


def test_the_same_files():
    assert sorted(path.name for path in (DOCS / "en").glob("*.md")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_same_parts(name):
    korean, english = (parts(read(lang, name)) for lang in ("ko", "en"))
    for part, found in korean.items():
        assert found == english[part], part


def test_every_number_that_an_experiment_gives_is_quoted():
    """The build refuses a placeholder that names no number; this is the other direction."""
    text = "".join(read("ko", name) for name in NAMES)
    assert set(re.findall(r"\{\{\s*n ([\w.]+)\s*\}\}", text)) >= set(ledger.numbers())


@pytest.mark.parametrize("name", NAMES)
def test_the_same_cells(name):
    assert cells("ko", name) == cells("en", name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_heading_has_an_anchor_and_every_page_a_description(lang, name):
    text = read(lang, name)
    for heading in re.findall(r"^#+ .*$", FENCE.sub("", text), re.M):
        assert re.search(r" \{#[\w-]+\}$", heading), heading
    description = re.search(r"^description: (.+)$", text, re.M)
    assert description, "front matter needs a description"
    assert 30 <= len(description[1]) <= 200


@pytest.mark.parametrize("name", [name for name in NAMES if name[0].isdigit()])
def test_a_chapter_has_exercises_with_solutions(name):
    text = read("ko", name)
    exercises = re.findall(r"\{#ex-[\w-]+\}", text)
    assert len(exercises) >= 6
    assert len(re.findall(r":tags: \[solution\]", text)) >= len(exercises)

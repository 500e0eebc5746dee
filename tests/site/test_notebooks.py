"""The chapters' cells: parted as Jupyter parts them, and shown the same however the kernel happened to hand them over."""

from pathlib import Path

import jupytext
import pytest

from gradbook import memo
from gradbook.site import execute, notebooks, prepared
from gradbook.text import BookError

DOCS = Path(__file__).resolve().parents[2] / "docs"
HEAD = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""
FORMS = """
Prose.

```{code-cell} python
:tags: [hide-input, solution]
:name: first
x = 1

y = {"a": 2}
```

```{code-cell} python
---
tags: [solution]
---
x
```

+++ {"tags": ["solution"]}

A shown cell:

````markdown
```{code-cell} python
not run
```
````

```python
not run either
```

```{code-cell}
```

+++

```{code-cell} python

---
```
"""


def cell(code, tags=""):
    return f"```{{code-cell}} python\n{tags}{code}\n```\n\n"


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The page that a notebook's text becomes, executed anew, without the Markdown between."""
    monkeypatch.setattr(memo, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PYTHONPATH", "")
    prepared.fix_environment(serving=False)

    def make(body):
        text = HEAD + body
        failed = execute.execute(tmp_path / "page.md", notebooks.sources(text))
        assert failed is None, failed
        cells = notebooks.split(text)
        return notebooks.fill(notebooks.markdown(cells), cells, "en")

    return make


@pytest.mark.parametrize(
    "text", [HEAD + FORMS, *(path.read_text("utf-8") for path in sorted(DOCS.rglob("[0-9]-*.md")))]
)
def test_cells_are_what_jupytext_says_they_are(text):
    expected = [
        (cell.source, cell.cell_type == "code", frozenset(cell.metadata.get("tags", [])))
        for cell in jupytext.reads(text, fmt="md:myst").cells
        if cell.cell_type == "code" or cell.source.strip()
    ]
    assert [(cell.source, cell.is_code, cell.tags) for cell in notebooks.split(text)] == expected


def test_only_front_matter_that_names_a_kernel_makes_a_notebook():
    assert notebooks.is_notebook(HEAD)
    assert not notebooks.is_notebook("---\ntitle: x\n---\n\n```yaml\nkernelspec:\n```\n")


def test_slow_prints_are_one_output(page):
    loop = "import time\nfor k in range(3):\n    print(k)\n    time.sleep({})"
    slow, fast = page(cell(loop.format(0.4))), page(cell(loop.format(0.0)))
    assert slow.replace("0.4", "0.0") == fast
    assert fast.count('class="output"') == 1


def test_a_run_of_solution_cells_is_one_fold_out(page):
    tagged = ":tags: [solution]\n"
    html = page(cell("1 + 1", tagged) + cell("2 + 2", tagged) + cell("3 + 3") + cell("4 + 4", tagged))
    assert html.count('<details class="solution">') == html.count("</details>") == 2
    first, rest = html.split("</details>", 1)
    assert "<pre>2" in first
    assert "<pre>4" in first
    assert "<pre>6" in rest.split("<details")[0], "an untagged cell stands outside"


def test_hidden_input_shows_its_output(page):
    html = page(cell("40 + 2", ":tags: [hide-input]\n"))
    assert "<pre>42" in html
    assert "40" not in html


def test_text_is_escaped_and_html_is_not(page):
    shown = "class B:\n    def _repr_html_(self): return '<b>bold</b>'\n\nprint('<i>'); B()"
    html = page(cell(shown, ":tags: [hide-input]\n"))
    assert "&lt;i&gt;" in html
    assert "<b>bold</b>" in html


def test_what_a_page_cannot_show_is_said():
    shown = {"output_type": "display_data", "data": {"image/png": "", "text/plain": "<Figure>"}}
    with pytest.raises(BookError, match="image/png"):
        notebooks.output_html(shown)


def test_options_that_are_no_yaml_are_named():
    with pytest.raises(BookError, match=r"tags: \[a"):
        notebooks.split(HEAD + cell("1", ":tags: [a\n"))


def test_a_page_whose_cells_never_ran_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(memo, "CACHE", tmp_path)
    cells = notebooks.split(HEAD + cell("1"))
    with pytest.raises(BookError, match="make site"):
        notebooks.fill("", cells, "en")

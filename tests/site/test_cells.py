"""A notebook's HTML, cleaned: the same page however the kernel happened to hand it over."""

import pytest
from mkdocs_jupyter import convert

from gradbook import memo
from gradbook.site import cells, notebooks, prepared

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


@pytest.fixture
def cleaned(tmp_path, monkeypatch):
    """The page that a notebook becomes, executed anew."""
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    for module in (memo, prepared):
        monkeypatch.setattr(module, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("GRADBOOK_CACHE", str(tmp_path / "cache"))
    prepared.fix_environment(serving=False)

    def clean(body):
        path = tmp_path / "page.md"
        path.write_text(HEAD + body, encoding="utf-8")
        prepared.execute_pages(tmp_path)
        html = convert.nb2html(
            str(path),
            execute=False,
            allow_errors=False,
            markdown_cell_processor="mkdocs",
            no_prompt=True,
            remove_tag_config={"remove_input_tags": ["hide-input"]},
        )
        html, pre = cells.set_aside(cells.without_styles(html))
        html = notebooks.with_prose(html, notebooks.read(path))
        return cells.clean(cells.put_back(html, pre), "en")

    return clean


def cell(code, tags=""):
    return f"```{{code-cell}} python\n{tags}{code}\n```\n\n"


def test_slow_prints_are_one_output(cleaned):
    loop = "import time\nfor k in range(3):\n    print(k)\n    time.sleep({})"
    slow = cleaned(cell(loop.format(0.4)))
    fast = cleaned(cell(loop.format(0.0)))
    assert slow.replace("0.4", "0.0") == fast
    assert fast.count('class="output"') == 1


def test_a_run_of_solution_cells_is_one_fold_out(cleaned):
    tagged = ":tags: [solution]\n"
    html = cleaned(cell("1 + 1", tagged) + cell("2 + 2", tagged) + cell("3 + 3") + cell("4 + 4", tagged))
    assert html.count('<details class="solution">') == html.count("</details>") == 2
    first, rest = html.split("</details>", 1)
    assert "2</span> <span" in first.replace('class="mi">', "")
    assert "<pre>4" in first
    assert "<pre>6" in rest.split("<details")[0], "an untagged cell stands outside"


def test_hidden_input_shows_its_output(cleaned):
    html = cleaned(cell("40 + 2", ":tags: [hide-input]\n"))
    assert "<pre>42" in html
    assert "40" not in html


def test_nothing_of_the_notebooks_wrappers_is_left(cleaned):
    html = cleaned(cell("1 + 1") + "Some *prose*.\n")
    assert 'class="jp-' not in html
    assert "cell-id" not in html
    assert "<style" not in html
    assert "<script" not in html

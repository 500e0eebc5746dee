"""A stored result is used as long as it is right: keys follow the code, damage is noticed, files are whole."""

import ast
import textwrap

import pytest

import deepgrad
from gradbook import memo
from gradbook.ch1_vanishing import dropout_rates, link_decay, quarter, salt_and_sugar
from gradbook.experiment import experiments

MODULE = """
from gradbook import style
from gradbook.stats import mean_interval
from deepgrad import chain
LIMIT = 3
STEP = LIMIT * 2
def helper(x): return chain(x) + STEP
def measure(): return helper(1)
def draw(m): return style.figure(mean_interval(m))
"""


@pytest.fixture
def edited(monkeypatch):
    """Pretend that a module's source reads otherwise."""
    real = memo.source

    def edit(module, old, new):
        changed = real(module).replace(old, new)
        assert changed != real(module), f"{old!r} is not in {module}"
        forget()
        monkeypatch.setattr(memo, "source", lambda name: changed if name == module else real(name))

    yield edit
    monkeypatch.undo()
    forget()


def forget():
    memo.code_of.cache_clear()
    memo.definition.cache_clear()


def key(experiment):
    return memo.key_of([experiment.measure], {})


def test_reachable_follows_names_through_functions_and_constants():
    parts, places = memo.reachable(ast.parse(textwrap.dedent(MODULE)), ["measure"])
    assert places == {("deepgrad.chain", "chain")}  # not all of deepgrad, which only passes it on
    text = "\n".join(parts)
    assert "LIMIT = 3" in text
    assert "def helper" in text
    assert "draw" not in text


def test_imports_inside_a_function_count():
    tree = ast.parse("def measure():\n    from deepgrad.optimizers import adam\n    return adam")
    assert memo.reachable(tree, ["measure"])[1] == {("deepgrad.optimizers", "adam")}


def test_editing_a_draw_measures_nothing_again(edited):
    before = key(link_decay)
    edited("gradbook.ch1_vanishing.link_decay", "lower left", "upper right")
    assert key(link_decay) == before


def test_editing_a_measure_or_what_it_stands_on_does(edited):
    before = key(link_decay), key(quarter)
    edited("gradbook.ch1_vanishing.link_decay", "DEPTH = 20", "DEPTH = 19")
    assert key(link_decay) != before[0]
    assert key(quarter) == before[1]


def test_what_runs_at_import_counts_and_a_name_given_twice_counts_twice():
    tree = ast.parse("import numpy as np\nnp.seterr(all='raise')\nA = 1\nA = A + 1\nB = 2\ndef measure(): return A")
    parts, _ = memo.reachable(tree, ["measure"])
    assert parts == ["A = 1", "A = A + 1", "def measure():\n    return A", "np.seterr(all='raise')"]


def test_a_module_taken_whole_counts_whole():
    tree = ast.parse("from gradbook import style\ndef draw(): return style.figure()")
    ((module, name),) = memo.reachable(tree, ["draw"])[1]
    assert (module, name) == ("gradbook.style", "")
    parts, _ = memo.definition(module, name)
    assert any(part.startswith("def to_svg") for part in parts)
    assert memo.reachable(ast.parse("import deepgrad\ndef f(): return deepgrad.sgd"), ["f"])[1] == {("deepgrad", "")}
    assert ("deepgrad.optimizers", "adam") in memo.definition("deepgrad", "")[1]


TRAINED_BY = {  # chapter 1, by hand: who calls the optimiser, or an experiment that does
    "sgd": {"update_by_layer", "dropout_rates", "salt_and_sugar", "scarcity"},
    "adam": set(),
}


@pytest.mark.parametrize("optimizer", TRAINED_BY)
def test_an_optimiser_reaches_what_it_trains_and_nothing_else(edited, optimizer):
    chapter = {named.name: named.experiment for named in experiments(1)}
    before = {name: key(experiment) for name, experiment in chapter.items()}
    docstring = getattr(deepgrad, optimizer).__doc__[:20]
    edited("deepgrad.optimizers", docstring, f"Edited. {docstring}")
    assert {name for name in chapter if key(chapter[name]) != before[name]} == TRAINED_BY[optimizer]


def test_modules_out_of_reach_do_not_matter(edited):
    before = key(dropout_rates)
    edited("gradbook.style", "WIDTH: Final = 5.2", "WIDTH: Final = 5.3")
    edited("gradbook.cli", "def fail", "def failed")
    assert key(dropout_rates) == before


def test_experiments_that_share_a_measure_share_its_result():
    assert salt_and_sugar.EXPERIMENT.measure is dropout_rates.EXPERIMENT.measure


def test_arguments_and_lock_are_in_the_key(monkeypatch):
    keys = {memo.key_of([link_decay.measure], {}), memo.key_of([link_decay.measure], {"seeds": range(5)})}
    monkeypatch.setattr(memo, "lock", lambda: "another lock")
    keys.add(memo.key_of([link_decay.measure], {}))
    assert len(keys) == 3


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(memo, "CACHE", tmp_path)
    return tmp_path


def test_recall_computes_once(cache):
    first = memo.recall(quarter.measure, points=11)
    (file,) = (cache / "memo").iterdir()
    stamp = file.stat().st_mtime_ns
    second = memo.recall(quarter.measure, points=11)
    assert (first.z == second.z).all()
    assert file.stat().st_mtime_ns == stamp


@pytest.mark.parametrize("position", [0, 40, -1])
def test_a_flipped_byte_is_noticed_said_and_mended(cache, capsys, position):
    memo.recall(quarter.measure, points=11)
    (file,) = (cache / "memo").iterdir()
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)
    assert memo.recall(quarter.measure, points=11).z.size == 11
    assert "is damaged; making it again" in capsys.readouterr().err
    memo.recall(quarter.measure, points=11)
    assert capsys.readouterr().err == ""


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "file"
    target.write_bytes(b"old")
    monkeypatch.setattr(memo.os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        memo.write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_no_experiment_reaches_the_site():
    """`gradbook prepare` is not asked again where only the site's code has changed."""
    for named in experiments():
        reached = memo.graph().find_upstream_modules(named.module)
        assert not [module for module in reached if module.startswith("gradbook.site")], named.name

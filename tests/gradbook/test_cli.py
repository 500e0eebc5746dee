"""The command line: what it prints, and one clear line for each way to be wrong."""

import json
import re

import pytest

from gradbook import cli
from gradbook.ledger import entries


@pytest.fixture
def run(capsys):
    def call(*arguments):
        try:
            cli.main(list(arguments))
            status = 0
        except SystemExit as stop:
            status = stop.code
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "9"], "there is no chapter 9: the book has 1, 2"),
        (["run", "1", "--lang", "fr"], "unknown language 'fr': the book has ko, en"),
        (["claims", "1.99"], "there is no claim '1.99': the ledger has 1.1, 1.2"),
        (["claims", "1.4", "--seeds", "1"], "--seeds 1: an interval needs at least 2 seeds"),
        (["claims", "1.4", "--first-seed", "-1"], "--first-seed -1: a seed is 0 or more"),
        (["run", "1", "--out", "/dev/null/x"], "cannot write into /dev/null/x"),
    ],
)
def test_bad_input_is_one_line_and_status_2(run, arguments, message):
    status, _, err = run(*arguments)
    assert status == 2
    assert err.startswith("gradbook: ")
    assert message in err
    assert err.count("\n") == 1


def test_run_prints_every_claim_and_writes_every_figure(run, tmp_path):
    status, out, _ = run("run", "1", "--lang", "en", "--out", str(tmp_path / "figures"))
    assert status == 0
    for entry in entries(1):
        assert re.search(rf"^ +{re.escape(entry.claim.id)}  (holds|holds if|does not hold|note)\b", out, re.M)
    files = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert "link_decay.svg" in files
    assert f"{len(files)} figures in" in out
    assert (tmp_path / "figures" / "quarter.svg").read_text().startswith("<svg ")


def test_claims_as_json(run):
    status, out, _ = run("claims", "1.4", "1.1", "--json")
    assert status == 0
    first, second = json.loads(out)
    assert (first["id"], second["id"]) == ("1.4", "1.1")
    assert first["low"] < first["estimate"] < first["high"]
    assert set(first["text"]) == {"ko", "en"}


def test_fresh_seeds_give_a_new_estimate_that_agrees(run):
    _, out, _ = run("claims", "1.4", "--json")
    _, fresh, _ = run("claims", "1.4", "--json", "--seeds", "50", "--first-seed", "5000")
    (printed,), (again,) = json.loads(out), json.loads(fresh)
    assert again["estimate"] != printed["estimate"]
    assert again["n"] == 5000
    assert abs(again["estimate"] - printed["estimate"]) < 3 * (again["high"] - again["low"])


def test_an_exact_claim_says_that_seeds_do_not_apply(run):
    status, _, err = run("claims", "1.1", "--seeds", "5")
    assert status == 0
    assert "1.1 is exact, seeds don't apply" in err

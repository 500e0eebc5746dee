"""Numbers that `make full` stored: written whole, read back, refused where they don't fit; and how a page shows them."""

import json
import subprocess
from dataclasses import replace
from datetime import date

import pytest

from gradbook import cli, memo, stored
from gradbook.ch1_vanishing import quarter
from gradbook.experiment import Experiment, Kept, Named, experiments
from gradbook.site import prepared, store
from gradbook.site.placeholders import LanguageBook, Sheet
from gradbook.text import BookError, same

GRID = {"points": 101}


def named(full=GRID, **settings):
    """The sigmoid's derivative, with a number to keep: the largest on a coarse grid."""
    kept = Kept(numbers=lambda m: {"largest": same(f"{m.largest:.4f}"), "n": same(str(len(m.z)))}, settings=settings)
    experiment = Experiment(measure=quarter.measure, judge=lambda m: [], full=full, kept=kept)
    return Named("gradbook.ch1_vanishing.quarter", experiment)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "FOLDER", tmp_path / "full")
    monkeypatch.setattr(memo, "CACHE", tmp_path / "cache")
    return tmp_path / "full"


def test_what_is_written_is_read(folder):
    path = stored.write(named(eta=0.1), "abc1234567")
    assert path == folder / "quarter.json"
    found = stored.read(named(eta=0.1))
    assert found.numbers == {"largest": same("0.2500"), "n": same("101")}  # by the full arguments, not the defaults
    assert (found.commit, found.lock) == ("abc1234567", memo.lock().split()[0])
    assert date.fromisoformat(found.date) >= date(2024, 1, 1)
    assert found.as_dict("n") == {"ko": "101", "en": "101", "date": found.date, "commit": "abc1234567"}
    assert (found.as_dict("date")["ko"], found.as_dict("commit")["en"]) == (found.date, "abc1234567")
    assert [file.name for file in folder.iterdir()] == ["quarter.json"]


def test_the_date_is_that_of_the_measurement(folder):
    import os

    experiment = named()
    stored.write(experiment, "abc")
    (measured,) = (folder.parent / "cache" / "memo").glob("quarter-measure-*.pickle")
    os.utime(measured, (0, 86400 * 365))
    stored.write(experiment, "abc")
    assert stored.read(experiment).date == "1971-01-01"


def test_a_missing_file_says_what_to_run(folder):
    with pytest.raises(BookError, match=r"code/gradbook/full/quarter\.json is missing.*make full"):
        stored.read(named())


@pytest.mark.parametrize(
    ("now", "message"),
    [
        (named(eta=0.2), "eta was 0.1, is 0.2"),
        (named(full={"points": 201}, eta=0.1), "points was 101, is 201"),
        (named(), "eta was 0.1, is None"),
        (named(eta=0.1, steps=5), "steps was None, is 5"),
    ],
)
def test_other_settings_are_an_error(folder, now, message):
    stored.write(named(eta=0.1), "abc")
    with pytest.raises(BookError, match=message):
        stored.read(now)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"numbers": 3}', '{"numbers": {"a": {"ko": "1"}}}'])
def test_a_damaged_file_is_an_error(folder, content):
    folder.mkdir()
    (folder / "quarter.json").write_text(content)
    with pytest.raises(BookError, match="is damaged"):
        stored.read(named())


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A git checkout with code and a lock, at its first commit."""
    root = tmp_path / "checkout"
    (root / "code").mkdir(parents=True)
    (root / "code" / "a.py").write_text("A = 1\n")
    (root / "requirements.lock").write_text("numpy==2\n")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    monkeypatch.setattr(memo, "ROOT", root)
    return root


def test_the_commit_is_named_only_where_code_and_lock_are_its_own(checkout):
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True, check=True).stdout
    assert len(stored.commit()) >= 10
    assert head.startswith(stored.commit())
    (checkout / "notes.md").write_text("prose may differ\n")
    assert head.startswith(stored.commit())
    for file, text in (("code/a.py", "A = 2\n"), ("code/b.py", ""), ("requirements.lock", "numpy==3\n")):
        before = (checkout / file).read_text() if (checkout / file).exists() else None
        (checkout / file).write_text(text)
        with pytest.raises(BookError, match="differ from commit"):
            stored.commit()
        (checkout / file).unlink() if before is None else (checkout / file).write_text(before)
    assert head.startswith(stored.commit())


def test_without_git_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(memo, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(BookError, match="no git checkout"):
        stored.commit()


def test_make_full_stores_only_what_a_commit_stands_for(folder, monkeypatch, capsys):
    monkeypatch.setattr(cli, "experiments", lambda chapter: (named(), replace(named(), module="gradbook.ch1_x.other")))
    monkeypatch.setattr(stored, "commit", lambda: "abc1234567")
    cli.compare_full(1)
    assert "quarter.json is written: commit it" in capsys.readouterr().out
    assert stored.read(named()).commit == "abc1234567"

    def no_commit():
        raise BookError("code or lock differ from commit abc")

    monkeypatch.setattr(stored, "commit", no_commit)
    (folder / "quarter.json").unlink()
    cli.compare_full(1)
    out, err = capsys.readouterr()
    assert "no numbers will be stored" in err
    assert "written" not in out
    assert not (folder / "quarter.json").exists()


def test_the_book_s_own_files_fit_their_experiments():
    kept = [each for each in experiments() if each.experiment.kept]
    assert {stored.file_of(each).name for each in kept} == {path.name for path in stored.FOLDER.glob("*")}
    for each in kept:
        content = json.loads(stored.file_of(each).read_text(encoding="utf-8"))
        assert content["numbers"].keys() == stored.read(each).numbers.keys()


def test_an_edited_file_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "CODE", tmp_path)
    (tmp_path / "full").mkdir()
    seen = set()
    for content in ("{}", "[]"):
        (tmp_path / "full" / "a.json").write_text(content)
        seen.add(prepared.digest(site=False))
    assert len(seen) == 2


LEDGER = {
    "claims": [],
    "numbers": {"a.b": {"ko": "1", "en": "1"}},
    "full": {"m.cnn": {"ko": "9<4", "en": "9<5", "date": "2025-01-31", "commit": "abc1234567"}},
}


def book(html, lang="en"):
    sheet = Sheet("docs/en/4.md", "en/4/", 4, html)
    return LanguageBook(lang, LEDGER, [sheet]), sheet


def test_a_stored_number_is_marked_and_says_whence_it_comes():
    made, sheet = book("<p>{{ full m.cnn }} and {{ n a.b }}</p>")
    made.check([])
    stored_one, ours = made.resolve(sheet).split(" and ")
    assert 'class="measured measured--stored"' in stored_one
    assert "make full: 2025-01-31, commit abc1234567" in stored_one
    assert ">9&lt;5</span>" in stored_one
    assert "measured--stored" not in ours
    assert made.plain("{{ full m.cnn }}", sheet) == "9&lt;5"


def test_an_unknown_stored_number_is_an_error_that_names_the_nearest():
    made, _ = book("<p>{{ full m.cnm }}</p>")
    with pytest.raises(BookError, match=r"names no stored number of make full.*m\.cnn"):
        made.check([])

"""Claim 4.18, which follows from other claims: its rule, and how the ledger hands it what it needs."""

import pytest

from gradbook import ledger
from gradbook.ch4_big_picture import wrap_up
from gradbook.experiment import Claim, Experiment, Named
from gradbook.text import BookError, same

IDS = ("4.1", "4.3", "4.4", "4.8", "4.10", "4.11", "4.16", "4.17")


def claims(default="holds", **other):
    """A claim of each id; `c4_10="holds-if"` gives 4.10 another verdict than the rest."""
    given = {name.removeprefix("c").replace("_", "."): verdict for name, verdict in other.items()}
    return {each: Claim(id=each, text=same(""), verdict=given.get(each, default), finding=same("")) for each in IDS}


@pytest.mark.parametrize(
    ("given", "verdict", "held"),
    [
        (claims(), "holds", 4),
        (claims(c4_1="does-not-hold", c4_8="does-not-hold", c4_11="holds-if"), "holds", 4),  # told, not counted
        (claims(c4_10="holds-if"), "holds-if", 3),
        (claims(c4_3="holds-if"), "holds-if", 3),
        (claims(c4_3="does-not-hold", c4_4="does-not-hold"), "holds-if", 3),
        (claims("holds-if"), "holds-if", 0),
        (claims("does-not-hold", c4_4="holds"), "holds-if", 0),  # half of the argument for one line
        (claims("does-not-hold", c4_1="holds"), "does-not-hold", 0),
    ],
)
def test_verdict(given, verdict, held):
    (claim,) = wrap_up.conclude(given)
    assert (claim.id, claim.verdict, claim.estimate.value) == ("4.18", verdict, held)
    assert f"{held} of 4" in claim.as_printed("en")


def test_the_finding_tells_each_verdict():
    (claim,) = wrap_up.conclude(claims(c4_10="does-not-hold", c4_8="holds-if"))
    assert "Adam – does not hold" in claim.finding.en
    assert "Adam – 성립하지 않음" in claim.finding.ko
    assert "SGD first, then GD – holds if" in claim.finding.en


def test_a_missing_claim_is_named():
    given = claims()
    del given["4.8"]
    with pytest.raises(BookError, match=r"4\.18 sums up claim 4\.8"):
        wrap_up.conclude(given)


def test_the_ledger_hands_over_the_claims_of_the_same_chapter(monkeypatch):
    """Wherever the experiment stands among the others, and whatever they are measured with."""
    seen = []

    def conclude(found):
        seen.append(sorted(found))
        return [Claim(id="4.9", text=same(""), verdict=found["4.2"].verdict, finding=same(""))]

    def experiment(of):
        return Experiment(measure=lambda: None, judge=lambda _: of)

    first, second = (Claim(id=each, text=same(""), verdict="holds-if", finding=same("")) for each in ("1.1", "4.2"))
    chosen = (
        Named("gradbook.ch4_x.a", Experiment(measure=lambda: None, judge=lambda _: [], conclude=conclude)),
        Named("gradbook.ch1_x.b", experiment([first])),
        Named("gradbook.ch4_x.c", experiment([second])),
    )
    monkeypatch.setattr(ledger, "experiments", lambda chapter: chosen)
    monkeypatch.setattr(ledger, "measured", lambda named, **_: None)
    assert [entry.claim.id for entry in ledger.entries()] == ["1.1", "4.2", "4.9"]
    assert seen == [["4.2"]]
    assert ledger.entries()[2].claim.verdict == "holds-if"

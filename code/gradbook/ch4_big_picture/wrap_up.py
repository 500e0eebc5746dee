"""Do the four lines hold that the source ends with? What the chapter's verdicts say together (claim 4.18)."""

from collections.abc import Mapping

from gradbook.experiment import Claim, Experiment
from gradbook.stats import Estimate
from gradbook.text import VERDICTS, BookError, Lang, Text, Verdict, same

# Each rule with the claims that argue for it.
LINES: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (Text("시그모이드 말고 ReLU", "ReLU, not sigmoid"), ("4.3", "4.4")),
    (same("Adam"), ("4.10",)),
    (Text("과적합이면 드롭아웃", "dropout when over-fitting"), ("4.16",)),
    (Text("이미지는 CNN, 시퀀스는 RNN", "CNN for images, RNN for sequences"), ("4.17",)),
)
ELSEWHERE: tuple[tuple[Text, tuple[str, ...]], ...] = (  # what the post advises on its way there
    (Text("은닉층의 크기는 해 보고", "hidden size by trying"), ("4.1",)),
    (Text("먼저 SGD, 나중에 GD", "SGD first, then GD"), ("4.8",)),
    (Text("과적합이 먼저", "over-fit first"), ("4.11",)),
)


def measure() -> None:
    """Nothing of its own: it reads the chapter's verdicts."""


def judge(_: None) -> list[Claim]:
    return []


def of_rule(verdicts: list[Verdict]) -> Verdict:
    """A rule holds if every claim behind it does, and does not hold if none does, not even under a condition."""
    if all(verdict == "holds" for verdict in verdicts):
        return "holds"
    return "does-not-hold" if all(verdict == "does-not-hold" for verdict in verdicts) else "holds-if"


def conclude(claims: Mapping[str, Claim]) -> list[Claim]:
    """Holds if all four lines do; does not hold if none does; else holds if. The rules from elsewhere are told, not counted.

    BookError for a rule whose claim the chapter does not have.
    """
    if missing := [each for _, ids in (*LINES, *ELSEWHERE) for each in ids if each not in claims]:
        raise BookError(f"claim 4.18 sums up claim {', '.join(missing)}, which no experiment of chapter 4 decides")
    found, other = (
        [of_rule([claims[each].verdict for each in ids]) for _, ids in rules] for rules in (LINES, ELSEWHERE)
    )
    held = found.count("holds")
    return [
        Claim(
            id="4.18",
            text=Text(
                "정리하면 시그모이드 말고 ReLU, 최적화는 Adam, 과적합이면 드롭아웃, 이미지에는 CNN, 시퀀스에는 RNN을 쓴다",
                "To wrap up: ReLU, not sigmoid; Adam; dropout when over-fitting; a CNN for images, an RNN for sequences",
            ),
            verdict=of_rule(found),
            finding=Text(
                f"네 줄의 판정: {told(LINES, found, 'ko')}. 그 밖의 조언: {told(ELSEWHERE, other, 'ko')}.",
                f"The four lines: {told(LINES, found, 'en')}. Other advice: {told(ELSEWHERE, other, 'en')}.",
            ),
            estimate=Estimate(float(held)),
            unit=Text("조건 없이 성립", "without a condition"),
            shown=Text(f"네 줄 가운데 {held}줄", f"{held} of 4 lines"),
        )
    ]  # fmt: skip


def told(rules: tuple[tuple[Text, tuple[str, ...]], ...], verdicts: list[Verdict], lang: Lang) -> str:
    return "; ".join(f"{rule[lang]} – {VERDICTS[v][lang]}" for (rule, _), v in zip(rules, verdicts, strict=True))


EXPERIMENT = Experiment(measure=measure, judge=judge, conclude=conclude)

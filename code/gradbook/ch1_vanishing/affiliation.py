"""A note without an experiment: where Andrew Ng teaches (claim 1.11)."""

from gradbook.experiment import Claim, Experiment
from gradbook.text import Text


def measure() -> None:
    """Nothing to measure."""


def judge(m: None) -> list[Claim]:
    return [
        Claim(
            id="1.11",
            text=Text("앤드루 응은 MIT의 교수다", "Andrew Ng is a professor at MIT"),
            verdict="note",
            finding=Text(
                "스탠퍼드 대학교의 교수입니다. MIT에서는 1998년에 석사 학위를 받았습니다.",
                "He is at Stanford. He took his master's degree at MIT in 1998.",
            ),
        )
    ]


EXPERIMENT = Experiment(measure=measure, judge=judge)

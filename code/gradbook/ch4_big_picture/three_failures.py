"""Under-fitting, slow learning, over-fitting: each provoked in one network on one data set, then cured (claim 4.2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch4_big_picture.cat_net import percent
from gradbook.ch4_big_picture.failing_nets import (
    ETA,
    ETA_ADAM,
    EXAMPLES,
    LOOKS,
    OVER,
    PATIENCE,
    SLOW,
    STEPS,
    UNDER,
    Plan,
    Story,
    story,
)
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, order
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

FAILURES = {"under": UNDER, "slow": SLOW, "over": OVER}
CURES = ("relu", "adam", "dropout")  # of the failures, in this order
PLANS = tuple(
    {replace(plan, **{cure: True}): None for plan in FAILURES.values() for cure in ("relu", "adam", "dropout")}
    | {UNDER: None}
)
CURED = Plan(relu=True, adam=True, dropout=True)
WATCHED = (UNDER, SLOW, OVER, CURED)  # for PATIENCE times the steps
STUCK, HALFWAY, LEARNED, WIDE = 30.0, 70.0, 90.0, 30.0  # percent, points: what counts as provoked


@dataclass(frozen=True)
class Measurement:
    stories: dict[Plan, list[Story]]  # one for each seed

    def at(self, plan: Plan, what: str, step: int = STEPS) -> NDArray[np.float64]:
        """Accuracy at the last look up to this step: (seeds,)."""
        return np.array([getattr(s, what)[s.step <= step][-1] for s in self.stories[plan]])

    def gap(self, plan: Plan, step: int = STEPS) -> NDArray[np.float64]:
        return self.at(plan, "train", step) - self.at(plan, "test", step)

    def provoked(self) -> dict[str, int]:
        """In how many seeds each failure is there. Waiting helps against slowness and not against under-fitting."""
        patient = STEPS * PATIENCE
        over = (self.at(OVER, "train") >= LEARNED) & (self.gap(OVER) >= WIDE)
        slow = (self.at(SLOW, "train") < HALFWAY) & (self.at(SLOW, "train", patient) >= LEARNED)
        under = (self.at(UNDER, "train") < STUCK) & (self.at(UNDER, "train", patient) < STUCK)
        return {"under": int(under.sum()), "slow": int(slow.sum()), "over": int(over.sum())}

    def change(self, what: str, failure: str, cure: str, step: int = STEPS) -> Estimate:
        """What the cure adds to "train", "test" or "gap" at this step, in points, paired by seed."""
        before = FAILURES[failure]
        after = replace(before, **{cure: True})
        values = [self.gap(p, step) if what == "gap" else self.at(p, what, step) for p in (before, after)]
        return mean_interval(values[1] - values[0])

    def speedup(self) -> Estimate:
        """How many times fewer steps Adam needs to where the slow network is in the end (geometric mean)."""
        reached = [
            s.step[s.train >= goal][0] if (s.train >= goal).any() else np.inf
            for s, goal in zip(self.stories[OVER], self.at(SLOW, "train"), strict=True)
        ]
        return mean_interval(np.log(STEPS / np.array(reached, float))).exp()

    def fading(self, plan: Plan) -> float:
        """The first layer's gradient over the last one's, before training (geometric mean)."""
        return float(np.exp(np.mean([np.log(s.gradient[0] / s.gradient[-1]) for s in self.stories[plan]])))


def measure(seeds: Sequence[int] = range(6)) -> Measurement:
    """Each failure by itself and with each of the cures."""
    runs = [(plan, seed, PATIENCE if plan in WATCHED else 1) for plan in PLANS for seed in seeds]
    found = iter(sweep(story, runs))
    return Measurement({plan: [next(found) for _ in seeds] for plan in PLANS})


def cured(m: Measurement) -> dict[str, bool]:
    """Whether each cure moves its failure's own quantity: training accuracy, steps needed, gap."""
    return {
        "under": m.change("train", "under", "relu").above(0),
        "slow": m.speedup().above(1),
        "over": m.change("gap", "over", "dropout").below(0),
    }


def judge(m: Measurement) -> list[Claim]:
    """Holds if each failure is there in every seed and its cure moves its own quantity; holds if only some cures do."""
    seeds, helps = len(m.stories[UNDER]), cured(m)
    provoked = all(count == seeds for count in m.provoked().values())
    some: Verdict = "holds-if" if any(helps.values()) else "does-not-hold"
    verdict: Verdict = "does-not-hold" if not provoked else "holds" if all(helps.values()) else some
    under, gap = m.change("train", "under", "relu"), m.change("gap", "over", "dropout")
    test, later = (m.change("test", "over", "dropout", step) for step in (STEPS, STEPS * PATIENCE))
    return [
        Claim(
            id="4.2",
            text=Text(
                "신경망의 문제는 과소적합, 느린 학습, 과적합 셋이다",
                "Neural networks have three problems: under-fitting, slow learning, over-fitting",
            ),
            verdict=verdict,
            finding=Text(
                f"ReLU가 학습 정확도를 {under.number(sign=True)} %p 올리고, Adam이 걸음을 {m.speedup().number()}분의 1로 줄이고, 드롭아웃이 간극을 {gap.number(sign=True)} %p 바꿉니다. "
                f"시험 정확도는 드롭아웃으로 {test.number(sign=True)} %p, {PATIENCE}배 오래 학습하면 {later.number(sign=True)} %p 바뀝니다.",
                f"ReLU changes training accuracy by {under.number(sign=True)} points, Adam needs {m.speedup().number()} times fewer steps, dropout changes the gap by {gap.number(sign=True)} points. "
                f"Dropout changes test accuracy by {test.number(sign=True)}, and by {later.number(sign=True)} after {PATIENCE} times the steps.",
            ),
            estimate=gap,
            unit=Text("%p, 드롭아웃으로 바뀐 간극", "percentage points, change of the gap with dropout"),
            shown=same(gap.shown(sign=True)),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"{name}_seeds": same(str(count)) for name, count in m.provoked().items()}
    for name, plan in FAILURES.items():
        found |= {f"{name}_{what}": same(percent(m.at(plan, what)).shown()) for what in ("train", "test")}
        for cure in CURES:
            if not getattr(plan, cure):
                found |= {f"{name}_{cure}_{what}": same(m.change(what, name, cure).shown(sign=True)) for what in ("train", "test", "gap")}  # fmt: skip
    patient = STEPS * PATIENCE
    for what in ("train", "test"):
        found[f"last_{what}"] = same(percent(m.at(CURED, what)).shown())
    for what in ("test", "gap"):
        found[f"patient_{what}"] = same(m.change(what, "over", "dropout", patient).shown(sign=True))
    return found | {
        "under_patient": same(percent(m.at(UNDER, "train", patient)).shown()),
        "slow_patient": same(percent(m.at(SLOW, "train", patient)).shown()),
        "speedup": same(m.speedup().shown()),
        "fading_sigmoid": same(order(m.fading(UNDER))),
        "fading_relu": same(f"{m.fading(SLOW):.1f}"),
        "update_slow": same(f"{100 * np.mean([s.update[:-1].mean() for s in m.stories[SLOW]]):.1f}"),
        "seeds": same(str(len(m.stories[UNDER]))),
        "examples": same(str(EXAMPLES)),
        "steps": same(str(STEPS)),
        "eta_sgd": same(f"{ETA:g}"),
        "eta_adam": same(f"{ETA_ADAM:g}"),
        "patience": same(str(PATIENCE)),
        "stuck": same(f"{STUCK:g}"),
        "halfway": same(f"{HALFWAY:g}"),
        "learned": same(f"{LEARNED:g}"),
        "wide": same(f"{WIDE:g}"),
    }


TITLES = (
    Text("과소적합, 그리고 ReLU", "under-fitting, then ReLU"),
    Text("느린 학습, 그리고 Adam", "slow learning, then Adam"),
    Text("과적합, 그리고 드롭아웃", "over-fitting, then dropout"),
)


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.5, ncols=3, sharey=True)
    arms = (Text("고장", "the failure"), style.ORANGE), (Text("처방 뒤", "cured"), style.BLUE)
    sets = ("train", Text("학습", "training"), "-"), ("test", Text("시험", "test"), ":")
    for axes, title, before, cure in zip(panels, TITLES, FAILURES.values(), CURES, strict=True):
        for plan, (label, color) in zip((before, replace(before, **{cure: True})), arms, strict=True):
            step = m.stories[plan][0].step
            kept = np.unique(np.searchsorted(step, np.geomspace(step[0], step[-1], 16)))
            for what, of, dashes in sets:
                curves = np.array([getattr(s, what)[kept] for s in m.stories[plan]])
                axes.plot(step[kept], curves.mean(axis=0), dashes, color=color, label=f"{label[lang]}, {of[lang]}")
                style.band(axes, step[kept], curves.min(axis=0), curves.max(axis=0), color)
        axes.axvline(STEPS, color=style.MUTED, linewidth=0.8)
        style.log(axes.xaxis, [10, 100, 1000])
        axes.set_xlim(LOOKS[0], STEPS * PATIENCE)
        axes.set_title(title[lang], fontsize=8.5)
        axes.set_xlabel(Text("걸음", "steps")[lang])
    panels[0].set_ylabel(Text("정확도 (%)", "accuracy (%)")[lang])
    panels[0].set_ylim(0, 103)
    made.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    seeds = len(m.stories[UNDER])
    before = [(m.at(p, "train").mean(), m.at(p, "test").mean()) for p in (*FAILURES.values(), CURED)]
    listed = "; ".join(f"{a:.0f} / {b:.0f}" for a, b in before)
    gain = m.change("test", "over", "dropout", STEPS * PATIENCE).number(sign=True)
    at_once = [f"{x:.0f}" for x, _ in before]
    return {
        "ko": Words(
            f"ReLU는 학습 정확도를 {at_once[0]} %에서 {at_once[1]} %로, Adam은 {at_once[2]} %로 올리고, 드롭아웃은 끝에 가서 시험 정확도를 {gain} %p 바꿉니다",
            f"MNIST-1D 표본 {EXAMPLES}개, 같은 신경망. 앞 고장의 처방이 다음 고장의 출발점입니다. 시드 {seeds}개의 평균, 띠는 가장 낮은 시드와 가장 높은 시드. 세로줄은 {STEPS}걸음이고, 그 {PATIENCE}배까지 지켜보았습니다.",
            f"{STEPS}걸음에서 학습 / 시험 정확도(%), 차례로 고장 셋과 마지막 처방: {listed}.",
        ),
        "en": Words(
            f"ReLU takes training accuracy from {at_once[0]}% to {at_once[1]}%, Adam to {at_once[2]}%; dropout in the end changes test accuracy by {gain} points",
            f"{EXAMPLES} examples of MNIST-1D, the same network. What cures one failure is the start of the next. Means of {seeds} seeds, bands from the lowest to the highest. The vertical line is at {STEPS} steps; we watched for {PATIENCE} times as long.",
            f"Training / test accuracy (%) at {STEPS} steps, of the three failures and after the last cure: {listed}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020)},
    sweeps=True,
)

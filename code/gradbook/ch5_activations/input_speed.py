"""Digits raw, centered, standardized, whitened: how many steps each takes, and what it gets right (claim 5.14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from gradbook import style
from gradbook.ch5_activations.inputs import NAMES, PILOTS, WAYS, Floats, Race, arrival, best_rate, run
from gradbook.data import Split, digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, number
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

HIDDEN: Final = 32
POWERS: Final = {(0, "SGD"): range(7), (HIDDEN, "SGD"): range(-1, 4), (HIDDEN, "Adam"): range(-7, -3)}  # rates, of two
RACES: Final = {race: Race(hidden=race[0], optimizer=race[1], steps=250, batch=50, target=0.1) for race in POWERS}
FULL: Final = Race(hidden=0, optimizer="SGD", steps=100, batch=1297, target=0.1)  # all images at every step
FULL_ETAS: Final = [2.0**k for k in range(2, 7)]
FULL_WAYS: Final = ("raw", "centered", "standardized", "whitened")
FULL_SEEDS: Final = 5  # nothing but the split is left to chance
SLOWER, POINTS = 1.5, 1.0  # centering is enough if it costs less than this against what does more

type Key = tuple[int, str, str]  # hidden units, optimizer, way
KEYS: Final[list[Key]] = [(*race, way) for race in RACES for way in WAYS if (race[1], way) != ("Adam", "one mean")]


@dataclass(frozen=True)
class Measurement:
    eta: dict[Key, float]  # chosen on seeds of their own
    steps: dict[Key, Floats]  # to the target, (seeds,), ∞ where it was not reached
    right: dict[Key, Floats]  # percent of the test images after all steps, (seeds,)
    full: dict[str, Floats]  # steps of logistic regression on the full batch, (FULL_SEEDS,)

    def mean_steps(self, key: Key) -> Estimate:
        """Geometric mean; a run that did not arrive counts as all its steps, so that it is too low."""
        return mean_interval(np.log(self.capped(key))).exp()

    def mean_right(self, key: Key) -> Estimate:
        return mean_interval(self.right[key])

    def capped(self, key: Key) -> Floats:
        return np.minimum(self.steps[key], RACES[key[:2]].steps)

    def slower(self, race: tuple[int, str], way: str, than: str) -> Estimate:
        """Steps of one way over those of another, seed by seed."""
        return mean_interval(np.log(self.capped((*race, way)) / self.capped((*race, than)))).exp()

    def worse(self, race: tuple[int, str], than: str, way: str = "centered") -> Estimate:
        """By how many points another way gets more right."""
        return mean_interval(self.right[*race, than] - self.right[*race, way])


def splits(seeds: Sequence[int]) -> list[Split]:
    """Digits, split anew for each seed."""
    return [digits().drawn(len(digits().x), np.random.default_rng([seed, 514])) for seed in seeds]


def one(setting: tuple[Key, tuple[int, ...]]) -> tuple[float, Floats, Floats]:
    (hidden, optimizer, way), seeds = setting
    race = RACES[hidden, optimizer]
    eta = best_rate(race, way, splits(PILOTS), [2.0**k for k in POWERS[hidden, optimizer]])
    losses, right = run(race, way, splits(seeds), [eta], seeds)
    return eta, arrival(losses, race.target)[:, 0], right[:, 0]


def full_batch(setting: tuple[str, tuple[int, ...]]) -> Floats:
    way, seeds = setting
    eta = best_rate(FULL, way, splits(PILOTS), FULL_ETAS)
    return arrival(run(FULL, way, splits(seeds), [eta], seeds)[0], FULL.target)[:, 0]


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Each way at its own best rate, in three races; and one on the full batch."""
    found = dict(zip(KEYS, sweep(one, [(key, tuple(seeds)) for key in KEYS]), strict=True))
    full = sweep(full_batch, [(way, tuple(seeds[:FULL_SEEDS])) for way in FULL_WAYS])
    return Measurement(
        {key: eta for key, (eta, _, _) in found.items()},
        {key: steps for key, (_, steps, _) in found.items()},
        {key: right for key, (_, _, right) in found.items()},
        dict(zip(FULL_WAYS, full, strict=True)),
    )


def legs(m: Measurement) -> dict[tuple[int, str, str, str], bool]:
    """Whether centering is enough (race, against whom, in what): decided before the first measurement."""
    found = {}
    for race in RACES:
        for way in ("standardized", "whitened"):
            found[*race, way, "steps"] = m.slower(race, "centered", way).below(SLOWER)
            found[*race, way, "right"] = m.worse(race, way).below(POINTS)
    return found


NET: Final = (HIDDEN, "SGD")


def judge(m: Measurement) -> list[Claim]:
    true = legs(m)
    verdict: Verdict = "holds" if all(true.values()) else "holds-if" if any(true.values()) else "does-not-hold"
    against, raw = m.slower(NET, "centered", "standardized"), m.slower(NET, "raw", "centered").number()
    least, most = (number(f(m.worse(race, "whitened").value for race in RACES), 1, sign=True) for f in (min, max))
    return [
        Claim(
            id="5.14",
            text=Text(
                "이미지 데이터는 보통 중심화까지만 한다", "For images, zero-centering is usually all that is done"
            ),
            verdict=verdict,
            finding=Text(
                f"ReLU 신경망이 SGD로 숫자를 배울 때는 중심화만 해도 표준화나 화이트닝과 걸음 수가 같습니다. "
                f"그대로 두면 {raw}배 걸립니다. 세 경주에서 화이트닝과 중심화의 정확도 차이는 {least}에서 {most} %p입니다.",
                f"On digits SGD trains a ReLU network in as many steps after centering as after standardizing or whitening; "
                f"raw inputs take {raw} times as many. In the three races whitening's accuracy differs from centering's by {least} to {most} points.",
            ),
            estimate=against,
            unit=Text("배(걸음, 중심화/표준화)", "times the steps (centered/standardized)"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"steps_{way.replace(' ', '_')}": same(number(m.mean_steps((*NET, way)).value, 0)) for way in WAYS}
    slowest, fastest = (f(m.slower(race, "raw", "centered").value for race in RACES) for f in (min, max))
    found |= {
        "raw_least": same(number(slowest, 1)),
        "raw_most": same(number(fastest, 1)),
        "low": same(number(min(pairs(m, "steps")), 2)),
        "high": same(number(max(pairs(m, "steps")), 2)),
        "net_standardized": same(m.worse(NET, "standardized").shown(sign=True)),
        "net_whitened": same(m.worse(NET, "whitened").shown(sign=True)),
        "eta_centered": same(f"{m.eta[*NET, 'centered']:g}"),
        "eta_raw": same(f"{m.eta[*NET, 'raw']:g}"),
    }
    return found | {f"full_{way}": same(number(typical(m.full[way]), 0)) for way in FULL_WAYS} | {
        "seeds": same(str(len(m.right[*NET, "raw"]))),
        "full_seeds": same(str(len(m.full["raw"]))),
        "hidden": same(str(HIDDEN)),
        "steps": same(str(RACES[NET].steps)),
        "batch": same(str(RACES[NET].batch)),
        "target": same(f"{RACES[NET].target:g}"),
        "slower": same(f"{SLOWER:g}"),
        "points": same(f"{POINTS:g}"),
    }  # fmt: skip


def pairs(m: Measurement, what: str) -> list[float]:
    """Centered over the others, in steps."""
    return [m.slower(race, "centered", way).value for *race, way, of in legs(m) if of == what]  # type: ignore[arg-type]


def typical(steps: Floats) -> float:
    return float(np.exp(np.log(steps).mean()))


RACE_NAMES: Final = {
    (0, "SGD"): Text("로지스틱 회귀, SGD", "logistic regression, SGD"),
    (HIDDEN, "SGD"): Text("ReLU 신경망, SGD", "ReLU network, SGD"),
    (HIDDEN, "Adam"): Text("ReLU 신경망, Adam", "ReLU network, Adam"),
}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.3, ncols=2, sharey=True)
    rows = {way: len(WAYS) - k for k, way in enumerate(WAYS)}
    for (race, name), look, shift in zip(RACE_NAMES.items(), style.SERIES, (0.22, 0, -0.22), strict=False):
        ways = [way for way in WAYS if (*race, way) in m.steps]
        for axes, of in zip(panels, (m.mean_steps, m.mean_right), strict=True):
            found = [of((*race, way)) for way in ways]
            axes.errorbar([one.value for one in found], [rows[way] + shift for way in ways],
                          xerr=[one.margin for one in found], color=look["color"], marker=look["marker"],
                          linestyle="none", label=name[lang] if axes is panels[0] else None)  # fmt: skip
    panels[0].set(xlim=(0, None), yticks=list(rows.values()), yticklabels=[NAMES[way][lang] for way in WAYS])
    panels[0].set_xlabel(Text("목표 손실까지 걸음", "steps to the target loss")[lang])
    panels[1].set_xlabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    made.legend(loc="outside lower center", ncols=3, columnspacing=1.2, handletextpad=0.3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    raw, centered, whitened = (number(m.mean_steps((*NET, way)).value, 0) for way in ("raw", "centered", "whitened"))
    n, race = len(m.right[*NET, "raw"]), RACES[NET]
    return {
        "ko": Words(
            f"중심화는 걸음을 {raw}에서 {centered}로 줄입니다. 그보다 더 해도 걸음과 정확도는 나아지지 않습니다",
            f"왼쪽: 배치 {race.batch}의 한 에포크 평균 손실이 {race.target:g}가 될 때까지, 저마다 가장 좋은 학습률로. 오른쪽: {race.steps}걸음 뒤. 시드 {n}개의 평균(걸음은 기하평균)과 95 % 구간.",
            f"걸음은 그대로, 평균 하나, 중심화의 차례로 줄고 중심화, 표준화, 화이트닝은 거의 같습니다(ReLU 신경망과 SGD: {centered}, {whitened}). 정확도는 세 경우 모두 중심화가 가장 높거나 비슷하고 화이트닝이 뚜렷이 낮습니다.",
        ),
        "en": Words(
            f"Centering brings the steps from {raw} to {centered}; doing more improves neither steps nor accuracy",
            f"Left: until the mean loss over an epoch of batches of {race.batch} is {race.target:g}, each at its own best rate. Right: after {race.steps} steps. Means of {n} seeds (geometric for steps) with 95% intervals.",
            f"Steps fall from raw over one mean to centered; centered, standardized and whitened are nearly equal (ReLU network with SGD: {centered}, {whitened}). In all three races centered has the highest accuracy or nearly so, and whitened is clearly lower.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
    sweeps=True,
)

"""Who dies when, and who comes back: never in the first layer, often in deeper ones (claim 5.10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch5_activations import dead_rates
from gradbook.ch5_activations.dead_rates import ETAS, LOOKS, NAMES, RAW_ETAS, SAFE
from gradbook.ch5_activations.dying import CHECKS, EXAMPLES, HIDDEN, STEPS, Watched
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.memo import recall
from gradbook.stats import Estimate, mean_interval, number
from gradbook.text import Lang, Text, Verdict, same

KILLED: Final = 10.0  # percent of dead units, clearly above which a rate kills
EARLY: Final = 10  # steps


@dataclass(frozen=True)
class Measurement:
    runs: dict[str, Watched]
    killing: int  # the rate at which SGD kills 40 %
    raw_killing: int  # and the same without centering

    def fates(self, name: str) -> NDArray[np.int64]:
        """Units that were dead at some check, that fired at a later one, that fire at the end: (3, layers)."""
        dead = self.runs[name].dead
        ever = dead.any(axis=0)
        back = (np.logical_or.accumulate(dead[:-1]) & ~dead[1:]).any(axis=0)
        return np.array([each.sum(axis=(0, 2)) for each in (ever, back, ever & ~dead[-1])])

    def returned(self) -> Estimate:
        """Percentage of the dead of the deeper layers that fire again, seed by seed, SGD on centered pixels."""
        w, found = self.runs["sgd"], []
        for seed in range(len(w.right)):
            dead = (w.fires == 0)[:, seed, w.finite[seed], 1:]
            back = (np.logical_or.accumulate(dead[:-1]) & ~dead[1:]).any(axis=0)
            found.append(100 * back.sum() / dead.any(axis=0).sum())
        return mean_interval(found)

    def course(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Percentage of units that fire for none and for all examples at each check, at the rate that kills."""
        w = self.runs[name].at(self.killing if name == "sgd" else self.raw_killing)
        fires = w.fires[:, w.finite]
        return 100 * (fires == 0).mean(axis=(1, 2, 3)), 100 * (fires == EXAMPLES).mean(axis=(1, 2, 3))

    def early(self) -> float:
        """Of the units dead at the end at the rate that kills, the percentage dead after ten steps already."""
        dead = self.runs["sgd"].at(self.killing).dead
        return float(100 * (dead[CHECKS.index(EARLY)] & dead[-1]).sum() / dead[-1].sum())

    @property
    def leaks(self) -> int:
        return sum(w.leaks for w in self.runs.values())

    @property
    def buried(self) -> int:
        """Dead units after the last step whose gradients we looked at."""
        return int(sum(w.dead[-1].sum() for w in self.runs.values()))

    def share(self, rate: int) -> Estimate:
        share = self.runs["sgd"].share[:, rate]
        return mean_interval(share[np.isfinite(share)])


def measure(seeds: Sequence[int] | None = None) -> Measurement:
    """The networks of `dead_rates`, looked at over time."""
    m = recall(dead_rates.measure) if seeds is None else recall(dead_rates.measure, seeds=seeds)
    return Measurement(m.runs, m.killing("sgd"), m.killing("raw"))


def judge(m: Measurement) -> list[Claim]:
    """Holds if the rate that kills is clearly above 10 % dead, the smallest below 1 %, and no dead unit ever fires again.

    Holds if (in the first layer) if only units of deeper layers come back. SGD on centered and on raw pixels.
    """
    kills = m.share(m.killing).above(KILLED) and m.share(0).value < SAFE and m.leaks == 0
    back = sum(m.fates(name)[1] for name in ("sgd", "raw"))
    ever = sum(m.fates(name)[0] for name in ("sgd", "raw"))
    verdict: Verdict = "does-not-hold"
    if kills and back[0] == 0:
        verdict = "holds-if" if back[1:].any() else "holds"
    killed, returned = m.share(m.killing), m.returned()
    return [
        Claim(
            id="5.10",
            text=Text(
                "학습률이 너무 크면 ReLU가 데이터 구름 밖에서 켜지게 되어, 다시는 켜지지 못하고 영영 죽는다",
                "Too large a learning rate throws ReLUs out of the data cloud, where they die for good",
            ),
            verdict=verdict,
            finding=Text(
                f"SGD로 η = {ETAS[m.killing]:g}이면 유닛의 {killed.shown()} %가 죽습니다. 모든 학습률과 두 가지 화소를 통틀어, 첫 층에서 죽은 {ever[0]:,}개 가운데 {back[0]}개가 다시 켜졌습니다. "
                f"더 깊은 층에서는(화소 중심화, 모든 학습률) {returned.shown()} %가 다시 켜졌습니다. 앞 층이 바뀌면 입력이 바뀌기 때문입니다.",
                f"SGD with η = {ETAS[m.killing]:g} kills {killed.shown()}% of the units. Over all rates and both kinds of pixels, of {ever[0]:,} that died in the first layer {back[0]} ever fired again; "
                f"in deeper layers (centered pixels) {returned.shown()}% did, since their inputs change with the layers below.",
            ),
            estimate=returned,
            unit=Text("%, 더 깊은 층의 죽은 유닛 가운데 다시 켜진 것", "% of the dead in deeper layers fire again"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found: dict[str, str] = {}
    for name in ("sgd", "raw", "adam"):
        ever, back, end = m.fates(name)
        found[f"{name}_first"] = f"{ever[0]:,}"
        found[f"{name}_first_back"] = str(back[0])
        found[f"{name}_deep"] = number(100 * back[1:].sum() / ever[1:].sum(), 0)
        found[f"{name}_deep_end"] = number(100 * end[1:].sum() / ever[1:].sum(), 0)
    one = CHECKS.index(1)
    for name in ("sgd", "raw"):
        none, every = m.course(name)
        found[f"{name}_none"], found[f"{name}_all"] = number(none[one], 1), number(every[one], 1)
        found[f"{name}_none_end"], found[f"{name}_all_end"] = number(none[-1], 0), number(every[-1], 1)
    found |= {
        "killing": f"{ETAS[m.killing]:g}",
        "raw_killing": f"{RAW_ETAS[m.raw_killing]:g}",
        "early": number(m.early(), 0),
        "early_steps": str(EARLY),
        "leaks": str(m.leaks),
        "buried": f"{m.buried:,}",
        "checks": str(len(CHECKS)),
    }
    return {key: same(value) for key, value in found.items()}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(3.2, ncols=2, width_ratios=[1.25, 1])
    for name, rate in (("sgd", m.killing), ("raw", m.raw_killing)):
        eta = (ETAS if name == "sgd" else RAW_ETAS)[rate]
        none, every = m.course(name)
        color, marker = LOOKS[name]["color"], LOOKS[name]["marker"]
        at = np.array(CHECKS)
        left.plot(at, none, color=color, marker=marker, label=f"{NAMES[name][lang]}, η = {eta:g}")
        left.plot(at, every, color=color, marker=marker, markerfacecolor=style.PAPER, linestyle=":")
    left.plot([], [], color=style.INK, label=Text("아무 표본에도 안 켜짐", "fire for no example")[lang])
    left.plot([], [], color=style.INK, linestyle=":", label=Text("모든 표본에 켜짐", "fire for all examples")[lang])
    left.set_xscale("symlog", linthresh=1, linscale=0.5)
    left.set_xticks([0, 1, 10, 100, STEPS], ["0", "1", "10", "100", ""])
    left.minorticks_off()
    left.set(xlim=(-0.1, STEPS * 1.15), ylim=(-3, 100))
    left.set_xlabel(Text("걸음", "step")[lang])
    left.set_ylabel(Text("유닛 (%)", "units (%)")[lang])
    width = 0.26
    for k, name in enumerate(("sgd", "raw", "adam")):
        ever, back, _ = m.fates(name)
        share = 100 * back / np.maximum(ever, 1)
        at = np.arange(1, HIDDEN + 1) + (k - 1) * width
        right.bar(
            at, share, width * 0.9, color=LOOKS[name]["color"], label=NAMES[name][lang] if name == "adam" else None
        )
        for x, y, n in zip(at, share, ever, strict=True):
            right.text(x, y + 2, f"{n:,}", ha="center", va="bottom", rotation=90, fontsize=8)
    right.set(xticks=range(1, HIDDEN + 1), ylim=(0, 128), yticks=range(0, 101, 25))
    right.set_xlabel(Text("은닉층", "hidden layer")[lang])
    right.set_ylabel(Text("죽었다가 다시 켜진 유닛 (%)", "dead units that fire again (%)")[lang])
    made.legend(loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    shares = {name: m.fates(name) for name in ("sgd", "raw", "adam")}
    rows = ". ".join(
        f"{NAMES[name][lang]}: " + ", ".join(f"{b:,}/{e:,}" for e, b in zip(ever, back, strict=True))
        for name, (ever, back, _) in shares.items()
    )
    zero = sum(int(shares[name][1][0]) for name in ("sgd", "raw"))
    never = zero == 0
    return {
        "ko": Words(
            f"SGD에서, 첫 층의 죽은 유닛은 {'하나도 돌아오지 않고' if never else f'{zero}개만 돌아오고'}, 더 깊은 층의 유닛은 흔히 돌아옵니다",
            f"왼쪽: 죽이는 학습률에서의 경과. 오른쪽: 모든 학습률의 신경망에서, {len(CHECKS)}번 살필 때 한 번이라도 죽어 있던 유닛(막대 위의 수) 가운데 나중에 다시 켜진 것.",
            f"층마다 다시 켜진 유닛/죽은 적이 있는 유닛. {rows}.",
        ),
        "en": Words(
            f"{'None' if never else f'Only {zero}'} of the dead in the first layer return; in deeper layers many do",
            f"Left: what happens at the rates that kill. Right: in networks of all rates, of the units that were dead at one of {len(CHECKS)} checks (number above the bar), those that fired at a later one.",
            f"Units that fired again out of those that had been dead, layer by layer. {rows}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))

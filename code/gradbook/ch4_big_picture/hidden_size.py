"""Which hidden size? Error against the truth from 1 unit to well past interpolation, and the rules of thumb (claim 4.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch4_big_picture.known_truth import (
    ETA,
    INPUTS,
    KEPT_BACK,
    SETTINGS,
    SIZES,
    STEPS,
    Setting,
    one_run,
)
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

SIMPLE = 1  # the setting whose truth is simplest
# size by rule; the size trained that is nearest (as a ratio) is taken
RULES: dict[str, Callable[[int], float]] = {
    "mean": lambda n: (INPUTS + 1) / 2,
    "two_thirds": lambda n: 2 / 3 * INPUTS + 1,
    "double": lambda n: 2 * INPUTS + 1,
    "examples": lambda n: n / (2 * (INPUTS + 1)),
    "largest": lambda n: SIZES[-1],
}
ARMS = ("tried", *RULES, "stopped")


def nearest(size: float) -> int:
    """The index of the size trained that is nearest, as a ratio."""
    return int(np.abs(np.log(np.array(SIZES) / size)).argmin())


@dataclass(frozen=True)
class Measurement:
    train: NDArray[np.float64]  # mean squared error in percent of the truth's variance, (settings, seeds, sizes)
    test: NDArray[np.float64]  # the same against the truth, on fresh inputs
    chosen: NDArray[np.int64]  # index of the size that validation chose, (settings, seeds)
    stopped: NDArray[np.float64]  # the widest network's error, stopped early, (settings, seeds)

    def error(self, arm: str) -> NDArray[np.float64]:
        """Error against the truth of who takes the size that way: (settings, seeds)."""
        if arm == "stopped":
            return self.stopped
        if arm == "tried":
            return np.asarray(np.take_along_axis(self.test, self.chosen[..., None], axis=2)[..., 0])
        return np.stack([self.test[k, :, nearest(RULES[arm](s.examples))] for k, s in enumerate(SETTINGS)])

    def beyond(self, arm: str, setting: int) -> Estimate:
        """This arm's error over that of trying, paired by seed (geometric mean)."""
        return mean_interval(np.log(self.error(arm) / self.error("tried"))[setting]).exp()

    def worse(self, arm: str) -> int:
        """In how many settings the arm is worse than trying beyond doubt."""
        return sum(self.beyond(arm, k).above(1) for k in range(len(SETTINGS)))

    def best(self, setting: int) -> int:
        """The size with the lowest error (geometric mean)."""
        return SIZES[int(np.log(self.test[setting]).mean(axis=0).argmin())]

    def peak(self, setting: int) -> int:
        """The index of the size with the highest error (geometric mean)."""
        return int(np.log(self.test[setting]).mean(axis=0).argmax())

    def descent(self, setting: int) -> Estimate:
        """The widest network's error over that at the peak, paired by seed (geometric mean)."""
        logs = np.log(self.test[setting])
        return mean_interval(logs[:, -1] - logs[:, self.peak(setting)]).exp()


def measure(seeds: Sequence[int] = range(8), longer: int = 1) -> Measurement:
    """Each seed draws a truth, examples, their noise and the initial weights."""
    runs = [(setting, seed, longer) for setting in SETTINGS for seed in seeds]
    found = np.reshape(sweep(one_run, runs), (len(SETTINGS), len(seeds), 4, len(SIZES)))
    return Measurement(
        train=100 * found[:, :, 0],
        test=100 * found[:, :, 1],
        chosen=found[:, :, 2, 0].astype(int),
        stopped=100 * found[:, :, 3, 0],
    )


def judge(m: Measurement) -> list[Claim]:
    """Holds if every rule of thumb is somewhere worse than trying, beyond doubt; holds if the widest network stopped early is
    nowhere so; does not hold if a rule is as good as trying everywhere.
    """
    needed = all(m.worse(rule) for rule in RULES)
    verdict: Verdict = "does-not-hold" if not needed else "holds" if m.worse("stopped") else "holds-if"
    best, fail = ", ".join(str(m.best(k)) for k in range(len(SETTINGS))), sum(m.worse(rule) > 0 for rule in RULES)
    factor = m.beyond("two_thirds", SIMPLE)
    return [
        Claim(
            id="4.1",
            text=Text(
                "은닉층의 크기가 몇이면 적합한지는 직접 해 보아야 안다",
                "How large the hidden layer should be can only be found by trying",
            ),
            verdict=verdict,
            finding=Text(
                f"입력 {INPUTS}개와 출력 1개는 그대로인데 설정 다섯에서 가장 좋은 크기는 {best}입니다. 어림 규칙 {len(RULES)}가지 가운데 {fail}가지가 어느 설정에선가 직접 해 본 것보다 확실히 나쁩니다.",
                f"With {INPUTS} inputs and 1 output throughout, the best size in five settings is {best}. Of {len(RULES)} rules of thumb, {fail} are somewhere worse than trying, beyond doubt.",
            ),
            estimate=factor,
            unit=Text(
                "배, 어림 규칙(입력의 2/3 + 출력)의 오차 ÷ 해 본 것의 오차, 참 함수가 뉴런 하나일 때",
                "times the error of trying: the rule ⅔ of inputs plus outputs, where the truth is one unit",
            ),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for k in range(len(SETTINGS)):
        found[f"best_{k}"] = same(str(m.best(k)))
        found |= {f"{arm}_{k}": same(m.beyond(arm, k).shown()) for arm in ARMS[1:]}
    few = SETTINGS.index(Setting(examples=30))
    chosen = [SIZES[i] for i in m.chosen[0]]
    return found | {
        "peak": same(str(SIZES[m.peak(0)])),
        "peak_few": same(str(SIZES[m.peak(few)])),
        "descent": same(m.descent(0).shown()),
        "threshold": same(f"{SETTINGS[0].examples / (INPUTS + 2):.0f}"),
        "chosen_least": same(str(min(chosen))),
        "chosen_most": same(str(max(chosen))),
        "validation": same(str(SETTINGS[0].examples // KEPT_BACK)),
        "rules": same(str(len(RULES))),
        "comparisons": same(str(len(RULES) * len(SETTINGS))),
        "stopped_better": same(str(sum(m.beyond("stopped", k).below(1) for k in range(len(SETTINGS))))),
        "stopped_worse": same(str(m.worse("stopped"))),
        "clear": same(str(sum(m.worse(rule) for rule in RULES))),
        "largest": same(str(SIZES[-1])),
        "steps": same(str(STEPS)),
        "eta": same(f"{ETA:g}"),
        "seeds": same(str(m.test.shape[1])),
    }


def title(setting: Setting) -> Text:
    """What differs from the first setting."""
    units, n, noise = setting
    if n != SETTINGS[0].examples:
        return Text(f"표본이 {n}개", f"{n} examples")
    if noise != SETTINGS[0].noise:
        return Text("잡음 없음", "no noise")
    return Text(f"참 함수가 뉴런 {units}개", f"truth: {units} unit{'s' * (units > 1)}")


def draw(m: Measurement, lang: Lang) -> Figure:
    made, grid = style.figure(4.7, nrows=2, ncols=3, sharex=True, sharey=True)
    panels = grid.ravel()[:-1]
    for k, (setting, axes) in enumerate(zip(SETTINGS, panels, strict=True)):
        found = [mean_interval(np.log(column)).exp() for column in m.test[k].T]
        axes.plot(SIZES, [e.value for e in found], label=Text("참 함수와의 오차", "error against the truth")[lang],
                  **style.SERIES[1] | {"markersize": 3.5})  # fmt: skip
        style.band(axes, SIZES, [e.low for e in found], [e.high for e in found], style.ORANGE)
        train = np.exp(np.log(m.train[k]).mean(axis=0))
        axes.plot(SIZES, train, label=Text("학습 오차", "training error")[lang], color=style.BLUE)
        axes.axvline(setting.examples / (INPUTS + 2), color=style.INK, linestyle=":", linewidth=1.2,
                     label=Text("매개변수 수 = 표본 수", "parameters = examples")[lang])  # fmt: skip
        axes.plot(m.best(k), found[SIZES.index(m.best(k))].value, "*", color=style.INK, markersize=9, zorder=4,
                  label=Text("가장 좋은 크기", "best size")[lang])  # fmt: skip
        style.log(axes.xaxis, [1, 4, 16, 64])
        axes.set_ylim(0, 150)
        axes.set_title(title(setting)[lang])
        axes.xaxis.set_tick_params(labelbottom=k > 1)
    for axes in panels[2:]:
        axes.set_xlabel(Text("은닉 뉴런의 수", "hidden units")[lang])
    for axes in grid[:, 0]:
        axes.set_ylabel(Text("제곱 오차 (%)", "squared error (%)")[lang])
    grid[1, 2].set_axis_off()
    grid[1, 2].legend(*panels[0].get_legend_handles_labels(), loc="center")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    best = ", ".join(str(m.best(k)) for k in range(len(SETTINGS)))
    listed = "; ".join(
        f"{title(s)[lang]}: {', '.join(f'{x:.0f}' for x in np.exp(np.log(m.test[k]).mean(axis=0)))}"
        for k, s in enumerate(SETTINGS)
    )
    sizes, n, first = ", ".join(map(str, SIZES)), m.test.shape[1], SETTINGS[0]
    return {
        "ko": Words(
            f"입력 10개와 출력 1개는 그대로인데 가장 좋은 크기는 {best}",
            f"첫 설정은 참 함수가 뉴런 {first.units}개짜리 신경망, 표본 {first.examples}개, 잡음 {first.noise:g}(참 함수의 표준편차를 1로)이고, 나머지는 하나씩만 바꾸었습니다. 오차는 참 함수의 분산에 대한 비율. 시드 {n}개의 기하평균이고 띠는 95 % 구간입니다.",
            f"크기 {sizes}에서 참 함수와의 오차(%). {listed}.",
        ),
        "en": Words(
            f"10 inputs and 1 output throughout, and the best size is {best}",
            f"In the first setting the truth is a network of {first.units} units, with {first.examples} examples and noise {first.noise:g} (in standard deviations of the truth); each of the others changes one thing. Error as a share of the truth's variance. Geometric means of {n} seeds with 95% intervals.",
            f"Error against the truth (%) at sizes {sizes}. {listed}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1030), "longer": 3},
    sweeps=True,
)

"""How large activations and gradients are in ten layers of 500 units, for five sizes of the weights (goes with 5.16 – 5.19)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch5_activations.wide_stack import (
    END,
    FUNCTIONS,
    GAINS,
    LAYERS,
    LOOKS,
    NAMES,
    SAMPLES,
    SETTINGS,
    UNITS,
    Passes,
    Setting,
    draws,
    expected,
    middle,
    passes,
    short,
    walk,
)
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same


@dataclass(frozen=True)
class Measurement:
    seen: dict[Setting, Passes]  # (seeds, LAYERS) each
    at_ends: dict[Setting, NDArray[np.float64]]  # share of the last layer's numbers beyond ±END, (seeds,)
    expected: dict[Setting, Passes]

    def last(self, name: str, init: str) -> Estimate:
        """Geometric mean over the seeds of the last layer's standard deviation."""
        return mean_interval(np.log(self.seen[name, init].std[:, -1])).exp()

    def first_back(self, name: str, init: str) -> Estimate:
        """The gradient at the first layer over that at the last, geometric mean over the seeds."""
        return mean_interval(np.log(self.seen[name, init].back[:, 0])).exp()

    def ends(self, name: str, init: str) -> Estimate:
        """Percent of the last layer's numbers beyond ±END."""
        return mean_interval(100 * self.at_ends[name, init])

    def off_theory(self) -> float:
        """The largest factor between a size (forward or backward, geometric mean over the seeds) and theory."""
        logs = [
            np.log(middle(getattr(self.seen[s], part)) / getattr(self.expected[s], part))
            for s in SETTINGS
            for part in ("std", "back")
        ]
        return float(np.exp(np.abs(logs).max()))


def one_seed(seed: int) -> NDArray[np.float64]:
    """Mean, standard deviation, gradient, share at the ends: (settings, 4, LAYERS)."""
    found, of_seed = [], draws(seed)
    for name, init in SETTINGS:
        hs, dhs = walk(name, GAINS[init], of_seed)
        of = passes(hs, dhs)
        found.append([of.mean, of.std, of.back, [(np.abs(h) > END).mean() for h in hs]])
    return np.array(found)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Before any training, float32."""
    found = np.stack(sweep(one_seed, seeds))
    return Measurement(
        seen={s: Passes(*found[:, i, :3].swapaxes(0, 1)) for i, s in enumerate(SETTINGS)},
        at_ends={s: found[:, i, 3, -1] for i, s in enumerate(SETTINGS)},
        expected={(name, init): expected(name, GAINS[init]) for name, init in SETTINGS},
    )


def judge(m: Measurement) -> list[Claim]:
    return []


KEYS = {"0.01": "small", "1/n": "over_n", "Xavier": "xavier", "1": "one", "He": "he"}


def numbers(m: Measurement) -> dict[str, Text]:
    found = {}
    for name, init in SETTINGS:
        key = f"{name.lower()}_{KEYS[init]}"
        found[f"std_{key}"] = same(short(m.last(name, init).value))
        found[f"std_{key}_expected"] = same(short(m.expected[name, init].std[-1]))
        found[f"back_{key}"] = same(short(m.first_back(name, init).value))
        found[f"back_{key}_expected"] = same(short(m.expected[name, init].back[0]))
    return found | {
        "ends": same(f"{m.ends('tanh', '1').value:.1f}"),
        "off_theory": same(f"{100 * (m.off_theory() - 1):.0f}"),
        "seeds": same(str(len(m.at_ends[SETTINGS[0]]))),
        "samples": same(str(SAMPLES)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, grid = style.figure(5.2, nrows=2, ncols=2, sharex=True, sharey="row")
    layer = np.arange(1, LAYERS + 1)
    handles = {}
    for row, name in zip(grid, FUNCTIONS, strict=True):
        for axes, part in zip(row, ("std", "back"), strict=True):
            for init in (init for of, init in SETTINGS if of == name):
                seen, theory = getattr(m.seen[name, init], part), getattr(m.expected[name, init], part)
                axes.plot(layer, theory, color=style.INK, linewidth=0.8)
                style.band(axes, layer, seen.min(axis=0), seen.max(axis=0), LOOKS[init]["color"])
                (handles[init],) = axes.plot(layer, middle(seen), linestyle="", **LOOKS[init])
            axes.set_xticks([1, 4, 7, 10])
    ways = (
        Text("가는 길: 활성화 값의 표준편차", "forward: std of the activations"),
        Text("되돌아오는 길: 기울기 ÷ 층 10에서", "backward: gradient ÷ that at layer 10"),
    )
    for axes, way in zip(grid[0], ways, strict=True):
        axes.set_title(way[lang])
    for row, name in zip(grid, FUNCTIONS, strict=True):
        row[0].set_ylabel(name)
    style.log(grid[0][0].yaxis, [1e-12, 1e-8, 1e-4, 1, 1e4])
    style.log(grid[1][0].yaxis, [0.01, 0.1, 1])
    grid[1][0].set_ylim(0.01, 2)
    for axes in grid[1]:
        axes.set_xlabel(Text("층", "layer")[lang])
    theory = grid[0][0].plot([], [], color=style.INK, linewidth=0.8)
    made.legend(
        [*handles.values(), *theory], [*(NAMES[init][lang] for init in handles), Text("이론", "theory")[lang]],
        loc="outside lower center", ncols=3, columnspacing=1.2,
    )  # fmt: skip
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.at_ends[SETTINGS[0]])
    small, one, xavier = (short(m.last("tanh", init).value) for init in ("0.01", "1", "Xavier"))
    grown = short(m.first_back("tanh", "1").value)
    return {
        "ko": Words(
            f"층 {LAYERS}의 tanh: 0.01에서 {small}만 남고, 1에서 {one}로 포화하지만 기울기는 되돌아오며 {grown}배로 커지고, Xavier에서 {xavier}",
            f"폭 {UNITS}, 입력은 표준정규분포의 표본 {SAMPLES}개, 편향 0, 학습 전. 점은 시드 {n}개의 기하평균, 띠는 가장 작은 값에서 가장 큰 값까지, 선은 폭이 무한할 때의 이론. 기울기는 오른쪽 끝(층 {LAYERS})에서 왼쪽으로 되돌아옵니다.",
            "네 칸의 로그 그래프. tanh: 0.01과 n으로 나눈 가중치는 가는 길에도 되돌아오는 길에도 곧게 떨어집니다. 1은 가는 길에 1 바로 밑에 머물고 되돌아오며 곧게 커집니다. Xavier는 두 길에서 천천히 줄어듭니다. ReLU: He는 평평하고 Xavier는 층마다 √½배가 됩니다.",
        ),
        "en": Words(
            f"tanh in layer {LAYERS}: {small} is left with 0.01; with 1 it saturates at {one}, yet the gradient grows {grown}-fold on its way back; Xavier keeps {xavier}",
            f"Width {UNITS}, {SAMPLES} standard normal inputs, biases 0, before training. Marks: geometric means of {n} seeds; bands: smallest to largest; lines: theory for infinite width. Gradients travel from the right end (layer {LAYERS}) to the left.",
            "Four panels on log scales. tanh: weights of 0.01 and those over n fall straight both ways. With 1 activations stay just below 1, and gradients grow straight on their way back. Xavier shrinks slowly both ways. ReLU: He is flat, Xavier falls by √½ a layer.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1200)},
    sweeps=True,
)

"""Over-fit twenty examples first: which bugs does that find, and which not (claim 4.11)?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Array, accuracy, check_direction, fit, softmax_cross_entropy
from gradbook import style
from gradbook.ch4_big_picture.bugs import PROGRAMS, WIDTH, Program
from gradbook.ch4_big_picture.cat_net import percent
from gradbook.data import Split, digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

NAMES = tuple(PROGRAMS)
BUGS = NAMES[1:]
FEW, FEW_STEPS, LOW = 20, 150, 0.05  # examples to be over-fitted, steps for it, the loss that must be reached
EXAMPLES, STEPS, BATCH = 600, 150, 50  # of the usual training
WRONG = 1e-4  # a way back whose relative error exceeds this is wrong
NEARLY, CLOSE = 0.9, 5.0  # share of seeds that counts as "always"; points that count as "as good"


def overfits(program: Program, split: Split, seed: int) -> tuple[float, float]:
    """The check: loss and accuracy on FEW examples after training on nothing else, all of them at every step."""
    rng = np.random.default_rng(seed)
    net, theta = program.network(), program.start(rng)
    x, labels = split.x[:FEW], split.labels[:FEW]
    loss, optimizer = program.loss(rng), program.optimizer
    found = fit(net, theta, x, labels, rng=rng, loss=loss, optimizer=optimizer, steps=FEW_STEPS, batch_size=FEW)
    scores, _ = net(found.theta, x)
    return softmax_cross_entropy(scores, labels)[0], accuracy(scores, labels)


def usual(program: Program, split: Split, seed: int) -> tuple[float, float, float]:
    """Loss and accuracy (percent) on what the program takes for its test set, and accuracy on the true one."""
    rng = np.random.default_rng(seed)
    net, theta, believed = program.network(), program.start(rng), program.load(split)
    found = fit(
        net, theta, believed.x, believed.labels, rng=rng, loss=program.loss(rng), optimizer=program.optimizer,
        steps=STEPS, batch_size=BATCH,
    )  # fmt: skip
    scores, _ = net(found.theta, believed.x_test)
    fresh, _ = net(found.theta, split.x_test)
    test = softmax_cross_entropy(scores, believed.labels_test)[0], 100 * accuracy(scores, believed.labels_test)
    return *test, 100 * accuracy(fresh, split.labels_test)


def gradient_error(program: Program, split: Split, seed: int) -> float:
    """Of the whole program, from θ to the loss of one batch: the way back against a central difference."""
    net = program.network()

    def loss_of(theta: Array) -> tuple[float, Callable[[Array], Array]]:
        y, back = net(theta, split.x[:FEW].astype(np.float64))
        value, back_loss = program.loss(np.random.default_rng(seed))(y, split.labels[:FEW])
        return value, lambda d: np.asarray(d * back(back_loss()))

    return check_direction(loss_of, program.start(np.random.default_rng(seed), np.float64), h=1e-6, seed=seed)


def one_run(run: tuple[str, int]) -> tuple[float, ...]:
    name, seed = run
    program, split = PROGRAMS[name], digits().drawn(EXAMPLES, np.random.default_rng(seed))
    believed = program.load(split)
    return (
        *overfits(program, believed, seed),
        *usual(program, split, seed),
        gradient_error(program, believed, seed),
    )


@dataclass(frozen=True)
class Measurement:
    few_loss: NDArray[np.float64]  # after over-fitting, (programs, seeds)
    few_right: NDArray[np.float64]  # share
    loss: NDArray[np.float64]  # after the usual training, on the program's test set
    test: NDArray[np.float64]  # accuracy there, percent
    fresh: NDArray[np.float64]  # accuracy on pictures that are new and as they should be
    error: NDArray[np.float64]  # of the gradient

    @property
    def fails(self) -> NDArray[np.bool_]:
        """Whether the check fails: not all examples right, or too high a loss; (programs, seeds)."""
        return (self.few_right < 1) | ~(self.few_loss < LOW)

    def found(self, name: str) -> bool:
        """Whether the check finds the bug in nearly every seed."""
        return bool(self.fails[NAMES.index(name)].mean() >= NEARLY)

    def seen(self, name: str) -> Estimate:
        """What the bug does to test accuracy as the program reports it, in points, paired by seed."""
        return mean_interval(self.test[NAMES.index(name)] - self.test[0])

    def harm(self, name: str) -> Estimate:
        """What the bug adds to the test loss, paired by seed."""
        return mean_interval(self.loss[NAMES.index(name)] - self.loss[0])

    def shows(self, name: str) -> bool:
        """Whether test accuracy is worse by more than CLOSE points."""
        return self.seen(name).below(-CLOSE)

    def wrong(self, name: str) -> bool:
        """Whether finite differences contradict the gradient in nearly every seed."""
        return bool((self.error[NAMES.index(name)] > WRONG).mean() >= NEARLY)


def measure(seeds: Sequence[int] = range(10)) -> Measurement:
    """Each seed draws examples, initial weights and batches, for all programs alike."""
    found = np.array(sweep(one_run, [(name, seed) for name in NAMES for seed in seeds]))
    return Measurement(*found.reshape(len(NAMES), len(seeds), -1).transpose(2, 0, 1))


def judge(m: Measurement) -> list[Claim]:
    """Does not hold if the sound program fails the check, or a program that fails does no worse. Else: holds if whoever passes
    is nearly as good on fresh pictures as the sound program, holds if only the first half is so.
    """
    failing = [name for name in BUGS if m.found(name)]
    necessary = not m.fails[0].any() and all(m.harm(name).above(0) for name in failing)
    passing = [k for k, name in enumerate(NAMES) if k and not m.found(name)]
    sufficient = all(mean_interval(m.fresh[k] - m.fresh[0]).above(-CLOSE) for k in passing)
    verdict: Verdict = "does-not-hold" if not necessary else "holds" if sufficient else "holds-if"
    shifted = mean_interval(m.fresh[NAMES.index("one_row_off")])
    return [
        Claim(
            id="4.11",
            text=Text(
                "과적합이 된다는 것부터가 중요하다. 자료의 주요한 특징을 찾았다는 뜻이기 때문이다",
                "To over-fit at all comes first: it means that the data’s main features were found",
            ),
            verdict=verdict,
            finding=Text(
                f"고장 {len(BUGS)}가지 가운데 {len(failing)}가지에서 표본 {FEW}개를 외우지 못하고, 그 모두가 시험 손실도 나쁩니다. "
                f"그러나 정답이 한 줄 밀려도 외우며, 그때 시험 정확도는 {shifted.number()} %입니다.",
                f"With {len(failing)} of {len(BUGS)} bugs, {FEW} examples can't be over-fitted, and each of these has a worse test loss. "
                f"But labels that are one row off can be, with a test accuracy of {shifted.number()}%.",
            ),
            estimate=shifted,
            unit=Text(f"%, 표본 {FEW}개는 외우지만 정답이 한 줄 밀린 프로그램의 시험 정확도", f"% test accuracy of a program that over-fits {FEW} examples, with labels one row off"),
        )
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    tick = {True: same("✓"), False: same("—")}
    found: dict[str, Text] = {}
    for name in BUGS:
        found |= {
            f"{name}_check": tick[m.found(name)],
            f"{name}_test": same(m.seen(name).shown(sign=True)),
            f"{name}_gradient": tick[m.wrong(name)],
        }
    k = NAMES.index("twice")
    return found | {
        "sound_test": same(percent(m.test[0]).shown()),
        "sound_loss": same(f"{m.few_loss[0].mean():.3f}"),
        "twice_loss": same(f"{m.few_loss[k].mean():.2f}"),
        "twice_floor": same(f"{np.log1p(9 * np.exp(-1)):.2f}"),
        "leaked_fresh": same(percent(m.fresh[NAMES.index("leaked")]).shown()),
        "caught": same(str(sum(m.found(name) for name in BUGS))),
        "shown": same(str(sum(m.shows(name) for name in BUGS))),
        "neither": same(str(sum(not m.found(name) and not m.wrong(name) for name in BUGS))),
        "bugs": same(str(len(BUGS))),
        "width": same(str(WIDTH)),
        "few": same(str(FEW)),
        "few_steps": same(str(FEW_STEPS)),
        "low": same(f"{LOW:g}"),
        "examples": same(str(EXAMPLES)),
        "steps": same(str(STEPS)),
        "close": same(f"{CLOSE:g}"),
        "seeds": same(str(m.test.shape[1])),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(4.4, ncols=2, sharey=True)
    for k, name in enumerate(NAMES):
        line = {"color": style.INK, "marker": "o"}
        if k:
            line = {"color": style.RED, "marker": "X"} if m.found(name) else {"color": style.BLUE, "marker": "o"}
        for axes, values in ((left, m.few_loss[k]), (right, m.test[k])):
            axes.plot(values, np.full(values.size, -k), ".", color=line["color"], alpha=0.4, markersize=4)
            axes.plot([np.median(values)], [-k], linestyle="none", markersize=6, **line)
    left.axvline(LOW, color=style.INK, linestyle=":", linewidth=1.2)
    style.log(left.xaxis, [0.001, 0.01, 0.1, 1, 10])
    right.axvline(np.median(m.test[0]) - CLOSE, color=style.INK, linestyle=":", linewidth=1.2)
    left.set_yticks(-np.arange(len(NAMES)), [PROGRAMS[name].name[lang] for name in NAMES])
    left.set_xlabel(Text(f"표본 {FEW}개에 남은 손실", f"loss left on {FEW} examples")[lang])
    right.set_xlabel(Text("보통의 시험 정확도 (%)", "usual test accuracy (%)")[lang])
    marks = ((style.RED, "X", Text("외우지 못함", "can’t over-fit")), (style.BLUE, "o", Text("외움", "over-fits")))
    for color, marker, label in marks:
        left.plot([], [], linestyle="none", color=color, marker=marker, label=label[lang])
    made.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    listed = "; ".join(
        f"{PROGRAMS[name].name[lang]}: {np.median(m.few_loss[k]):.2g}, {np.median(m.test[k]):.0f}"
        for k, name in enumerate(NAMES)
    )
    caught, unseen = sum(m.found(name) for name in BUGS), [name for name in BUGS if m.found(name) and not m.shows(name)]
    n = m.test.shape[1]
    return {
        "ko": Words(
            f"표본 {FEW}개 외우기는 고장 {len(BUGS)}가지 가운데 {caught}가지를 찾습니다. 그 가운데 {len(unseen)}가지는 시험 정확도에 드러나지 않습니다",
            f"왼쪽: 숫자 {FEW}장만 {FEW_STEPS}걸음 학습한 뒤 남은 손실. 점선({LOW:g})보다 크거나 하나라도 틀리면 외우지 못한 것입니다. 오른쪽: 숫자 {EXAMPLES}장을 {STEPS}걸음 학습한 뒤 프로그램이 보고하는 시험 정확도. 점선은 고장 없는 것보다 {CLOSE:g} %p 아래. 작은 점은 시드 하나({n}개), 큰 표는 중앙값.",
            f"남은 손실과 시험 정확도(%)의 중앙값. {listed}.",
        ),
        "en": Words(
            f"Over-fitting {FEW} examples finds {caught} of {len(BUGS)} bugs; test accuracy misses {len(unseen)} of these",
            f"Left: loss left after {FEW_STEPS} steps on {FEW} digits and nothing else. Above the dotted line ({LOW:g}), or with one digit wrong, the check fails. Right: test accuracy as the program reports it after {STEPS} steps on {EXAMPLES} digits; dotted: {CLOSE:g} points below the program without a bug. Small dots are single seeds ({n}), large marks medians.",
            f"Medians of the loss left and of test accuracy (%). {listed}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1050)},
    sweeps=True,
)

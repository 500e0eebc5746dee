"""What batch normalization measures and what it learns: μ, σ, γ and β through training (claim 2.16)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Network, Step, batch_norm, calibrate, fit, sgd
from gradbook import style
from gradbook.ch2_approximation.bn_stack import WIDTH, stack
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, order, power_of_ten_above
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

DEPTH, LAYER = 2, 1  # two hidden layers; the first one's BN is layer 1 of the network
ETA, STEPS, BATCH, EVERY, UNITS = 0.1, 300, 64, 5, 3
MOVE = 3.0  # what we add to everything that enters BN


@dataclass(frozen=True)
class Measurement:
    steps: NDArray[np.int64]
    tracks: NDArray[np.float64]  # seed 0: μ, σ of a batch, β, γ of UNITS units, (4, steps, units)
    gamma: NDArray[np.float64]  # after training, (seeds, units)
    beta: NDArray[np.float64]
    jitter: NDArray[np.float64]  # from batch to batch, how far μ varies (its standard deviation) over σ, (seeds,)
    follows: float  # how far BN's output moves when everything that enters moves by MOVE, at most
    error: float  # largest distance of the output's mean from β and of its standard deviation from |γ|

    def moved(self, what: NDArray[np.float64]) -> Estimate:
        """Mean distance over the units."""
        return mean_interval(np.abs(what).mean(axis=1))


def statistics(net: Network, theta: NDArray[np.floating], x: NDArray[np.floating]) -> NDArray[np.float64]:
    """μ, σ, β, γ of the layer looked at, with the batch x: (4, units)."""
    params = net.views(calibrate(net, theta, x))[LAYER]
    return np.stack([params["mean"], np.sqrt(params["variance"]), params["beta"], params["gamma"]]).astype(np.float64)


def one_seed(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """The track of seed 0 (others: none), all four numbers after training, and the jitter of μ."""
    data, net, rng = digits(), stack("ReLU+BN", DEPTH), np.random.default_rng(seed)
    looking = np.random.default_rng([seed, 1])
    track: list[NDArray[np.float64]] = []

    def batch() -> NDArray[np.float32]:
        return data.x[looking.permutation(len(data.x))[:BATCH]]

    def look(step: Step) -> None:
        if seed == 0 and (step.number % EVERY == 0 or step.number == 1):
            track.append(statistics(net, step.theta, batch())[:, :UNITS])

    trained = fit(
        net, net.init(rng), data.x, data.labels,
        rng=rng, optimizer=partial(sgd, eta=ETA), steps=STEPS, batch_size=BATCH, callback=look,
    )  # fmt: skip
    several = np.stack([statistics(net, trained.theta, batch()) for _ in range(20)])
    jitter = float((several[:, 0].std(axis=0) / several[:, 1].mean(axis=0)).mean())
    return np.stack(track, axis=1) if track else np.empty(0), several[0], jitter


def exact() -> tuple[float, float]:
    """How far the output follows its input, and how far its moments are from β and |γ|: random input, float64."""
    rng = np.random.default_rng(0)
    x, gamma, beta = rng.normal(2, 3, (BATCH, WIDTH)), rng.normal(1, 0.3, WIDTH), rng.normal(0, 0.3, WIDTH)
    y, _ = batch_norm(x, gamma, beta, eps=1e-12)
    moved, _ = batch_norm(x + MOVE, gamma, beta, eps=1e-12)
    error = max(np.abs(y.mean(axis=0) - beta).max(), np.abs(y.std(axis=0) - np.abs(gamma)).max())
    return float(np.abs(moved - y).max()), float(error)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Digits, two hidden layers; μ and σ are those of a fresh batch of the same size at each look."""
    tracks, after, jitter = zip(*sweep(one_seed, seeds), strict=True)
    follows, error = exact()
    ends = np.stack(after)
    return Measurement(
        steps=np.array([1, *range(EVERY, STEPS + 1, EVERY)]),
        tracks=next((track for track in tracks if track.size), np.empty((4, 0, UNITS))),
        gamma=ends[:, 3],
        beta=ends[:, 2],
        jitter=np.array(jitter),
        follows=follows,
        error=error,
    )


def judge(m: Measurement) -> list[Claim]:
    gamma, beta = m.moved(m.gamma - 1), m.moved(m.beta)
    learned = gamma.above(0.001) and beta.above(0.001) and m.error < 1e-6
    measured = m.follows < 1e-6
    return [
        Claim(
            id="2.16",
            text=Text(
                "배치 정규화는 평균과 표준편차를 매개변수로 두고 학습한다",
                "Batch normalization learns mean and standard deviation as parameters",
            ),
            verdict="does-not-hold" if not learned else "holds-if" if measured else "holds",
            finding=Text(
                f"들어오는 값의 μ와 σ는 배치에서 잽니다. 입력을 모두 {MOVE:g}만큼 옮겨도 출력은 {order(power_of_ten_above(m.follows))}도 움직이지 않습니다. "
                f"배우는 것은 나가는 값의 평균 β와 표준편차 γ입니다. 학습 뒤 γ는 1에서 {gamma.number()}, β는 0에서 {beta.number()} 떨어져 있습니다.",
                f"μ and σ of what comes in are measured from the batch: move all inputs by {MOVE:g}, and the output moves by less than {order(power_of_ten_above(m.follows))}. "
                f"What is learned is the mean β and standard deviation γ of what goes out: after training γ is {gamma.number()} away from 1, β {beta.number()} from 0.",
            ),
            estimate=gamma,
            unit=Text("학습 뒤 |γ − 1|의 평균", "mean of |γ − 1| after training"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "gamma_moved": same(m.moved(m.gamma - 1).shown()),
        "beta_moved": same(m.moved(m.beta).shown()),
        "jitter": same(f"{100 * mean_interval(m.jitter).value:.0f}"),
        "jitter_predicted": same(f"{100 / BATCH**0.5:.1f}"),
        "follows": same(order(power_of_ten_above(m.follows))),
        "move": same(f"{MOVE:g}"),
        "batch": same(str(BATCH)),
        "steps": same(str(STEPS)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.7, nrows=2, ncols=2, sharex=True)
    titles = (
        Text("μ: 배치에서 잰 평균", "μ: measured mean"), Text("σ: 배치에서 잰 표준편차", "σ: measured std. dev."),
        Text("β: 배우는 평균", "β: learned mean"), Text("γ: 배우는 표준편차", "γ: learned std. dev."),
    )  # fmt: skip
    for axes, track, title in zip(panels.flat, m.tracks, titles, strict=True):
        for unit, line in enumerate((style.INK, style.ORANGE, style.PURPLE)):
            axes.plot(m.steps, track[:, unit], color=line, linestyle=("-", "--", ":")[unit], linewidth=1.3,
                      label=Text(f"뉴런 {unit + 1}", f"unit {unit + 1}")[lang])  # fmt: skip
        axes.set_title(title[lang])
    for axes in panels[1]:
        axes.set_xlabel(Text("학습한 걸음", "training steps")[lang])
    made.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=UNITS)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    jitter = f"{100 * mean_interval(m.jitter).value:.0f}"
    ends = [", ".join(f"{x:.2f}".replace("-", "−") for x in track[-1]) for track in m.tracks]
    return {
        "ko": Words(
            f"μ는 배치가 바뀔 때마다 σ의 {jitter} %쯤 흔들리고, β와 γ는 조금씩 배웁니다",
            f"시드 0, 손글씨 숫자, 은닉층 {DEPTH}개(폭 {WIDTH}), 첫 은닉층의 뉴런 {UNITS}개. 배치 {BATCH}, SGD η = {ETA:g}. μ와 σ는 {EVERY}걸음마다 새 배치로 쟀습니다. 흔들림은 학습 뒤 시드 {len(m.gamma)}개의 평균입니다.",
            f"{STEPS}걸음 뒤의 값. μ: {ends[0]}. σ: {ends[1]}. β: {ends[2]}. γ: {ends[3]}. 위의 두 그래프는 들쭉날쭉하고 아래의 두 그래프는 매끄럽습니다.",
        ),
        "en": Words(
            f"μ jitters by {jitter}% of σ from batch to batch; β and γ learn, little by little",
            f"Seed 0, digits, {DEPTH} hidden layers (width {WIDTH}), {UNITS} units of the first. Batches of {BATCH}, SGD η = {ETA:g}. μ and σ are those of a fresh batch every {EVERY} steps. The jitter is the mean of {len(m.gamma)} seeds after training.",
            f"Values after {STEPS} steps. μ: {ends[0]}. σ: {ends[1]}. β: {ends[2]}. γ: {ends[3]}. The upper two plots are ragged, the lower two smooth.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": [0, *range(1000, 1100)]},
    sweeps=True,
)

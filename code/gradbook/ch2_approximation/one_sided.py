"""What a ReLU layer is worth when all data lie on one side of it: straight pieces against shift (claim 2.14)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, BatchNorm, Dense, Network, calibrate, he_normal, linear_pieces, relu
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

SHIFTS = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
HIDDEN = (1, 3)  # layers
WIDTH, POINTS = 30, 200


@dataclass(frozen=True)
class Measurement:
    pieces: NDArray[np.int64]  # (seeds, hidden layers, without and with BN, shifts)
    constructed: NDArray[
        np.int64
    ]  # pieces where biases put all data on the positive side, (seeds, without and with BN)
    bend: float  # how far the constructed layer is from a straight line, at most, relative to its range

    def at(self, hidden: int, normed: bool, shift: float) -> Estimate:
        return mean_interval(self.pieces[:, HIDDEN.index(hidden), int(normed), SHIFTS.index(shift)])

    def linear(self, hidden: int, normed: bool, shift: float) -> float:
        """Share of networks that are a single straight line on the data, in percent."""
        return float(100 * (self.pieces[:, HIDDEN.index(hidden), int(normed), SHIFTS.index(shift)] == 1).mean())


def network(hidden: int, normed: bool) -> Network:
    """One input, hidden layers of WIDTH ReLUs, one output."""
    layers: list[Dense | BatchNorm | Activation] = []
    for k in range(hidden):
        layers.append(Dense(WIDTH if k else 1, WIDTH, he_normal))
        layers += [BatchNorm(WIDTH)] if normed else []
        layers.append(Activation(relu))
    return Network([*layers, Dense(WIDTH, 1, he_normal)])


def drawn(net: Network, rng: np.random.Generator) -> NDArray[np.float64]:
    """θ with biases as large as the weights: b ~ N(0, 2 / fan_in)."""
    theta = net.init(rng, dtype=np.float64)
    for params in net.views(theta)[:-1]:
        if "W" in params:
            params["b"][:] = rng.normal(0, (2 / len(params["W"])) ** 0.5, params["b"].shape)
    return theta


def pieces(hidden: int, normed: bool, shift: float, seed: int) -> int:
    """On [shift − 1, shift + 1]; BN knows POINTS data drawn evenly from it."""
    rng, net = np.random.default_rng([seed, hidden]), network(hidden, normed)
    theta = drawn(net, rng)
    if normed:
        theta = calibrate(net, theta, rng.uniform(shift - 1, shift + 1, (POINTS, 1)))
    return linear_pieces(net, theta, shift - 1, shift + 1)


def all_positive(seed: int, normed: bool) -> tuple[int, float]:
    """One hidden layer whose biases are raised until every z is positive on [−1, 1]: pieces, distance from a line."""
    rng, net = np.random.default_rng(seed), network(1, normed)
    theta = drawn(net, rng)
    params = net.views(theta)[0]
    params["b"][:] = np.abs(params["W"][0]) + 0.1  # the smallest z is 0.1
    x = np.linspace(-1, 1, POINTS)[:, None]
    if normed:
        theta = calibrate(net, theta, x)
    y = net(theta, x)[0][:, 0]
    line = y[0] + (y[-1] - y[0]) * (x[:, 0] + 1) / 2
    return linear_pieces(net, theta, -1, 1), float(np.abs(y - line).max() / np.ptp(y))


def one_seed(seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64], float]:
    grid = [[[pieces(h, normed, s, seed) for s in SHIFTS] for normed in (False, True)] for h in HIDDEN]
    (plain, bend), (normed, _) = (all_positive(seed, normed) for normed in (False, True))
    return np.array(grid), np.array([plain, normed]), bend


def measure(seeds: Sequence[int] = range(40)) -> Measurement:
    """The same weights with and without BN and at every shift; kinks solved for, not sampled."""
    grids, constructed, bends = zip(*sweep(one_seed, seeds), strict=True)
    return Measurement(np.stack(grids), np.stack(constructed), max(bends))


def expected(shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of one hidden layer without BN: kinks −b/w are Cauchy, so WIDTH (arctan(s + 1) − arctan(s − 1)) / π lie inside."""
    return np.asarray(1 + WIDTH * (np.arctan(shift + 1) - np.arctan(shift - 1)) / np.pi)


def judge(m: Measurement) -> list[Claim]:
    far, deep = SHIFTS[-1], HIDDEN[-1]
    without, normed = m.at(deep, False, far), m.at(deep, True, far)
    straight = bool((m.constructed[:, 0] == 1).all()) and m.bend < 1e-9
    bent = bool((m.constructed[:, 1] > 1).all())
    return [
        Claim(
            id="2.14",
            text=Text(
                "자료가 모두 ReLU의 양수 쪽에 있으면 그 층은 선형이라서 쓸모가 없다",
                "If all data lie on ReLU's positive side, the layer is linear and worthless",
            ),
            verdict="holds" if straight and bent else "does-not-hold",
            finding=Text(
                f"그렇게 만든 층은 {len(m.pieces)}개 모두 곧은 조각이 하나입니다. BN을 넣으면 {m.constructed[:, 1].min()}개입니다. "
                f"자료를 {far:g}만큼 밀면 은닉층이 {deep}개인 신경망의 조각은 {without.number()}개, BN이 있으면 {normed.number()}개입니다.",
                f"All {len(m.pieces)} layers built like this have one straight piece; with BN they have {m.constructed[:, 1].min()}. "
                f"With data shifted by {far:g}, networks of {deep} hidden layers have {without.number()} pieces, with BN {normed.number()}.",
            ),
            estimate=without,
            unit=Text(
                f"조각, 은닉층 {deep}개, BN 없음, {far:g}만큼 민 자료",
                f"pieces, {deep} hidden layers, no BN, data shifted by {far:g}",
            ),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    near, far = SHIFTS[0], SHIFTS[-1]
    return {
        "one_near": same(m.at(1, False, near).shown()),
        "one_far": same(m.at(1, False, far).shown()),
        "one_far_predicted": same(f"{float(expected(np.array(far))):.2f}"),
        "one_near_predicted": same(f"{float(expected(np.array(near))):.1f}"),
        "one_bn": same(f"{m.pieces[:, 0, 1].max()}"),
        "three_near": same(m.at(3, False, near).shown()),
        "three_far": same(m.at(3, False, far).shown()),
        "three_bn_far": same(m.at(3, True, far).shown()),
        "one_linear": same(f"{m.linear(1, False, far):.0f}"),
        "far": same(f"{far:g}"),
        "seeds": same(str(len(m.pieces))),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.0, ncols=2)
    shifts = np.array(SHIFTS)
    grid = np.linspace(0, SHIFTS[-1], 200)
    titles = (Text("은닉층 1개", "1 hidden layer"), Text(f"은닉층 {HIDDEN[1]}개", f"{HIDDEN[1]} hidden layers"))
    for k, (axes, title) in enumerate(zip(panels, titles, strict=True)):
        for normed, line in ((0, "-"), (1, "--")):
            found = m.pieces[:, k, normed]
            axes.plot(
                shifts, found.mean(axis=0), color=style.ORANGE, linestyle=line, marker="s",
                markerfacecolor=style.PAPER if normed else style.ORANGE,
                label=Text("BN 있음", "with BN")[lang] if normed else Text("BN 없음", "without BN")[lang],
            )  # fmt: skip
            low, high = np.quantile(found, [0.05, 0.95], axis=0)
            style.band(axes, shifts, low, high, style.ORANGE)
        if k == 0:
            axes.plot(grid, expected(grid), color=style.INK, linewidth=0.9, zorder=4,
                      label=Text("이론 (BN 없음)", "theory (no BN)")[lang])  # fmt: skip
        axes.axhline(1, color=style.INK, linestyle=":", linewidth=1.1)
        style.log(axes.yaxis, [1, 2, 5, 10, 20, 50, 100])
        axes.set_ylim(0.85, 180)
        axes.set_xticks([0, 2, 4, 6, 8, 10])
        axes.set_title(title[lang])
        axes.set_xlabel(Text("자료를 민 거리", "shift of the data")[lang])
    panels[0].set_ylabel(Text("곧은 조각의 수", "straight pieces")[lang])
    panels[0].legend(loc="upper right")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    far = SHIFTS[-1]
    without, normed = (m.at(HIDDEN[-1], kind, far).value for kind in (False, True))
    means = {kind: ", ".join(f"{x:.1f}" for x in m.pieces[:, 1, int(kind)].mean(axis=0)) for kind in (False, True)}
    return {
        "ko": Words(
            f"{far:g}만큼 민 자료에서 은닉층 {HIDDEN[-1]}개의 곧은 조각은 {without:.1f}개, BN이 있으면 {normed:.1f}개입니다",
            f"입력이 하나인 ReLU 신경망, 층마다 {WIDTH}개, 가중치와 편향 N(0, 2/들어오는 수). 자료는 폭이 2인 구간에서 고르게 뽑고 구간을 옮깁니다. 시드 {len(m.pieces)}개의 평균과 5–95 %, 점선은 조각 하나(직선)입니다.",
            f"가로축은 민 거리 0–{far:g}, 세로축은 로그 눈금의 조각 수. 은닉층 {HIDDEN[-1]}개일 때 평균은 BN이 없으면 {means[False]}, 있으면 {means[True]}입니다.",
        ),
        "en": Words(
            f"On data shifted by {far:g}, {without:.1f} straight pieces are left; with BN there are {normed:.1f}",
            f"ReLU networks with one input, {WIDTH} units a layer, weights and biases N(0, 2/n) for n inputs. Data are drawn evenly from an interval of width 2 that is moved. Mean of {len(m.pieces)} seeds and 5–95%; dotted, one piece (a line).",
            f"Shift 0 to {far:g} against the number of pieces on a log scale. With {HIDDEN[-1]} hidden layers the means are {means[False]} without BN and {means[True]} with it.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1400)},
    sweeps=True,
)

"""How the gradient fades on its way back through time, before anything is learned, and what theory expects (claim 4.17)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Network, first_symbol, lstm_cell, softmax_cross_entropy
from gradbook import style
from gradbook.ch4_big_picture.memory_nets import LINES, RECURRENT, Arm, label, memory_net, open_gate, radius
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, scientific
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

STEPS, SEQUENCES = 40, 50
ENDS: tuple[Arm, Arm] = ("RNN, small", "LSTM, open")  # the lowest and the highest on the right
FIRST, LAST = 5, 30  # steps back between which the factor of a step is read off


def rnn_gradients(
    x: NDArray[np.floating], params: dict[str, NDArray[np.floating]], dlast: NDArray[np.floating]
) -> list[NDArray[np.floating]]:
    """[∂L/∂h₁, …, ∂L/∂h_T] from ∂L/∂h_T, with dhₜ₋₁ = (dhₜ ⊙ (1 − hₜ²)) Whᵀ."""
    h, hs = np.zeros_like(dlast), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ params["Wx"] + h @ params["Wh"] + params["b"])
        hs.append(h)
    dhs = [dlast]
    for h in reversed(hs[1:]):
        dhs.append((dhs[-1] * (1 - h**2)) @ params["Wh"].T)
    return dhs[::-1]


def lstm_gradients(
    x: NDArray[np.floating], params: dict[str, NDArray[np.floating]], dlast: NDArray[np.floating]
) -> list[NDArray[np.floating]]:
    """The same: the way back goes through the cells as well, and ∂L/∂hₜ is what comes out at the gates of step t + 1."""
    h, c, backs = np.zeros_like(dlast), np.zeros_like(dlast), []
    for t in range(x.shape[1]):
        h, c, back = lstm_cell(x[:, t] @ params["Wx"] + h @ params["Wh"] + params["b"], c)
        backs.append(back)
    dhs, dc = [dlast], np.zeros_like(dlast)
    for back in reversed(backs[1:]):
        dz, dc = back(dhs[-1], dc)
        dhs.append(dz @ params["Wh"].T)
    return dhs[::-1]


def norms(task: tuple[Arm, int]) -> NDArray[np.float64]:
    """‖∂L/∂hₜ‖ over the batch for the steps from the last back, relative to the last; then ρ: (STEPS + 1,)."""
    arm, seed = task
    rng = np.random.default_rng(seed)
    x, labels = first_symbol(rng, SEQUENCES, STEPS - 1)
    net = memory_net(arm, STEPS)
    params = net.views(net.init(rng, dtype=np.float64))
    dlast = at_the_end(net, params, x, labels)
    gradients = (lstm_gradients if arm.startswith("LSTM") else rnn_gradients)(x, params[0], dlast)
    found = np.array([np.linalg.norm(dh) for dh in reversed(gradients)])
    return np.append(found / found[0], radius(arm, params[0]))


def at_the_end(
    net: Network, params: list[dict[str, NDArray[np.floating]]], x: NDArray[np.floating], labels: NDArray[np.int64]
) -> NDArray[np.floating]:
    """∂L/∂h_T: how the loss depends on the last state that the readout sees."""
    layer, _, readout = net.layers
    hs, _ = layer(params[0], x, False, None)
    scores, back_readout = readout(params[2], hs[:, -1], False, None)
    _, back_loss = softmax_cross_entropy(scores, labels)
    dlast: NDArray[np.floating] = back_readout(
        back_loss(), {name: np.empty_like(value) for name, value in params[2].items()}
    )
    return dlast


@dataclass(frozen=True)
class Measurement:
    back: NDArray[np.int64]  # steps back from the last
    norms: dict[Arm, NDArray[np.float64]]  # (seeds, steps)
    radius: dict[Arm, NDArray[np.float64]]  # ρ of each network, (seeds,)

    def factors(self, arm: Arm) -> NDArray[np.float64]:
        """What a step multiplies the norm by, between FIRST and LAST steps back: (seeds,)."""
        return (self.norms[arm][:, LAST] / self.norms[arm][:, FIRST]) ** (1 / (LAST - FIRST))

    def factor(self, arm: Arm) -> Estimate:
        """Its geometric mean over seeds."""
        return mean_interval(np.log(self.factors(arm))).exp()

    def expected(self, arm: Arm) -> float:
        """The geometric mean of ρ."""
        return float(np.exp(np.log(self.radius[arm]).mean()))

    def correlation(self) -> float:
        """Between ρ and the measured factor, over all networks of all kinds."""
        radii, factors = (
            np.concatenate([of(arm) for arm in RECURRENT]) for of in (self.radius.__getitem__, self.factors)
        )
        return float(np.corrcoef(radii, factors)[0, 1])

    def left(self, arm: Arm) -> float:
        """What is left of the norm at the first step: median over seeds."""
        return float(np.median(self.norms[arm][:, -1]))


def measure(seeds: Sequence[int] = range(50)) -> Measurement:
    """Untrained networks of the memory task, float64, no training: seeds draw weights and sequences."""
    found = np.reshape(
        sweep(norms, [(arm, seed) for arm in RECURRENT for seed in seeds]), (len(RECURRENT), len(seeds), -1)
    )
    return Measurement(
        back=np.arange(STEPS),
        norms={arm: found[k, :, :-1] for k, arm in enumerate(RECURRENT)},
        radius={arm: found[k, :, -1] for k, arm in enumerate(RECURRENT)},
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    keys: dict[Arm, str] = {"RNN, small": "small", "RNN": "rnn", "LSTM": "lstm", "LSTM, open": "open"}
    found = {key: same(m.factor(arm).shown()) for arm, key in keys.items()}
    found |= {f"{key}_theory": same(f"{m.expected(arm):.2f}") for arm, key in keys.items()}
    found |= {f"{key}_left": same(shown(m.left(arm))) for arm, key in keys.items()}
    return found | {
        "lstm_gate": same(f"{open_gate('LSTM'):.2f}"),
        "gate_left": same(shown(open_gate("LSTM") ** (STEPS - 1))),
        "correlation": same(f"{m.correlation():.2f}"),
        "steps": same(str(STEPS)),
    }


def shown(x: float) -> str:
    return f"{x:.2g}" if x >= 0.01 else scientific(x)


MARKS = 25  # networks of each kind that the figure shows
THIN = np.array([*range(4), *range(4, STEPS - 1, 2), STEPS - 1])  # steps that its curves go through


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (axes, right) = style.figure(3.9, ncols=2, width_ratios=(1.25, 1))
    shown = m.back[THIN]
    for arm in RECURRENT:
        line = LINES[arm]
        low, middle, high = np.quantile(m.norms[arm][:, shown], (0.25, 0.5, 0.75), axis=0)
        style.band(axes, shown, low, high, line["color"])
        axes.plot(shown, middle, label=label(arm, lang), markevery=5, **line)
        dots = {name: line[name] for name in ("color", "marker", "markerfacecolor") if name in line}
        right.plot(m.radius[arm][:MARKS], m.factors(arm)[:MARKS], linestyle="none", markersize=3.5, alpha=0.7, **dots)
    ends = [
        float(edge(np.concatenate([m.radius[a], m.factors(a)]))) for edge, a in zip((np.min, np.max), ENDS, strict=True)
    ]
    right.plot(ends, ends, color=style.INK, linestyle=":", linewidth=1.2)
    right.set_xlabel(Text("이론: ρ", "theory: ρ")[lang])
    right.set_title(Text("잰 한 걸음의 배수", "measured factor of a step")[lang])
    style.log(axes.yaxis)
    axes.set_xlim(0, m.back[-1])
    axes.set_xlabel(Text("거슬러 간 걸음 수", "steps back from the last one")[lang])
    axes.set_title(Text("기울기의 길이 (마지막 걸음 = 1)", "gradient norm (last step = 1)")[lang])
    made.legend(loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    measured = [m.factor(arm).number() for arm in RECURRENT]
    told = "; ".join(f"{label(arm, lang)} {shown(m.left(arm))}" for arm in RECURRENT)
    n = len(m.norms["RNN"])
    return {
        "ko": Words(
            f"기울기는 한 걸음에 RNN에서 {measured[0]}배와 {measured[1]}배, LSTM에서 {measured[2]}배와 {measured[3]}배가 됩니다",
            f"학습하기 전, 기억 과제 {SEQUENCES}줄에서 잰 ∂L/∂hₜ의 길이입니다. 선은 시드 {n}개의 중앙값, 띠는 가운데 절반. 배수는 {FIRST}걸음과 {LAST}걸음 사이에서 쟀습니다. "
            f"오른쪽: 점은 신경망 하나(종류마다 {MARKS}개), 점선 위에서는 배수가 상태를 한 걸음 옮기는 행렬의 스펙트럼 반지름 ρ와 같습니다.",
            f"{STEPS - 1}걸음을 거슬러 갔을 때 남은 기울기의 길이(중앙값). {told}. 오른쪽에서 ρ와 잰 배수의 상관 계수는 {m.correlation():.2f}입니다.",
        ),
        "en": Words(
            f"A step back multiplies the gradient by {measured[0]} and {measured[1]} in the RNNs, by {measured[2]} and {measured[3]} in the LSTMs",
            f"The norm of ∂L/∂hₜ before training, on {SEQUENCES} sequences of the memory task. Lines are medians of {n} seeds, bands the middle half. The factors are read off between {FIRST} and {LAST} steps back. "
            f"Right: a mark is one network ({MARKS} of each kind); on the dotted line the factor equals ρ, the spectral radius of the matrix that takes a small state one step on.",
            f"What is left of the gradient's norm {STEPS - 1} steps back (median). {told}. On the right, ρ and the measured factor have a correlation of {m.correlation():.2f}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1500)},
    sweeps=True,
)

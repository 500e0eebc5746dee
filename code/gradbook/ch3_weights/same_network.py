"""One small network, written with NumPy alone and with the library: what a framework's lines stand for (claim 3.14)."""

import inspect
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Array, Dense, Network, sgd, sigmoid, softmax_cross_entropy, xavier_normal
from gradbook.data import digits
from gradbook.experiment import Claim, Experiment
from gradbook.stats import Estimate, order, power_of_ten_above
from gradbook.text import Text, same

SIZES, IMAGES, ETA, STEPS = (64, 32, 10), 100, 0.5, 100


@dataclass(frozen=True)
class Measurement:
    scratch: NDArray[np.float64]  # the loss before each step, (STEPS,)
    library: NDArray[np.float64]
    apart: float  # largest difference of the parameters after training
    lines: dict[str, int]  # of from_scratch, by what they do


def from_scratch(x: Array, t: Array, W1: Array, b1: Array, W2: Array, b2: Array, eta: float, steps: int) -> list[float]:
    """Gradient descent on a network with one hidden layer, in NumPy alone: the losses. The parameters are changed in place.

    x: (n, inputs); t: (n, classes), 1 at each row's right answer and 0 elsewhere.
    """
    losses = []
    for _ in range(steps):
        # forward
        h = 1 / (1 + np.exp(-(x @ W1 + b1)))
        scores = h @ W2 + b2
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        y = e / e.sum(axis=1, keepdims=True)
        losses.append(float(-(t * np.log(y)).sum() / len(x)))
        # back
        dscores = (y - t) / len(x)
        dW2, db2 = h.T @ dscores, dscores.sum(axis=0)
        dh = dscores @ W2.T
        dz = dh * h * (1 - h)
        dW1, db1 = x.T @ dz, dz.sum(axis=0)
        # step
        W1 -= eta * dW1
        b1 -= eta * db1
        W2 -= eta * dW2
        b2 -= eta * db2
    return losses


def with_library(
    net: Network, theta: Array, x: Array, labels: Array, eta: float, steps: int
) -> tuple[Array, list[float]]:
    """The same descent with deepgrad: θ at the end, and the losses."""
    losses = []
    for _ in range(steps):
        scores, back = net(theta, x)
        loss, back_loss = softmax_cross_entropy(scores, labels)
        theta, _ = sgd(theta, back(back_loss()), eta=eta)
        losses.append(loss)
    return theta, losses


def start() -> tuple[Network, Array, Array, Array]:
    """(network, θ, images, labels): the same for both."""
    inputs, hidden, classes = SIZES
    net = Network([Dense(inputs, hidden, xavier_normal), Activation(sigmoid), Dense(hidden, classes, xavier_normal)])
    theta = net.init(np.random.default_rng(0), dtype=np.float64)
    return net, theta, digits().x[:IMAGES].astype(np.float64), digits().labels[:IMAGES]


def lines() -> dict[str, int]:
    """How many lines of from_scratch stand under each of its comments."""
    counts: dict[str, int] = {}
    name = ""
    for line in inspect.getsource(from_scratch).splitlines():
        if line.strip().startswith("# "):
            name = line.strip()[2:]
            counts[name] = 0
        elif name and line.startswith(" " * 8):
            counts[name] += 1
    return counts


def measure() -> Measurement:
    """Both from one start, on one batch of digits."""
    net, theta, x, labels = start()
    trained, library = with_library(net, theta, x, labels, ETA, STEPS)
    own = theta.copy()
    first, _, second = net.views(own)  # views: what from_scratch changes in them, it changes in own
    t = np.eye(SIZES[-1])[labels]
    scratch = from_scratch(x, t, first["W"], first["b"], second["W"], second["b"], ETA, STEPS)
    return Measurement(np.array(scratch), np.array(library), float(np.abs(own - trained).max()), lines())


def error(m: Measurement) -> float:
    return power_of_ten_above(max(m.apart, float(np.abs(m.scratch - m.library).max())))


def judge(m: Measurement) -> list[Claim]:
    apart = order(error(m)) if error(m) else "0"
    back = m.lines["back"]
    return [
        Claim(
            id="3.14",
            text=Text(
                "밑바닥부터 만들어 보면 프레임워크가 감추는 것을 배운다",
                "Writing it from scratch teaches what a framework hides",
            ),
            verdict="note",
            finding=Text(
                f"무엇을 배우는지는 재지 않았습니다. NumPy만으로 쓴 신경망과 라이브러리로 쓴 신경망은 {STEPS}걸음 동안 {apart} 안에서 같은 수를 냅니다. 프레임워크의 loss.backward() 한 줄이 여기서는 {back}줄입니다.",
                f"What one learns was not measured. A network in NumPy alone and one made with the library give the same numbers to within {apart} for {STEPS} steps. The framework's one line loss.backward() is {back} lines here.",
            ),
            estimate=Estimate(error(m)),
            unit=Text("두 신경망의 손실과 매개변수의 차이", "difference of the two networks' losses and parameters"),
            shown=same(f"< {apart}" if error(m) else apart),
        )
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "first": same(f"{m.scratch[0]:.4f}"),
        "last": same(f"{m.scratch[-1]:.4f}"),
        "error": same(order(error(m)) if error(m) else "0"),
        "forward_lines": same(str(m.lines["forward"])),
        "back_lines": same(str(m.lines["back"])),
        "step_lines": same(str(m.lines["step"])),
        "images": same(str(IMAGES)),
        "steps": same(str(STEPS)),
        "eta": same(f"{ETA:g}"),
    }


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers)

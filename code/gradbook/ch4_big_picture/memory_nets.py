"""The networks that have to remember: named by what a step does to a memory before anything is learned."""

import math
from typing import Any, Literal

import numpy as np

from deepgrad import (
    LSTM,
    RNN,
    Activation,
    Dense,
    Flatten,
    LastStep,
    Layer,
    Network,
    he_normal,
    relu,
    uniform,
    xavier_normal,
)
from deepgrad.signatures import Params
from gradbook import style
from gradbook.ch4_big_picture.image_nets import matching_units
from gradbook.text import Lang, Text, same

Arm = Literal["MLP", "RNN, small", "RNN", "LSTM", "LSTM, open"]
ARMS: tuple[Arm, ...] = ("MLP", "RNN", "LSTM", "LSTM, open")
RECURRENT: tuple[Arm, ...] = ("RNN, small", *ARMS[1:])
SYMBOLS = 2
RNN_UNITS, LSTM_UNITS = 16, 8  # about equal numbers of parameters
FORGET_BIAS = {"LSTM": 1.0, "LSTM, open": 4.0}
SMALL = 1 / math.sqrt(RNN_UNITS)  # what frameworks draw an RNN's weights from: U(−1/√units, 1/√units)


def recurrent(arm: Arm) -> RNN | LSTM:
    """The layer that steps through a sequence."""
    if arm == "RNN":
        return RNN(SYMBOLS, RNN_UNITS)
    if arm == "RNN, small":
        return RNN(SYMBOLS, RNN_UNITS, uniform(-SMALL, SMALL))
    return LSTM(SYMBOLS, LSTM_UNITS, forget_bias=FORGET_BIAS[arm])


def memory_net(arm: Arm, time: int) -> Network:
    """For sequences (batch, time, SYMBOLS). The MLP sees all steps at once, and is as large as the LSTM."""
    if arm != "MLP":
        layer = recurrent(arm)
        return Network([layer, LastStep(), Dense(layer.units, SYMBOLS, xavier_normal)])
    inputs = time * SYMBOLS
    units = matching_units(inputs, memory_net("LSTM", time).size, outputs=SYMBOLS)
    layers: list[Layer] = [Flatten(), Dense(inputs, units, he_normal), Activation(relu)]
    return Network([*layers, Dense(units, SYMBOLS, xavier_normal)])


def radius(arm: Arm, params: Params) -> float:
    """What theory expects a step to multiply a small memory by, before learning: the spectral radius ρ of its linear part.

    Where h and c are small, the RNN is hₜ ≈ hₜ₋₁ Wh. In the LSTM the gates are i = o = ½, f = σ(bias), so that h ≈ ½ c and
    cₜ ≈ cₜ₋₁ (f I + ¼ Wg), Wg being what Wh holds for g.
    """
    linear = params["Wh"]
    if arm in FORGET_BIAS:
        linear = open_gate(arm) * np.eye(LSTM_UNITS) + linear[:, 3 * LSTM_UNITS :] / 4
    return float(np.abs(np.linalg.eigvals(linear)).max())


def open_gate(arm: Arm) -> float:
    """σ(forget bias): what a step leaves of a cell if only the gate counts."""
    return 1 / (1 + math.exp(-FORGET_BIAS[arm]))


LABELS: dict[Arm, Text] = {
    "MLP": same("MLP"),
    "RNN, small": Text("RNN, 작은 초깃값", "RNN, small weights"),
    "RNN": same("RNN, Xavier"),
    "LSTM": Text("LSTM, 망각 편향 1", "LSTM, forget bias 1"),
    "LSTM, open": Text("LSTM, 망각 편향 4", "LSTM, forget bias 4"),
}
LINES: dict[Arm, dict[str, Any]] = {
    "MLP": style.SERIES[2],
    "RNN, small": style.SERIES[3] | {"markerfacecolor": "none"},
    "RNN": style.SERIES[3] | {"linestyle": "-"},
    "LSTM": style.SERIES[1] | {"markerfacecolor": "none"},
    "LSTM, open": style.SERIES[1] | {"linestyle": "-"},
}


def label(arm: Arm, lang: Lang) -> str:
    return LABELS[arm][lang]

"""The networks of MNIST-1D's authors, Greydanus and Kobak, 2024, arXiv:2011.14439, and two in place of their GRU."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deepgrad import (
    LSTM,
    RNN,
    Activation,
    Conv1d,
    Dense,
    Flatten,
    Layer,
    Network,
    Residual,
    he_normal,
    relu,
    xavier_normal,
)

Model = Literal["logistic", "MLP", "CNN", "RNN", "LSTM"]
MODELS: tuple[Model, ...] = ("logistic", "MLP", "CNN", "RNN", "LSTM")
LENGTH, UNITS, HIDDEN, CHANNELS = 40, 12, 100, 25  # HIDDEN and CHANNELS as published
GRU_PARAMETERS = 5134  # of the authors' code: 6 units in each of two directions, and a readout of all steps


@dataclass(frozen=True)
class Arm:
    model: Model
    shuffled: bool = False  # the same new order of the places for all examples

    @property
    def key(self) -> str:
        return self.model.lower() + ("_shuffled" if self.shuffled else "")


def network(model: Model) -> Network:
    """The authors' networks; in place of their GRU, an RNN or LSTM in one direction, read out at all steps like it."""
    layers: dict[Model, list[Layer]] = {
        "logistic": [Dense(LENGTH, 10, xavier_normal)],
        "MLP": [
            Dense(LENGTH, HIDDEN, he_normal), Activation(relu),
            Residual([Dense(HIDDEN, HIDDEN, he_normal), Activation(relu)]), Dense(HIDDEN, 10, xavier_normal),
        ],
        "CNN": [
            Conv1d(1, CHANNELS, 5, he_normal, stride=2, padding=1), Activation(relu),
            Conv1d(CHANNELS, CHANNELS, 3, he_normal, stride=2, padding=1), Activation(relu),
            Conv1d(CHANNELS, CHANNELS, 3, he_normal, stride=2, padding=1), Activation(relu),
            Flatten(), Dense(5 * CHANNELS, 10, xavier_normal),
        ],
        "RNN": [RNN(1, UNITS), Flatten(), Dense(LENGTH * UNITS, 10, xavier_normal)],
        "LSTM": [LSTM(1, UNITS), Flatten(), Dense(LENGTH * UNITS, 10, xavier_normal)],
    }  # fmt: skip
    return Network(layers[model])


def shaped(model: Model, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """(examples, 40) as the model takes it: with one channel, or with one feature a step."""
    return x[:, None, :] if model == "CNN" else x[:, :, None] if model in ("RNN", "LSTM") else x

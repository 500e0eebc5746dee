"""A small convolutional network for pictures of digits, and the MLP with as many parameters."""

from typing import Literal

from deepgrad import (
    Activation,
    AveragePool,
    Conv2d,
    Dense,
    Flatten,
    Layer,
    MaxPool,
    Network,
    he_normal,
    relu,
    xavier_normal,
)

FEW, MANY, WIDE, WINDOW = 8, 16, 24, 3  # filters of the first and second convolution; a window is 3×3

Kind = Literal["MLP", "CNN", "CNN, averaged"]


def image_net(kind: Kind, side: int) -> Network:
    """For pictures (batch, 1, side, side) in ten classes.

    CNN: twice a convolution, ReLU and the largest of each 2×2. "CNN, averaged": with more filters the second time, and at
    the end the mean of each map over all places. MLP: one hidden layer, as many units as come nearest to the CNN's size.
    """
    if kind == "MLP":
        units = matching_units(side * side, image_net("CNN", side).size)
        return Network(
            [Flatten(), Dense(side * side, units, he_normal), Activation(relu), Dense(units, 10, xavier_normal)]
        )
    last = MANY if kind == "CNN" else WIDE
    layers: list[Layer] = [
        Conv2d(1, FEW, WINDOW, he_normal, padding=1), Activation(relu), MaxPool(2),
        Conv2d(FEW, last, WINDOW, he_normal, padding=1), Activation(relu),
    ]  # fmt: skip
    if kind == "CNN":
        return Network([*layers, MaxPool(2), Flatten(), Dense((side // 4) ** 2 * last, 10, xavier_normal)])
    return Network([*layers, AveragePool(side // 2), Flatten(), Dense(last, 10, xavier_normal)])


def matching_units(inputs: int, size: int, outputs: int = 10) -> int:
    """So many hidden units give an MLP with one hidden layer about `size` parameters."""
    return round((size - outputs) / (inputs + 1 + outputs))

"""deepgrad: every operation hands back its value and the way back. NumPy, nothing
else.
"""

from deepgrad.activations import relu, sigmoid, softmax, tanh
from deepgrad.chain import chain, link, local_derivatives
from deepgrad.datasets import moons
from deepgrad.gradcheck import (
    central_difference,
    check_direction,
    check_gradient,
    relative_error,
)
from deepgrad.initializers import (
    constant,
    he_normal,
    normal,
    uniform,
    xavier_normal,
    xavier_uniform,
)
from deepgrad.layers import (
    Activation,
    Dense,
    Dropout,
    Layer,
    affine,
    dropout,
    linear,
)
from deepgrad.losses import accuracy, softmax_cross_entropy, squared_error
from deepgrad.network import Network
from deepgrad.optimizers import adam, momentum, sgd
from deepgrad.signatures import Array
from deepgrad.training import Diverged, Fit, Step, fit

__all__ = [
    "Activation",
    "Array",
    "Dense",
    "Diverged",
    "Dropout",
    "Fit",
    "Layer",
    "Network",
    "Step",
    "accuracy",
    "adam",
    "affine",
    "central_difference",
    "chain",
    "check_direction",
    "check_gradient",
    "constant",
    "dropout",
    "fit",
    "he_normal",
    "linear",
    "link",
    "local_derivatives",
    "momentum",
    "moons",
    "normal",
    "relative_error",
    "relu",
    "sgd",
    "sigmoid",
    "softmax",
    "softmax_cross_entropy",
    "squared_error",
    "tanh",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
]

"""Layers: operations bound to named parameters. One file a layer."""

from deepgrad.layers.activation import Activation
from deepgrad.layers.convolution import Conv1d, Conv2d, conv1d, conv2d
from deepgrad.layers.dense import Dense, affine, linear
from deepgrad.layers.dropout import Dropout, dropout
from deepgrad.layers.flatten import Flatten
from deepgrad.layers.layer import Layer, LayerPullback
from deepgrad.layers.lstm import LSTM, lstm, lstm_cell
from deepgrad.layers.maxout import Maxout, maxout
from deepgrad.layers.normalization import (
    BatchNorm,
    LayerNorm,
    batch_norm,
    batch_norm_inference,
    layer_norm,
)
from deepgrad.layers.pooling import AveragePool, MaxPool, average_pool, max_pool
from deepgrad.layers.prelu import PReLU, prelu
from deepgrad.layers.recurrent import RNN, LastStep, last_step, rnn
from deepgrad.layers.residual import Residual
from deepgrad.layers.rrelu import RReLU

__all__ = [
    "LSTM",
    "RNN",
    "Activation",
    "AveragePool",
    "BatchNorm",
    "Conv1d",
    "Conv2d",
    "Dense",
    "Dropout",
    "Flatten",
    "LastStep",
    "Layer",
    "LayerNorm",
    "LayerPullback",
    "MaxPool",
    "Maxout",
    "PReLU",
    "RReLU",
    "Residual",
    "affine",
    "average_pool",
    "batch_norm",
    "batch_norm_inference",
    "conv1d",
    "conv2d",
    "dropout",
    "last_step",
    "layer_norm",
    "linear",
    "lstm",
    "lstm_cell",
    "max_pool",
    "maxout",
    "prelu",
    "rnn",
]

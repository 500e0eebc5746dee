"""Layers: operations bound to named parameters. One file a layer."""

from deepgrad.layers.activation import Activation
from deepgrad.layers.dense import Dense, affine, linear
from deepgrad.layers.dropout import Dropout, dropout
from deepgrad.layers.layer import Layer, LayerPullback

__all__ = [
    "Activation",
    "Dense",
    "Dropout",
    "Layer",
    "LayerPullback",
    "affine",
    "dropout",
    "linear",
]

"""Where does a ReLU network bend? Its kinks on an interval, solved for, not sampled."""

import numpy as np

from deepgrad.activations import relu
from deepgrad.layers import Activation, BatchNorm, Dense, Dropout, Layer
from deepgrad.network import Network
from deepgrad.signatures import Array, Params


def kinks(net: Network, theta: Array, low: float, high: float) -> Array:
    """The places inside (low, high) where the slope of a one-input ReLU network changes,
    in rising order: (kinks,) float64.

    A layer's outputs are straight between the kinks of the layers before it, so a ReLU
    bends where a straight piece of its input crosses 0: one equation, solved. A bend
    that no output shows, because units behind it are off or cancel it, is none. Works
    in float64: bends of less than 10⁻⁹ of the steepest slope, and distances of less
    than 10⁻¹² of the interval, are taken for rounding.

    Raises ValueError unless low < high, both finite, and for layers other than
    `Dense`, `BatchNorm` (as calibrated), `Dropout` and `Activation(relu)`.

    Montúfar, Pascanu, Cho and Bengio, On the number of linear regions of deep neural
    networks, NeurIPS 2014, arXiv:1402.1869.
    """
    if not -np.inf < low < high < np.inf:
        raise ValueError(
            f"kinks from {low} to {high}: low must be below high, finite"
        )
    t = np.array([low, high], np.float64)  # ends of the pieces
    h = t[:, None]  # (ends, units): values at the ends
    slope = np.ones((1, 1))  # (pieces, units)
    for layer, params in zip(net.layers, net.views(theta), strict=True):
        if isinstance(layer, Activation) and layer.f is relu:
            t, h, slope = _bend(t, h, slope, 1e-12 * (high - low))
        elif isinstance(layer, Dense | BatchNorm | Dropout):
            h, slope = _straight(layer, params, h, slope)
        else:
            raise ValueError(f"{layer} is neither straight nor a ReLU")
    bends: Array = np.abs(np.diff(slope, axis=0)).max(axis=1)
    places: Array = t[1:-1][bends > 1e-9 * np.abs(slope).max()]
    return places


def linear_pieces(net: Network, theta: Array, low: float, high: float) -> int:
    """How many straight pieces a one-input ReLU network has on [low, high]: one more
    than `kinks`, which says how they are found and what raises ValueError.
    """
    return len(kinks(net, theta, low, high)) + 1


def _straight(
    layer: Layer, params: Params, h: Array, slope: Array
) -> tuple[Array, Array]:
    """Through a layer y = A h + c: values go to A h + c, slopes to A slope."""
    origin, _ = layer(params, np.zeros((1, h.shape[1])), False, None)
    moved, _ = layer(params, slope, False, None)
    return layer(params, h, False, None)[0], moved - origin


def _bend(
    t: Array, h: Array, slope: Array, near: float
) -> tuple[Array, Array, Array]:
    """Through a ReLU: pieces are cut where a unit crosses 0, then slopes below go."""
    left, right = h[:-1], h[1:]
    piece, unit = np.nonzero(left * right < 0)
    share = left[piece, unit] / (left[piece, unit] - right[piece, unit])
    cut = t[piece] + share * (t[piece + 1] - t[piece])
    inside = (cut - t[piece] > near) & (t[piece + 1] - cut > near)
    cut, first = np.unique(cut[inside], return_index=True)
    piece = piece[inside][first]
    clear = np.diff(cut, prepend=-np.inf) > near  # two units may bend at one place
    cut, piece = cut[clear], piece[clear]
    at_cut = h[piece] + slope[piece] * (cut - t[piece])[:, None]
    t = np.insert(t, piece + 1, cut)
    h = np.insert(h, piece + 1, at_cut, axis=0)
    slope = np.insert(slope, piece + 1, slope[piece], axis=0)
    on = h[:-1] + h[1:] > 0
    return t, np.maximum(h, 0), np.where(on, slope, 0)

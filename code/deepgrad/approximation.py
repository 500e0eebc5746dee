"""Networks built by hand: their weights are not learned but written down.

Each function returns `net, theta`: an ordinary network and its float64 θ, to be
evaluated, looked into or trained further; `net.init(rng)` gives the same network
with random weights.

One hidden layer of enough units comes as close as one likes to any continuous
function on a closed and bounded set: with sigmoids, Cybenko 1989,
doi:10.1007/BF02551274; with any activation that is bounded, continuous and not
constant, Hornik 1991, doi:10.1016/0893-6080(91)90009-T; with a continuous one
exactly if it is not a polynomial, Leshno et al. 1993,
doi:10.1016/S0893-6080(05)80131-5.
"""

import numpy as np
from numpy.typing import ArrayLike

from deepgrad.activations import relu, sigmoid
from deepgrad.checks import require_count, require_positive
from deepgrad.initializers import he_normal, xavier_normal
from deepgrad.layers import Activation, Dense
from deepgrad.network import Network
from deepgrad.signatures import Array, Initializer, Op

_overflow_is_checked = np.errstate(over="ignore", invalid="ignore")  # by _network


@_overflow_is_checked
def staircase(
    edges: ArrayLike, levels: ArrayLike, steepness: float
) -> tuple[Network, Array]:
    """f(x) = levels₀ + Σᵢ (levelsᵢ₊₁ − levelsᵢ) σ(s (x − edgesᵢ)): one steep sigmoid at
    each edge lifts the function from one level to the next.

    One edge makes a step; two with levels (0, h, 0) make a bump; many follow any
    curve. edges: (n,), rising; levels: (n + 1,); steepness s: above 0, in units of
    1/x. f(x) is a weighted mean of the levels, and for s → ∞ the level x lies on.
    The net maps (batch, 1) to (batch, 1). Raises ValueError for other arguments.
    """
    edges = _rising("edges", edges)
    levels = _finite("levels", levels, (len(edges) + 1,))
    s = require_positive("steepness", steepness)
    return _network(
        sigmoid,
        xavier_normal,
        (np.full((1, len(edges)), s), -s * edges),
        (np.diff(levels)[:, None], levels[:1]),
    )


@_overflow_is_checked
def towers(
    edges_x: ArrayLike, edges_y: ArrayLike, heights: ArrayLike, steepness: float
) -> tuple[Network, Array]:
    """A field of towers: heightsᵢⱼ on [edges_xᵢ, edges_xᵢ₊₁] × [edges_yⱼ, edges_yⱼ₊₁]
    and 0 around the field, by two hidden layers.

    In the first, each edge has its step: aᵢ for x, bⱼ for y. In the second, a unit for
    each corner asks whether both are up, qᵢⱼ = σ(S (aᵢ + bⱼ − 1.5)), where S is the
    steepness times the narrowest side. So q is 1 on a quadrant, and a tower is four
    quadrants: qᵢⱼ − qᵢ₊₁,ⱼ − qᵢ,ⱼ₊₁ + qᵢ₊₁,ⱼ₊₁. (A unit that asks for all four sides
    at once makes a tower, too; but where four of those meet a pit is left, however
    steep the steps, and the largest error would never fall.)

    edges_x: (n + 1,), edges_y: (m + 1,), rising; heights: (n, m); steepness: above
    0, in units of 1/x; 40 over the narrowest side makes walls sharp. The net maps
    (batch, 2) to (batch, 1). Raises ValueError for other arguments.
    """
    x, y = _rising("edges_x", edges_x), _rising("edges_y", edges_y)
    n, m = len(x), len(y)
    if n < 2 or m < 2:
        raise ValueError(
            f"edges_x has {n} edges and edges_y {m}, but a tower needs two of each"
        )
    heights = _finite("heights", heights, (n - 1, m - 1))
    s = require_positive("steepness", steepness)
    steps = np.zeros((2, n + m))
    steps[0, :n] = steps[1, n:] = s
    both = np.vstack([np.repeat(np.eye(n), m, axis=1), np.tile(np.eye(m), n)])
    sharp = s * min(np.diff(x).min(), np.diff(y).min())
    # how much a quadrant adds to what those to its left and below it have built
    corners = np.diff(np.diff(np.pad(heights, 1), axis=0), axis=1)
    return _network(
        sigmoid,
        xavier_normal,
        (steps, -s * np.concatenate([x, y])),
        (sharp * both, np.full(n * m, -1.5 * sharp)),
        (corners.reshape(-1, 1), np.zeros(1)),
    )


@_overflow_is_checked
def interpolate(
    x: ArrayLike, y: ArrayLike, direction: ArrayLike = (1.0,)
) -> tuple[Network, Array]:
    """A network with one hidden layer that goes exactly through n points: with n − 1
    ReLUs, straight from each point to the next.

    f(x) = y₀ + Σₖ cₖ relu(a · x − tₖ), where the tₖ are the places a · xₖ in rising
    order and cₖ is by how much the slope changes at tₖ. In d dimensions any direction
    a serves that gives each point a place of its own; a random one does. 2n + d
    numbers say it all, as in Theorem 1 of Zhang, Bengio, Hardt, Recht and Vinyals,
    Understanding deep learning requires rethinking generalization, ICLR 2017,
    arXiv:1611.03530.

    x: (n, d), or (n,) on a line; y: (n,), n at least 2; direction a: (d,). f meets
    the points up to rounding, which grows with the steepest slope. Raises ValueError
    for other shapes, and where two points share a place.
    """
    x, a = np.asarray(x, np.float64), np.asarray(direction, np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) < 2 or a.shape != x.shape[1:]:
        raise ValueError(
            f"x has shape {x.shape} and direction {a.shape}, but must be (n, d) with "
            "n at least 2, and (d,)"
        )
    y = _finite("y", y, (len(x),))
    place = _finite("x along the direction", x @ a, (len(x),))
    order = np.argsort(place)
    t, y = place[order], y[order]
    if not (np.diff(t) > 0).all():
        k = int(np.argmin(np.diff(t)))
        raise ValueError(
            f"two points lie at {t[k]} along the direction: give another direction, "
            "or each point once"
        )
    slopes = np.diff(y) / np.diff(t)
    bends = np.diff(slopes, prepend=0)
    return _network(
        relu,
        he_normal,
        (np.repeat(a[:, None], len(bends), axis=1), -t[:-1]),
        (bends[:, None], y[:1]),
    )


def sawtooth(depth: int) -> tuple[Network, Array]:
    """The tent map T(x) = 2 relu(x) − 4 relu(x − ½) applied `depth` times: on [0, 1] a
    saw of 2^(depth − 1) teeth, 2^depth straight pieces, from two ReLUs a layer.

    One hidden layer bends but once for each of its units, so for the same saw it needs
    2^depth − 1 of them at least; `interpolate` takes 2^depth. The net maps (batch, 1) to
    (batch, 1). depth: at least 1, else ValueError. Telgarsky, Benefits of depth in
    neural networks, COLT 2016, arXiv:1602.04485.
    """
    require_count("depth", depth)
    first = np.ones((1, 2)), np.array([0, -0.5])
    tent = np.array([[2.0], [-4.0]])
    # the tent of one layer goes straight into the next, tent · first: no unit between
    between = tent @ first[0], first[1]
    layers = [first, *[between] * (depth - 1), (tent, np.zeros(1))]
    return _network(relu, he_normal, *layers)


def _network(
    f: Op, init: Initializer, *layers: tuple[Array, Array]
) -> tuple[Network, Array]:
    """Dense layers with these W and b, and f between them; init is what a reader who
    starts over would draw from.
    """
    chain: list[Dense | Activation] = []
    for W, _ in layers:
        chain += [Dense(W.shape[0], W.shape[1], init), Activation(f)]
    net = Network(chain[:-1])
    theta = np.empty(net.size)
    for params, (W, b) in zip(net.views(theta)[::2], layers, strict=True):
        params["W"][:], params["b"][:] = W, b
    if not np.isfinite(theta).all():
        raise ValueError("weights overflow: steps or slopes cannot be that steep")
    return net, theta


def _finite(name: str, values: ArrayLike, shape: tuple[int, ...]) -> Array:
    array = np.asarray(values, np.float64)
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError(
            f"{name} has shape {array.shape}, but must hold finite numbers, {shape}"
        )
    return array


def _rising(name: str, values: ArrayLike) -> Array:
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or len(array) < 1 or not (np.diff(array) > 0).all():
        raise ValueError(
            f"{name} is {values!r}, but must be numbers that rise: (n,)"
        )
    return _finite(name, array, array.shape)

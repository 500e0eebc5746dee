"""Many small networks of one shape trained at once: what `fit` does, for each of them, in a third of the time.

A step of so small a network is spent on calling, not on calculating; in a stack all of them share the calls.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepgrad import Dense, Diverged, Network
from deepgrad.memory import keep_freed_memory
from gradbook.mask import Mask
from gradbook.sweep import sweep

MOST = 10  # networks in a stack: the gain is nearly all there, and the numbers of a step still fit into a cache
Floats = NDArray[np.floating]
Weights = list[tuple[Floats, Floats]]  # W and b of each layer, those of all networks together


@dataclass(frozen=True)
class Member:
    """One network's start, examples and chance, as `fit` takes them, and its masks: on the inputs, on each hidden layer."""

    theta: Floats
    x: NDArray[np.float32]
    labels: NDArray[np.int64]
    rng: np.random.Generator
    eta: float  # the optimizer's
    masks: tuple[Mask, ...]


def sweep_stacked[P, R](
    many: Callable[[list[P]], list[R]], runs: Sequence[P], alike: Callable[[P], Hashable]
) -> list[R]:
    """`many(list(runs))`, in stacks of at most MOST runs that are alike, spread over all cores; in the order of the runs."""
    groups: dict[Hashable, list[int]] = {}
    for k, run in enumerate(runs):
        groups.setdefault(alike(run), []).append(k)
    stacks = [group[start : start + MOST] for group in groups.values() for start in range(0, len(group), MOST)]
    found = sweep(many, [[runs[k] for k in stack] for stack in stacks])
    results = {k: result for stack, of in zip(stacks, found, strict=True) for k, result in zip(stack, of, strict=True)}
    return [results[k] for k in range(len(runs))]


def fit_stack(
    net: Network, members: Sequence[Member], steps: int, batch_size: int, optimizer: Callable[..., tuple[Floats, Any]]
) -> list[Floats]:
    """The trained θ of each member, as `fit` with softmax cross-entropy gives it, up to rounding.

    optimizer: `sgd`, `adam` or another whose step is proportional to its eta and does not depend on θ.
    net: Dense layers with ReLU between; what else it has is ignored, the members' masks count. All members have equally
    many examples, else ValueError. Raises Diverged where a θ is no longer finite.
    """
    if len({len(member.x) for member in members}) != 1:
        raise ValueError(f"a stack's members need equally many examples, not {[len(member.x) for member in members]}")
    keep_freed_memory()
    theta = np.stack([member.theta for member in members])
    x, labels = (np.stack([getattr(member, name) for member in members]) for name in ("x", "labels"))
    x = x.reshape(len(members), len(labels[0]), -1)
    orders, chances = zip(*(member.rng.spawn(2) for member in members), strict=True)
    eta = np.array([[member.eta] for member in members], theta.dtype)
    grad, nowhere, state, start = np.empty_like(theta), np.zeros_like(theta), None, len(labels[0])
    layers, slopes = dense(net, theta), dense(net, grad)
    masks, each = [member.masks for member in members], np.arange(len(members))[:, None]
    for _ in range(steps):
        if start >= len(labels[0]):
            order, start = np.stack([rng.permutation(len(labels[0])) for rng in orders]), 0
        rows = order[:, start : start + batch_size]
        start += batch_size
        find_gradient(slopes, layers, x[each, rows], labels[each, rows], masks, chances)
        step, state = optimizer(nowhere, grad, state, eta=1.0)
        theta += eta * step  # each member's own rate
    if not np.isfinite(theta).all():
        raise Diverged(steps, float("nan"))
    return list(theta)


def find_gradient(
    slopes: Weights, layers: Weights, x: Floats, labels: NDArray[np.int64],
    masks: Sequence[tuple[Mask, ...]], chances: Sequence[np.random.Generator],
) -> None:  # fmt: skip
    """Write into `slopes` the gradient of each network's mean loss; x: (networks, batch, features)."""
    h, hs, backs = x, [], []  # what enters each layer, and what it is multiplied by on the way back
    for k, (W, b) in enumerate(layers):
        back = np.ones((1, 1, 1), h.dtype)
        if k:
            h = np.maximum(h, 0)
            back = (h > 0).astype(h.dtype)
        if any(own[k].rate for own in masks):
            forward, masked = factors([own[k] for own in masks], h, chances)
            h = h * forward
            back = back * masked
        hs.append(h)
        backs.append(back)
        h = h @ W
        h += b[:, None]
    dz = np.exp(h - h.max(axis=2, keepdims=True))
    dz /= dz.sum(axis=2, keepdims=True)
    dz[np.arange(len(dz))[:, None], np.arange(x.shape[1]), labels] -= 1
    dz /= dz.dtype.type(x.shape[1])
    for k in reversed(range(len(layers))):
        np.matmul(hs[k].swapaxes(1, 2), dz, out=slopes[k][0])
        dz.sum(axis=1, out=slopes[k][1])
        if k:
            dz = dz @ layers[k][0].swapaxes(1, 2)
            dz *= backs[k]


def dense(net: Network, vectors: Floats) -> Weights:
    """W: (networks, fan_in, fan_out) and b: (networks, fan_out) of each Dense layer, as views of (networks, net.size)."""
    found = []
    places = net.views(np.arange(net.size, dtype=np.float64))
    for layer, own in zip(net.layers, places, strict=True):
        if isinstance(layer, Dense):
            W, b = (vectors[:, int(own[name].flat[0]) :][:, : own[name].size] for name in ("W", "b"))
            found.append((W.reshape(len(vectors), *own["W"].shape), b))
    return found


def factors(masks: Sequence[Mask], h: Floats, chances: Sequence[np.random.Generator]) -> tuple[Floats, Floats]:
    """What `h` is multiplied by on the way forward, and its gradient on the way back; each network draws its own."""
    draws = np.stack([
        rng.random(h.shape[1:], dtype=np.float32) if mask.rate else np.ones(h.shape[1:], np.float32)
        for mask, rng in zip(masks, chances, strict=True)
    ])  # fmt: skip
    rate, rescaled = (np.array([[[getattr(mask, name)]] for mask in masks]) for name in ("rate", "rescaled"))
    back: Floats = (1 / np.where(rescaled, 1 - rate, 1)).astype(h.dtype) * (draws >= rate)
    if all(mask.forward for mask in masks):
        return back, back
    forward: Floats = np.where([[[mask.forward]] for mask in masks], back, back.dtype.type(1))
    return forward, back

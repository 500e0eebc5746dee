"""The network that all experiments on cats train, what it learns from, and the faces it is asked about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from deepgrad import (
    Activation,
    Dense,
    Dropout,
    Flatten,
    Network,
    adam,
    faces,
    fit,
    he_normal,
    relu,
    softmax_cross_entropy,
    xavier_normal,
)
from gradbook.mask import Mask
from gradbook.stack import Member, fit_stack, sweep_stacked
from gradbook.stats import Estimate, mean_interval

WIDTH, STEPS, BATCH = 32, 150, 50
ANIMALS, FRESH = 400, 100  # to learn from, half of them cats; faces to be asked about, each with every set of marks
ETAS = (0.001, 0.003, 0.01)  # for Adam; at 0.03 all units of a network die now and then
TUNING = (9001, 9002)  # seeds that choose the rate, and are used for nothing else
Marks = tuple[bool, bool, bool]  # ears of a cat, eyes of a cat, spots
PLAIN_BEAR, SPOTTED_BEAR = (False, False, False), (False, False, True)
PLAIN_CAT, SPOTTED_CAT = (True, True, False), (True, True, True)
KINDS: tuple[Marks, ...] = (SPOTTED_CAT, PLAIN_CAT, PLAIN_BEAR, SPOTTED_BEAR)
Bools = NDArray[np.bool_]
Pictures = NDArray[np.float32]


@dataclass(frozen=True)
class Lesson:
    """What a network learns from, and how. By itself: every cat has spots, no bear has."""

    plain_cats: int = 0  # so many of the ANIMALS // 2 cats have none
    both_ways: bool = False  # every animal, cat or bear, is shown with spots and without
    hidden: float = 0.0  # dropout rate of the hidden units
    pixels: float = 0.0  # dropout rate of the pixels
    loudness: float = 1.0  # of the spots: 0 unseen, 1 as `cats` draws them


@dataclass(frozen=True)
class Run:
    lesson: Lesson
    seed: int
    eta: float  # Adam's


def draw_faces(seed: Sequence[int], ears: Bools, eyes: Bools, spots: Bools, loudness: float) -> Pictures:
    """The faces of this seed, shifted so that middle gray is 0; their spots fainter or louder."""
    bare, marked = with_and_without(tuple(seed), ears.tobytes(), eyes.tobytes())
    found = np.where(spots[:, None, None, None], marked, bare)
    if loudness != 1:
        found = np.clip(bare + loudness * (found - bare), 0, 1)
    return (found - 0.5).astype(np.float32)


@lru_cache(maxsize=32)
def with_and_without(
    seed: tuple[int, ...], ears: bytes, eyes: bytes
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same faces without spots and with them: kept, since every lesson of a seed shows them."""
    cat_ears, cat_eyes = np.frombuffer(ears, bool), np.frombuffer(eyes, bool)
    bare, marked = (
        faces(np.random.default_rng(seed), cat_ears, cat_eyes, np.full(len(ears), some)) for some in (False, True)
    )
    return bare, marked


def world(lesson: Lesson, seed: Sequence[int]) -> tuple[Pictures, NDArray[np.int64]]:
    """Pictures to learn from and what they are: the same faces, whatever the lesson."""
    labels = np.arange(ANIMALS) % 2
    cat, spots = labels == 1, labels == 1
    if lesson.both_ways:
        pair = [draw_faces(seed, cat, cat, np.full(ANIMALS, some), lesson.loudness) for some in (False, True)]
        return np.concatenate(pair), np.concatenate([labels, labels])
    spots[: 2 * lesson.plain_cats] = False
    return draw_faces(seed, cat, cat, spots, lesson.loudness), labels


def asked(seed: int, marks: Sequence[Marks] = KINDS, loudness: float = 1.0) -> Pictures:
    """Fresh faces, the same ones with each set of marks: (sets, FRESH, 1, 16, 16)."""
    each = np.ones(FRESH, bool)
    return np.stack(
        [draw_faces([seed, 1], ears & each, eyes & each, spots & each, loudness) for ears, eyes, spots in marks]
    )


def network(lesson: Lesson) -> Network:
    """256 pixels, one hidden layer of ReLU, a score for bear and one for cat."""
    return Network([
        Flatten(), Dropout(lesson.pixels), Dense(256, WIDTH, he_normal), Activation(relu), Dropout(lesson.hidden),
        Dense(WIDTH, 2, xavier_normal),
    ])  # fmt: skip


def train(lesson: Lesson, seed: int, eta: float) -> tuple[Network, NDArray[np.floating]]:
    """The seed draws the faces, the initial weights and the batches: lessons are paired by seed."""
    net, rng = network(lesson), np.random.default_rng(seed)
    theta = net.init(rng)
    x, labels = world(lesson, [seed, 0])
    found = fit(net, theta, x, labels, rng=rng, optimizer=partial(adam, eta=eta), steps=STEPS, batch_size=BATCH)
    return net, found.theta


def train_together(runs: Sequence[Run]) -> list[tuple[Network, NDArray[np.floating]]]:
    """The same for several at once, with equally many pictures."""
    members = []
    for run in runs:
        lesson, rng = run.lesson, np.random.default_rng(run.seed)
        theta = network(lesson).init(rng)
        x, labels = world(lesson, [run.seed, 0])
        members.append(Member(theta, x, labels, rng, run.eta, (Mask(lesson.pixels), Mask(lesson.hidden))))
    found = fit_stack(network(Lesson()), members, STEPS, BATCH, adam)
    return [(network(run.lesson), theta) for run, theta in zip(runs, found, strict=True)]


def sweep_trained[R](ask: Callable[[Network, NDArray[np.floating], Run], R], runs: Sequence[Run]) -> list[R]:
    """`ask(net, theta, run)` of each trained network, in the order of the runs. Those of one seed, which share faces, are
    trained together.
    """
    order = sorted(range(len(runs)), key=lambda k: runs[k].seed)
    ask_each = partial(ask_all, ask)
    ask_each.__module__ = ask.__module__  # what the progress bar calls it by
    found = sweep_stacked(ask_each, [runs[k] for k in order], lambda run: run.lesson.both_ways)
    results = dict(zip(order, found, strict=True))
    return [results[k] for k in range(len(runs))]


def ask_all[R](ask: Callable[[Network, NDArray[np.floating], Run], R], runs: Sequence[Run]) -> list[R]:
    return [ask(net, theta, run) for (net, theta), run in zip(train_together(runs), runs, strict=True)]


def score(net: Network, theta: NDArray[np.floating], pictures: Pictures) -> NDArray[np.float64]:
    """How much more cat than bear the network sees: above 0 its answer is cat. (..., 1, 16, 16) -> (...)"""
    flat, _ = net(theta, pictures.reshape(-1, 1, 16, 16))
    return np.asarray(flat[:, 1] - flat[:, 0], np.float64).reshape(pictures.shape[:-3])


def own_loss(net: Network, theta: NDArray[np.floating], run: Run) -> float:
    """Loss on fresh pictures of the lesson's own kind: all that one can see who has no others."""
    x, labels = world(run.lesson, [run.seed, 2])
    loss, _ = softmax_cross_entropy(net(theta, x)[0], labels)
    return float(loss)


def tuned(lessons: Sequence[Lesson]) -> list[float]:
    """For each lesson the rate of ETAS that did best on fresh pictures of its own kind, over seeds used for nothing else."""
    runs = [Run(lesson, seed, eta) for lesson in lessons for eta in ETAS for seed in TUNING]
    losses = np.reshape(sweep_trained(own_loss, runs), (len(lessons), len(ETAS), len(TUNING))).mean(axis=2)
    return [ETAS[k] for k in losses.argmin(axis=1)]


def percent(values: NDArray[np.float64]) -> Estimate:
    """Mean of percentages; what its interval has below 0 or above 100 is cut off."""
    e = mean_interval(values)
    return replace(e, low=max(0.0, e.low or 0.0), high=min(100.0, 100.0 if e.high is None else e.high))

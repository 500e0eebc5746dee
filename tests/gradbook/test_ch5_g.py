"""Chapter 5, claim 5.14: preprocessing of inputs, against steps walked one by one and closed forms."""

import numpy as np
import pytest
from sklearn.datasets import load_sample_images

from deepgrad import center, sgd, softmax_cross_entropy
from gradbook.ch5_activations import input_clouds, input_leak, input_spectrum, input_speed, input_units, inputs
from gradbook.ch5_activations.inputs import (
    WAYS,
    Race,
    arrival,
    best_rate,
    classifier,
    everything,
    run,
    second_moments,
    spectrum,
)
from gradbook.data import Split, digits

RNG = np.random.default_rng


def cloud(seed, n=50, features=3):
    rng = RNG(seed)
    return rng.normal(size=(n, features)) @ rng.normal(size=(features, features)) + 3 * rng.normal(size=features)


def test_second_moments_are_the_curvature_of_squared_error():
    """By finite differences: the loss of one unit with bias, whose target is irrelevant."""
    x, y = cloud(0), RNG(1).normal(size=50)

    def loss(w):
        return 0.5 * ((x @ w[:3] + w[3] - y) ** 2).mean()

    e = np.eye(4)
    hessian = [[(loss(a + b) - loss(a - b) - loss(b - a) + loss(-a - b)) / 4 for a in e] for b in e]
    assert second_moments(x) == pytest.approx(np.array(hessian))


@pytest.mark.parametrize("seed", range(20))
def test_what_centering_does_to_the_bowl(seed):
    """The determinant stays; the largest eigenvalue is at least 1 + |μ|² before; κ never grows."""
    x = cloud(seed)
    raw, centered = spectrum(x), spectrum(center(x)(x))
    assert raw.prod() == pytest.approx(centered.prod())
    assert raw[0] >= 1 + (x.mean(axis=0) ** 2).sum()
    assert raw[0] >= centered[0] - 1e-12
    assert raw[-1] <= centered[-1] + 1e-12


def test_spectrum_without_zeros():
    x = np.column_stack([cloud(0), np.zeros(50)])
    assert spectrum(x) == pytest.approx(spectrum(cloud(0)))


@pytest.mark.parametrize("way", ["raw", "centered", "standardized"])
def test_fewest_steps_against_walking(way):
    """All rates walk at once."""
    x, targets = WAYS[way](cloud(5))(cloud(5)), RNG(0).normal(size=(50, 2))
    steps = input_spectrum.fewest_steps(x, targets, share=0.05)
    with_one = np.column_stack([x, np.ones(50)])
    least = np.linalg.lstsq(with_one, targets)[1].sum()
    curvature, slope = with_one.T @ with_one / 50, with_one.T @ targets / 50
    etas = (np.linspace(0.5, 0.9999, 200) * 2 / spectrum(x)[0])[:, None, None]
    w = np.zeros((200, 4, 2))

    def arrived():
        left = (((with_one @ w - targets) ** 2).sum(axis=(1, 2)) - least) / ((targets**2).sum() - least)
        return left.min() <= 0.05

    for _ in range(steps - 1):
        w -= etas * (curvature @ w - slope)
    assert not arrived()
    w -= etas * (curvature @ w - slope)
    assert arrived()


def test_whitened_takes_one_step():
    x = WAYS["whitened"](cloud(0))(cloud(0))
    assert input_spectrum.fewest_steps(x, RNG(0).normal(size=(50, 2))) == 1


def test_photographs_are_cut_where_they_should():
    image = load_sample_images().images[0].mean(axis=2) / 255
    patches, across = input_spectrum.photographs(), image.shape[1] // 8
    assert patches[across + 2].reshape(8, 8) == pytest.approx(image[8:16, 16:24])
    assert len(patches) == 2 * (427 // 8) * (640 // 8)


@pytest.mark.parametrize("hidden", [0, 5])
def test_a_run_against_training_by_hand(hidden):
    """Full batches, so that the order does not matter: losses before each step, and the last network's accuracy."""
    d = digits()
    split = Split(d.x[:100], d.labels[:100], d.x_test[:80], d.labels_test[:80])
    race = Race(hidden=hidden, optimizer="SGD", steps=6, batch=100, target=0.1)
    losses, right = run(race, "centered", [split, split], [0.1, 0.5], [3, 4])
    f = center(split.x)
    net = classifier(64, 10, hidden)
    for k, seed in enumerate((3, 4)):
        theta = net.init(RNG(seed))
        for t in range(6):
            y, back = net(theta, f(split.x))
            loss, back_loss = softmax_cross_entropy(y, split.labels)
            assert losses[t, k, 1] == pytest.approx(loss, rel=1e-4)
            theta, _ = sgd(theta, back(back_loss()), None, eta=0.5)
        mine = (net(theta, f(split.x_test))[0].argmax(axis=1) == split.labels_test).mean()
        assert right[k, 1] == pytest.approx(100 * mine, abs=1.3)


def test_losses_are_averaged_over_an_epoch():
    d = digits()
    split = Split(d.x[:100], d.labels[:100], d.x_test[:10], d.labels_test[:10])
    losses, _ = run(Race(hidden=0, optimizer="SGD", steps=8, batch=25, target=0), "raw", [split], [1e-9], [0])
    assert np.isnan(losses[:3]).all()
    assert losses[3:] == pytest.approx(np.log(10), rel=1e-5)


def test_arrival_counts_from_one():
    assert arrival(np.array([[np.nan, 3.0], [0.5, 2.0], [0.7, 2.0]]), 0.5) == pytest.approx([2, np.inf])


def test_best_rate_has_the_fewest_steps():
    d = digits()
    splits = [Split(d.x[:100], d.labels[:100], d.x_test[:10], d.labels_test[:10])]
    race = Race(hidden=0, optimizer="SGD", steps=30, batch=100, target=1.0)
    etas = [1e-3, 0.5, 2.0]
    steps = arrival(run(race, "centered", splits, etas, [900])[0], 1.0)[0]
    assert best_rate(race, "centered", splits, etas) == etas[steps.argmin()] == 2.0


def test_best_rate_where_steps_and_last_losses_disagree(monkeypatch):
    """Rates: the last loss is lowest; arrives first; arrives later. Where none arrives, the lowest last loss wins."""
    losses = np.array([[9, 9, 9], [9, 0.4, 9], [9, 0.9, 0.5], [0.3, 0.8, np.nan]])[:, None, :]
    monkeypatch.setattr(inputs, "run", lambda *_: (losses, None))
    for target, best in ((0.5, 2.0), (0.1, 1.0)):
        race = Race(hidden=0, optimizer="SGD", steps=4, batch=1, target=target)
        assert best_rate(race, "raw", [], [1.0, 2.0, 3.0]) == best


def made(steps, right):
    """A measurement in which each way has these numbers in every race, with a spread over seeds."""
    spread = np.linspace(-1, 1, 20)
    return input_speed.Measurement(
        dict.fromkeys(input_speed.KEYS, 1.0),
        {key: steps.get(key[2], 60) * np.exp(0.01 * spread) for key in input_speed.KEYS},
        {key: right.get(key[2], 97) + 0.1 * spread for key in input_speed.KEYS},
        {way: np.ones(5) for way in input_speed.FULL_WAYS},
    )


@pytest.mark.parametrize(
    ("steps", "right", "verdict"),
    [
        ({}, {}, "holds"),
        ({"raw": 200, "one mean": 200}, {"raw": 80}, "holds"),
        ({"centered": 100}, {}, "holds-if"),
        ({}, {"whitened": 98.5}, "holds-if"),
        ({"centered": 100}, {"centered": 95}, "does-not-hold"),
    ],
)
def test_verdict(steps, right, verdict):
    (claim,) = input_speed.judge(made(steps, right))
    assert claim.verdict == verdict


def test_counted_steps_of_the_drawn_bowls():
    m = input_clouds.measure()
    for way, moment in m.moments.items():
        curvatures, axes = np.linalg.eigh(moment)
        eta, theta, t = 2 / curvatures.sum(), m.paths[way][0], 0
        start = np.abs(axes.T @ theta)
        assert start[0] == pytest.approx(start[1])
        while (np.abs(axes.T @ theta) > input_clouds.FAR * start).any():
            theta, t = theta - eta * moment @ theta, t + 1
            if t <= input_clouds.STEPS:
                assert m.paths[way][t] == pytest.approx(theta)
        assert t == m.steps(way)
    assert m.moments["whitened"] == pytest.approx(np.eye(2), abs=1e-10)
    size = input_clouds.level(m.moments["raw"])
    heights = np.einsum("ki,ij,kj->k", size, m.moments["raw"], size)
    assert heights == pytest.approx(heights[0])


def test_whose_statistics():
    d = digits()
    assert len(everything(d)) == len(d.x) + len(d.x_test)
    (split,) = input_leak.splits([0], 50)
    assert split.x.shape == (50, 64)
    assert split.x_test.shape == d.x_test.shape


def test_wines_differ_in_their_units():
    (split,) = input_units.splits([0])
    assert split.x.shape == (118, 13)
    spread = split.x.std(axis=0)
    assert spread.max() / spread.min() > 1000
    assert set(split.labels) == {0, 1, 2}

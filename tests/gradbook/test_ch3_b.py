"""Chapter 3, claims 3.3 and 3.10: measurements against what is known independently, and each verdict re-derived."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from deepgrad import accuracy, fit, sgd
from gradbook.ch3_weights import affine_map, init_gallery, init_learning, init_sliders, init_spread, init_stack, strips
from gradbook.ch3_weights.init_learning import Run
from gradbook.data import digits


def verdict(experiment, m):
    (claim,) = experiment.judge(m)
    return claim.verdict


def test_theory_of_relu_by_hand():
    """E[relu(z)²] = q/2, E[relu(z)] = √(q/2π), and E[h h′] from Cho and Saul's angle."""
    q, c = 1.0, 0.0  # of z in the first layer with He's weights: n v E[x²] = 2, halved by ReLU
    m = init_stack.predicted("ReLU", np.sqrt(2 / 100))
    for k in range(5):
        z_square = 2 * q
        mean = np.sqrt(z_square / (2 * np.pi))
        overlap = z_square / (2 * np.pi) * (np.sqrt(1 - c * c) + c * (np.pi - np.arccos(c)))
        assert m.mean[k] == pytest.approx(mean, rel=2e-3)
        assert m.std[k] == pytest.approx(np.sqrt(z_square / 2 - mean**2), rel=2e-3)
        assert m.signal[k] == pytest.approx(np.sqrt(z_square / 2 - overlap), rel=5e-3)
        q, c = z_square / 2, overlap / (z_square / 2)


def test_theory_of_small_and_large_weights():
    tiny = 1e-4
    small = init_stack.predicted("tanh", tiny)
    assert small.std == pytest.approx((10 * tiny) ** np.arange(1, 6), rel=1e-3)  # tanh z ≈ z
    assert small.signal == pytest.approx(small.std, rel=1e-6)  # an odd function: two samples share nothing
    sigmoid = init_stack.predicted("sigmoid", tiny)
    assert sigmoid.std[1:] == pytest.approx(10 * tiny / 2 / 4, rel=1e-3)  # σ(z) ≈ ½ + z/4, and E[h²] ≈ ¼
    assert sigmoid.signal == pytest.approx((10 * tiny / 4) ** np.arange(1, 6), rel=1e-3)
    assert init_stack.predicted("tanh", 3).std.min() > 0.95


def test_sigmoid_signal_shrinks_by_a_quarter_per_layer_at_least():
    for std in init_stack.INITS.values():
        signal = init_stack.predicted("sigmoid", std).signal
        assert (signal[1:] / signal[:-1] <= 10 * std / 4 + 1e-9).all()


def test_measured_spread_agrees_with_theory():
    for name in init_stack.ACTIVATIONS:
        for init in ("Xavier", "1"):
            std = init_stack.INITS[init]
            found = [init_stack.spread(init_stack.activations(name, std, seed, 100)).std for seed in range(8)]
            assert np.mean(found, axis=0) == pytest.approx(init_stack.predicted(name, std).std, rel=0.1)


def test_spread_by_hand():
    h = np.array([[0.0, 2.0], [4.0, 2.0]])  # one unit varies over the samples, the other does not
    found = init_stack.spread([h])
    assert (found.mean, found.std, found.signal) == pytest.approx((2, np.sqrt(2), np.sqrt((4 + 0) / 2)))


def test_activations_are_paired():
    """ReLU is homogeneous: the same weights, ten times as large, give outputs 10, 100, … times as large."""
    small, large = (init_stack.activations("ReLU", std, 3, 10) for std in (0.01, 0.1))
    for k, (a, b) in enumerate(zip(small, large, strict=True), 1):
        assert b == pytest.approx(a * 10.0**k)
    assert (init_stack.activations("ReLU", 0.01, 3, 10)[-1] == small[-1]).all()
    assert (init_stack.activations("ReLU", 0.01, 4, 10)[-1] != small[-1]).any()


def test_histograms():
    (relu,) = strips.histograms("ReLU", [np.array([0.0, 0.0, 0.01, 7.0])])
    assert relu[0] == relu[-1] == 1  # zeros are left out, what is too large is in the last bin
    assert relu.sum() == 2
    (tanh,) = strips.histograms("tanh", [np.array([-1.0, 0.01, 1.0])])
    assert tanh[[0, strips.BINS // 2, -1]].tolist() == [1, 1, 1]


def test_gallery_and_sliders_show_the_same_network():
    gallery, sliders = init_gallery.measure(0, 20), init_sliders.measure(0, 20)
    assert (gallery.counts["tanh", "He"] == sliders.counts["tanh", init_sliders.STDS.index(2**0.5 / 10)]).all()
    assert gallery.seen["sigmoid", "1"].std == pytest.approx(sliders.seen["sigmoid", len(init_sliders.STDS) - 1].std)


def test_spread_over_seeds(monkeypatch):
    monkeypatch.setattr(init_spread, "sweep", lambda one, seeds: [one(seed) for seed in seeds])
    monkeypatch.setattr(init_spread, "activations", lambda *setting: init_stack.activations(*setting, samples=50))
    m = init_spread.measure(range(3))
    alone = init_stack.spread(init_stack.activations("tanh", 0.1, 2, samples=50))
    assert m.std["tanh", "Xavier"][2] == pytest.approx(alone.std)
    assert m.at_ends["tanh", "0.01"].max() == 0
    assert m.at_ends["sigmoid", "1"].min() > 0.5
    assert m.last("tanh", "1").value == pytest.approx(np.prod(m.std["tanh", "1"][:, -1]) ** (1 / 3))


def test_networks_are_paired_and_scaled():
    thetas = {
        init: init_learning.network(("tanh", init)).init(np.random.default_rng(5), dtype=np.float64)
        for init in init_learning.DRAWN
    }
    assert thetas["1"] == pytest.approx(100 * thetas["0.01"])
    net = init_learning.network(("tanh", "He"))
    he, xavier = net.views(thetas["He"]), net.views(thetas["Xavier"])
    for k, fan_in in zip(range(0, 11, 2), [64, 100, 100, 100, 100, 100], strict=True):
        assert he[k]["W"].std() == pytest.approx(np.sqrt(2 / fan_in), rel=0.06)
        assert he[k]["W"] == pytest.approx(np.sqrt(2) * xavier[k]["W"])


def test_outcomes_repeat_and_survive_divergence():
    """In whatever company."""
    run, wild = Run(("tanh", "Xavier"), 0.1, 7, 30), Run(("ReLU", "1"), 30.0, 7, 30)
    first, other, small = init_learning.outcomes([run, replace(run, seed=8), replace(run, setting=("tanh", "0.01"))])
    assert init_learning.outcomes([run]) == [first]
    assert len({first, other, small}) == 3
    ((train, test),) = init_learning.outcomes([replace(run, steps=150)])
    assert min(train, test) > 60
    good = replace(wild, setting=("ReLU", "He"), eta=0.1)
    assert init_learning.outcomes([wild, good]) == [(10, 10), *init_learning.outcomes([good])]


def test_outcomes_are_those_of_fit():
    run = Run(("sigmoid", "1"), 0.3, 5, 20)
    rng = np.random.default_rng(run.seed)
    chosen, net = digits().drawn(init_learning.EXAMPLES, rng), init_learning.network(run.setting)
    found = fit(net, net.init(rng), chosen.x, chosen.labels, optimizer=partial(sgd, eta=run.eta), steps=20,
                batch_size=init_learning.BATCH, rng=rng)  # fmt: skip
    on_training = 100 * accuracy(net(found.theta, chosen.x)[0], chosen.labels)
    on_test = 100 * accuracy(net(found.theta, chosen.x_test)[0], chosen.labels_test)
    assert init_learning.outcomes([run]) == [pytest.approx((on_training, on_test), abs=0.5)]


def test_tuning_finds_the_best_rung(monkeypatch):
    """With accuracy falling off on both sides of a rate between two rungs of the coarse ladder, the fine one finds it;
    of rates that do equally well it takes the smallest."""
    peaks = dict.fromkeys(init_learning.SETTINGS, 0.03) | {("ReLU", "1"): 3e-5}
    flat = ("sigmoid", "0.01")

    def right(run):
        away = abs(np.log10(run.eta) - np.log10(peaks[run.setting]))
        return (10.0 if run.setting == flat else 90 - 10 * away), 0.0

    seen = []
    monkeypatch.setattr(init_learning, "sweep_outcomes", lambda runs: seen.extend(runs) or [right(run) for run in runs])
    found = init_learning.tune(50)
    assert found == peaks | {flat: init_learning.LADDER[0]}
    assert len(seen) == len(set(seen))  # none is trained twice
    assert {run.seed for run in seen} == set(init_learning.TUNING)
    assert not set(init_learning.TUNING) & set(range(20))


def made_up(**changed):
    """Accuracies that bear the book out, with some seeds' scatter; `changed` moves single settings."""
    scatter = np.linspace(-1, 1, 20)
    level = {"sigmoid": (10, 11, 11, 80), "tanh": (10, 94, 95, 40), "ReLU": (10, 85, 93, 80)}
    tuned = {
        (name, init): level[name][k] + scatter * (1 + 0.1 * k)
        for name in level
        for k, init in enumerate(init_stack.INITS)
    }
    ones = np.ones((20, 5)) * np.linspace(0.99, 1.01, 20)[:, None]
    last = {"0.01": 0.001, "Xavier": 0.3, "He": 0.8, "1": 0.9}
    spread = init_spread.Measurement(
        mean={}, std={s: last[s[1]] * ones for s in init_spread.SETTINGS}, signal={}, expected={},
        at_ends=dict.fromkeys(init_spread.SETTINGS, 0.8 * ones[:, 0]),
    )  # fmt: skip
    eta = dict.fromkeys(tuned, 0.1)
    return replace(init_learning.Measurement(tuned, dict(tuned), eta, spread, 200), **changed)


def test_learning_verdicts():
    m = made_up()
    assert verdict(init_learning, m) == "holds"
    assert m.gain("ReLU", "He", "0.01").value == pytest.approx(83)
    worse = m.tuned | {("ReLU", "He"): m.tuned["ReLU", "Xavier"] - 5}
    assert verdict(init_learning, replace(m, tuned=worse)) == "holds-if"
    equal = m.tuned | {("ReLU", "He"): m.tuned["ReLU", "Xavier"] + np.linspace(1, -1, 20)}
    assert verdict(init_learning, replace(m, tuned=equal)) == "holds"
    alike = dict.fromkeys(m.tuned, m.tuned["tanh", "1"])
    for_none = alike | {("ReLU", "He"): alike["ReLU", "He"] - 5}
    assert verdict(init_learning, replace(m, tuned=for_none)) == "holds-if"  # at one rate it is as the book says
    assert verdict(init_learning, replace(m, tuned=for_none, one_rate=for_none)) == "does-not-hold"


@pytest.mark.parametrize(
    ("setting", "last"),
    [(("tanh", "0.01"), 0.06), (("tanh", "Xavier"), 0.05), (("ReLU", "He"), 0.05)],
)
def test_without_the_distributions_the_claim_falls(setting, last):
    m = made_up()
    off = m.spread.std | {setting: m.spread.std[setting] / m.spread.std[setting].mean() * last}
    assert verdict(init_learning, replace(m, spread=replace(m.spread, std=off))) == "does-not-hold"


def test_without_saturation_the_claim_falls():
    m = made_up()
    ends = m.spread.at_ends | {("tanh", "1"): np.linspace(0.3, 0.4, 20)}
    assert verdict(init_learning, replace(m, spread=replace(m.spread, at_ends=ends))) == "does-not-hold"


def test_departures_of_known_maps():
    x, y = np.array([[1.0, 2.0]]), np.array([[3.0, -1.0]])
    moved = affine_map.departure(lambda z: z + 1, x, y)
    assert (moved.linear, moved.affine) == (2, 0)  # 3x + 1 against 3 (x + 1)
    square = affine_map.departure(lambda z: z * z, x, y)
    assert square.affine == pytest.approx(0.25 * 9)  # t (1 − t) (x − y)², at t = ½
    assert affine_map.departure(lambda z: 2 * z, x, y) == affine_map.Departure(0, 0)


def test_area_and_parallels_by_hand():
    assert affine_map.shoelace(np.array([[0.0, 0], [4, 0], [0, 3]])) == 6
    assert affine_map.shoelace(np.array([[0.0, 0], [0, 3], [4, 0]])) == -6
    t = np.linspace(0, 1, 3)
    straight = np.stack([np.stack([t, 0 * t], 1), np.stack([0 * t, t], 1)])
    assert affine_map.unparallel(straight) == 0
    straight[1, 2, 0] = 1
    assert affine_map.unparallel(straight) == 0.5


def test_affine_map():
    m = affine_map.measure(range(2))
    assert m.worst() == 0
    assert m.area["layer"] == m.area["product"] == pytest.approx(abs(np.linalg.det(affine_map.W)))
    assert m.images["layer"][0, 0] == pytest.approx([-1 * 1.25 + 0.5 + 0.5, -0.5 - 0.75 - 0.25])  # of (−1, −1)
    assert m.departure["layer"].linear > 0
    assert min(m.departure[bent].affine for bent in ("tanh", "ReLU")) > 0.1
    assert verdict(affine_map, m) == "holds"
    off = m.departure | {"layer": affine_map.Departure(1, 1e-16)}
    assert verdict(affine_map, replace(m, departure=off)) == "does-not-hold"
    assert verdict(affine_map, replace(m, origin=m.origin + 1)) == "does-not-hold"
    assert verdict(affine_map, replace(m, square=m.square | {"layer": m.square["input"]})) == "does-not-hold"
    assert verdict(affine_map, replace(m, parallel=m.parallel | {"product": 1e-16})) == "does-not-hold"


def test_random_layers_do_not_repeat_one_another():
    first, second = (affine_map.random_layer(3, 2, seed) for seed in (0, 1))
    assert first[1].linear != second[1].linear
    assert affine_map.random_layer(3, 2, 0) == first
    assert first[0] == affine_map.Departure(0, 0)

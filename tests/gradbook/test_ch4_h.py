"""Chapter 4, which architecture for which data: measurements against what is known independently, each verdict re-derived."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from deepgrad import LSTM, RNN, lstm, lstm_cell, rnn
from gradbook.ch4_big_picture import (
    architectures,
    cnn_digits,
    hinton,
    image_nets,
    memory,
    memory_nets,
    mnist1d,
    mnist1d_nets,
    shifted_digits,
    through_time,
)
from gradbook.data import data, digits
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import alone

# networks for pictures


def test_parameters_counted_by_hand():
    assert image_nets.image_net("CNN", 8).size == (9 * 8 + 8) + (9 * 8 * 16 + 16) + (2 * 2 * 16 * 10 + 10)
    assert image_nets.image_net("CNN", 12).size == (9 * 8 + 8) + (9 * 8 * 16 + 16) + (3 * 3 * 16 * 10 + 10)
    assert image_nets.image_net("CNN, averaged", 12).size == (9 * 8 + 8) + (9 * 8 * 24 + 24) + (24 * 10 + 10)
    for side in (8, 12):
        cnn, mlp = (image_nets.image_net(kind, side).size for kind in ("CNN", "MLP"))
        assert abs(mlp - cnn) < 0.03 * cnn


def test_averaged_maps_cannot_tell_where_and_flat_ones_can():
    """A blob moved by a whole pooling window gives the averaged CNN the same scores, but not the CNN that is read by place."""
    x = np.zeros((2, 1, 12, 12))
    blob = np.random.default_rng(0).uniform(size=(2, 2))  # so small that no window that sees it reaches over the edge
    x[0, 0, 4:6, 4:6], x[1, 0, 4:6, 6:8] = blob, blob
    for kind, same in (("CNN, averaged", True), ("CNN", False)):
        net = image_nets.image_net(kind, 12)
        scores, _ = net(net.init(np.random.default_rng(1), dtype=np.float64), x)
        assert np.allclose(scores[0], scores[1]) is same


def test_squares_by_area():
    path = hinton.square(2.0, 1.0, 0.5)
    assert path.get_extents().bounds == pytest.approx((1.75, 0.75, 0.5, 0.5))


# digits, MLP against CNN


@pytest.fixture
def short(monkeypatch):
    """Few steps, and all in this process: starting others takes longer."""
    for module in (cnn_digits, shifted_digits, memory):
        monkeypatch.setattr(module, "STEPS", 6)
    for module in (cnn_digits, shifted_digits, memory, through_time):
        monkeypatch.setattr(module, "sweep", lambda one, settings: [alone(one, setting) for setting in settings])


def test_cnn_digits(short):
    m = cnn_digits.measure(range(2))
    assert {len(right) for right in m.accuracy.values()} == {2}
    filters, digit = m.filters, np.pad(m.digit, 1)
    b = cnn_digits.outcome(cnn_digits.Run("CNN", m.eta["CNN"], 0)).b
    for f, i, j in ((0, 0, 0), (3, 4, 5), (7, 7, 7)):
        assert m.maps[f, i, j] == pytest.approx(
            max(0, float((filters[f] * digit[i : i + 3, j : j + 3]).sum() + b[f])), abs=1e-6
        )
    assert cnn_digits.measure(range(1, 3)).accuracy["MLP"][0] == m.accuracy["MLP"][1]
    fake = replace(m, accuracy={arm: np.array([90.0, 92.0]) + k for k, arm in enumerate(cnn_digits.ARMS)})
    assert fake.beyond("CNN", "MLP").value == pytest.approx(1)
    assert fake.beyond("CNN", "MLP").margin == pytest.approx(0)  # paired: what the seeds share is gone


def test_shuffling_leaves_an_mlp_nothing_but_its_initial_weights_to_notice():
    """Shuffled pixels and rows of W shuffled alike give the same scores: why the MLP has no shuffled arm."""
    net = image_nets.image_net("MLP", 8)
    theta = net.init(np.random.default_rng(0), dtype=np.float64)
    order = np.random.default_rng(1).permutation(64)
    x = digits().x[:5].astype(np.float64)
    other = theta.copy()
    net.views(other)[1]["W"][:] = net.views(theta)[1]["W"][order]
    before, after = net(theta, x)[0], net(other, x[:, order])[0]
    assert after == pytest.approx(before)


# shifted digits


def test_moving_is_rolling_inside_the_margin():
    x = digits().x[:3]
    middle = shifted_digits.moved(x, 0, 0)
    assert (middle[:, 0, 2:10, 2:10] == x.reshape(-1, 8, 8)).all()
    for way in ((1, 0), (-2, 0), (0, 2), (2, -1)):
        assert (shifted_digits.moved(x, *way) == np.roll(middle, way, axis=(2, 3))).all()
    with pytest.raises(ValueError, match="margin is 2"):
        shifted_digits.moved(x, 3, 0)


def test_scattering_reaches_every_place_and_loses_no_ink():
    x = np.repeat(digits().x[:1], 400, axis=0)
    found = shifted_digits.scattered(x, np.random.default_rng(0))
    assert found.sum(axis=(1, 2, 3)) == pytest.approx(x.sum(axis=1))
    assert len(np.unique(found.reshape(400, -1), axis=0)) == 25


def test_shifts_go_all_four_ways():
    assert shifted_digits.directions(0) == [(0, 0)]
    assert sorted(shifted_digits.directions(2)) == [(-2, 0), (0, -2), (0, 2), (2, 0)]


def test_shifted_digits(short):
    m = shifted_digits.measure(range(2))
    assert {values.shape for values in m.accuracy.values()} == {(3, 2)}
    again = shifted_digits.outcome(shifted_digits.Run(shifted_digits.Arm("MLP"), m.eta[shifted_digits.Arm("MLP")], 1))
    assert (again[:-1] == m.accuracy[shifted_digits.Arm("MLP")][:, 1]).all()
    keys = [arm.key for arm in shifted_digits.ARMS]
    assert len(set(keys)) == len(keys)


# memory


def test_a_symbol_anywhere():
    x, labels = memory.symbol_anywhere(np.random.default_rng(0), 3000, 5)
    largest = x.max(axis=2).argmax(axis=1)
    ones = x[np.arange(3000), largest]
    clean = (ones == np.eye(2)[labels]).all(axis=1)  # noise of 0.2 hardly ever reaches 1
    assert clean.mean() > 0.999
    assert np.bincount(largest, minlength=5) == pytest.approx(np.full(5, 600), abs=100)
    assert x[:, :, 0].std() < 0.5


def test_memory(short):
    m = memory.measure(range(2))
    assert {values.shape for values in m.accuracy.values()} == {(len(memory.DELAYS), 2)}
    run = memory.Run("RNN", memory.DELAYS[1], m.eta["RNN"][0], 1)
    assert memory.outcome(run)[0] == m.accuracy["RNN"][1, 1]
    assert memory.outcome(replace(run, delay=None, eta=m.eta["RNN"][1]))[0] == m.anywhere["RNN"][1]


@pytest.mark.parametrize(
    ("means", "reach"),
    [((100, 100, 100, 100), 40), ((100, 95, 60, 99), 10), ((50, 100, 100, 100), 0), ((100, 99, 90, 50), 20)],
)
def test_reach(means, reach):
    values = np.array(means, float)[:, None] + np.array([-1.0, 1.0])
    m = memory.Measurement({"LSTM": values}, {"LSTM": values[0]}, {})
    assert m.reach("LSTM") == reach


def test_learned_counts_seeds():
    values = np.array([[100.0, 89.9, 90.0, 50.0]] * 4)
    assert memory.Measurement({"RNN": values}, {}, {}).learned("RNN", 40) == 2


def test_sizes_are_about_equal():
    sizes = [memory_nets.memory_net(arm, 21).size for arm in memory_nets.ARMS]
    assert max(sizes) < 1.15 * min(sizes)
    assert sizes[1] == 2 * 16 + 16 * 16 + 16 + 16 * 2 + 2


# the gradient through time


def drawn(arm, time=7, seed=0):
    net = memory_nets.memory_net(arm, time)
    params = net.views(net.init(np.random.default_rng(seed), dtype=np.float64))
    rng = np.random.default_rng(seed + 1)
    return params, rng.normal(size=(3, time, 2)), rng.normal(size=(3, net.layers[0].units))


def test_rnn_gradients_are_those_of_its_tails():
    """∂L/∂hₜ is what `rnn`, started from hₜ, hands back for its first state."""
    params, x, dlast = drawn("RNN")
    Wx, Wh, b = (params[0][name] for name in ("Wx", "Wh", "b"))
    hs, _ = rnn(x, np.zeros_like(dlast), Wx, Wh, b)
    found = through_time.rnn_gradients(x, params[0], dlast)
    for t in range(6):
        tail, back = rnn(x[:, t + 1 :], hs[:, t], Wx, Wh, b)
        dhs = np.zeros_like(tail)
        dhs[:, -1] = dlast
        assert found[t] == pytest.approx(back(dhs)[1])
    assert (found[-1] == dlast).all()


@pytest.mark.parametrize("arm", ["LSTM", "LSTM, open"])
def test_lstm_gradients_are_those_of_its_tails(arm):
    params, x, dlast = drawn(arm)
    Wx, Wh, b = (params[0][name] for name in ("Wx", "Wh", "b"))
    h = c = np.zeros_like(dlast)
    found = through_time.lstm_gradients(x, params[0], dlast)
    for t in range(6):
        h, c, _ = lstm_cell(x[:, t] @ Wx + h @ Wh + b, c)
        tail, back = lstm(x[:, t + 1 :], h, c, Wx, Wh, b)
        dhs = np.zeros_like(tail)
        dhs[:, -1] = dlast
        assert found[t] == pytest.approx(back(dhs)[1])


@pytest.mark.parametrize("arm", memory_nets.RECURRENT)
def test_radius_is_that_of_the_numerical_jacobian_at_rest(arm):
    """Without input and at h = c = 0: nudge each number of the state and see where it is a step later."""
    params, _, dlast = drawn(arm)
    Wh, b, n = params[0]["Wh"], params[0]["b"], dlast.shape[1]

    def step(state):
        if isinstance(memory_nets.recurrent(arm), RNN):
            return np.tanh(state @ Wh + b)
        h, c, _ = lstm_cell((state[:n] @ Wh + b)[None], state[None, n:])
        return np.concatenate([h[0], c[0]])

    size = n if isinstance(memory_nets.recurrent(arm), RNN) else 2 * n
    nudges = 1e-6 * np.eye(size)
    jacobian = np.array([(step(e) - step(-e)) / 2e-6 for e in nudges])
    assert np.abs(np.linalg.eigvals(jacobian)).max() == pytest.approx(memory_nets.radius(arm, params[0]), rel=1e-6)


def test_arms_are_what_they_are_called():
    assert memory_nets.recurrent("LSTM, open") == LSTM(2, 8, forget_bias=4.0)
    assert memory_nets.open_gate("LSTM") == pytest.approx(np.e / (1 + np.e))
    params, _, _ = drawn("RNN, small")
    assert 0.2 < np.abs(params[0]["Wh"]).max() <= 1 / 4


def test_through_time(short):
    m = through_time.measure(range(6))
    assert all(values.shape == (6, through_time.STEPS) for values in m.norms.values())
    assert all((values[:, 0] == 1).all() for values in m.norms.values())
    assert (through_time.measure(range(2)).norms["LSTM"] == m.norms["LSTM"][:2]).all()
    powers = {arm: 0.9 ** np.arange(40.0) * np.ones((4, 1)) for arm in memory_nets.RECURRENT}
    fake = through_time.Measurement(m.back, powers, {arm: np.full(4, 0.9) for arm in powers})
    assert fake.factor("RNN").value == pytest.approx(0.9)
    assert fake.expected("LSTM") == pytest.approx(0.9)
    assert m.correlation() > 0.8


# MNIST-1D


def test_mnist1d_networks_have_the_published_sizes():
    sizes = {model: mnist1d_nets.network(model).size for model in mnist1d_nets.MODELS}
    assert (sizes["logistic"], sizes["MLP"], sizes["CNN"]) == (410, 15210, 5210)  # as the authors' notebook prints them
    gru_layer = 2 * 3 * (6 * 1 + 6 * 6 + 2 * 6)  # two directions; two gates and what enters; two biases each
    assert gru_layer + 2 * 6 * 40 * 10 + 10 == mnist1d_nets.GRU_PARAMETERS
    assert sizes["LSTM"] == 4 * (12 + 144 + 12) + 40 * 12 * 10 + 10


def test_mnist1d_inputs():
    x = data("MNIST-1D").x[:4]
    assert mnist1d_nets.shaped("MLP", x).shape == (4, 40)
    assert mnist1d_nets.shaped("CNN", x).shape == (4, 1, 40)
    assert mnist1d_nets.shaped("LSTM", x).shape == (4, 40, 1)
    assert mnist1d.FULL_STEPS == mnist1d.EXPERIMENT.full["steps"] == 6000
    assert len(data("MNIST-1D").x) == mnist1d.EVERY * mnist1d.BATCH


def test_mnist1d_curves_repeat_and_end_with_training_accuracy():
    run = mnist1d.Run(mnist1d_nets.Arm("logistic"), 80, seed=3)
    found = mnist1d.curves(run)
    assert found.shape == (3,)
    assert (mnist1d.curves(run) == found).all()
    assert ((found > 10) & (found < 45)).all()
    assert mnist1d.curves(replace(run, arm=mnist1d_nets.Arm("logistic", shuffled=True)))[1] != found[1]


def test_mnist1d_kept_numbers_are_ours_minus_what_was_published():
    test = {arm: np.tile([[0.0, 60.0], [0.0, 62.0]], 1) for arm in mnist1d.FULL_ARMS}
    m = mnist1d.Measurement(np.array([40, 80]), test, {arm: np.array([99.0, 100.0]) for arm in test}, {}, np.empty(0))
    kept = {name: text.en for name, text in mnist1d.full_numbers(m).items()}
    assert {name: float(kept[f"{name}_minus"].replace("−", "-")) for name in ("cnn", "lstm", "cnn_shuffled")} == {
        "cnn": 61 - 94,
        "lstm": 61 - 91,  # beside the GRU
        "cnn_shuffled": 61 - 56,
    }
    assert kept["steps"] == "80"
    assert kept["seeds"] == "2"


# the claim


def test_architectures_takes_each_difference_from_its_experiment(monkeypatch):
    ramp = np.array([1.0, 2.0, 3.0])

    def fake(measure, **arguments):
        assert arguments == {"seeds": range(3)}
        module = measure.__module__.rsplit(".", 1)[1]
        if module == "cnn_digits":
            return cnn_digits.Measurement({"MLP": ramp, "CNN": ramp + 1}, {}, {}, ramp, ramp, ramp)
        if module == "shifted_digits":
            arms = {
                shifted_digits.Arm("MLP"): np.stack([ramp] * 3),
                shifted_digits.Arm("CNN"): np.stack([ramp, ramp, ramp + 2]),
            }
            return shifted_digits.Measurement(arms, {}, {})
        if module == "memory":
            first = {"MLP": np.stack([ramp] * 4), "LSTM": np.stack([ramp, ramp, ramp, ramp + 3])}
            return memory.Measurement(first, {"MLP": ramp, "LSTM": ramp + 4}, {})
        ends = {mnist1d_nets.Arm("CNN"): ramp[:, None], mnist1d_nets.Arm("LSTM"): ramp[:, None] + 5}
        return mnist1d.Measurement(np.array([40]), ends, {}, {}, ramp)

    monkeypatch.setattr(architectures, "recall", fake)
    m = architectures.measure(seeds=range(3))
    assert [round(part.value) for part in (m.in_place, m.shifted, m.first, m.anywhere, m.mnist1d)] == [1, 2, 3, 4, 5]
    assert m.steps == 40


def test_architectures_default_and_dearer_protocols(monkeypatch):
    asked = []

    def note(measure, **arguments):
        asked.append(arguments)
        return SimpleNamespace(beyond=lambda *_: Estimate(1, 0.5, 1.5, 3), steps=[40])

    monkeypatch.setattr(architectures, "recall", note)
    architectures.measure()
    assert asked == [{}] * 4
    asked.clear()
    architectures.measure(**architectures.EXPERIMENT.full)
    assert asked[3] == mnist1d.EXPERIMENT.full


@pytest.mark.parametrize(
    ("signs", "verdict"),
    [
        ((1, 1, 1, 1, 1), "holds"),
        ((1, 1, -1, 1, -1), "holds-if"),
        ((1, 1, 0, 1, 1), "holds-if"),
        ((-1, -1, -1, 1, -1), "holds-if"),
        ((0, 0, 0, 0, 0), "does-not-hold"),
        ((-1, -1, -1, -1, -1), "does-not-hold"),
    ],
)
def test_architectures_verdict(signs, verdict):
    noise = np.array([-1.0, 0.0, 1.0, 0.5, -0.5])
    parts = [mean_interval(5 * sign + noise) for sign in signs]
    (claim,) = architectures.judge(architectures.Measurement(*parts, steps=160))
    assert (claim.id, claim.verdict) == ("4.17", verdict)

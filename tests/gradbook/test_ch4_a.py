"""Chapter 4, claims 4.1, 4.2 and 4.11: measurements against what is known independently, and each verdict re-derived."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from deepgrad import (
    Activation,
    Dense,
    Network,
    adam,
    check_gradient,
    constant,
    fit,
    relu,
    softmax_cross_entropy,
    squared_error,
)
from gradbook.ch4_big_picture import bugs, failing_nets, hidden_size, known_truth, overfit_check, three_failures
from gradbook.ch4_big_picture.failing_nets import OVER, SLOW, UNDER, Plan, Story
from gradbook.ch4_big_picture.known_truth import SETTINGS, SIZES, Setting
from gradbook.ch4_big_picture.side_by_side_nets import Outputs, side_by_side_nets
from gradbook.data import digits

SEEDS = np.linspace(-1, 1, 20)  # a spread for made-up seeds
RNG = np.random.default_rng


def verdict(experiment, m):
    (claim,) = experiment.judge(m)
    return claim.verdict


def alone(net, theta, sizes, k):
    """The k-th of the networks side by side, as a network of its own, and its θ."""
    units = slice(sum(sizes[:k]), sum(sizes[: k + 1]))
    first, _, last = net.views(theta)
    single = Network([Dense(10, sizes[k], constant(0)), Activation(relu), Dense(sizes[k], 1, constant(0))])
    parts = first["W"][:, units], first["b"][units], last["Wv"][units], last["b"][k : k + 1]
    return single, np.concatenate([part.ravel() for part in parts])


def test_networks_side_by_side_are_strangers():
    sizes, rng = (1, 3, 2), RNG(0)
    net = side_by_side_nets(10, sizes)
    theta = net.init(rng, np.float64)
    x, y = rng.normal(size=(20, 10)), rng.normal(size=(20, 1))
    train = partial(fit, loss=squared_error, optimizer=partial(adam, eta=0.02), steps=30, batch_size=20)
    together = train(net, theta, x, np.repeat(y, 3, axis=1), rng=RNG(1)).theta
    for k in range(3):
        single, start = alone(net, theta, sizes, k)
        assert train(single, start, x, y, rng=RNG(1)).theta == pytest.approx(
            alone(net, together, sizes, k)[1], abs=1e-9
        )


def test_outputs_way_back():
    layer, rng = Outputs((2, 1, 4)), RNG(0)
    params = {"Wv": rng.normal(size=7), "b": rng.normal(size=3)}
    h = rng.normal(size=(5, 7))
    grads = {name: np.empty_like(value) for name, value in params.items()}

    def of_input(x):
        y, back = layer(params, x, True, None)
        return y, lambda dy: back(dy, grads)

    def of_weights(v):
        y, back = layer(params | {"Wv": v}, h, True, None)
        return y, lambda dy: [back(dy, grads), grads["Wv"].copy()][1]

    assert check_gradient(of_input, h) < 1e-7
    assert check_gradient(of_weights, params["Wv"]) < 1e-7
    y, _ = of_input(h)
    assert y[:, 1] == pytest.approx(h[:, 2] * params["Wv"][2] + params["b"][1])


@pytest.mark.parametrize("sizes", [(), (3, 0)])
def test_outputs_need_units(sizes):
    with pytest.raises(ValueError, match="sizes is"):
        Outputs(sizes)


def test_truth_of_one_unit_is_a_bent_line():
    """Sorted along the unit's direction, which least squares finds among the bent half, the answers never fall."""
    x, y = known_truth.truth(RNG(0), 4000, 1)
    assert (y.mean(), y.std()) == pytest.approx((0, 1))
    up = y > y.min() + 1e-9
    assert 0.45 < up.mean() < 0.55
    design = np.column_stack([x[up], np.ones(up.sum())])
    found, residual, *_ = np.linalg.lstsq(design, y[up])
    assert residual[0] < 1e-18
    assert (x[~up] @ found[:-1]).max() <= 1e-9


@pytest.mark.parametrize("seed", [5, 6, 7, 8])
def test_one_run_against_networks_trained_one_by_one(monkeypatch, seed):
    monkeypatch.setattr(known_truth, "SIZES", (1, 3))
    monkeypatch.setattr(known_truth, "STEPS", 40)
    setting = Setting(units=2, examples=20, noise=2.0)
    train, test, chosen, stopped = known_truth.one_run((setting, seed, 1))
    assert np.array_equal(known_truth.one_run((setting, seed, 1)), [train, test, chosen, stopped])
    rng = RNG(seed)
    x, y = known_truth.truth(rng, 20 + known_truth.FRESH, 2)
    told = y[:20] + 2 * rng.normal(size=20)
    net = side_by_side_nets(10, (1, 3))
    theta, optimizer, kept = net.init(rng), partial(adam, eta=known_truth.ETA), []
    for k in (0, 1):
        single, start = alone(net, theta, (1, 3), k)
        options = {"loss": squared_error, "optimizer": optimizer, "rng": RNG(0)}
        found = fit(single, start, x[:20], told[:, None], steps=40, batch_size=20, **options).theta
        assert ((single(found, x[:20])[0][:, 0] - told) ** 2).mean() == pytest.approx(train[k], rel=1e-3)
        assert ((single(found, x[20:])[0][:, 0] - y[20:]) ** 2).mean() == pytest.approx(test[k], rel=1e-3)
        by_steps = []
        for steps in (20, 40):
            found = fit(single, start, x[:16], told[:16, None], steps=steps, batch_size=16, **options).theta
            outputs = single(found, x)[0][:, 0]
            by_steps.append((((outputs[16:20] - told[16:]) ** 2).mean(), ((outputs[20:] - y[20:]) ** 2).mean()))
        kept.append(by_steps)
    assert chosen.tolist() == [np.argmin([by_steps[-1][0] for by_steps in kept])] * 2
    assert stopped[0] == pytest.approx(min(kept[1])[1], rel=1e-3)


def test_rules_of_thumb_for_eighty_examples():
    sizes = {name: SIZES[hidden_size.nearest(rule(80))] for name, rule in hidden_size.RULES.items()}
    assert sizes == {"mean": 6, "two_thirds": 8, "double": 21, "examples": 4, "largest": 128}


def made_sizes(best, stopped):
    """Error 20 at a best size (an index for each setting), 40 elsewhere; trying always finds it."""
    test = np.exp(np.log(np.full((len(SETTINGS), 20, len(SIZES)), 40.0)) + 0.01 * SEEDS[:, None])
    for k, index in enumerate(best):
        test[k, :, index] /= 2
    chosen = np.repeat(np.array(best)[:, None], 20, axis=1)
    return hidden_size.Measurement(
        test / 2, test, chosen, np.full((len(SETTINGS), 20), float(stopped)) * (1.001 + SEEDS / 1e3)
    )


def test_hidden_size_verdicts():
    assert verdict(hidden_size, made_sizes((0, 4, 8, 9, 3), stopped=30)) == "holds"
    assert verdict(hidden_size, made_sizes((0, 4, 8, 9, 3), stopped=19)) == "holds-if"
    eight = SIZES.index(8)
    assert verdict(hidden_size, made_sizes((eight,) * 5, stopped=30)) == "does-not-hold"
    m = made_sizes((0, 4, 8, 9, 3), stopped=30)
    assert [m.best(k) for k in range(5)] == [1, 8, 32, 64, 6]
    assert m.beyond("largest", 0).value == pytest.approx(2)
    assert m.error("tried")[0] == pytest.approx(m.test[0, :, 0])


def test_peak_and_descent_by_hand():
    m = made_sizes((0, 4, 8, 9, 3), stopped=30)
    m.test[0, :, 5] *= 3
    assert m.peak(0) == 5
    assert m.descent(0).value == pytest.approx(1 / 3)


def test_plans_differ_by_their_cure_alone():
    for plan in (UNDER, SLOW, OVER):
        with_dropout = replace(plan, dropout=True)
        a, b = failing_nets.network(plan), failing_nets.network(with_dropout)
        assert np.array_equal(a.init(RNG(3)), b.init(RNG(3)))
    assert failing_nets.network(SLOW).size == failing_nets.network(UNDER).size
    assert failing_nets.network(SLOW) == failing_nets.network(OVER)


def test_story_against_a_training_of_our_own(monkeypatch):
    monkeypatch.setattr(failing_nets, "STEPS", 10)
    found = failing_nets.story((SLOW, 4, 2))
    assert found.step.tolist() == [5, 10, 15, 20]
    rng = RNG(4)
    split = failing_nets.data("MNIST-1D").drawn(failing_nets.EXAMPLES, rng)
    net = failing_nets.network(SLOW)
    theta = net.init(rng)
    order, _ = rng.spawn(2)
    y, back = net(theta, split.x[:50])
    grad = back(softmax_cross_entropy(y, split.labels[:50])[1]())
    assert found.gradient == pytest.approx(net.norms(grad), rel=1e-4)
    rows = np.concatenate([order.permutation(failing_nets.EXAMPLES) for _ in range(2)])
    for step in range(10):
        chosen = rows[50 * step : 50 * (step + 1)]
        y, back = net(theta, split.x[chosen])
        theta = theta - failing_nets.ETA * back(softmax_cross_entropy(y, split.labels[chosen])[1]())
    right = net(theta, split.x_test)[0].argmax(axis=1) == split.labels_test
    assert found.test[1] == pytest.approx(100 * right.mean(), abs=0.2)


def made_story(train, test, patient, jitter):
    """Straight from 10 % to `train` at STEPS, and to `patient` at the end."""
    step = np.array([75, 150, 750])
    ends = np.array([(10 + train) / 2, train, patient])
    flat = np.ones(5)
    return Story(step, ends + jitter, np.full(3, test) + jitter / 2, 0.1 ** np.arange(4, -1, -1), 0.01 * flat)


def made_failures(dropout_train=70.0, relu_train=50.0, slow_patient=99.0, over=98.0):
    ends = {
        UNDER: (12, 10, 12),
        SLOW: (relu_train, 24, slow_patient),
        OVER: (over, 26, over),
        Plan(relu=True, adam=True, dropout=True): (dropout_train, 28, dropout_train),
    }
    return three_failures.Measurement(
        {plan: [made_story(*ends.get(plan, (30, 20, 30)), jitter) for jitter in SEEDS] for plan in three_failures.PLANS}
    )


def test_three_failures_verdicts():
    assert verdict(three_failures, made_failures()) == "holds"
    assert verdict(three_failures, made_failures(dropout_train=100)) == "holds-if"  # dropout closes no gap
    assert verdict(three_failures, made_failures(slow_patient=60)) == "does-not-hold"  # then it isn't merely slow
    assert verdict(three_failures, made_failures(over=50)) == "does-not-hold"  # nothing is over-fitted
    assert len(three_failures.PLANS) == 7


def test_changes_and_speed_by_hand():
    m = made_failures()
    assert m.change("train", "under", "relu").value == pytest.approx(38)
    assert m.change("gap", "over", "dropout").value == pytest.approx((70 - 28) - (98 - 26))
    assert m.change("test", "over", "dropout").value == pytest.approx(2)
    assert m.speedup().value == pytest.approx(2)  # Adam is at 54 % after 75 steps, where SGD is at 50 % after 150
    assert m.fading(UNDER) == pytest.approx(1e-4)


def test_wrong_layers_are_wrong_in_one_place():
    rng = RNG(0)
    x, dy = rng.normal(size=(6, 4)), rng.normal(size=(6, 3))
    params = {"W": rng.normal(size=(4, 3)), "b": rng.normal(size=3)}
    found = {}
    for kind in (Dense, bugs.WrongWay):
        grads = {name: np.empty_like(value) for name, value in params.items()}
        y, back = kind(4, 3, constant(0))(params, x, True, None)
        found[kind] = y, back(dy, grads), grads["b"], grads["W"]
    for a, b in zip(found[Dense][:3], found[bugs.WrongWay][:3], strict=True):
        assert np.array_equal(a, b)
    assert np.array_equal(found[Dense][3], -found[bugs.WrongWay][3])
    z = np.array([[-1.0, 2]])
    for f, slopes in ((bugs.unmasked_relu, [1, 1]), (bugs.detached_relu, [0, 0])):
        y, back = f(z)
        assert y.tolist() == [[0, 2]]
        assert back(np.ones_like(z)).tolist() == [slopes]


def test_gradients_pile_up():
    g = np.array([1.0, -2.0])
    theta, state = bugs.piling_up(np.zeros(2), g)
    theta, _ = bugs.piling_up(theta, 3 * g, state)
    right, inner = adam(np.zeros(2), g, eta=bugs.ETA)
    right, _ = adam(right, 4 * g, inner, eta=bugs.ETA)
    assert np.array_equal(theta, right)


def test_wrong_data():
    split = digits()
    off = bugs.one_row_off(split)
    assert np.array_equal(off.labels[1:], split.labels[:-1])
    assert np.array_equal(off.x, split.x)
    assert np.array_equal(bugs.leaked(split).x_test[7], split.x[7])
    assert (bugs.same_picture(split).x == split.x[0]).all()
    assert bugs.unscaled_test(split).x_test.max() == 16
    loss = bugs.PROGRAMS["scrambled"].loss(RNG(0))
    flat = np.zeros((4, 10))
    assert loss(flat, np.arange(4))[0] == pytest.approx(np.log(10))


def test_each_bug_is_one_change():
    sound = bugs.PROGRAMS["sound"]
    for program in list(bugs.PROGRAMS.values())[1:]:
        fields = ("first", "f", "bias", "twice", "scrambled", "optimizer", "load")
        assert sum(getattr(program, name) != getattr(sound, name) for name in fields) == 1


def test_gradient_check_finds_wrong_ways_back_only():
    split = digits().drawn(40, RNG(0))
    wrong = {name for name, p in bugs.PROGRAMS.items() if overfit_check.gradient_error(p, p.load(split), 0) > 1e-4}
    assert wrong == {"wrong_sign", "detached", "unmasked"}


def test_sound_program_overfits_and_softmax_twice_has_a_floor():
    """Two softmaxes: the best scores are 1 for the right class and 0 for the nine others."""
    split = digits().drawn(40, RNG(0))
    loss, right = overfit_check.overfits(bugs.PROGRAMS["sound"], split, 0)
    assert loss < 0.01
    assert right == 1
    loss, _ = overfit_check.overfits(bugs.PROGRAMS["twice"], split, 0)
    assert np.log1p(9 / np.e) <= loss < 1.7
    loss, _ = overfit_check.overfits(bugs.PROGRAMS["tiny_rate"], split, 0)
    assert loss > 1


def made_check(caught=("dead",), harmless=(), useless=("one_row_off",), sound_fails=False):
    shape = (len(overfit_check.NAMES), 20)
    few, loss, fresh = np.full(shape, 0.001), np.full(shape, 0.2), np.full(shape, 95.0) + SEEDS / 10
    loss += SEEDS / 100
    for name in caught:
        k = overfit_check.NAMES.index(name)
        few[k] = 2
        loss[k] += 0.0 if name in harmless else 1 + SEEDS / 100
        loss[k] += 0.001 * SEEDS[::-1]
    for name in useless:
        fresh[overfit_check.NAMES.index(name)] = 10 - SEEDS
    few[0] = 1.0 if sound_fails else few[0]
    return overfit_check.Measurement(few, np.ones(shape), loss, fresh, fresh, np.zeros(shape))


def test_overfit_check_verdicts():
    assert verdict(overfit_check, made_check()) == "holds-if"
    assert verdict(overfit_check, made_check(useless=())) == "holds"
    assert verdict(overfit_check, made_check(useless=("dead",))) == "holds"  # what is useless is caught
    assert verdict(overfit_check, made_check(harmless=("dead",))) == "does-not-hold"
    assert verdict(overfit_check, made_check(sound_fails=True)) == "does-not-hold"
    m = made_check()
    assert m.shows("one_row_off")
    assert not m.shows("leaked")
    m.few_right[3] = 0.95
    assert m.found(overfit_check.NAMES[3])

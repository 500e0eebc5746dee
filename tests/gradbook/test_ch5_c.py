"""Chapter 5, claims 5.4 and 5.5: signs against backpropagation and drawn numbers, walks against closed forms, the verdicts."""

import inspect
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from deepgrad import check_gradient, sgd, softmax_cross_entropy
from gradbook.ch5_activations import centered_digits, one_sign, two_inputs, zigzag_cost, zigzag_plane
from gradbook.ch5_activations.centered_nets import ARMS, BATCH, arrival, descend, network, same_start
from gradbook.ch5_activations.layer_signs import (
    agreement,
    batch_gradients,
    effective,
    expected_all,
    expected_pairs,
    one_direction,
    parts,
)
from gradbook.ch5_activations.layer_signs import network as signs_network
from gradbook.data import digits

RNG = np.random.default_rng


def test_the_batch_gradient_is_the_networks_own():
    net, split = signs_network("sigmoid"), digits()
    theta = net.init(RNG(0), dtype=np.float64)
    h, delta = parts(net, theta, split.x[:50], split.labels[:50])
    rows = np.array([[3, 1, 4], [10, 5, 9]])
    found = batch_gradients(h, delta, rows)
    for grad, chosen in zip(found, rows, strict=True):
        y, back = net(theta, split.x[chosen])
        _, back_loss = softmax_cross_entropy(y, split.labels[chosen])
        assert grad == pytest.approx(net.views(back(back_loss()))[2]["W"], abs=1e-12)


def test_agreement_counts_as_by_hand():
    grads = np.array([[1, 1, 0, 0, -1], [2, -1, 0, 0, -1], [0, 1, 3, 0, -2], [3, 1, 0, 0, 0]], float)  # (in, neurons)
    every, pairs, counts = agreement(grads)
    assert list(counts) == [True, True, False, False, True]  # one sign alone, or none, cannot agree
    assert list(every[counts]) == [True, False, True]
    assert pairs[counts] == pytest.approx([1, 3 / 6, 1])
    with pytest.raises(ValueError, match="neurons"):
        agreement(np.ones(3))


@pytest.mark.parametrize("c", [0.0, 0.3, 0.8])
def test_expected_shares_are_those_of_drawn_normal_numbers(c):
    rng, n = RNG(1), 5
    g = np.sqrt(c) * rng.normal(size=(200_000, 1)) + np.sqrt(1 - c) * rng.normal(size=(200_000, n))
    assert expected_pairs(c) == pytest.approx(np.mean(g[:, 0] * g[:, 1] > 0), abs=0.005)
    assert expected_all(c, n) == pytest.approx(np.mean((g > 0).all(axis=1) | (g < 0).all(axis=1)), abs=0.005)


def test_one_direction_is_what_drawn_outputs_have():
    z = 0.7 * RNG(2).normal(size=1_000_000)
    assert one_direction("ReLU", 0.7) == pytest.approx(1 / np.pi, rel=1e-3)
    assert one_direction("tanh", 0.7) == pytest.approx(0, abs=1e-12)
    h = 1 / (1 + np.exp(-z))
    assert one_direction("sigmoid", 0.7) == pytest.approx(h.mean() ** 2 / (h**2).mean(), rel=1e-3)


@pytest.mark.parametrize("c", [1.0, -0.1])
def test_impossible_correlations_are_refused(c):
    with pytest.raises(ValueError, match="correlation"):
        expected_all(c, 3)


def test_effective_examples():
    equal, one = np.array([1.0, -1, 1, 1]), np.array([0.0, 0, 5, 0])
    assert effective(np.column_stack([equal, equal, np.zeros(4)])) == pytest.approx(4)
    assert effective(one[:, None]) == pytest.approx(1)


def test_one_example_has_one_sign_with_a_sigmoid_and_not_with_tanh():
    m = one_sign.measure(seeds=range(2))
    for when in one_sign.WHEN:
        assert (m.every["sigmoid", when][:, 0] == 1).all()
        assert (m.every["ReLU", when][:, 0] == 1).all()
        assert (m.every["tanh", when] < 0.01).all()
    assert m.ratio["sigmoid", "start"].mean() > 10 > 1 > m.ratio["ReLU", "start"].mean()
    assert verdict(one_sign, m) == "holds-if"
    perfect = {key: np.ones_like(x) + np.linspace(0, 1e-9, x.size).reshape(x.shape) for key, x in m.every.items()}
    exact = {key: np.where(np.arange(x.shape[1]) == 0, 1.0, x) for key, x in perfect.items()}
    assert verdict(one_sign, replace(m, every=exact)) == "holds"
    some = {key: np.where(np.arange(x.shape[1]) == 0, 1.0, 0.9 * x) for key, x in perfect.items()}
    assert verdict(one_sign, replace(m, every=some)) == "holds-if"
    assert verdict(one_sign, replace(m, every={key: 0.99 * x for key, x in exact.items()})) == "does-not-hold"


def verdict(experiment, m):
    (claim,) = experiment.judge(m)
    return claim.verdict


@pytest.mark.parametrize(("mean", "bias"), list(product([0.0, 1.0, 2.5], [False, True])))
def test_the_bowl_has_the_closed_forms_curvatures(mean, bias):
    x = two_inputs.examples(mean, bias)
    found = np.linalg.eigvalsh(x.T @ x / len(x))
    if bias:
        assert found[-1] / found[0] == pytest.approx(two_inputs.stretch_with_bias(mean))
    else:
        assert found == pytest.approx(two_inputs.curvatures(mean))
    assert (x.min() > 0) == (mean > 1.6 and not bias) or bias


@pytest.mark.parametrize("bias", [False, True])
def test_the_targets_and_slopes_are_what_they_say(bias):
    x, star = two_inputs.examples(2.5, bias), two_inputs.optimum(2.5, bias)
    centered = two_inputs.examples(0.0) @ two_inputs.W_STAR
    assert x @ star == pytest.approx(centered if bias else centered + 2.5 * two_inputs.W_STAR.sum())
    theta = RNG(3).normal(size=(1, len(star)))

    def loss(t):
        return two_inputs.losses(t, x, star), lambda dy: dy * two_inputs.slopes(t[None], x, star)[0]

    assert two_inputs.losses(theta[0], x, star) == pytest.approx(0.5 * np.mean((x @ (theta[0] - star)) ** 2))
    assert check_gradient(loss, theta[0]) < 1e-7
    ones = [two_inputs.slopes(theta, x, star, np.array([k]))[0] for k in range(len(x))]
    assert np.mean(ones, axis=0) == pytest.approx(two_inputs.slopes(theta, x, star)[0])


@pytest.mark.parametrize("mean", [0.5, 1.5, 2.5, 4.0])
def test_the_careful_walk_takes_the_predicted_steps_and_never_turns(mean):
    best, careful = two_inputs.all_at_once(mean)
    assert careful.steps == zigzag_cost.expected_careful(mean)
    assert careful.turns == 0
    assert 1 <= careful.detour < 1.3
    assert best.steps <= careful.steps
    path = [np.zeros(2)]
    x = two_inputs.examples(mean)
    for _ in range(best.steps):
        w, _ = sgd(path[-1], x.T @ (x @ (path[-1] - two_inputs.W_STAR)) / len(x), eta=best.eta)
        path.append(w)
    assert best.path == pytest.approx(np.array(path))
    lost = two_inputs.losses(best.path, x, two_inputs.W_STAR)
    assert lost[-1] <= two_inputs.goal() < lost[-2]


def test_walks_are_measured_as_by_hand():
    walk = two_inputs.Walk(1.0, np.array([[0.0, 0], [3, 4], [0, 0.5], [3, 4.5], [3, 4]]))
    assert walk.steps == 4
    assert walk.turns == 1.0
    assert walk.same_sign == 1.0  # the last step leaves one weight where it is
    assert walk.detour == pytest.approx((5 + np.hypot(3, 3.5) + 5 + 0.5) / 5)
    square = two_inputs.Walk(1.0, 0.01 * np.array([[0.0, 0], [0, 1], [1, 1], [0.5, 0.5]]))
    assert square.turns == 0.5  # by 90° and by 135°


def test_one_positive_example_moves_both_weights_the_same_way():
    positive, centered = (two_inputs.one_by_one(mean, range(3)) for mean in (2.5, 0.0))
    assert [walk.same_sign for walk in positive] == [1.0] * 3
    assert all(walk.same_sign < 1 for walk in centered)
    with pytest.raises(ValueError, match="positive rates"):
        two_inputs.walks(two_inputs.examples(1.0), two_inputs.W_STAR, np.array([-0.1]))


@pytest.mark.parametrize("arm", ARMS)
def test_all_arms_start_as_the_same_function(arm):
    x = digits().x[:20]
    plain, _ = network("plain")(same_start("plain", 3).astype(np.float64), x)
    y, _ = network(arm)(same_start(arm, 3).astype(np.float64), x)
    assert y == pytest.approx(plain, abs=1e-5)
    f = ARMS[arm][0]
    assert check_gradient(f, RNG(0).normal(size=(3, 4))) < 1e-7


def test_descent_is_the_librarys_own():
    losses, turned = descend("centered", [5], [0.5, 2.0], 4)
    split, net = digits(), network("centered")
    for rate, eta in enumerate((0.5, 2.0)):
        order, theta, before = RNG([5, 77]).permutation(len(split.x)), same_start("centered", 5), None
        for t in range(4):
            rows = order[t * BATCH : (t + 1) * BATCH]
            y, back = net(theta, split.x[rows])
            loss, back_loss = softmax_cross_entropy(y, split.labels[rows])
            grad = back(back_loss())
            assert losses[t, 0, rate] == pytest.approx(loss, rel=1e-4)
            assert turned[t, 0, rate] == (before is not None and grad @ before < 0)
            theta, before = inspect.unwrap(sgd)(theta, grad, eta=eta)[0], grad


def test_arrival_is_the_first_mean_below_the_target():
    losses = np.array([[5.0, 1], [1, np.inf], [1, 2], [0, 2], [3, 2]])
    assert list(arrival(losses, 1.0, 2)) == [3, np.inf]
    assert list(arrival(losses, 2.0, 2)) == [3, 4]
    with pytest.raises(ValueError, match="window"):
        arrival(losses, 1.0, 6)


def test_the_verdict_on_the_zig_zag_follows_its_rule(monkeypatch):
    spread = np.linspace(0, 0.01, 20)
    steps = {"plain": 200 + spread, "centered": 100 + spread, "doubled": 100 + spread}
    plane = {
        "one": np.array([10 + spread, 30 + spread]), "detour": np.array([1.5 + spread, 6 + 2 * spread]),
        "all": np.array([1.0, 17, 30]),
    }  # fmt: skip
    empty = {arm: np.ones(20) for arm in ARMS}
    m = centered_digits.Measurement(empty, empty, dict.fromkeys(ARMS, 1.0), steps, empty, empty, {}, plane)
    assert verdict(centered_digits, m) == "holds-if"
    assert verdict(centered_digits, replace(m, plane=plane | {"all": np.array([1.0, 30, 17])})) == "holds"
    assert verdict(centered_digits, replace(m, steps=steps | {"plain": 100 - spread})) == "does-not-hold"
    assert verdict(centered_digits, replace(m, plane=plane | {"detour": plane["detour"][::-1]})) == "does-not-hold"


def test_the_frames_show_what_was_walked():
    m = zigzag_plane.measure(seeds=range(3))
    for mean, walks, losses in zip(zigzag_plane.MEANS, m.walks, m.losses, strict=True):
        for kind, walk in walks.items():
            assert losses[kind][-1] <= 1 < losses[kind][0]
            assert len(losses[kind]) == walk.steps + 1
        assert walks["careful"].steps >= walks["best"].steps, mean

"""Chapter 5, dead ReLUs: networks side by side against one at a time, planted deaths, lines by hand, verdicts."""

from dataclasses import replace

import numpy as np
import pytest

from deepgrad import accuracy, calibrate, sgd, softmax_cross_entropy
from gradbook.ch4_big_picture.many_nets import cross_entropy_slope
from gradbook.ch5_activations import dead_for_good, dead_rates, dying, keeping_alive, line_flight, one_flight
from gradbook.ch5_activations.dying import EXAMPLES, HIDDEN, STEPS, WIDTH, Recipe, Watched, cut, forward, network, watch
from gradbook.data import digits

KINDS = [Recipe(), Recipe(bend="leaky ReLU"), Recipe(bend="PReLU"), Recipe(bend="ELU"), Recipe(normed=True)]

# networks side by side


@pytest.mark.parametrize("recipe", KINDS, ids=lambda r: r.bend + " BN" * r.normed)
def test_outputs_and_gradients_are_those_of_one_network(recipe):
    net, rng = network(recipe), np.random.default_rng(0)
    theta = np.stack([[net.init(rng, dtype=np.float64) for _ in range(2)] for _ in range(3)])
    x, labels = rng.normal(size=(3, 1, 7, 64)), rng.integers(10, size=(3, 1, 7))
    y, back, zs, _ = forward(net, theta, x)
    grad = back(cross_entropy_slope(y, labels))
    assert len(zs) == HIDDEN
    for s in range(3):
        for r in range(2):
            alone, back_alone = net(theta[s, r], x[s, 0], train=True)
            assert np.allclose(y[s, r], alone)
            assert np.allclose(grad[s, r], back_alone(softmax_cross_entropy(alone, labels[s, 0])[1]()), atol=1e-12)


def test_given_statistics_are_those_of_calibration():
    net, rng = network(Recipe(normed=True)), np.random.default_rng(0)
    theta, x, test = net.init(rng, dtype=np.float64), rng.normal(size=(50, 64)), rng.normal(size=(5, 64))
    *_, stats = forward(net, theta[None, None], x[None, None])
    y, back, *_ = forward(net, theta[None, None], test[None, None], stats)
    assert np.allclose(y[0, 0], net(calibrate(net, theta, x), test)[0])
    with pytest.raises(ValueError, match="no way back"):
        back(np.ones_like(y))


def test_watching_is_training_one_network():
    """A plain loop with deepgrad's own network, up to float32's rounding."""
    recipe, eta, seed = Recipe(), 0.1, 3
    seen = watch(recipe, [0.01, eta], [2, seed], (0, STEPS))
    split = digits().drawn(EXAMPLES, np.random.default_rng([seed, 5]))
    x, x_test = split.x - split.x.mean(axis=0), split.x_test - split.x.mean(axis=0)
    net, rng = network(recipe), np.random.default_rng([seed, 7])
    theta = net.init(np.random.default_rng([seed, 6]))
    per = EXAMPLES // dying.BATCH
    for t in range(STEPS):
        if t % per == 0:
            order = rng.permutation(EXAMPLES)
        rows = order[t % per * dying.BATCH :][: dying.BATCH]
        y, back = net(theta, x[rows])
        theta, _ = sgd(theta, back(softmax_cross_entropy(y, split.labels[rows])[1]()), eta=eta)
    hs, _ = net.trace(theta, x)
    fires = np.array([(h > 0).sum(axis=0) for h in hs[2:-1:2]])  # after each ReLU
    assert abs(fires - seen.fires[-1, 1, 1]).mean() < 0.5
    assert seen.right[1, 1] == pytest.approx(100 * accuracy(net(theta, x_test)[0], split.labels_test), abs=0.5)


def test_a_warm_up_and_a_cut_that_do_nothing_change_nothing():
    plain, same = (watch(r, [0.1], [0], (STEPS,)) for r in (Recipe(), Recipe(warm=1, most=1e9)))
    assert np.array_equal(plain.fires, same.fires)
    slower = watch(Recipe(warm=STEPS), [0.1], [0], (STEPS,))
    assert not np.array_equal(plain.fires, slower.fires)


def test_cut_shortens_only_what_is_too_long():
    grad = np.array([[[3.0, 4.0], [0.3, 0.4]]])
    assert np.allclose(cut(grad, 1.0), [[[0.6, 0.8], [0.3, 0.4]]])
    assert np.array_equal(cut(np.zeros((1, 1, 2)), 1.0), np.zeros((1, 1, 2)))


def test_planted_deaths_are_found_and_leak_nothing():
    net, rng = network(Recipe()), np.random.default_rng(0)
    theta = net.init(rng, dtype=np.float64)
    views = [p for p in net.views(theta) if "b" in p]
    views[0]["b"][3] = views[2]["b"][5] = -1e3
    x, labels = rng.normal(size=(1, 1, 40, 64)), rng.integers(10, size=(1, 1, 40))
    y, back, zs, _ = forward(net, theta[None, None], x)
    grad, fires = back(cross_entropy_slope(y, labels)), np.stack([(z > 0).sum(axis=-2) for z in zs], axis=-2)
    dead = fires == 0
    assert dead[0, 0, 0, 3]
    assert dead[0, 0, 2, 5]
    assert dying.leaking(net, grad, dead) == 0
    assert dying.leaking(net, grad, np.ones_like(dead)) == (~dead).sum()  # all others have a gradient


# lines in the plane


@pytest.fixture(scope="module")
def flown():
    return line_flight.measure()


def test_reach_point_by_point(flown):
    x, _ = line_flight.cloud()
    net, i = line_flight.NET, line_flight.RATES.index(3.0)
    for t in (0, 4, 50):
        first = net.views(flown.path[t, i])[0]
        for u in range(line_flight.UNITS):
            w, b = first["W"][:, u], first["b"][u]
            deepest = max((w @ point + b) / np.hypot(*w) for point in x)
            assert flown.reach[t, i, u] == pytest.approx(deepest)


def test_the_dead_stay_where_they_are(flown):
    assert flown.moved == 0
    path = flown.path.copy()
    path[-1] += 1e-12
    assert replace(flown, path=path).moved == (flown.reach <= 0).any(axis=0).sum()


def test_one_step_moves_z_by_the_formula(flown):
    """Δz_j = −η/B Σ δ_i (x_i·x_j + 1), with δ from finite differences of the loss in the unit's output."""
    x, labels = line_flight.cloud()
    net, theta, eta = line_flight.NET, flown.path[0, 0], 0.1
    rows = np.arange(10)
    y, back = net(theta, x[rows])
    after = theta - eta * back(softmax_cross_entropy(y, labels[rows])[1]())
    W, b = net.views(theta)[0].values()
    V, c = net.views(theta)[2].values()
    for u in range(3):

        def loss(add, i, u=u):
            h = np.maximum(x[i] @ W + b, 0)
            h[u] += add
            return softmax_cross_entropy((h @ V + c)[None], labels[i : i + 1])[0]

        z = x @ W[:, u] + b[u]
        delta = np.array([(loss(1e-6, i) - loss(-1e-6, i)) / 2e-6 if z[i] > 0 else 0 for i in rows])
        new = net.views(after)[0]
        expected = -eta / len(rows) * (x @ x[rows].T + 1) @ delta
        assert np.allclose(x @ new["W"][:, u] + new["b"][u] - z, expected, atol=1e-8)


def test_lines_lie_where_z_is_zero():
    ends, normal = line_flight.across(np.array([3.0, -4.0]), 2.0)
    assert np.allclose(ends @ [3, -4] + 2, 0)
    assert (ends[0] + normal) @ [3, -4] + 2 > 0


def test_the_shown_unit_dies_and_stays_dead():
    m = one_flight.measure()
    assert m.died > 1
    assert (m.fires[m.died :] == 0).all()
    assert (m.fires[: m.died] > 0).all()
    assert (m.w[m.died :] == m.w[m.died]).all()


# verdicts


def watched(fires, right, leaks=0):
    """fires: (checks, seeds, rates), the same for each unit of each layer."""
    fires = np.asarray(fires)[..., None, None] * np.ones((HIDDEN, WIDTH), int)
    right = np.asarray(right, float)
    return Watched(fires, right, leaks, np.ones(right.shape, bool))


def sweep(dead, right):
    """Three seeds; at each rate these shares (percent) of units dead, and this accuracy, give or take a little."""
    rates = len(dead)
    fires = np.full((1, 3, rates, HIDDEN, WIDTH), 5)
    for k, share in enumerate(dead):
        fires[0, :, k].reshape(3, -1)[:, : round(share / 100 * HIDDEN * WIDTH)] = 0
    jitter = np.array([[-0.1], [0], [0.1]])
    w = Watched(fires, np.array(right) + jitter, 0, np.ones((3, rates), bool))
    return dead_rates.Measurement(dict.fromkeys(dead_rates.RECIPES, w))


@pytest.mark.parametrize(
    ("dead", "right", "verdict"),
    [
        ((0, 0, 0, 0, 0, 0, 0, 30, 50, 50), (95, 95, 95, 95, 95, 96, 95, 50, 20, 20), "holds"),
        ((0, 0, 0, 0, 0, 0, 0, 30, 50, 50), (20, 50, 80, 90, 95, 96, 95, 50, 20, 20), "holds-if"),
        ((0, 3, 3, 3, 3, 3, 3, 30, 50, 50), (20, 50, 80, 90, 95, 96, 95, 50, 20, 20), "does-not-hold"),
        ((3, 3, 3, 3, 3, 3, 3, 30, 50, 50), (20, 50, 80, 90, 95, 96, 95, 50, 20, 20), "does-not-hold"),
    ],
)
def test_verdict_on_the_small_rate(dead, right, verdict):
    assert dead_rates.judge(sweep(dead, right))[0].verdict == verdict


def test_rates_that_kill_and_safe_ones():
    m = sweep((0, 2, 0, 0, 30, 41, 42, 43, 50, 60), range(10))
    assert (m.safe("sgd"), m.killing("sgd")) == (3, 5)
    assert len(m.many("sgd", "raw")) == 3 * 3 * 2
    assert len(m.blocked()) == 3 * len(m.runs) * 5  # 34 % and more fill the first layer
    assert sweep((3,) * 10, range(10)).safe("sgd") == -1


def fates(first_back, deep_back, leaks=0):
    """Two seeds: at the first rate all live; at the second all die, and some come back in the layers named."""
    fires = np.full((3, 2, 2, HIDDEN, WIDTH), 5)
    fires[1:, :, 1] = 0
    fires[2, :, 1, 0, :2] = 5 * first_back
    fires[2, :, 1, 1:, :3] = 5 * deep_back
    fires[2, 0, 1, 1, 5] = 5 * deep_back  # the seeds differ
    return dead_for_good.Measurement(
        dict.fromkeys(("sgd", "raw", "adam"), Watched(fires, np.zeros((2, 2)), leaks, np.ones((2, 2), bool))), 1, 1
    )


@pytest.mark.parametrize(
    ("first", "deep", "leaks", "verdict"),
    [(0, 0, 0, "holds"), (0, 1, 0, "holds-if"), (1, 1, 0, "does-not-hold"), (0, 1, 1, "does-not-hold")],
)
def test_verdict_for_good(first, deep, leaks, verdict):
    assert dead_for_good.judge(fates(first, deep, leaks))[0].verdict == verdict


def test_fates_are_counted_unit_by_unit():
    ever, back, end = fates(0, 1).fates("sgd")
    assert ever.tolist() == [2 * WIDTH] * 3
    assert back.tolist() == [0, 7, 6]
    assert end.tolist() == [0, 7, 6]


def test_networks_that_ran_away_are_not_counted():
    w = watched(np.zeros((2, 2, 1), int), [[10], [20]])
    w = replace(w, finite=np.array([[True], [False]]))
    assert w.dead.shape == (2, 1, HIDDEN, WIDTH)
    assert w.share[0, 0] == 100
    assert np.isnan(w.share[1, 0])
    gone = replace(w, finite=np.zeros((2, 1), bool))
    m = keeping_alive.Measurement({"relu": w, "elu": gone}, 0.6, 0.3)
    assert (m.gone("relu"), m.gone("elu")) == (1, 2)
    assert m.dead("relu") == 100
    assert np.isnan(m.dead("elu"))

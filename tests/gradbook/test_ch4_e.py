"""Chapter 4, claims 4.6 to 4.8: descent with batches against steps by hand, the noise against exact means, the verdicts."""

from dataclasses import replace

import numpy as np
import pytest

from deepgrad import check_gradient, sgd, softmax_cross_entropy
from gradbook.ch4_big_picture import batch_cost, batch_end, batch_noise, two_weights
from gradbook.ch4_big_picture.batch_cost import ROWS, Trace
from gradbook.ch4_big_picture.batches import Task, arrival, descend, digits_net, single_layer, stream
from gradbook.ch4_big_picture.four_ways import ARMS, BATCH, THEN, Ending, plan

SEEDS = np.linspace(-1, 1, 20)  # a spread for made-up seeds
RNG = np.random.default_rng


def verdict(experiment, m):
    (claim,) = experiment.judge(m)
    return claim.verdict


@pytest.fixture(scope="module")
def task():
    return Task(digits_net(), "digits", 30, 90, seeds=(3, 4))


def test_the_stream_reads_all_before_it_reads_one_again():
    rows = stream(RNG(0), 7, 20)
    assert len(rows) == 20
    assert sorted(rows[:7]) == sorted(rows[7:14]) == list(range(7))
    assert list(rows[:7]) != list(rows[7:14])


@pytest.mark.parametrize("batch", [1, 8, 30])
def test_a_step_is_the_librarys_own(task, batch):
    etas, net = [0.1, 0.4], digits_net()
    start = np.repeat(task.start, 2, axis=1)
    *_, (read, found) = descend(task, start, [(batch, np.array(etas))] * 2, read=5)
    assert read == 5 + 2 * batch
    for seed in range(2):
        for rate, eta in enumerate(etas):
            theta = task.start[seed, 0]
            for k in range(2):
                rows = task.stream[seed, 5 + k * batch : 5 + (k + 1) * batch]
                y, back = net(theta, task.x[seed, 0, rows])
                _, back_loss = softmax_cross_entropy(y, task.labels[seed, 0, rows])
                theta, _ = sgd(theta, back(back_loss()), eta=eta)
            assert found[seed, rate] == pytest.approx(theta, abs=1e-5)


def test_loss_and_accuracy_are_the_librarys_own(task):
    loss, right = task.loss(task.start), task.right(task.start)
    y, _ = digits_net()(task.start[1, 0], task.x[1, 0])
    assert loss[1, 0] == pytest.approx(softmax_cross_entropy(y, task.labels[1, 0])[0], rel=1e-5)
    scores, _ = digits_net()(task.start[1, 0], task.x_test[1, 0])
    assert right[1, 0] == pytest.approx(100 * np.mean(scores.argmax(axis=1) == task.labels_test[1, 0]))


def test_the_order_is_no_matter_to_the_full_batch():
    one = Task(single_layer(), "MNIST-1D", 16, 32, seeds=(0,))
    _, first = next(descend(one, one.start, [(16, 0.5)]))
    _, second = next(descend(one, one.start, [(16, 0.5)], read=16))
    assert first == pytest.approx(second, abs=1e-6)
    with pytest.raises(ValueError, match="the stream ends: 32"):
        list(descend(one, one.start, [(16, 0.5)] * 3))


def test_arrival_on_a_power_law():
    read = np.array([1.0, 10, 100, 1000])
    loss = np.stack([3 / read, 3 / read**0.1], axis=1)
    assert arrival(read, loss, 0.06) == pytest.approx([50, np.inf])


def test_two_weights_gradients_and_bottom():
    theta = np.array([0.7, -1.1])

    def value(t):
        return two_weights.loss(t), lambda dy: dy * two_weights.gradients(t).mean(axis=0)

    assert check_gradient(value, theta) < 1e-7
    bottom = two_weights.bottom()
    assert np.abs(two_weights.gradients(bottom).mean(axis=0)).max() < 1e-12
    rows = np.array([[0, 5], [2, 2]])
    some = two_weights.gradients(np.stack([theta, bottom]), rows)
    assert some[0, 1] == pytest.approx(two_weights.gradients(theta)[5])
    assert some[1, 0] == pytest.approx(two_weights.gradients(bottom)[2])
    step = 1e-5
    slopes = [two_weights.gradients(bottom + step * e).mean(axis=0) / step for e in np.eye(2)]
    assert np.array(slopes) == pytest.approx(two_weights.hessian(bottom), abs=1e-4)


def test_batch_cost_rule():
    def traces(base, power):
        arrived = [base * (n / 40) ** power * np.exp(0.05 * SEEDS) for n in ROWS]
        return tuple(Trace(np.array([1.0]), np.ones((1, 20)), a, 0.1) for a in arrived)

    def m(full, power):
        return batch_cost.Measurement({1: traces(500, 0.1), 32: traces(1000, 0.1), 0: traces(full, power)})

    assert verdict(batch_cost, m(1000, 1.1)) == "holds"
    assert verdict(batch_cost, m(1000, 0.7)) == "holds-if"  # grows, but is only 8 times as dear as a batch of 32
    assert verdict(batch_cost, m(1000, 0.2)) == "does-not-hold"
    assert m(1000, 1.1).steps(0) == pytest.approx(1000 * 32**1.1 / 1280, rel=1e-6)
    fewest, scale = 20, 50
    arrived = {b: fewest * (1 + scale / (b or 1280)) * (b or 1280) * np.ones(20) for b in (1, 32, 0)}
    made = batch_cost.Measurement({b: (Trace(np.ones(1), np.ones((1, 20)), a, 0.1),) for b, a in arrived.items()})
    assert made.noise_scale == pytest.approx(scale)
    assert made.expected == pytest.approx(made.steps(32))
    assert batch_cost.span(7200).en == "2 hours"
    assert batch_cost.span(0.0123).en == "12 milliseconds"


@pytest.fixture(scope="module")
def noise():
    return batch_noise.measure(range(8))


def test_noise_of_drawn_batches_is_the_textbooks(noise):
    n = noise.examples
    with_back = noise.noise.mean(axis=2)
    sizes = np.array(batch_noise.SIZES)
    assert with_back[0] * sizes == pytest.approx(noise.scale[0], rel=0.15)
    factor = (n - sizes) / (n - 1)
    assert with_back[1] * sizes / factor == pytest.approx(noise.scale[0], rel=0.2)
    assert batch_noise.relative_variance(RNG(0), n, putting_back=False) < 1e-25


def test_uphill_is_counted_by_trying(noise):
    theta = noise.paths[0][3, 0]
    count = sum(
        two_weights.loss(theta - batch_noise.ETA * g) > two_weights.loss(theta) for g in two_weights.gradients(theta)
    )
    assert noise.uphill[3] == pytest.approx(count / noise.examples)


def test_batch_noise_rule(noise):
    assert noise.climbed(0).max() == 0
    straight = np.repeat(noise.paths[0], 8, axis=1)
    assert verdict(batch_noise, replace(noise, paths=noise.paths | {1: straight})) == "does-not-hold"  # not jagged
    jump = np.zeros_like(straight)
    jump[1::2] = (0.0, 0.05)  # to and fro, and ever lower
    slow = straight[0] + np.linspace(0, 1, len(straight))[:, None, None] * (straight[-1] - straight[0])
    both = slow + 6 * jump + 0.001 * RNG(0).normal(size=slow.shape)
    assert verdict(batch_noise, replace(noise, paths=noise.paths | {1: both})) == "holds"


def test_every_way_reads_the_same_and_ends_as_it_says():
    for arm in ARMS:
        assert [sum(batch for batch, _ in epoch) for epoch in plan(arm, 0.5)] == [1024] * THEN
    assert [epoch[0] for epoch in plan("grow", 0.5)] == [(BATCH * 2**k, 0.5) for k in range(1, THEN + 1)]
    ratio = [epoch[0][1] / epoch[0][0] for epoch in plan("decay", 0.5)]
    assert ratio == [epoch[0][1] / epoch[0][0] for epoch in plan("grow", 0.5)]  # η/B falls alike


def test_floor_is_the_theorys():
    found = batch_end.floors(range(30)).mean(axis=2)
    trace = two_weights.gradients(two_weights.bottom()).var(axis=0).sum()
    theory = 0.25 * np.divide.outer(np.array(batch_end.FLOOR_ETAS), np.array(batch_end.FLOOR_BATCHES)) * trace
    assert found / theory == pytest.approx(np.ones_like(theory), abs=0.35)


def test_batch_end_rule():
    def ending(full, decay):
        ends = dict(zip(ARMS, (1.0, full, decay, decay), strict=True))
        loss = {arm: x * np.exp(0.001 * SEEDS * x)[None, :, None] * np.ones((THEN, 1, 3)) for arm, x in ends.items()}
        right = {arm: np.full((20, 3), 90.0) for arm in ARMS}
        return Ending(np.array([0.1, 0.2, 0.4]), 1, loss["same"], loss, right)

    def m(first, second):
        return batch_end.Measurement({"cannot": ending(*first), "can": ending(*second)}, np.ones((2, 5, 20)), 1.0)

    assert verdict(batch_end, m((0.8, 0.9), (0.7, 0.9))) == "holds"
    assert verdict(batch_end, m((0.8, 0.7), (0.7, 0.9))) == "holds-if"  # a falling rate does better
    assert verdict(batch_end, m((0.8, 0.9), (1.1, 0.9))) == "holds-if"
    assert verdict(batch_end, m((1.01, 0.9), (1.1, 0.9))) == "does-not-hold"
    assert ending(0.8, 0.9).pays_from == pytest.approx(0.1)
    assert ending(1.2, 0.9).pays_from == np.inf

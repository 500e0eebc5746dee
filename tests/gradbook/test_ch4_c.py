"""Chapter 4, the bowl and the step: walks by hand, counted steps against a closed form, λ_max against all eigenvalues."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from deepgrad import adam, central_difference, relative_error, sgd, softmax_cross_entropy, squared_error
from gradbook.ch4_big_picture import bowl_walk, edge_of_stability, full_batch, rate_limits
from gradbook.ch4_big_picture.full_batch import NET, PARTS, Run, examples
from gradbook.ch4_big_picture.sharpness import hessian_times, sharpest

# the bowl


@pytest.fixture(scope="module")
def walked():
    return bowl_walk.measure()


def test_three_steps_by_hand():
    assert bowl_walk.walk(partial(sgd, eta=0.25), 3).tolist() == [2, 1, 0.5, 0.25]
    assert bowl_walk.walk(partial(bowl_walk.sign_descent, eta=0.75), 4).tolist() == [2, 1.25, 0.5, -0.25, 0.5]
    assert bowl_walk.walk(partial(bowl_walk.sign_descent, eta=1), 4).tolist() == [2, 1, 0, 0, 0]
    assert bowl_walk.walk(partial(adam, eta=0.25), 1)[1] == pytest.approx(1.75, abs=1e-6)


def test_step_over_rate_is_the_slope(walked):
    """The largest slope is that of the steepest bowl at the farthest start; each walk ends below a hundredth of it."""
    lengths = walked.lengths["sgd"]
    assert lengths.max() == pytest.approx(10 * 10)
    assert 0.1 * 0.1 * bowl_walk.ARRIVED < lengths.min() <= 0.1 * 0.1 * bowl_walk.ARRIVED * 10
    assert walked.shrinking < 1e-12
    assert np.allclose(walked.lengths["sign"], 1)


def test_fates_are_those_of_the_paths(walked):
    for path, fate in zip(walked.paths["sgd"], map(bowl_walk.fate, range(len(bowl_walk.RATES))), strict=True):
        crosses = bool((path[1:] * path[:-1] < -1e-20).any())
        assert crosses == (fate.en[:4] in {"over", "back", "runs"})
        assert (abs(path[-1]) > abs(path[0])) == fate.en.startswith("runs")


def test_verdict_on_the_bowl(walked):
    def verdict(**lengths):
        return bowl_walk.judge(replace(walked, lengths={k: np.array(v) for k, v in lengths.items()}))[0].verdict

    assert bowl_walk.judge(walked)[0].verdict == "holds-if"
    assert verdict(sgd=[0.95, 1.05], sign=[1.0, 1], adam=[1.0, 1]) == "holds"
    assert verdict(sgd=[0.95, 1.2], sign=[1.0, 1], adam=[0.2, 1]) == "holds-if"
    assert verdict(sgd=[0.95, 1.2], sign=[1.0, 2], adam=[0.2, 1]) == "does-not-hold"


# steps against the rate


@pytest.mark.parametrize("stretch", [2, 20])
def test_steps_one_walk_at_a_time(stretch):
    for part in (0.1, 0.5, rate_limits.best(stretch), 0.99):
        theta, steps = np.ones(2), 0
        while np.abs(theta).max() > rate_limits.FAR:
            theta, _ = sgd(theta, theta * [1, 1 / stretch], eta=2 * part)
            steps += 1
        assert rate_limits.counted(np.array([part]), stretch)[0] == steps
        assert rate_limits.expected(np.array([part]), stretch)[0] == steps


def test_no_rate_is_better_than_the_best():
    for stretch in rate_limits.STRETCHES:
        fewest = rate_limits.expected(np.array([rate_limits.best(stretch)]), stretch)[0]
        assert fewest == np.ceil(np.log(rate_limits.FAR) / np.log((stretch - 1) / (stretch + 1)))
        assert rate_limits.expected(np.linspace(0.01, 0.999, 500), stretch).min() >= fewest


def test_at_the_limit_nothing_arrives():
    parts = np.array([0.99, 1.0, 1.01])
    assert np.isfinite(rate_limits.counted(parts, 20, horizon=2000)).tolist() == [True, False, False]
    assert np.isfinite(rate_limits.expected(parts, 20)).tolist() == [True, False, False]


# curvature without the Hessian


def test_power_iteration_finds_the_eigenvalue_of_largest_size():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(2, 3, 6, 6))
    A += A.swapaxes(-1, -2)
    theta = rng.normal(size=(2, 3, 6))

    def gradient(at):
        return np.einsum("...ij,...j->...i", A, at)

    found, v = sharpest(gradient, theta, rng.normal(size=theta.shape), 2000)
    every = np.linalg.eigvalsh(A)
    largest = np.take_along_axis(every, np.abs(every).argmax(axis=-1)[..., None], axis=-1)[..., 0]
    assert np.allclose(found, largest, rtol=1e-4)
    assert np.allclose(hessian_times(gradient, theta, v), gradient(v))
    with pytest.raises(ValueError, match="rounds is 0"):
        sharpest(gradient, theta, v, 0)


@pytest.fixture(scope="module")
def three():
    """Examples of two seeds, and two networks for each."""
    return examples((0, 1)), 0.3 * np.random.default_rng(2).normal(size=(2, 2, NET.size))


@pytest.mark.parametrize("loss", ["squared", "entropy"])
def test_losses_and_gradients_are_deepgrads(three, loss):
    data, theta = three
    of, target = (squared_error, data.targets) if loss == "squared" else (softmax_cross_entropy, data.labels)
    values, slopes = data.losses(loss, theta), data.gradient(loss, theta)
    for seed in range(2):
        for k in range(2):
            y, back = NET(theta[seed, k], data.x[seed, 0])
            value, back_loss = of(y, target[seed, 0])
            assert values[seed, k] == pytest.approx(value)
            assert relative_error(slopes[seed, k], back(back_loss())) < 1e-12


def test_sharpness_of_the_network_is_the_hessians(three):
    """Against all eigenvalues of the Hessian, whose columns are differences of gradients."""
    data = three[0]
    theta = NET.init(np.random.default_rng(5), np.float64)
    units = np.eye(NET.size)[None]
    one = replace(data, x=data.x[:1], targets=data.targets[:1])
    gradient = partial(one.gradient, "squared")
    hessian = hessian_times(gradient, theta[None, None], units)[0]
    assert np.abs(hessian - hessian.T).max() < 1e-5
    start = np.random.default_rng(0).normal(size=(1, 1, NET.size))
    found, _ = sharpest(gradient, theta[None, None], start, 40)
    assert found.item() == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-3)
    slope = gradient(theta[None, None])[0, 0, :20]  # and the gradients are those of the losses
    moved = central_difference(lambda w: one.losses("squared", np.concatenate([w, theta[20:]])[None, None]).item(),
                               theta[:20])  # fmt: skip
    assert relative_error(slope, moved) < 1e-6


def test_run_goes_the_way_of_sgd(monkeypatch):
    monkeypatch.setattr(full_batch, "STEPS", 10)
    found, data = full_batch.run("squared", (3,)), examples((3,))
    for k in (0, 3):
        theta = NET.init(np.random.default_rng([3, 4]), np.float64)
        for _ in range(10):
            y, back = NET(theta, data.x[0, 0])
            theta, _ = sgd(theta, back(squared_error(y, data.targets[0, 0])[1]()), eta=2 * PARTS[k] / found.lam[0])
        assert found.last[0, k] == pytest.approx(squared_error(NET(theta, data.x[0, 0])[0], data.targets[0, 0])[0])
    assert np.allclose(found.edge[0, 0], PARTS[list(full_batch.FOLLOWED)], rtol=2e-3)
    assert np.allclose(data.x.mean(axis=2), 0)


# the verdict on the step


def faked(last):
    """Four seeds that end at these losses, after a first loss of 1."""
    spread = np.array([1.0, 1.01, 1.02, 1.03])[:, None]
    times = full_batch.STEPS // full_batch.EVERY + 1
    edge = np.ones((times, 4, len(full_batch.FOLLOWED)))
    return Run(np.ones(4), np.ones(4), np.array(last) * spread, edge, np.ones((times, 4, len(PARTS))))


def test_verdict_on_the_step():
    usual = faked([0.5, 0.3, 0.2, 0.1, 0.1, 0.3, np.inf, np.inf, np.inf])
    harmed = faked([0.5, 0.3, 0.2, 0.25, 0.3, 0.4, np.inf, np.inf, np.inf])
    never_slow = faked([0.01, 0.3, 0.2, 0.1, 0.1, 0.3, np.inf, np.inf, np.inf])

    def verdict(squared, entropy):
        return edge_of_stability.judge(edge_of_stability.Measurement({"squared": squared, "entropy": entropy}))[0]

    assert verdict(usual, usual).verdict == verdict(usual, harmed).verdict == "holds-if"
    assert verdict(harmed, harmed).verdict == "holds"
    assert verdict(harmed, faked([0.5, 0.3, 0.2, 0.1, 0.3, 0.4, np.inf, np.inf, np.inf])).verdict == "holds-if"
    assert verdict(never_slow, usual).verdict == "does-not-hold"
    assert edge_of_stability.best(usual) == 3
    assert edge_of_stability.best_parts(harmed).value == pytest.approx(0.5)
    assert [edge_of_stability.learned(usual, k) for k in (0, 5, 6)] == [4, 4, 0]


def test_the_edge_is_that_of_the_seeds_that_stay():
    one = faked([0.5, 0.3, 0.2, 0.1, 0.1, 0.3, 0.5, 0.5, 0.5])
    one.last[3, full_batch.FOLLOWED[-1]] = 5
    one.edge[:, 3] = 1e9
    one.edge[:-8] = 5
    found = edge_of_stability.at_the_end(one, len(full_batch.FOLLOWED) - 1)
    assert (found.value, found.n) == (1, 3)

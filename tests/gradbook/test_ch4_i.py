"""Chapter 4, claims 4.12 to 4.16: measurements against what is known independently, and each verdict re-derived."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from matplotlib.figure import Figure

from deepgrad import (
    Dense,
    Diverged,
    Dropout,
    Network,
    adam,
    cats,
    central_difference,
    constant,
    fit,
    sgd,
    softmax_cross_entropy,
)
from gradbook import stack
from gradbook.ch4_big_picture import (
    cat_net,
    cat_units,
    cats_seen,
    dropout_map,
    dropout_variants,
    masked_net,
    spot_share,
    strip,
    unit_marks,
)
from gradbook.ch4_big_picture.cat_net import Lesson
from gradbook.mask import Mask

SEEDS = np.linspace(-1, 1, 20)  # a spread for made-up seeds


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Trainings are short and alone, so that the tests are."""
    monkeypatch.setattr(cat_net, "STEPS", 40)
    monkeypatch.setattr(cat_net, "ETAS", (0.01,))
    monkeypatch.setattr(stack, "sweep", lambda one, settings: [one(s) for s in settings])


def verdict(experiment, m):
    (claim,) = experiment.judge(m)
    return claim.verdict


def test_lessons_show_the_same_faces():
    alone, labels = cat_net.world(Lesson(), [3, 0])
    some, _ = cat_net.world(Lesson(plain_cats=5), [3, 0])
    changed = np.flatnonzero((alone != some).any(axis=(1, 2, 3)))
    assert changed.tolist() == [1, 3, 5, 7, 9]  # the first five cats lost their spots
    both, twice = cat_net.world(Lesson(both_ways=True), [3, 0])
    assert np.array_equal(twice, np.tile(labels, 2))
    n = cat_net.ANIMALS
    assert np.array_equal(both[:n][labels == 0], alone[labels == 0])  # bears without
    assert np.array_equal(both[n:][labels == 1], alone[labels == 1])  # cats with
    assert (both[:n] != both[n:]).any(axis=(1, 2, 3)).all()


def test_another_seed_draws_other_faces():
    assert not np.array_equal(cat_net.world(Lesson(), [3, 0])[0], cat_net.world(Lesson(), [4, 0])[0])
    assert not np.array_equal(cat_net.asked(3), cat_net.asked(4))
    assert not np.array_equal(cat_net.asked(3)[0], cat_net.world(Lesson(), [3, 0])[0][: cat_net.FRESH])


def test_faces_are_those_of_the_library():
    spotted = cats(np.random.default_rng(9), 400, spotted_cats=1, spotted_bears=0)
    rng = np.random.default_rng(9)
    rng.random(400)
    drawn = cat_net.faces(rng, spotted.labels == 1, spotted.labels == 1, spotted.spotted)
    assert np.array_equal(drawn, spotted.x)


def test_loudness_scales_what_spots_add():
    plain, spotted = cat_net.asked(0, (cat_net.PLAIN_CAT, cat_net.SPOTTED_CAT))
    _, faint = cat_net.asked(0, (cat_net.PLAIN_CAT, cat_net.SPOTTED_CAT), loudness=0.5)
    _, none = cat_net.asked(0, (cat_net.PLAIN_CAT, cat_net.SPOTTED_CAT), loudness=0.0)
    assert faint - plain == pytest.approx((spotted - plain) / 2, abs=1e-6)
    assert none == pytest.approx(plain, abs=1e-6)


def test_training_repeats_and_is_paired():
    net, theta = cat_net.train(Lesson(), 1, 0.01)
    assert np.array_equal(theta, cat_net.train(Lesson(), 1, 0.01)[1])
    assert not np.array_equal(theta, cat_net.train(Lesson(hidden=0.5), 1, 0.01)[1])
    dropped = cat_net.network(Lesson(hidden=0.5, pixels=0.2))
    assert np.array_equal(
        net.init(np.random.default_rng(1)), dropped.init(np.random.default_rng(1))
    )  # the same initial weights
    x = cat_net.asked(1)
    flat, _ = net(theta, x[0])
    assert cat_net.score(net, theta, x)[0] == pytest.approx(flat[:, 1] - flat[:, 0], abs=1e-4)


def test_spotted_cats_are_learned_in_a_few_steps():
    runs = [cat_net.Run(Lesson(plain_cats=some), 0, 0.01) for some in (0, cats_seen.MIXED)]
    found, mixed = cat_net.sweep_trained(cats_seen.percentages, runs)
    assert min(found[0], found[2]) > 90
    assert mixed[1] > found[1]


def made_cats(misses):
    """Misses at the two faint loudnesses and at the usual one."""
    right = np.full((2, 4, 20), 95.0) + SEEDS
    faint = np.full((2, 2, 20), 95.0) + SEEDS
    faint[0] -= np.array(misses[:2])[:, None] + SEEDS
    right[0, 1] -= misses[2] + SEEDS
    known = np.full((2, 20), 96.0) + SEEDS
    return cats_seen.Measurement(right, faint, known, right[:, 0], (0.1, 0.1), np.zeros((4, 2, 16, 16)))


def test_cats_seen_verdicts():
    assert verdict(cats_seen, made_cats((40, 40, 40))) == "holds"
    assert verdict(cats_seen, made_cats((0, 20, 40))) == "holds-if"
    assert verdict(cats_seen, made_cats((0, 1, 4))) == "does-not-hold"
    assert made_cats((0, 20, 40)).miss().value == pytest.approx(40)
    assert made_cats((0, 20, 40)).gap().value == pytest.approx(1)


def test_units_that_are_marks_are_found():
    """Unit 0 is ears and nothing else, unit 1 half ears, half spots, unit 2 noise, unit 3 silent."""
    on = np.array(unit_marks.SETS, int)
    noise = np.random.default_rng(0).normal(size=(8, 500))
    values = [on[:, :1] + 0 * noise, on[:, :1] + on[:, 2:] + 0 * noise, noise, 0 * noise]
    share, change = unit_marks.shares(np.stack(values, axis=2))
    assert share[0] == pytest.approx([1, 0, 0])
    assert share[1] == pytest.approx([0.5, 0, 0.5])
    assert share[2].max() < 0.01
    assert np.isnan(share[3]).all()
    assert change[0] == pytest.approx([1, 0, 0])


def test_contributions_add_up_to_what_the_score_does():
    """The last layer is linear: exact, whatever the hidden units are."""
    run = cat_net.Run(Lesson(), 0, 0.01)
    found = unit_marks.answers(*cat_net.train(run.lesson, run.seed, run.eta), run)
    assert (found.change * found.weight[:, None]).sum(axis=0) == pytest.approx(found.moves, rel=1e-4)
    assert found.right[0, 0] == pytest.approx(found.right[1, 0])  # nothing taken out
    assert found.pictures.shape == (cat_net.WIDTH, 16, 16)


def test_taking_out_is_holding_at_0():
    """What it says of a trained network is what the network itself says with these rows of its last W at 0."""
    run = cat_net.Run(Lesson(), 2, 0.01)
    net, theta = cat_net.train(run.lesson, run.seed, run.eta)
    pictures = cat_net.asked(run.seed, unit_marks.SETS)
    h = unit_marks.hidden(net, theta, pictures)
    last = net.views(theta)[5]
    weight, bias = (np.diff(last[name], axis=-1)[..., 0].astype(float) for name in ("W", "b"))
    for units in (np.array([], int), np.array([0, 5, 9])):
        found = unit_marks.without(h, weight, float(bias), units)
        cut = theta.copy()
        net.views(cut)[5]["W"][units] = 0
        answers = cat_net.score(net, cut, cat_net.asked(run.seed)) > 0
        assert found == pytest.approx(100 * (answers == [[True], [True], [False], [False]]).mean(axis=1))
    assert weight.all()  # left as they were


def made_units(own_before, own_after):
    share = np.full((3, 20, 10, 3), 0.1)
    share[0, :, :own_before, 2] = 0.6
    share[1, :, :own_after, 2] = 0.6
    flat = np.ones((20, 10))
    return cat_units.Measurement(
        share, share[1], flat, np.ones((20, 3)), np.zeros((2, 6, 4, 20)), np.zeros((10, 16, 16))
    )


def test_cat_units_verdicts():
    noisy = made_units(0, 5)
    noisy.share[1, ::2, 5, 2] = 0.6
    assert verdict(cat_units, noisy) == "holds-if"  # more than before, but no unit for ears or eyes
    every = made_units(0, 8)
    every.share[1, ::2, 8, 2] = 0.6
    every.share[1, :, 0] = [0.6, 0.1, 0.1]
    every.share[1, :, 1] = [0.1, 0.6, 0.1]
    assert verdict(cat_units, every) == "holds"
    same = made_units(4, 4)
    same.share[1, ::2, 5, 2], same.share[0, 1::2, 5, 2] = 0.6, 0.6
    assert verdict(cat_units, same) == "does-not-hold"
    assert every.detectors(1, 0).tolist() == [10] * 20
    assert every.every_mark() == 100


def made_share(sensitivity, share, right):
    """Kinds' mean scores that have these sensitivities and shares (percent): (arms, seeds) each."""
    mean = np.zeros((*np.shape(share), 4))
    mean[..., 0] = 100 * sensitivity / share
    mean[..., 1] = mean[..., 0] - sensitivity
    rights = np.repeat(np.asarray(right)[..., None], 4, axis=2)
    return spot_share.Measurement(mean, rights, rights[..., 0], (0.1,) * len(share), 50 + SEEDS)


def test_spot_share_verdicts():
    rng = np.random.default_rng(0)
    share = np.arange(6)[:, None] * 8 + 10 + rng.uniform(size=(6, 20))
    right = 100 - share
    falls, unrelated = share / 5, 5 + rng.uniform(size=(6, 20))
    m = made_share(falls, share, right)
    assert m.share == pytest.approx(share)
    assert m.sensitivity == pytest.approx(falls)
    assert verdict(spot_share, m) == "holds"
    assert verdict(spot_share, made_share(unrelated, share, right)) == "holds-if"
    assert verdict(spot_share, made_share(unrelated, share, 50 + unrelated[::-1])) == "does-not-hold"
    assert m.cut("hidden").value == pytest.approx((share[1] - share[0]).mean())
    assert m.gain("hidden").value == pytest.approx((right[1] - right[0]).mean())


def test_rank_correlation_by_hand():
    assert spot_share.rank_correlation(np.array([[1, 10], [2, 100], [3, 1000]])) == pytest.approx(1)
    assert spot_share.rank_correlation(np.array([[1, 3], [2, 1], [3, 2]])) == pytest.approx(1 - 6 * 6 / (3 * 8))


def test_spot_share_of_a_linear_network_by_hand():
    """A score that is a sum over pixels is moved by spots by the sum over the pixels they darken."""
    scores = np.random.default_rng(0).normal(size=256)
    kinds = cat_net.asked(5).astype(float).reshape(4, cat_net.FRESH, 256) @ scores
    m = spot_share.Measurement(kinds.mean(axis=1)[None, None], np.zeros((1, 1, 4)), np.zeros((1, 1)), (0.1,), SEEDS)
    pictures = cat_net.asked(5).astype(float).reshape(4, cat_net.FRESH, 256)
    assert m.sensitivity[0, 0] == pytest.approx(((pictures[0] - pictures[1]) @ scores).mean())


def test_first_step_of_a_linear_score():
    """Gradient descent's own first step, from 0, on as many spotted cats as plain bears."""
    spotted, plain, bear, _ = cat_net.asked(5).astype(float).reshape(4, cat_net.FRESH, 256)
    net = Network([Dense(256, 2, constant(0.0))])
    theta = np.zeros(net.size)
    labels = np.repeat([1, 0], cat_net.FRESH)
    y, back = net(theta, np.concatenate([spotted, bear]))
    _, back_loss = softmax_cross_entropy(y, labels)
    stepped = theta - back(back_loss())
    mean = [np.diff(net(stepped, faces.mean(axis=0, keepdims=True))[0])[0, 0] for faces in (spotted, plain, bear)]
    assert spot_share.first_step(5) == pytest.approx(100 * (mean[0] - mean[1]) / (mean[0] - mean[2]))


def test_percentages_keep_to_their_range():
    e = cat_net.percent(np.array([99.0, 100, 100, 100]))
    assert e.high == 100
    assert 98 < e.low < e.value == 99.75
    assert cat_net.percent(np.array([0.0, 1, 0, 0])).low == 0


def test_masks_by_hand():
    x = np.random.default_rng(0).uniform(1, 2, (4, 6))
    out, way_back = {}, {}
    for name, mask in dropout_variants.VARIANTS.items():
        out[name], back = mask({}, x, True, np.random.default_rng(3))
        way_back[name] = back(np.ones_like(x), {})
        assert np.array_equal(mask({}, x, False, None)[0], x)  # in testing all are the identity
    rate, kept = dropout_variants.RATE, out["dropout"] != 0
    assert 0 < kept.sum() < x.size
    assert out["dropout"][kept] == pytest.approx(x[kept] / (1 - rate))
    assert np.array_equal(out["none"], x)
    assert np.array_equal(out["backward"], x)
    assert out["unscaled"] == pytest.approx(kept * x)
    assert way_back["dropout"] == pytest.approx(kept / (1 - rate))
    assert np.array_equal(way_back["backward"], way_back["dropout"])
    assert way_back["unscaled"] == pytest.approx(kept * 1.0)


@pytest.mark.parametrize("name", ["dropout", "unscaled", "backward"])
def test_only_the_backward_variant_is_no_gradient_of_what_it_computes(name):
    mask = dropout_variants.VARIANTS[name]
    x = np.random.default_rng(0).uniform(1, 2, (3, 4))
    _, back = mask({}, x, True, np.random.default_rng(1))

    def summed(at):
        return float(mask({}, at, True, np.random.default_rng(1))[0].sum())

    true = central_difference(summed, x)
    assert np.allclose(back(np.ones_like(x), {}), true) == (name != "backward")


def test_mask_is_the_librarys_dropout():
    x = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    ours, _ = Mask(0.3)({}, x, True, np.random.default_rng(2))
    theirs, _ = Dropout(0.3)({}, x, True, np.random.default_rng(2))
    assert np.array_equal(ours, theirs)
    assert ours.dtype == np.float32


def test_what_dropout_lets_through():
    leak, passes, bias = dropout_variants.exact(masks=500)
    assert (leak, passes) == (0, 1)
    assert bias < 5


def test_training_with_masks_repeats_and_holding_back_is_scaling():
    run = masked_net.Run(dropout_variants.VARIANTS["unscaled"], 0.01, 0, "digits", 60, steps=20)
    none = replace(run, mask=Mask(0.0))
    first, (*_, other) = masked_net.outcomes([run, none]), masked_net.outcomes([run, none])
    assert first[1] == other
    assert other[1:3] == other[3:]  # a rate of 0 holds nothing back


def test_held_back_units_say_less_in_testing():
    """The units themselves multiplied by 1 − rate, by hand."""
    net, split = masked_net.network(64, Mask(0.4)), masked_net.data("digits").drawn(60, np.random.default_rng(0))
    theta = net.init(np.random.default_rng(1))
    *_, loss = masked_net.outcome(net, theta, split, 0.4)
    first, second, last = (net.views(theta)[k] for k in (0, 3, 6))
    h = 0.6 * np.maximum(split.x_test @ first["W"] + first["b"], 0)
    h = 0.6 * np.maximum(h @ second["W"] + second["b"], 0)
    assert softmax_cross_entropy(h @ last["W"] + last["b"], split.labels_test)[0] == pytest.approx(loss, rel=1e-4)


# stacks of networks


VARIANTS = (Mask(0.0), Mask(0.4), Mask(0.4, forward=False), Mask(0.4, rescaled=False))


@pytest.mark.parametrize("optimizer", [adam, sgd])
def test_a_stack_of_masked_networks_ends_where_fit_does(optimizer):
    """Each member has its own mask, rate and seed; 60 examples in batches of 50, so that an epoch's last batch is smaller."""
    x, labels = masked_net.data("digits").x[:60], masked_net.data("digits").labels[:60]
    members, alone = [], []
    for seed, own in enumerate(VARIANTS):
        net = masked_net.network(64, own)
        theta = net.init(np.random.default_rng(seed), dtype=np.float64)
        eta = 0.01 * (1 + seed)
        found = fit(net, theta, x, labels, rng=np.random.default_rng([seed, 1]), optimizer=partial(optimizer, eta=eta),
                    steps=7, batch_size=50)  # fmt: skip
        alone.append(found.theta)
        rng = np.random.default_rng([seed, 1])
        members.append(stack.Member(theta, x, labels, rng, eta, (Mask(0.0), own, own)))
    for theta, expected in zip(stack.fit_stack(net, members, 7, 50, optimizer), alone, strict=True):
        assert theta == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_stack_of_cat_networks_ends_where_fit_does(monkeypatch):
    monkeypatch.setattr(cat_net, "STEPS", 5)  # float32: rounding grows
    lessons = (Lesson(), Lesson(hidden=0.5), Lesson(pixels=0.2), Lesson(hidden=0.3, pixels=0.1, plain_cats=5))
    runs = [cat_net.Run(lesson, seed, 0.003) for seed, lesson in enumerate(lessons)]
    for (_, theta), run in zip(cat_net.train_together(runs), runs, strict=True):
        assert theta == pytest.approx(cat_net.train(run.lesson, run.seed, run.eta)[1], abs=2e-4)


def test_stacks_keep_the_order_and_join_what_is_alike(monkeypatch):
    monkeypatch.setattr(stack, "MOST", 3)
    seen = []

    def many(runs):
        seen.append(list(runs))
        return [10 * run for run in runs]

    runs = [5, 2, 8, 7, 4, 1, 6]
    assert stack.sweep_stacked(many, runs, lambda run: run % 2) == [10 * run for run in runs]
    assert seen == [[5, 7, 1], [2, 8, 4], [6]]


def test_a_stack_refuses_other_lengths_and_tells_of_divergence():
    net, x = masked_net.network(64, Mask(0.0)), masked_net.data("digits").x
    labels, theta = masked_net.data("digits").labels, net.init(np.random.default_rng(0))

    def member(n, start=theta):
        return stack.Member(start, x[:n], labels[:n], np.random.default_rng(0), 0.01, (Mask(0.0),) * 3)

    with pytest.raises(ValueError, match=r"equally many examples, not \[20, 30\]"):
        stack.fit_stack(net, [member(20), member(30)], 1, 10, adam)
    with pytest.raises(Diverged), np.errstate(all="ignore"):
        stack.fit_stack(net, [member(20), member(20, theta * np.float32(1e30))], 2, 10, adam)


def test_a_strip_shows_each_picture_in_its_place():
    pictures = np.random.default_rng(0).uniform(-1.2, 1.2, (3, 4, 5))
    axes = Figure().subplots()
    assert strip.strip(axes, pictures, -1, 1, gaps=(2, 1, 3)) == [4.5, 10.5, 18.5]
    (image,) = axes.images
    row = image.get_array()
    assert row.shape == (4, 21)
    assert row.mask.all(axis=0).nonzero()[0].tolist() == [0, 1, 7, 13, 14, 15]
    shown = np.stack([row.data[:, start : start + 5] for start in (2, 8, 16)])
    assert np.abs(shown - (np.clip(pictures, -1, 1) + 1) / 2).max() <= 1 / 30 + 1e-9


def made_variants(dropout, backward, leak=0.0):
    test = dict.fromkeys(dropout_variants.SHOWN, 50 + SEEDS)
    test |= {"dropout": 50 + dropout - SEEDS, "backward": 50 + backward + SEEDS}
    return dropout_variants.Measurement(test, test, test, dict.fromkeys(dropout_variants.VARIANTS, 0.1), leak, 1.0, 1.0)


def test_dropout_variants_verdicts():
    assert verdict(dropout_variants, made_variants(5, 0)) == "holds-if"
    assert verdict(dropout_variants, made_variants(-5, 0)) == "holds-if"  # something else, if worse
    assert verdict(dropout_variants, made_variants(3, 3)) == "holds"
    assert verdict(dropout_variants, made_variants(5, 0, leak=0.1)) == "does-not-hold"


def made_map(digits, mnist1d, plain):
    """Gains at the three rates, the same for every size."""
    test = {}
    for name, gains in (("digits", digits), ("MNIST-1D", mnist1d)):
        base = np.zeros((3, 4, 5)) + 60
        base[:, 1:] += np.array(gains)[None, :, None] + np.linspace(-0.5, 0.5, 5)
        test[name] = base
    cats_right = np.full((4, 20), 50.0)
    cats_right[1:] += np.array(plain)[:, None] + SEEDS
    return dropout_map.Measurement(test, test, cats_right, test, base[0, :2])


def test_dropout_map_verdicts():
    assert verdict(dropout_map, made_map((2, 1, -3), (4, 2, -3), (5, 8, 9))) == "holds"
    assert verdict(dropout_map, made_map((2, 1, -3), (4, 2, -3), (0, -8, 0))) == "holds-if"
    assert verdict(dropout_map, made_map((0, -1, -3), (-4, -2, -3), (5, 0, 0))) == "holds-if"
    assert verdict(dropout_map, made_map((0, -1, -3), (-4, -2, -3), (0, -8, 0))) == "does-not-hold"


def test_where_help_turns_to_harm():
    m = made_map((2, 1, -3), (-4, -2, -3), (0, 0, 0))
    assert m.turn("digits", 50) == pytest.approx(0.5 + 0.25 / 4)  # from +1 to −3
    assert m.turn("MNIST-1D", 200) == 0
    assert made_map((2, 1, 3), (1, 1, 1), (0, 0, 0)).turn("digits", 50) == 0.75
    assert made_map((-1, 2, -2), (1, 1, 1), (0, 0, 0)).turn("digits", 50) == pytest.approx(0.625)

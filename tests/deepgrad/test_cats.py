import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgrad import Activation, Dense, Flatten, Network, accuracy, adam, cats, faces, fit, he_normal, relu
from deepgrad.cats import SPOTS
from tests.strategies import seeds


def draw(n=200, seed=0, **knobs):
    return cats(np.random.default_rng(seed), n, **knobs)


@given(seed=seeds, n=st.integers(2, 9), jitter=st.floats(0, 2), noise=st.floats(0, 1))
def test_pictures_are_gray_and_bears_and_cats_take_turns(seed, n, jitter, noise):
    x, labels, spotted = draw(n, seed, jitter=jitter, noise=noise)
    assert (x.shape, x.dtype, spotted.shape, spotted.dtype) == ((n, 1, 16, 16), np.float64, (n,), np.bool_)
    assert 0 <= x.min() <= x.max() <= 1
    assert labels.tolist() == [k % 2 for k in range(n)]


def test_coats_reach_from_black_to_white_and_faces_jump_by_up_to_two_pixels():
    assert draw(coat=(0, 1), jitter=2).x.shape == (200, 1, 16, 16)


def test_one_seed_one_set_of_pictures():
    for first, again, other in zip(draw(seed=1), draw(seed=1), draw(seed=2), strict=True):
        assert np.array_equal(first, again)
        assert np.array_equal(first, other) == (first.dtype == int)  # the labels


def test_spots_come_as_often_as_asked_to_cats_and_to_bears():
    _, labels, spotted = draw(5000, spotted_cats=0.9, spotted_bears=0.2)
    assert spotted[labels == 1].mean() == pytest.approx(0.9, abs=5 * 0.3 / 50)
    assert spotted[labels == 0].mean() == pytest.approx(0.2, abs=5 * 0.4 / 50)
    _, labels, spotted = draw(spotted_cats=1, spotted_bears=0)
    assert np.array_equal(spotted, labels == 1)


def test_spots_are_dark_lie_on_the_coat_and_leave_eyes_and_all_else_alone():
    spotted = draw(spotted_cats=1, spotted_bears=1, noise=0, jitter=0).x[:, 0]
    plain = draw(spotted_cats=0, spotted_bears=0, noise=0, jitter=0).x[:, 0]
    darker = plain - spotted
    assert darker.min() >= 0
    assert (darker.max(axis=(1, 2)) > 0.1).all()
    rows, columns = np.mgrid[:16, :16]
    off_the_head = np.hypot(columns - 7.5, rows - 9) > 5.5
    assert not darker[:, off_the_head].any()
    pupils = spotted.min(axis=0) < 0.05
    assert pupils.any()
    ink = plain < 0.05
    assert not darker[ink].any()


def test_only_spotted_animals_change_when_others_lose_their_spots():
    some, none = draw(spotted_cats=0.5, spotted_bears=0.5), draw(spotted_cats=0, spotted_bears=0)
    changed = (some.x != none.x).any(axis=(1, 2, 3))
    assert np.array_equal(changed, some.spotted)
    assert not none.spotted.any()


CAT_AND_BEAR = """
8888888888888888 8888888888888888
8888888888888888 8888888888888888
8886788888876888 8888888888888888
8886578888756888 8887788888877888
8886556776556888 8865567777655688
8886555555556888 8855555555555588
8886555555556888 8865555555555688
8886646556466888 8876555555556788
8886707667076888 8886522552256888
8885707667075888 8885522552255888
8886646556466888 8886555555556888
8887555115557888 8887555115557888
8888655445568888 8888655445568888
8888865555688888 8888865555688888
8888887777888888 8888887777888888
8888888888888888 8888888888888888
"""  # grays from 0 for black to 9 for white: a look at it is the oracle


def test_a_cat_and_a_bear_look_like_this():
    x, _, _ = draw(2, spotted_cats=0, spotted_bears=0, noise=0, jitter=0, coat=(0.6, 0.6))
    bear, cat = np.round(9 * x[:, 0]).astype(int)
    drawn = [" ".join("".join(map(str, row)) for row in both) for both in zip(cat, bear, strict=True)]
    assert drawn == CAT_AND_BEAR.split("\n")[1:-1]


def test_spots_lie_about_the_places_they_have_on_the_brow_and_the_cheeks():
    knobs = {"n": 2000, "noise": 0, "jitter": 0}
    bare, spotted = draw(spotted_cats=0, spotted_bears=0, **knobs).x, draw(spotted_cats=1, spotted_bears=1, **knobs).x
    darker = (bare - spotted).mean(axis=(0, 1))
    for across, down in SPOTS:
        row, column = round(9 + 5 * down), round(7.5 + 5 * across)
        assert darker[row, column] > 0.1
    assert darker[[5, 13, 13], [0, 7, 8]].max() < 0.02  # beside the head, on the chin


def test_faces_jump_by_a_pixel_and_noise_is_a_twentieth_unless_told_otherwise():
    plain = {"spotted_cats": 0, "spotted_bears": 0, "coat": (0.4, 0.4)}
    dark = 0.9 - np.minimum(draw(2000, noise=0, **plain).x[:, 0], 0.9)
    middles = (dark.sum(axis=1) * np.arange(16)).sum(axis=1) / dark.sum(axis=(1, 2))
    assert 0.9 < np.abs(middles - 7.5).max() < 1.1
    noisy, clean = draw(500, jitter=0, **plain).x, draw(500, jitter=0, noise=0, **plain).x
    assert (noisy - clean)[(clean > 0.3) & (clean < 0.7)].std() == pytest.approx(0.05, rel=0.02)


def test_ears_and_eyes_tell_cats_from_bears_and_nothing_else_does():
    """In one place and of one coat, they differ above the brow and around the eyes, not in the chin."""
    x, labels, _ = draw(40, spotted_cats=0, spotted_bears=0, noise=0, jitter=0, coat=(0.5, 0.5))
    cat, bear = x[labels == 1, 0], x[labels == 0, 0]
    assert (np.ptp(cat, axis=0) == 0).all()
    assert (np.ptp(bear, axis=0) == 0).all()
    differs = cat[0] != bear[0]
    assert differs[:6].any()  # ears
    assert differs[7:10, 3:13].any()  # eyes: brighter than the coat, on cats only
    assert cat[0, 7:10, 4:12].max() > 0.65 > 0.51 > bear[0, 7:10, 4:12].max()
    assert not differs[11:].any()
    np.testing.assert_allclose(cat[0], cat[0][:, ::-1], rtol=1e-12)  # left as right
    assert cat[0, 2, 11] < cat[0, 2, 8] == 0.9  # the tip of an ear, and none between them


@pytest.mark.parametrize("coat", [(0.2, 0.3), (0.6, 0.6)])
def test_coats_have_the_gray_asked_for(coat):
    x, _, _ = draw(1000, spotted_cats=0, spotted_bears=0, noise=0, jitter=0, coat=coat)
    brow = x[:, 0, 6, 8]
    assert coat[0] - 1e-12 <= brow.min() <= brow.max() <= coat[1] + 1e-12
    assert np.ptp(brow) == pytest.approx(coat[1] - coat[0], abs=0.002)


def test_jitter_moves_faces_by_so_many_pixels_at_most_and_changes_their_size():
    def middle_and_size(jitter):
        x = draw(2000, spotted_cats=0, spotted_bears=0, noise=0, jitter=jitter, coat=(0.4, 0.4)).x[:, 0]
        dark = 0.9 - np.minimum(x, 0.9)
        return (dark.sum(axis=1) * np.arange(16)).sum(axis=1) / dark.sum(axis=(1, 2)), dark.sum(axis=(1, 2))

    still, size = middle_and_size(0)
    np.testing.assert_allclose(still, 7.5, rtol=1e-12)
    assert np.unique(np.round(size, 9)).size == 2  # one of cats, one of bears
    moved, sizes = middle_and_size(1.5)
    assert 1.4 < np.abs(moved - 7.5).max() < 1.6
    assert abs(moved.mean() - 7.5) < 5 * 1.5 / np.sqrt(3 * 2000)
    # areas go with the square of the radius, from 5 − 0.75 to 5 + 0.75
    assert np.sqrt(sizes.max() / size.max()) == pytest.approx(5.75 / 5, rel=0.03)
    assert np.sqrt(sizes.min() / size.min()) == pytest.approx(4.25 / 5, rel=0.03)


def test_noise_has_the_deviation_asked_for_and_is_clipped():
    x = draw(500, noise=0.03, jitter=0).x
    clean = draw(500, noise=0, jitter=0).x
    inside = (clean > 0.3) & (clean < 0.7)
    assert (x - clean)[inside].std() == pytest.approx(0.03, rel=0.02)
    assert draw(noise=5).x.max() == 1


@pytest.mark.parametrize("mark", ["labels", "spotted"])
def test_a_small_network_can_learn_either_mark_by_itself(mark):
    """Ears and eyes where spots say nothing, and spots where ears and eyes say nothing."""
    train, test = draw(1000, seed=3), draw(1000, seed=4)
    net = Network([Flatten(), Dense(256, 64, he_normal), Activation(relu), Dense(64, 2, he_normal)])
    rng = np.random.default_rng(5)
    found = fit(net, net.init(rng), train.x, getattr(train, mark).astype(int), rng=rng, optimizer=adam, epochs=20)
    scores, _ = net(found.theta, test.x)
    assert accuracy(scores, getattr(test, mark).astype(int)) > 0.95


def marked(ears, eyes, spots, n=20, seed=0, **knobs):
    marks = (np.full(n, mark) for mark in (ears, eyes, spots))
    return faces(np.random.default_rng(seed), *marks, **knobs)[:, 0]


def test_a_mark_changes_its_own_place_and_no_other():
    still = {"jitter": 0, "noise": 0}
    bear = marked(False, False, False, **still)
    changed = [
        np.flatnonzero((bear != marked(*marks, **still)).any(axis=(0, 2)))
        for marks in ((True, False, False), (False, True, False), (False, False, True))
    ]
    ears, eyes, spots = (rows.tolist() for rows in changed)
    assert ears
    assert max(ears) <= min(eyes) == 7  # ears reach down beside the brow
    assert max(eyes) == 10
    assert min(spots) < 7 < 11 < max(spots)  # on the brow and on the cheeks


def test_one_seed_one_face_whatever_its_marks():
    """The noise, the place and the coat are the same: where no mark lies, not a bit differs."""
    one, other = marked(True, False, True), marked(False, False, False)
    assert (one != other).any(axis=(1, 2)).all()
    assert np.array_equal(one[:, 15, :3], other[:, 15, :3])
    assert not np.array_equal(one, marked(True, False, True, seed=1))


def test_faces_of_cats_and_bears_are_what_cats_draws():
    rng = np.random.default_rng(4)
    drawn = cats(np.random.default_rng(4), 9)
    rng.random(9)  # who has spots
    cat = drawn.labels == 1
    assert np.array_equal(faces(rng, cat, cat, drawn.spotted), drawn.x)


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ([[True], [True], [1]], "spots is an array of int"),
        ([[[True]], [True], [True]], r"ears is an array of bool and shape \(1, 1\)"),
        ([[], [], []], "ears is an array of float"),
        ([[True, False], [True], [True]], "'ears': 2, 'eyes': 1"),
    ],
)
def test_marks_that_cannot_be_drawn(marks, message):
    with pytest.raises(ValueError, match=message):
        faces(np.random.default_rng(0), *marks)


def test_faces_have_the_knobs_of_cats():
    with pytest.raises(ValueError, match=r"jitter is 2\.1"):
        marked(True, True, True, jitter=2.1)
    with pytest.raises(ValueError, match="rng is 0"):
        faces(0, [True], [True], [True])


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"n": 1}, "n is 1"),
        ({"spotted_cats": 1.1}, r"spotted_cats is 1\.1"),
        ({"spotted_bears": np.nan}, "spotted_bears is nan"),
        ({"coat": (0.6, 0.5)}, r"coat is \(0\.6, 0\.5\)"),
        ({"coat": (-0.1, 0.5)}, r"coat is \(-0\.1, 0\.5\)"),
        ({"coat": (0.5, 1.1)}, r"coat is \(0\.5, 1\.1\)"),
        ({"jitter": 2.1}, r"jitter is 2\.1"),
        ({"jitter": np.nan}, "jitter is nan"),
        ({"noise": -1}, "noise is -1"),
        ({"noise": np.inf}, "noise is inf"),
    ],
)
def test_knobs_out_of_range(knobs, message):
    with pytest.raises(ValueError, match=message):
        draw(**knobs)

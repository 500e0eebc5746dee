import pickle
from functools import partial

import numpy as np
import pytest

from deepgrad import (
    Activation,
    Dense,
    Diverged,
    Dropout,
    Network,
    accuracy,
    adam,
    constant,
    fit,
    moons,
    sgd,
    sigmoid,
    softmax_cross_entropy,
    squared_error,
    tanh,
    xavier_normal,
)

X, LABELS = np.arange(20.0).reshape(10, 2) / 20, np.arange(10) % 2
NET = Network([Dense(2, 3, xavier_normal), Activation(tanh), Dense(3, 2, xavier_normal)])


def start(seed=0, dtype=np.float32):
    return NET.init(np.random.default_rng(seed), dtype)


def train(seed=0, **options):
    defaults = {"rng": np.random.default_rng(seed), "steps": 5, "batch_size": 4}
    return fit(NET, start(), X, LABELS, **(defaults | options))


def test_one_step_of_three_parameters_by_hand():
    """y = v σ(w x + b) at w = b = 0, v = 3, x = 2, target 1: h = 1/2, y = 3/2, dy = 1/2."""
    net = Network([Dense(1, 1, constant(0)), Activation(sigmoid), Dense(1, 1, constant(3), bias=False)])
    theta = net.init(np.random.default_rng(0), np.float64)
    seen = []
    result = fit(
        net,
        theta,
        np.array([[2.0]]),
        np.array([[1.0]]),
        rng=np.random.default_rng(0),
        loss=squared_error,
        optimizer=partial(sgd, eta=0.1),
        steps=1,
        callback=seen.append,
    )
    assert theta.tolist() == [0, 0, 3]
    assert seen[0].grad.tolist() == [
        0.75,
        0.375,
        0.25,
    ]  # dw = 1/2 · 3 · 1/4 · 2, db without the 2, dv = 1/2 · h
    assert result.history["loss"].tolist() == [0.125]
    np.testing.assert_allclose(result.theta, [-0.075, -0.0375, 2.975], rtol=1e-15)
    assert (seen[0].number, seen[0].loss) == (1, 0.125)
    assert np.array_equal(seen[0].theta, result.theta)


def test_moons_are_learned():
    x, labels = moons(np.random.default_rng(0), 400)
    x_test, labels_test = moons(np.random.default_rng(1), 400)
    net = Network([Dense(2, 16, xavier_normal), Activation(tanh), Dense(16, 2, xavier_normal)])
    rng = np.random.default_rng(2)
    result = fit(net, net.init(rng), x, labels, rng=rng, optimizer=partial(adam, eta=0.02), epochs=60, batch_size=32)
    assert accuracy(net(result.theta, x_test)[0], labels_test) > 0.95
    assert result.history["loss"][-20:].mean() < 0.2 * result.history["loss"][0]


def test_the_same_seed_gives_the_same_bits():
    one, same, other = train(3), train(3), train(4)
    assert np.array_equal(one.theta, same.theta)
    assert np.array_equal(one.history["loss"], same.history["loss"])
    assert not np.array_equal(one.theta, other.theta)


def spy(seen):
    """The loss, noting which labels it was given."""

    def loss(scores, labels):
        seen.append(labels.tolist())
        return softmax_cross_entropy(scores, labels % 2)

    return loss


def test_every_epoch_visits_every_row_once_in_a_new_order():
    seen = []
    fit(NET, start(), X, np.arange(10), rng=np.random.default_rng(0), loss=spy(seen), epochs=3, batch_size=4)
    assert [len(batch) for batch in seen] == [4, 4, 2] * 3
    epochs = [[*seen[i], *seen[i + 1], *seen[i + 2]] for i in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_rows_and_targets_stay_together():
    x = np.arange(50.0)[:, None]
    net = Network([Dense(1, 1, constant(1))])

    def loss(y, target):
        assert np.array_equal(y, target)
        return squared_error(y, target)

    fit(
        net,
        net.init(np.random.default_rng(0)),
        x,
        x,
        rng=np.random.default_rng(1),
        loss=loss,
        epochs=2,
        batch_size=7,
    )


def test_dropout_does_not_change_which_batches_are_seen():
    plain, dropped = [], []
    with_dropout = Network([*NET.layers[:2], Dropout(0.5), NET.layers[2]])
    for net, seen in ((NET, plain), (with_dropout, dropped)):
        fit(
            net,
            start(),
            X,
            np.arange(10),
            rng=np.random.default_rng(8),
            loss=spy(seen),
            epochs=3,
            batch_size=4,
        )
    assert plain == dropped


def test_training_uses_dropout_and_evaluation_does_not():
    net = Network([Dropout(0.5), Dense(2, 2, constant(1))])
    theta = net.init(np.random.default_rng(0))
    losses = set()
    fit(
        net,
        theta,
        np.ones((8, 2)),
        np.zeros((8, 2)),
        rng=np.random.default_rng(0),
        loss=squared_error,
        optimizer=partial(sgd, eta=1e-9),
        steps=5,
        batch_size=8,
        callback=lambda step: losses.add(round(step.loss, 3)),
    )
    assert len(losses) > 1


def test_history_and_evaluations():
    seen = []

    def evaluate(theta):
        seen.append(theta)
        return {"first": float(theta[0]), "count": len(seen)}

    result = train(steps=7, evaluate=evaluate)  # 3 steps an epoch
    assert result.history["loss"].shape == (7,)
    assert result.history["step"].tolist() == [3, 6, 7]
    assert result.history["count"].tolist() == [1, 2, 3]
    assert result.history["first"].tolist() == [float(theta[0]) for theta in seen]
    assert np.array_equal(seen[-1], result.theta)
    assert set(train().history) == {"loss"}
    losses = result.history["loss"]
    assert repr(result) == f"Fit(7 steps, loss {losses[0]:.4g} → {losses[-1]:.4g})"


def test_the_optimizer_gets_its_own_state_back():
    given = []

    def optimizer(theta, grad, state):
        given.append(state)
        return theta - grad, len(given)

    train(optimizer=optimizer, steps=4)
    assert given == [None, 1, 2, 3]


def test_an_epoch_of_whole_batches_ends_with_its_last():
    result = train(steps=6, batch_size=5, evaluate=lambda theta: {"norm": float(np.linalg.norm(theta))})
    assert result.history["step"].tolist() == [2, 4, 6]


def test_a_single_evaluation_is_a_history_too():
    result = train(steps=1, evaluate=lambda theta: {"seven": 7.0})
    assert (result.history["step"].tolist(), result.history["seven"].tolist()) == ([1], [7])


def test_batches_of_one_and_rows_that_are_single_numbers():
    net, x = Network([Activation(tanh)]), np.arctanh([0.0, 0.5])
    result = fit(
        net, np.zeros(0), x, np.zeros(2), rng=np.random.default_rng(0), loss=squared_error, epochs=1, batch_size=1
    )
    assert sorted(result.history["loss"]) == pytest.approx([0, 0.125])


def test_batches_hold_64_rows_unless_told_otherwise():
    x = np.zeros((129, 2))
    result = fit(NET, start(), x, np.zeros(129, int), rng=np.random.default_rng(0), epochs=1)
    assert len(result.history["loss"]) == 3


def test_epochs_are_counted_in_whole_batches():
    assert len(train(steps=None, epochs=2).history["loss"]) == 6
    assert len(train(steps=None, epochs=2, batch_size=100).history["loss"]) == 2


def test_the_loss_of_a_step_is_the_loss_before_it():
    result = train(batch_size=10, steps=1)
    assert result.history["loss"][0] == pytest.approx(softmax_cross_entropy(NET(start(), X)[0], LABELS)[0], rel=1e-6)


def test_nothing_of_the_callers_is_written_to():
    theta, x, labels = start(), X.astype(np.float32), LABELS.copy()
    for array in (theta, x, labels):
        array.flags.writeable = False
    fit(NET, theta, x, labels, rng=np.random.default_rng(0), optimizer=adam, epochs=2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_divergence_is_named_with_its_step_and_the_last_good_loss(dtype):
    net = Network([Dense(1, 1, constant(1), bias=False)])
    theta, x, y = net.init(np.random.default_rng(0), dtype), np.ones((4, 1)), np.zeros((4, 1))
    losses = []
    with pytest.raises(Diverged, match=r"step \d+ .*last good loss.*smaller eta") as caught:
        fit(
            net,
            theta,
            x,
            y,
            rng=np.random.default_rng(0),
            loss=squared_error,
            optimizer=partial(sgd, eta=1e6),
            steps=100,
            callback=lambda step: losses.append(step.loss),
        )
    error = caught.value
    assert error.step == len(losses) + 1
    assert error.last_loss == losses[-1]
    assert losses[:2] == [0.5, pytest.approx(0.5 * (1 - 1e6) ** 2, rel=1e-6)]
    back = pickle.loads(pickle.dumps(error))
    assert (back.step, back.last_loss, str(back)) == (error.step, error.last_loss, str(error))


@pytest.mark.parametrize("factor", [np.inf, 3e38])
def test_divergence_in_the_very_last_step(factor):
    with pytest.raises(Diverged, match="at step 1 "):
        train(steps=1, optimizer=lambda theta, grad, state: (10 * (theta * factor), state))


def test_divergence_in_the_second_knows_the_loss_of_the_first():
    losses = iter([0.5, np.nan])

    def loss(y, target):
        return next(losses), lambda: y

    with pytest.raises(Diverged, match=r"at step 2 \(last good loss: 0\.5\)"):
        train(loss=loss)


def test_divergence_in_the_very_first():
    def loss(y, target):
        return np.nan, lambda: y

    with pytest.raises(Diverged, match=r"at step 1 \(last good loss: nan\)"):
        train(loss=loss)


def test_progress_goes_to_stderr(capsys):
    train(progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "step 5/5" in err
    assert (err.count("\r"), err.count("\n"), err[-1]) == (2, 1, "\n")  # one line, written over after each epoch
    train()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": None}, "exactly one"),
        ({"epochs": 2}, "exactly one"),
        ({"steps": 0}, "steps is 0"),
        ({"steps": None, "epochs": -1}, "epochs is -1"),
        ({"steps": None, "epochs": 0}, "epochs is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"evaluate": lambda theta: {"loss": 1.0}}, "'loss'"),
        ({"evaluate": lambda theta: {"step": 1.0}}, "'step'"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        train(**options)


@pytest.mark.parametrize(
    ("x", "labels", "message"),
    [
        (X[:9], LABELS, r"\(9, 2\).*\(10,\)"),
        (X[:0], LABELS[:0], "at least one row"),
        (np.where(X[3, 1] == X, np.nan, X), LABELS, "x holds 1 values"),
        (X, np.where(LABELS == 1, np.inf, 0.0), "targets holds 5 values"),
        (X, LABELS + 1, "from 1 to 2"),
        (X[:, :1], LABELS, r"\(2, 3\)"),
    ],
)
def test_data_that_cannot_be_trained_on(x, labels, message):
    with pytest.raises(ValueError, match=message):
        fit(NET, start(), x, labels, rng=np.random.default_rng(0), steps=1, batch_size=10)

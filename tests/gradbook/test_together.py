"""Networks trained together, against `fit` one by one."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from deepgrad import (
    Activation,
    BatchNorm,
    Conv1d,
    Dense,
    Diverged,
    Dropout,
    Network,
    Residual,
    adam,
    fit,
    he_normal,
    loss_slice,
    momentum,
    normal,
    relu,
    sgd,
    sigmoid,
    softmax_cross_entropy,
    squared_error,
    tanh,
    xavier_normal,
)
from gradbook.text import BookError
from gradbook.together import Start, fit_together, outputs

ETAS = (0.003, 0.01, 0.05)
NETS = {
    "sigmoid": [Dense(5, 7, xavier_normal), Activation(sigmoid), Dense(7, 6, xavier_normal), Activation(tanh)],
    "skip": [Dense(5, 6, he_normal), Residual([Activation(relu), Dense(6, 6, he_normal)]), Activation(relu)],
    "BN": [Dense(5, 6, he_normal), BatchNorm(6), Activation(relu), Dense(6, 6, he_normal), BatchNorm(6)],
    "BN in a block": [Dense(5, 6, he_normal), Residual([BatchNorm(6), Activation(relu), Dense(6, 6, he_normal)])],
}


@pytest.fixture(autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


def starts(net, targets="labels", etas=ETAS, n=23):
    """From different seeds and at different rates, in float64, where rounding has no time to grow."""
    found = []
    for seed, eta in enumerate(etas):
        rng = np.random.default_rng(seed)
        x, labels = rng.normal(size=(n, 5)), rng.integers(4, size=n)
        theta = net.init(rng, dtype=np.float64) + rng.normal(0, 0.1, net.size)  # biases and γ are not all alike
        found.append(Start(theta, x, labels if targets == "labels" else rng.normal(size=(n, 4)), rng, eta))
    return found


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("optimizer", [sgd, adam, momentum])
@pytest.mark.parametrize(("loss", "targets"), [(softmax_cross_entropy, "labels"), (squared_error, "numbers")])
def test_together_they_end_where_fit_does(name, optimizer, loss, targets):
    """23 examples in batches of 8: an epoch's last batch is smaller."""
    net = Network([*NETS[name], Dense(6, 4, normal(0.5))])
    together = fit_together(net, starts(net, targets), steps=12, batch_size=8, optimizer=optimizer, loss=loss)
    for start, found in zip(starts(net, targets), together, strict=True):
        alone = fit(net, start.theta, start.x, start.targets, rng=start.rng, loss=loss, steps=12, batch_size=8,
                    optimizer=partial(optimizer, eta=start.eta))  # fmt: skip
        # a bias before BatchNorm has a gradient of 0, of whose rounding Adam makes steps
        assert found.theta == pytest.approx(alone.theta, rel=1e-6, abs=1e-6)
        assert found.loss == pytest.approx(alone.history["loss"], rel=1e-9)
        assert not found.diverged
        assert np.abs(found.theta - start.theta).max() > 1e-3


def test_one_that_diverges_leaves_the_others_alone():
    net = Network([Dense(5, 6, he_normal), Activation(relu), Dense(6, 4, he_normal)])
    etas = (0.05, 1e200, 0.1)
    good, wild, other = fit_together(net, starts(net, etas=etas), steps=9, batch_size=8, optimizer=sgd)
    first, second, third = starts(net, etas=etas)
    with pytest.raises(Diverged) as error:
        fit(net, second.theta, second.x, second.targets, rng=second.rng, optimizer=partial(sgd, eta=1e200), steps=9,
            batch_size=8)  # fmt: skip
    assert wild.diverged
    assert np.isfinite(wild.loss).tolist() == [k + 1 < error.value.step for k in range(9)]
    for start, found in ((first, good), (third, other)):
        alone = fit(net, start.theta, start.x, start.targets, rng=start.rng, optimizer=partial(sgd, eta=start.eta),
                    steps=9, batch_size=8)  # fmt: skip
        assert found.theta == pytest.approx(alone.theta, rel=1e-9)


@pytest.mark.parametrize("what", ["θ", "y"])
def test_divergence_that_the_loss_does_not_show(what):
    """A step out of the finite numbers is the last one; or one class has a score of −∞, which costs the others nothing."""
    net, (start,) = (
        Network([Dense(5, 4, he_normal)]),
        starts(Network([Dense(5, 4, he_normal)]), "numbers", etas=(1e308,)),
    )
    start = replace(start, targets=1000 * start.targets)
    if what == "y":
        theta = start.theta.copy()
        net.views(theta)[0]["W"][:, 0] = -1e308
        start = replace(start, theta=theta, x=np.full_like(start.x, 10), targets=np.ones(23, int), eta=0.1)
    how = {"steps": 1, "batch_size": 8, "loss": squared_error if what == "θ" else softmax_cross_entropy}
    (found,) = fit_together(net, [start], optimizer=sgd, **how)
    assert found.diverged
    with pytest.raises(Diverged):
        fit(net, start.theta, start.x, start.targets, rng=start.rng, optimizer=partial(sgd, eta=start.eta), **how)


def test_outputs_of_many_thetas():
    net = Network([*NETS["skip"], Dense(6, 4, he_normal)])
    (start,) = starts(net, etas=(0.1,))
    direction, places = np.random.default_rng(9).normal(size=net.size), np.linspace(-1, 1, 5)
    scores = outputs(net, start.theta + places[:, None] * direction, start.x)
    losses = [softmax_cross_entropy(y, start.targets)[0] for y in scores]
    assert losses == pytest.approx(loss_slice(net, start.theta, start.x, start.targets, [direction], [places]))


def test_what_together_does_not_know():
    shortcut = Residual([Dense(5, 4, he_normal)], Dense(5, 4, he_normal))
    for layer in (Dropout(0.5), Dense(5, 4, he_normal, bias=False), Conv1d(1, 1, 2, he_normal), shortcut):
        net = Network([layer])
        with pytest.raises(BookError, match="networks together have"):
            fit_together(net, starts(net), steps=1, batch_size=8, optimizer=sgd)
    net = Network([Dense(5, 4, he_normal)])
    with pytest.raises(BookError, match="are trained with"):
        fit_together(net, starts(net), steps=1, batch_size=8, optimizer=sgd, loss=lambda y, t: 0)
    with pytest.raises(ValueError, match="equally many"):
        fit_together(net, [*starts(net), *starts(net, n=9)], steps=1, batch_size=8, optimizer=sgd)

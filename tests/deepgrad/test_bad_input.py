"""Every mistake a user can make at a public name is a ValueError that names the value and the remedy.

One table: what it is about, the call, and words its message must hold. Ranges that belong to one operation's own
meaning are tested beside it, in its own file.
"""

import math
from functools import partial

import numpy as np
import pytest

import deepgrad as dg
from deepgrad import Activation, Conv2d, Dense, Dropout, Network, fit, he_normal, relu, save, sgd
from deepgrad.checks import as_reals, told

RNG = np.random.default_rng
NET = Network([Dense(3, 4, he_normal), Activation(relu), Dense(4, 2, he_normal)])
THETA = NET.init(RNG(0))
X, LABELS = RNG(1).normal(size=(8, 3)).astype(np.float32), np.arange(8) % 2
NAN, INF, IMAGES = np.full((8, 3), np.nan), np.full((8, 3), np.inf), np.ones((8, 3, 4, 4), np.float32)
TEXT, OBJECTS, COMPLEX = np.array(["a", "b"]), np.array([1.0, None]), np.ones(2) * 1j
W, B, V = np.ones((3, 2)), np.zeros(2), np.ones(3)
ONE, ROW = np.ones((1, 1)), np.ones((1, 4))
ACTIVATIONS = [dg.sigmoid, dg.tanh, relu, dg.softplus, dg.silu, dg.gelu, dg.gelu_tanh, dg.step, dg.softmax]
ACTIVATIONS += [dg.leaky_relu(0.1), dg.elu(), dg.selu, dg.serlu]
OPTIMIZERS = [sgd, dg.momentum, dg.nesterov, dg.adagrad, dg.rmsprop, dg.adam, dg.adamw]
SCHEMES = [dg.uniform(-1, 1), dg.normal(1), dg.constant(0), dg.zeros, dg.orthogonal, dg.he_normal, dg.he_uniform]
SCHEMES += [dg.xavier_normal, dg.xavier_uniform, dg.lecun_normal]
LAYERS = [
    lambda n, init: Dense(n, 3, init),
    lambda n, init: Dense(3, n, init),
    lambda n, init: Conv2d(n, 3, 3, init),
    lambda n, init: Conv2d(1, 3, n, init),
    lambda n, init: Conv2d(1, 3, 3, init, stride=n),
    lambda n, init: dg.Conv1d(1, n, 3, init),
    lambda n, init: dg.Maxout(2, 2, n, init),
    lambda n, init: dg.RNN(n, 2, init),
    lambda n, init: dg.LSTM(2, n, init),
]


def train(x=X, targets=LABELS, theta=THETA, net=NET, **options):
    return fit(net, theta, x, targets, **{"rng": RNG(0), "steps": 3} | options)


def run(*layers, x=X, **options):
    """The output of a network of these layers."""
    net = Network(list(layers))
    return net(net.init(RNG(0)), x, **options)[0]


def over(args, rows):
    """A row for each argument that each row's call takes."""
    return [(f"{name} {arg!r:.30}", partial(call, arg), words) for name, call, words in rows for arg in args]


TABLE = [
    # what does not fit
    ("a forgotten Flatten", lambda: run(Dense(3, 2, he_normal), x=IMAGES), r"\(8, 3, 4, 4\).*Flatten\(\)"),
    ("rows that are too long", lambda: NET(THETA, X[:, :2]), r"x \(8, 2\) and W \(3, 4\) do not fit"),
    ("one number for a batch", lambda: NET(THETA, 1.0), r"x has shape \(\)"),
    ("rows of unequal length", lambda: NET(THETA, [[1, 2, 3], [1, 2]]), "x is .*must hold real numbers"),
    ("dy of another shape", lambda: NET(THETA, X)[1](np.ones((8, 1))), r"dy has shape \(8, 1\)"),
    ("theta of another network", lambda: NET(THETA[1:], X), r"\(25,\).*\(26,\)"),
    ("theta as a list", lambda: NET(list(THETA), X), r"theta is \[.*list.*np.asarray"),
    ("theta of whole numbers", lambda: NET(np.zeros(26, int), X), "int64.*float"),
    ("the views of a list", lambda: NET.views([1.0]), "theta is .*list"),
    ("weights as a list", lambda: dg.affine(X, [[1.0]], B), r"W is \[\[1.0\]\] \(list\)"),
    ("b as a number", lambda: dg.affine(np.ones((2, 3)), W, 0.0), "b is 0.0"),
    ("weights of whole numbers", lambda: dg.affine(X, W.astype(int), B), "W has dtype int64.*floats"),
    ("a matrix as text", lambda: dg.linear(X, TEXT), "W is an array of shape .*real numbers"),
    ("link of lists", lambda: dg.link([1.0], [2.0]), "h is .*list"),
    ("links of two shapes", lambda: dg.link(np.ones(3), np.ones(2)), r"\(3,\).*\(2,\)"),
    ("a link's bias of another shape", lambda: dg.link(V, V, B), r"h, w, b have the shapes .*\(2,\)"),
    ("a chain's bias in words", lambda: dg.chain(1.0, B, TEXT), "b is an array"),
    ("a chain of text", lambda: dg.chain(1.0, TEXT), "w is an array"),
    ("a chain fed text", lambda: dg.chain("a", V), "x is 'a'"),
    ("a gate fed text", lambda: dg.and_gate([["a", "b"]]), "x is"),
    ("a perceptron without weights", lambda: dg.perceptron(X, None, 0), "w is None"),
    ("a perceptron fed text", lambda: dg.perceptron("a", V, 0), "x is 'a'"),
    ("a perceptron's bias in words", lambda: dg.perceptron(X, V, "a"), "b is 'a'"),
    ("windows as a list", lambda: dg.conv2d([1.0], np.ones((1, 1, 1, 1)), np.ones(1)), "x is .*list"),
    ("filters as a list", lambda: dg.conv2d(IMAGES, [1.0], np.ones(1)), "W is .*list"),
    (
        "an image's filters as a matrix",
        lambda: dg.conv2d(IMAGES, W, B),
        r"conv2d.*\(3, 2\).*\(filters, channels, kh, kw",
    ),
    ("a convolution's b as a number", lambda: dg.conv2d(IMAGES, np.ones((1, 3, 2, 2)), 0), "b is 0"),
    ("half a stride", lambda: dg.conv2d(IMAGES, np.ones((1, 3, 2, 2)), np.ones(1), 0.5), "stride is 0.5"),
    ("half a padding", lambda: dg.conv2d(IMAGES, np.ones((1, 3, 2, 2)), np.ones(1), 1, 0.5), "padding is 0.5"),
    (
        "a forgotten channel axis",
        lambda: run(Conv2d(1, 2, 3, he_normal), x=np.ones((8, 4, 4))),
        r"\(8, 4, 4\).*channels",
    ),
    ("pooling a list", lambda: dg.max_pool([[1.0]], 2), "x is .*list"),
    ("half a pool", lambda: dg.MaxPool(2.5), "size is 2.5"),
    ("half a pool as operation", lambda: dg.average_pool(IMAGES, 2.5), "size is 2.5"),
    ("an RNN fed rows", lambda: run(dg.RNN(3, 2)), r"\(8, 3\).*time"),
    ("an LSTM fed one row", lambda: run(dg.LSTM(3, 2), x=X[0]), r"\(3,\).*time"),
    ("a sequence as a list", lambda: dg.rnn([[[1.0]]], ONE, ONE, ONE, ROW[0, :1]), "x is .*list"),
    ("an RNN's h0 as a number", lambda: dg.rnn(ONE[None], 0, ONE, ONE, ROW[0, :1]), "h0 is 0"),
    ("an RNN's b as a number", lambda: dg.rnn(ONE[None], ONE, ONE, ONE, 0), "b is 0"),
    ("an RNN's Wx of whole numbers", lambda: dg.rnn(ONE[None], ONE, ONE.astype(int), ONE, ROW[0, :1]), "Wx has dtype"),
    ("an RNN's Wh of whole numbers", lambda: dg.rnn(ONE[None], ONE, ONE, ONE.astype(int), ROW[0, :1]), "Wh has dtype"),
    ("an LSTM cell's z as a list", lambda: dg.lstm_cell([[1.0] * 4], ONE), "z is .*list"),
    ("an LSTM cell's c as a number", lambda: dg.lstm_cell(ROW, 1.0), "c is 1.0"),
    ("an LSTM cell's z", lambda: dg.lstm_cell(np.ones((2, 7)), np.ones((2, 2))), r"z \(2, 7\) and c \(2, 2\)"),
    ("an LSTM's c0 as a number", lambda: dg.lstm(ONE[None], ONE, 0, ROW, ROW, ROW[0]), "c0 is 0"),
    ("no last step", lambda: dg.last_step([1.0]), "x is .*list"),
    ("normalizing a list", lambda: dg.batch_norm([[1.0]], V, V), "x is .*list"),
    ("gamma as a number", lambda: dg.layer_norm(X, 1.0, V), "argument 2 is 1.0"),
    ("a slope as a number", lambda: dg.prelu(X, 0.25), "a is 0.25"),
    ("slopes of a list", lambda: dg.prelu([1.0], B), "z is .*list"),
    ("maxout of lists", lambda: dg.maxout([[1.0]], W, B), "x is .*list"),
    ("maxout by lists", lambda: dg.maxout(X, [[1.0]], B), "W is .*list"),
    ("maxout from lists", lambda: dg.maxout(X, W[None], [1.0]), "b is .*list"),
    ("softmax of a number", lambda: dg.softmax(1.0), r"shape \(\)"),
    ("softmax of no classes", lambda: dg.softmax(np.ones((2, 0))), r"\(2, 0\)"),
    ("no rows for accuracy", lambda: dg.accuracy(np.ones((0, 2)), LABELS[:0]), "at least one row"),
    ("no classes", lambda: dg.softmax_cross_entropy(np.ones((8, 0)), LABELS), r"\(8, 0\)"),
    # layers
    ("a layer's class", lambda: Network([Dense]), "layer 0 is .*Dense.*must be a layer"),
    ("a bare function", lambda: Network([Dense(1, 1, he_normal), relu]), r"layer 1 is .*relu.*Activation\(f\)"),
    ("a layer without a list", lambda: Network(Dense(1, 1, he_normal)), "a network takes a list of layers"),
    ("a block without a list", lambda: dg.Residual(Dense(1, 1, he_normal)), "a residual block takes a list of layers"),
    ("a number of layers", lambda: Network(3), "takes a list of layers, but got 3"),
    ("a block of functions", lambda: dg.Residual([relu]), r"layer 0 is .*relu"),
    ("a shortcut by name", lambda: dg.Residual([Activation(relu)], shortcut="conv"), "shortcut is 'conv'"),
    ("an activation's name", lambda: Activation("relu"), r"f is 'relu'.*leaky_relu\(0.01\)"),
    ("an activation's class", lambda: run(Activation(Dropout)), "rate is an array"),
    ("a layer for an activation", lambda: Activation(dg.Flatten()), r"f is Flatten\(\)"),
    ("NumPy's own tanh", lambda: run(Activation(np.tanh)), r"Activation\(tanh\) returned .*y, back"),
    ("leaky_relu without its slope", lambda: run(Activation(dg.leaky_relu)), "slope is an array"),
    ("normal without its std", lambda: Dense(3, 3, dg.normal), r"init is .*normal.*normal\(0.01\)"),
    ("a forget bias in words", lambda: dg.LSTM(2, 2, forget_bias="1"), "forget_bias is '1'"),
    ("half a channel", lambda: dg.BatchNorm(2.5), "channels is 2.5"),
    ("half a feature", lambda: dg.LayerNorm(2.5), "features is 2.5"),
    ("a padding in words", lambda: Conv2d(1, 1, 3, he_normal, padding="same"), "padding is 'same'"),
    ("a rate in words", lambda: Dropout("0.5"), r"rate is '0.5' \(str\)"),
    ("a rate that is NaN", lambda: Dropout(math.nan), "rate is nan"),
    ("a rate of 1", lambda: Dropout(1), "rate is 1"),
    ("dropout without rng", lambda: run(Dropout(0.5), train=True), r"Dropout\(rate=0.5\).*default_rng"),
    ("dropout with a seed", lambda: run(Dropout(0.5), train=True, rng=0), "rng is 0.*default_rng"),
    ("dropout of text", lambda: dg.dropout(TEXT, 0.5, RNG(0)), "x is an array"),
    ("rrelu with a seed", lambda: dg.rrelu(X, 0, True), "rng is 0.*default_rng"),
    ("rrelu of text", lambda: dg.rrelu(TEXT, RNG(0), True), "z is an array"),
    ("rrelu's bounds in words", lambda: dg.rrelu(X, None, False, "a"), "lower is 'a'"),
    ("rrelu's upper bound in words", lambda: dg.rrelu(X, None, False, 0, "a"), "upper is 'a'"),
    ("a forgotten calibrate", lambda: run(dg.BatchNorm(3)), r"calibrate\(net, theta, x\)"),
    ("calibrate on text", lambda: dg.calibrate(NET, THETA, TEXT), "x is an array"),
    ("calibrate on NaN", lambda: dg.calibrate(NET, THETA, NAN), "x holds 24 values"),
    ("calibrate of another theta", lambda: dg.calibrate(NET, THETA[1:], X), r"\(25,\).*\(26,\)"),
    # random numbers
    ("init from a seed", lambda: NET.init(0), "rng is 0.*default_rng"),
    ("init in whole numbers", lambda: NET.init(RNG(0), int), "dtype is .*float32 or float64"),
    ("init in nonsense", lambda: NET.init(RNG(0), "float33"), "dtype is float33"),
    ("moons from a seed", lambda: dg.moons(0, 10), "rng is 0.*default_rng"),
    ("half a moon", lambda: dg.moons(RNG(0), 2.5), "n is 2.5"),
    ("noise in words", lambda: dg.spirals(RNG(0), 10, "a"), "noise is 'a'"),
    ("symbols from the old generator", lambda: dg.first_symbol(np.random, 2, 2), "rng is .*default_rng"),
    ("cats from a seed", lambda: dg.cats(0, 10), "rng is 0.*default_rng"),
    ("half a cat", lambda: dg.cats(RNG(0), 2.5), "n is 2.5"),
    ("half a layer of teeth", lambda: dg.sawtooth(2.5), "depth is 2.5"),
    ("a direction from a seed", lambda: dg.filter_normalized_direction(NET, THETA, 0), "rng is 0.*default_rng"),
    ("uniform in words", lambda: dg.uniform("a", 1), "low is 'a'"),
    ("uniform to words", lambda: dg.uniform(0, "a"), "high is 'a'"),
    ("a std that is an array", lambda: dg.normal(V), "std is an array"),
    ("a constant None", lambda: dg.constant(None), "value is None"),
    ("a window of no size", lambda: dg.convolution_weights(he_normal, RNG(0), (1, 0, 3), float), r"\(1, 0, 3\)"),
    # losses
    ("a score that is NaN", lambda: dg.accuracy(NAN, LABELS), "scores holds 24 values"),
    ("scores as a list", lambda: dg.softmax_cross_entropy([[1.0]], LABELS), "scores is .*list"),
    ("labels as a list", lambda: dg.softmax_cross_entropy(X, [0]), "labels is .*list"),
    ("labels as floats", lambda: dg.softmax_cross_entropy(X, LABELS * 1.0), "float64.*integers"),
    ("labels as bools", lambda: dg.softmax_cross_entropy(X, LABELS == 1), "bool.*integers"),
    ("labels out of range", lambda: dg.softmax_cross_entropy(X, LABELS + 2), r"from 2 to 3.*\[0, 3\)"),
    ("labels below 0", lambda: dg.accuracy(X, LABELS - 1), r"from -1 to 0.*\[0, 3\)"),
    ("one-hot labels", lambda: dg.softmax_cross_entropy(X, np.eye(3)[LABELS].astype(int)), r"\(8, 3\) and labels"),
    ("scores of whole numbers", lambda: dg.softmax_cross_entropy(X.astype(int), LABELS), "int64.*floats"),
    ("infinite scores", lambda: dg.binary_cross_entropy(INF, np.ones((8, 3))), "scores holds 24 values"),
    ("a label of 2", lambda: dg.binary_cross_entropy(X, np.full((8, 3), 2)), "labels hold 2"),
    ("labels in words", lambda: dg.binary_cross_entropy(np.ones(2), TEXT), "labels is an array"),
    ("a target that broadcasts", lambda: dg.squared_error(X, X[:, :1]), r"\(8, 3\).*\(8, 1\)"),
    ("a target that is NaN", lambda: dg.squared_error(X, NAN), "target holds 24"),
    ("a picture's bytes for y", lambda: dg.squared_error(np.ones((2, 2), np.uint8), W[:2]), "uint8.*floats"),
    # optimizers and schedules
    ("adam with momentum's state", lambda: dg.adam(V, V, V), "state is an array"),
    ("momentum with adam's state", lambda: dg.momentum(V, V, dg.adam(V, V)[1]), "state is AdamState"),
    ("the state of another theta", lambda: dg.momentum(V, V, np.ones(1)), r"state has shape \(1,\)"),
    ("adam's state of another theta", lambda: dg.adam(V, V, dg.adam(B, B)[1]), r"m has shape \(2,\)"),
    ("decay below 0", lambda: dg.adamw(V, V, decay=-1), "decay is -1"),
    ("a rate for a schedule", lambda: dg.scheduled(sgd, 0.1), r"eta is 0.1.*constant_eta\(0.01\)"),
    ("an optimizer's name", lambda: dg.scheduled("adam", dg.constant_eta(1)), "optimizer is 'adam'.*example adam"),
    ("clipping nothing", lambda: dg.clipped(None, 1), "optimizer is None.*example adam"),
    ("clipping a list", lambda: dg.clip_norm([1.0], 1), "grad is .*list"),
    ("a limit of 0", lambda: dg.clip_norm(V, 0), "limit is 0"),
    ("step 0", lambda: dg.step_eta(0.1, 10)(0), "step is 0"),
    ("half a step", lambda: dg.step_eta(0.1, 2.5), "every is 2.5"),
    ("half a step along the cosine", lambda: dg.cosine_eta(0.1, 10)(2.5), "step is 2.5"),
    ("a step after the last", lambda: dg.cosine_eta(0.1, 10)(11), "10 steps, but step 11"),
    # training
    ("a loss's name", lambda: train(loss="mse"), "loss is 'mse'.*squared_error"),
    ("a loss of one argument", lambda: train(loss=relu), "loss is .*y, targets"),
    ("a loss without its way back", lambda: train(loss=lambda y, t: 0.0), "loss returned 0.0.*y, back"),
    ("a loss for each row", lambda: train(loss=lambda y, t: (np.ones(8), lambda: y)), r"the loss is an array.*\(8,\)"),
    ("an optimizer's name in fit", lambda: train(optimizer="adam"), "optimizer is 'adam'.*example sgd"),
    ("rng as a seed", lambda: train(rng=0), "rng is 0.*default_rng"),
    ("no evaluation", lambda: train(evaluate=lambda theta: None), "evaluate returned None"),
    ("an evaluation in words", lambda: train(evaluate=lambda theta: {"a": "b"}), "evaluate's 'a' is 'b'"),
    ("a callback in words", lambda: train(callback="print"), "callback is 'print'.*each Step"),
    ("an evaluate in words", lambda: train(evaluate={}), "evaluate is {}.*name: number"),
    ("half a batch", lambda: train(batch_size=2.5), "batch_size is 2.5"),
    ("half an epoch", lambda: train(steps=None, epochs=0.5), "epochs is 0.5"),
    ("no step", lambda: train(steps=0), "steps is 0"),
    ("NaN in the data", lambda: train(NAN), "x holds 24 values"),
    ("numbers too large for float32", lambda: train(X.astype(float) * 1e300), "too large for float32"),
    ("text for data", lambda: train([["a", "b", "c"]] * 8), "x is .*real numbers"),
    ("text for targets", lambda: train(targets=list("abcdefgh")), "targets is an array"),
    ("too few targets", lambda: train(targets=LABELS[:7]), r"\(8, 3\).*\(7,\)"),
    ("no data", lambda: train(X[:0], LABELS[:0]), "at least one row"),
    ("a theta that is NaN", lambda: train(theta=THETA * np.nan), "theta holds 26"),
    ("a theta as a list", lambda: train(theta=list(THETA)), "theta is"),
    # saving, diagnosis, gradient checks
    ("saving a list", lambda: save("/nowhere/x.npz", NET, list(THETA)), "theta is"),
    ("saving NaN", lambda: save("/nowhere/x.npz", NET, THETA * np.nan), "theta holds 26"),
    ("diagnosing NaN", lambda: dg.diagnose(NET, THETA, NAN, LABELS), "x holds 24"),
    ("diagnosing no rows", lambda: dg.diagnose(NET, THETA, X[:0], LABELS[:0]), "at least one row"),
    ("diagnosing by name", lambda: dg.diagnose(NET, THETA, X, LABELS, loss="mse"), "loss is 'mse'.*squared_error"),
    ("half a bin", lambda: dg.diagnose(NET, THETA, X, LABELS, bins=2.5), "bins is 2.5"),
    ("checking a list", lambda: dg.check_gradient(relu, [1.0]), "x is .*list"),
    ("checking float32", lambda: dg.check_gradient(relu, X), "float32.*float64"),
    ("checking nothing", lambda: dg.check_gradient(None, V), "f is None.*operation to check"),
    ("checking nothing in a direction", lambda: dg.check_direction(None, V), "f is None.*operation to check"),
    ("no step along a direction", lambda: dg.check_direction(relu, V, h=0), "h is 0"),
    ("differences of nothing", lambda: dg.central_difference(None, V), "f is None.*operation to check"),
    ("comparing two shapes", lambda: dg.relative_error(V, B), r"a, b have the shapes .*\(3,\).*\(2,\)"),
    (
        "a list for a network",
        lambda: fit([Dense(3, 2, he_normal)], THETA, X, LABELS, rng=RNG(0)),
        r"net is \[Dense.*Network",
    ),
    ("theta and network exchanged", lambda: save("/nowhere/x.npz", THETA, NET), "net is an array"),
    ("diagnosing a layer", lambda: dg.diagnose(NET.layers[0], THETA, X, LABELS), r"net is Dense\(3"),
    ("calibrating a layer", lambda: dg.calibrate(NET.layers[0], THETA, X), r"net is Dense\(3"),
    ("weights by name", lambda: dg.convolution_weights("he", RNG(0), (1, 1, 3), float), "init is 'he'"),
    ("NaN for a network", lambda: NET(THETA, NAN), "x holds 24 values"),
    ("no step to check with", lambda: dg.central_difference(np.sum, V, h=0), "h is 0"),
    *over(
        [TEXT, OBJECTS, COMPLEX, "a", None, 1j],
        [(f.__name__, f, "z is .*real numbers") for f in ACTIVATIONS],
    ),
    *over(
        [TEXT, OBJECTS, np.ones((8, 3)) * 1j, "a", None],
        [("data", partial(NET, THETA), "x is .*real numbers")],
    ),
    *over(
        [[1.0, 1.0, 1.0], None, np.ones(2), TEXT, V * 1j],
        [(f.__name__, partial(f, V), "grad is|grad has") for f in OPTIMIZERS],
    ),
    *over(
        [[1.0], 1.0, "a"],
        [(f.__name__, lambda theta, f=f: f(theta, V), "theta is .*np.asarray") for f in OPTIMIZERS],
    ),
    *over(
        [0, -1, math.nan, math.inf, "0.1", None, V, 1j],
        [(f"{f.__name__}'s eta", lambda eta, f=f: f(V, V, eta=eta), "eta is .*must be") for f in OPTIMIZERS],
    ),
    *over(
        [0, None, np.random],
        [(f.__name__, lambda rng, f=f: f(rng, 2, 3, float), "rng is .*default_rng") for f in SCHEMES],
    ),
    *over(
        [0, -3, 2.5],
        [(f.__name__, lambda n, f=f: f(RNG(0), n, 3, float), "fan_in.* is .*at least 1") for f in SCHEMES]
        + [(f.__name__, lambda n, f=f: f(RNG(0), 3, n, float), "fan_out.* is .*at least 1") for f in SCHEMES],
    ),
    *over(
        [int, "a", complex],
        [(f.__name__, lambda dtype, f=f: f(RNG(0), 2, 3, dtype), "dtype is .*float32") for f in SCHEMES],
    ),
    *over(
        [0, -1, 2.5, "3", None, True],
        [(f"size {k}", lambda n, f=f: f(n, he_normal), " is .*whole number") for k, f in enumerate(LAYERS)],
    ),
    *over(
        ["he", None, relu, 0.1, dg.normal],
        [(f"init {k}", partial(f, 3), "init is .*he_normal") for k, f in enumerate(LAYERS)],
    ),
]


@pytest.mark.parametrize(("call", "words"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_mistake_is_named(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert len(str(caught.value)) < 500


def test_long_values_are_cut_short_in_errors():
    assert told("x" * 58) == "'" + "x" * 58 + "' (str)"
    assert told("x" * 59) == "'" + "x" * 56 + "... (str)"


def test_a_mistake_inside_a_network_says_in_which_layer():
    with pytest.raises(ValueError, match="do not fit") as caught:
        run(Dense(3, 4, he_normal), Dense(5, 2, he_normal))
    assert caught.value.__notes__ == ["in layer 1 of the network, Dense(5, 2, he_normal)"]


def test_an_evaluation_keeps_its_names():
    rounds = iter([{"a": 1}, {"b": 1}])
    with pytest.raises(ValueError, match=r"\['b'\], but \['a'\]"):
        train(steps=None, epochs=2, evaluate=lambda theta: next(rounds))


def test_what_a_callback_raises_comes_through():
    def stop(step):
        raise KeyboardInterrupt(step.number)

    with pytest.raises(KeyboardInterrupt, match="1"):
        train(callback=stop)


def test_divergence_is_told_before_anything_is_evaluated():
    def burst(theta, grad, state):
        return np.full_like(theta, np.inf), state

    def evaluate(theta):
        raise AssertionError("asked about a theta that is not finite")

    with pytest.raises(dg.Diverged, match="at step 1 "):
        train(steps=1, optimizer=burst, evaluate=evaluate)


def test_a_failed_save_leaves_nothing_behind(tmp_path):
    with pytest.raises(ValueError, match="NaN"):
        save(tmp_path / "theta.npz", NET, THETA * np.nan)
    assert not list(tmp_path.iterdir())


def test_what_is_no_mistake():
    """Lists, whole numbers and NumPy scalars where their meaning is plain."""
    assert dg.sigmoid([0, 0])[0].tolist() == [0.5, 0.5]
    assert dg.sigmoid(np.uint8([0, 200]))[0].tolist() == [0.5, 1.0]  # −200 would wrap around
    assert np.array_equal(NET(THETA, X.tolist())[0], NET(THETA, X)[0])
    pixels = np.arange(24, dtype=np.uint8).reshape(8, 3)
    assert np.array_equal(NET(THETA, pixels)[0], NET(THETA, pixels.astype(np.float32))[0])
    assert dg.accuracy(np.eye(3), np.uint8([0, 1, 2])) == 1
    assert dg.dropout(V, np.array(0.5), RNG(0))[0].shape == V.shape
    assert as_reals("x", X) is X  # what is fine is not copied
    for step in OPTIMIZERS:
        wide, narrow = np.ones(3), np.ones(3, np.float32)
        assert step(narrow, narrow, eta=np.float64(0.5))[0].dtype == np.float32
        assert np.array_equal(step(np.ones(3, int), wide, eta=0.5)[0], step(wide, wide, eta=0.5)[0])
    assert Dense(np.int64(3), 2, he_normal).shapes() == {"W": (3, 2), "b": (2,)}
    assert run(dg.BatchNorm(3), x=X[:1], train=True).tolist() == [[0, 0, 0]]  # a batch of one

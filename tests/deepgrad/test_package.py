"""What holds for the library as a whole."""

import subprocess
import sys

import numpy as np
import pytest

import deepgrad
from deepgrad import (
    Activation,
    Dense,
    Dropout,
    Network,
    affine,
    average_pool,
    batch_norm,
    chain,
    conv1d,
    conv2d,
    dropout,
    layer_norm,
    linear,
    link,
    lstm,
    max_pool,
    maxout,
    normal,
    prelu,
    relu,
    rnn,
    sigmoid,
    softmax,
    softmax_cross_entropy,
    squared_error,
    tanh,
)


def test_numpy_is_all_it_needs():
    code = (
        "import sys, deepgrad\n"
        "files = [name for name, module in sys.modules.items() if getattr(module, '__file__', None)]\n"
        "print(*sorted({name.partition('.')[0] for name in files} - sys.stdlib_module_names))"
    )
    out = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False, env=_env())
    assert out.stdout.split() == ["deepgrad", "numpy"], out.stderr


def _env():
    """The import path as it is, without what site's .pth files bring in."""
    return {"PYTHONPATH": ":".join(path for path in sys.path if path)}


def test_every_public_name_exists_and_explains_itself():
    assert len(deepgrad.__all__) == len(set(deepgrad.__all__))
    for name in deepgrad.__all__:
        thing = getattr(deepgrad, name)
        assert name == "Array" or thing.__doc__, name


NET = Network([Dense(4, 5, normal(1)), Activation(tanh), Dropout(0.5), Dense(5, 3, normal(1), bias=False)])

OPERATIONS = [
    (sigmoid, [(2, 3)]),
    (tanh, [(2, 3)]),
    (relu, [(2, 3)]),
    (softmax, [(2, 3)]),
    (link, [(2, 3), (2, 3)]),
    (chain, [(3,), (4, 3)]),
    (chain, [(3,), (4, 3), (4, 3)]),
    (linear, [(2, 3), (3, 4)]),
    (affine, [(2, 3), (3, 4), (4,)]),
    (conv1d, [(2, 3, 6), (4, 3, 2), (4,)]),
    (conv2d, [(2, 3, 5, 5), (4, 3, 2, 2), (4,)]),
    (lambda x: max_pool(x, 2), [(2, 3, 4, 4)]),
    (lambda x: average_pool(x, 2), [(2, 3, 4, 4)]),
    (batch_norm, [(5, 3), (3,), (3,)]),
    (layer_norm, [(5, 3), (3,), (3,)]),
    (rnn, [(2, 4, 3), (2, 5), (3, 5), (5, 5), (5,)]),
    (lstm, [(2, 4, 3), (2, 5), (2, 5), (3, 20), (5, 20), (20,)]),
    (maxout, [(2, 3), (2, 3, 4), (2, 4)]),
    (prelu, [(2, 3), (1,)]),
    (lambda x: dropout(x, 0.5, np.random.default_rng(0)), [(2, 3)]),
    (lambda theta, x: NET(theta, x, True, np.random.default_rng(0)), [(NET.size,), (2, 4)]),
    (lambda theta, x: NET.trace(theta, x)[1], [(NET.size,), (2, 4)]),
]


@pytest.mark.parametrize(("operation", "shapes"), OPERATIONS)
def test_no_operation_writes_into_the_callers_arrays_and_the_way_back_can_be_taken_twice(operation, shapes):
    rng = np.random.default_rng(0)
    arguments = [_read_only(rng.normal(size=shape)) for shape in shapes]
    result = operation(*arguments)
    y, back = result if isinstance(result, tuple) else (np.zeros((2, 3)), result)
    dy = _read_only(rng.normal(size=y.shape))
    for first, second in zip(_flat(back(dy)), _flat(back(dy)), strict=True):
        assert np.array_equal(first, second)


def test_no_loss_writes_into_the_callers_arrays():
    scores, labels = _read_only(np.ones((2, 3))), _read_only(np.array([0, 2]))
    for loss, target in ((softmax_cross_entropy, labels), (squared_error, scores)):
        _, back = loss(scores, target)
        assert np.array_equal(back(), back())


def _read_only(array):
    array.flags.writeable = False
    return array


def _flat(result):
    """The arrays in a nested result."""
    if isinstance(result, tuple | list):
        return [array for part in result for array in _flat(part)]
    return [result]

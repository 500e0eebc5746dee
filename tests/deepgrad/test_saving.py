import os
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgrad import Activation, Dense, Network, constant, relu, tanh, xavier_uniform
from deepgrad.saving import load, save
from tests.strategies import seeds

NET = Network([Dense(2, 3, xavier_uniform), Activation(tanh), Dense(3, 1, xavier_uniform)])


def start(seed=0, dtype=np.float32):
    return NET.init(np.random.default_rng(seed), dtype)


@given(seed=seeds, dtype=st.sampled_from([np.float32, np.float64]))
def test_what_is_loaded_is_what_was_saved(tmp_path_factory, seed, dtype):
    path, theta = tmp_path_factory.getbasetemp() / "theta.npz", start(seed, dtype)
    save(path, NET, theta)
    loaded = load(path, NET)
    assert loaded.dtype == dtype
    assert np.array_equal(loaded, theta)
    loaded[0] = 1  # it is the caller's own


def test_the_file_has_the_name_asked_for_and_is_plain_numpy(tmp_path):
    save(str(tmp_path / "theta.of.mine"), NET, start())
    assert [path.name for path in tmp_path.iterdir()] == ["theta.of.mine"]
    with np.load(tmp_path / "theta.of.mine") as file:
        assert sorted(file) == ["network", "theta"]
        assert str(file["network"]) == repr(NET)


def test_the_same_theta_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        save(tmp_path / name, NET, start())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "other",
    [
        Network([Dense(2, 4, xavier_uniform), Activation(tanh), Dense(4, 1, xavier_uniform)]),
        Network([Dense(2, 3, xavier_uniform), Activation(relu), Dense(3, 1, xavier_uniform)]),  # as many parameters
    ],
)
def test_another_networks_file_is_refused_and_both_are_named(tmp_path, other):
    save(tmp_path / "theta.npz", NET, start())
    with pytest.raises(ValueError, match=r"theta\.npz") as caught:
        load(tmp_path / "theta.npz", other)
    assert repr(NET) in str(caught.value)
    assert repr(other) in str(caught.value)


def leaky(z, slope):
    return np.where(z > 0, z, slope * z), lambda dy: np.where(z > 0, dy, slope * dy)


def test_a_partial_is_told_by_its_options_not_by_its_address(tmp_path):
    def net(slope, f=leaky):
        return Network([Dense(1, 1, constant(1)), Activation(partial(f, slope=slope))])

    def moved(z, slope):
        return leaky(z, slope)

    moved.__name__, moved.__qualname__ = "leaky", "leaky"  # what another start of Python would have
    theta = np.ones(2)
    assert repr(net(0.1)) != repr(net(0.1, moved))
    save(tmp_path / "theta.npz", net(0.1), theta)
    assert np.array_equal(load(tmp_path / "theta.npz", net(0.1, moved)), theta)
    with pytest.raises(ValueError, match=r"slope=0\.1.*\n(.*\n)*.*slope=0\.2"):
        load(tmp_path / "theta.npz", net(0.2))


def test_a_failure_leaves_the_older_file_and_nothing_else(tmp_path, monkeypatch):
    path, theta = tmp_path / "theta.npz", start()
    save(path, NET, theta)

    def half(file, **arrays):
        file.write(b"half of it")
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(np, "savez", half)
        with pytest.raises(OSError, match="disk full"):
            save(path, NET, theta + 1)
    assert np.array_equal(load(path, NET), theta)
    assert os.listdir(tmp_path) == ["theta.npz"]


def damage(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut off", b"\x93NUMPY"])
def test_other_files_are_refused(tmp_path, content):
    with pytest.raises(ValueError, match=r"theta\.npz is damaged, or no file that deepgrad\.save wrote"):
        load(damage(tmp_path / "theta.npz", content), NET)


def test_damaged_and_foreign_archives_are_refused(tmp_path):
    path = tmp_path / "theta.npz"
    save(path, NET, start())
    whole = path.read_bytes()
    place = whole.index(start().tobytes())  # flip one bit of θ: the archive's checksum tells
    for content in (
        whole[:-30],
        whole[: len(whole) // 2],
        whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :],
    ):
        with pytest.raises(ValueError, match="damaged"):
            load(damage(path, content), NET)
    for arrays in ({"weights": start()}, {"theta": start()}, {"theta": np.array([object()]), "network": repr(NET)}):
        np.savez(path, **arrays)
        with pytest.raises(ValueError, match="damaged"):
            load(path, NET)
    with path.open("wb") as file:
        np.save(file, start())
    with pytest.raises(ValueError, match="damaged"):
        load(path, NET)
    np.savez(path, theta=start()[:-1], network=repr(NET))
    with pytest.raises(ValueError, match=r"theta in .*\(12,\).*\(13,\)"):
        load(path, NET)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere.npz", NET)


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        (np.zeros(12), r"\(12,\).*\(13,\)"),
        (np.zeros(13, int), "int64"),
        (np.array([np.nan, np.inf] + [0.0] * 11), "2 values"),
    ],
)
def test_a_theta_that_cannot_be_used_is_not_saved(tmp_path, theta, message):
    with pytest.raises(ValueError, match=message):
        save(tmp_path / "theta.npz", NET, theta)
    assert not list(tmp_path.iterdir())

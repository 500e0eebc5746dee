"""Preprocessing against scikit-learn, and against what its definition promises."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from deepgrad import center, standardize, whiten

ALL = [center, standardize, whiten]


def drawn(rng, n=200, features=4):
    """Correlated features of different sizes, far from 0."""
    return rng.normal(size=(n, features)) @ rng.normal(size=(features, features)) * 10 + 5


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(("f", "scaler"), [(center, StandardScaler(with_std=False)), (standardize, StandardScaler())])
def test_as_scikit_learn_scales(rng, f, scaler):
    x, new = drawn(rng), drawn(rng, 7)
    assert f(x)(new) == pytest.approx(scaler.fit(x).transform(new))


def test_as_scikit_learn_whitens(rng):
    """It divides by n − 1 where we divide by n, and an axis may point either way."""
    x, new = drawn(rng), drawn(rng, 7)
    theirs = PCA(whiten=True, svd_solver="full").fit(x).transform(new) * np.sqrt(len(x) / (len(x) - 1))
    assert np.abs(whiten(x)(new)) == pytest.approx(np.abs(theirs))


def test_whitened_covariance(rng):
    x = drawn(rng)
    assert np.cov(whiten(x)(x).T, bias=True) == pytest.approx(np.eye(4), abs=1e-10)
    variances = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2 / len(x)
    assert np.diag(np.cov(whiten(x, eps=3.0)(x).T, bias=True)) == pytest.approx(variances / (variances + 3))


@pytest.mark.parametrize("f", ALL)
def test_only_the_training_set_counts(rng, f):
    x, new = drawn(rng), drawn(rng, 7)
    transform = f(x)
    one_by_one = np.concatenate([transform(new[k : k + 1]) for k in range(7)])
    x[:] = 0  # what is remembered is not a view
    assert one_by_one == pytest.approx(transform(new), rel=1e-12)


@pytest.mark.parametrize("constant", [0.0, 0.1, 255.0])
def test_what_never_varied_becomes_zero(rng, constant):
    x, new = drawn(rng), drawn(rng, 7)
    x[:, 2] = constant
    assert not standardize(x)(new)[:, 2].any()
    kept = [0, 1, 3]
    assert standardize(x)(new)[:, kept] == pytest.approx(standardize(x[:, kept])(new[:, kept]))
    assert np.abs(whiten(x)(new)[:, :3]) == pytest.approx(np.abs(whiten(x[:, kept])(new[:, kept])))
    assert not whiten(x)(new)[:, 3].any()


@pytest.mark.parametrize("eps", [0, 1e-5])
def test_fewer_examples_than_features(rng, eps):
    x = rng.normal(size=(5, 8))
    seen = whiten(x, eps)(x)
    assert np.diag(np.cov(seen.T, bias=True)) == pytest.approx([1] * 4 + [0] * 4, abs=1e-3)
    assert np.isfinite(whiten(x, eps)(rng.normal(size=(3, 8)))).all()


@pytest.mark.parametrize("f", ALL)
def test_dtype_and_whole_numbers(rng, f):
    x = drawn(rng)
    assert f(x.astype(np.float32))(x.astype(np.float32)).dtype == np.float32
    bytes_ = rng.integers(0, 256, (50, 6)).astype(np.uint8)  # x − μ would wrap around
    assert f(bytes_)(bytes_) == pytest.approx(f(bytes_.astype(float))(bytes_.astype(float)))


@pytest.mark.parametrize("f", [center, standardize])
def test_pictures(rng, f):
    x = rng.uniform(size=(20, 3, 4, 4))
    assert f(x)(x[:2]).reshape(2, -1) == pytest.approx(f(x.reshape(20, -1))(x[:2].reshape(2, -1)))


@pytest.mark.parametrize("f", ALL)
@pytest.mark.parametrize(
    ("x", "told"),
    [
        (np.zeros(3), r"x has shape \(3,\)"),
        (np.zeros((0, 3)), r"x has shape \(0, 3\)"),
        (np.full((2, 3), np.nan), "x holds 6 values"),
        ([["a"]], "x is .*real numbers"),
    ],
)
def test_bad_training_sets(f, x, told):
    with pytest.raises(ValueError, match=told):
        f(x)


@pytest.mark.parametrize("f", ALL)
@pytest.mark.parametrize("new", [np.zeros(3), np.zeros((2, 4)), np.float64(1)])
def test_new_examples_must_fit(f, new):
    with pytest.raises(ValueError, match=r"new has shape .* shape \(3,\): pass \(m, 3\)"):
        f(np.eye(3))(new)


def test_bad_whitening():
    with pytest.raises(ValueError, match=r"\(2, 3, 4\).*reshape"):
        whiten(np.zeros((2, 3, 4)))
    with pytest.raises(ValueError, match="eps is -1"):
        whiten(np.eye(3), eps=-1)

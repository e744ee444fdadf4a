import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from skfashion import load_pretrained as load_from_the_top
from skfashion.datasets import CLASS_NAMES, fetch_fashion_mnist
from skfashion.pretrained import load_pretrained, pretrained_info
from skfashion.pretrained._file import known_names, path_of

from .conftest import small_pipeline

MAX_BYTES = 2_000_000
LEAST_ACCURACY = 0.935  # on all 10,000 test images


@pytest.mark.parametrize("name", known_names())
def test_what_ships_is_small_and_as_good_as_its_file_says(name, sample):
    assert path_of(name).stat().st_size <= MAX_BYTES
    X, y = sample.data[6000:], sample.target[6000:]
    accuracy = load_pretrained(name).score(X, y)
    info = pretrained_info(name)
    stated = info["figures"]["accuracy"]
    assert stated >= LEAST_ACCURACY
    assert abs(accuracy - stated) < 4 * np.sqrt(stated * (1 - stated) / len(y))
    assert info["figures"]["n_test"] == 10_000
    assert info["class_names"] == list(CLASS_NAMES)
    assert info["command"].startswith("python -m skfashion.pretrained ")


def test_it_can_be_loaded_from_the_top():
    assert load_from_the_top is load_pretrained


def test_it_predicts_what_the_saved_one_did(make, monkeypatch, sample, tmp_path):
    saved = []
    from skfashion.pretrained import _make

    packed_steps = _make.packed_steps

    def remember(pipeline, arrays):
        saved.append(pipeline)
        return packed_steps(pipeline, arrays)

    monkeypatch.setattr(_make, "packed_steps", remember)
    make(tmp_path / "weights.safetensors")
    loaded, X = load_pretrained(tmp_path / "weights.safetensors"), sample.data[6000:6100]
    assert np.array_equal(loaded.predict_proba(X), saved[0].predict_proba(X))
    assert np.array_equal(loaded.predict(X), saved[0].predict(X))


def test_it_is_a_fitted_pipeline_like_any_other(small_file, sample):
    pipeline, X = load_pretrained(small_file), sample.data[6000:6020]
    assert isinstance(pipeline, Pipeline)
    assert pipeline.get_params()["classifier__widths"] == (4, 8)
    assert pipeline[-1].features(pipeline[:-1].transform(X)).shape == (20, 8)
    assert pipeline[-1].n_iter_ == len(pipeline[-1].loss_curve_) == 3
    again = pickle.loads(pickle.dumps(pipeline))
    assert np.array_equal(again.predict_proba(X), pipeline.predict_proba(X))
    unfitted = clone(pipeline)
    assert repr(unfitted) == repr(pipeline)
    assert not hasattr(unfitted[-1], "classes_")


def test_it_can_be_trained_further(small_file, sample):
    pipeline = load_pretrained(small_file)
    X, y = pipeline[:-1].transform(sample.data[:300]), sample.target[:300]
    network = pipeline[-1].set_params(warm_start=True, max_epochs=2)
    before = network.predict_proba(X)
    network.fit(X, y)
    assert network.n_iter_ == 5
    assert np.abs(network.predict_proba(X) - before).max() > 1e-3
    network.partial_fit(X, y)
    assert network.n_iter_ == 6


def test_a_foreign_step_cannot_be_saved(make, tmp_path):
    from sklearn.preprocessing import FunctionTransformer

    pipeline = small_pipeline()
    pipeline.steps.insert(0, ("nothing", FunctionTransformer()))
    with pytest.raises(ValueError, match="FunctionTransformer is neither a network nor"):
        make(tmp_path / "weights.safetensors", pipeline)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", known_names())
def test_what_ships_is_exactly_as_good_as_its_file_says(name):
    X, y = fetch_fashion_mnist(subset="test", return_X_y=True)
    stated = pretrained_info(name)["figures"]["accuracy"]
    assert load_pretrained(name).score(X, y) == pytest.approx(stated, abs=0.0005)

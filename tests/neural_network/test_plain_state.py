"""Pickles of networks are small, plain, and read in other processes, places and versions."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import make_pipeline
from skorch.callbacks import EpochScoring

from skfashion import CNN2Classifier, ImagePadder, PixelScaler, SimpleDenseClassifier
from skfashion._version import __version__
from tests.networks import FAST, NETWORKS, make_network

MOST_BESIDE_WEIGHTS = 50_000  # bytes


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:60], sample.target[:60], sample.data[-40:]


@pytest.fixture(scope="module")
def fitted(data):
    return SimpleDenseClassifier(**FAST).fit(*data[:2])


def values_in(state):
    """Yield all values in nested dicts, lists and tuples."""
    if isinstance(state, dict):
        yield from state
        state = list(state.values())
    if type(state) not in (list, tuple):
        yield state
        return
    for value in state:
        yield from values_in(value)


@pytest.mark.parametrize("Network", NETWORKS)
def test_every_pickle_is_small_and_plain(Network, data):
    X, y, X_test = data
    parameters = {"averaging": "lookahead", "augmentation": "erase", "validation_fraction": 0.2}
    network = make_network(Network, max_epochs=2, random_state=0, **parameters)
    pipeline = make_pipeline(ImagePadder(shape=(30, 30)), network).fit(X, y)
    dump = pickle.dumps(pipeline)
    weights = network.__getstate__()["_fitted"]["weights"]
    assert len(dump) < sum(array.nbytes for array in weights.values()) + MOST_BESIDE_WEIGHTS
    state = network.__getstate__()
    kinds = {type(value) for value in values_in(state)} - {type, type(None)}  # a module's class
    assert kinds <= {np.ndarray, bool, float, int, str}
    again = pickle.loads(dump)
    assert (again.predict_proba(X_test) == pipeline.predict_proba(X_test)).all()
    assert len(pickle.dumps(again)) <= len(dump) + 1000  # also if it was never trained here


def test_a_pickle_has_epochs_but_no_batches(data):
    X, y, _ = data
    scoring = EpochScoring("accuracy", name="own", on_train=True)
    network = SimpleDenseClassifier(**FAST, batch_size=1, callbacks=[scoring]).fit(X, y)
    assert len(network.net_.history[-1, "batches"]) == len(X)
    again = pickle.loads(pickle.dumps(network))
    assert again.net_.history[:, "own"] == network.net_.history[:, "own"]
    assert again.net_.history[:, "batches"] == [[], []]
    assert len(again.partial_fit(X, y).net_.history[-1, "batches"]) == len(X)


READ_IN_ANOTHER_PROCESS = """
import pickle, sys
import numpy as np
with open("model.pickle", "rb") as file:
    model = pickle.load(file)
assert "skorch" not in sys.modules
np.save("found.npy", model.predict_proba(np.load("images.npy")))
model[-1].partial_fit(np.load("images.npy")[:5] / 255, [0, 1, 2, 3, 4])
with open("model.pickle", "wb") as file:
    pickle.dump(model, file)
"""


@pytest.mark.slow
def test_there_and_back_between_processes(data, tmp_path):
    X, y, X_test = data
    pipeline = make_pipeline(PixelScaler(), CNN2Classifier(max_epochs=1, random_state=0)).fit(X, y)
    path = tmp_path / "model.pickle"
    path.write_bytes(pickle.dumps(pipeline))
    np.save(tmp_path / "images.npy", X_test)
    command = [sys.executable, "-c", READ_IN_ANOTHER_PROCESS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    # the other process may have another number of threads, and so another order of sums
    found = np.load(tmp_path / "found.npy")
    np.testing.assert_allclose(found, pipeline.predict_proba(X_test), atol=1e-6)
    again = pickle.loads(path.read_bytes())
    assert again[-1].n_iter_ == 2


# -- devices --------------------------------------------------------------------------------------


def test_the_state_of_a_device_that_is_not_here_is_of_the_cpu(data, fitted, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    state = fitted.__getstate__()
    state["_fitted"]["device"] = "cuda:7"  # all that differs in the pickle of a GPU's network
    state["_training"]["generators"]["torch"]["device"] = "cuda"
    state["_training"]["generators"]["torch"]["states"] *= 2
    read = SimpleDenseClassifier.__new__(SimpleDenseClassifier)
    read.__setstate__(state)
    assert (read.predict_proba(data[2]) == fitted.predict_proba(data[2])).all()
    assert next(read.net_.module_.parameters()).device.type == "cpu"
    assert read.partial_fit(*data[:2]).n_iter_ == fitted.n_iter_ + 1


@pytest.mark.parametrize("device", ["cuda" if torch.cuda.is_available() else "cpu"])
def test_from_a_device_to_the_cpu_and_back(device, data):
    X, y, X_test = data
    there = CNN2Classifier(max_epochs=1, random_state=0, device=device).fit(X, y)
    dump = pickle.dumps(there)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skfashion.neural_network._engine.fitted.resolve_device", on_the_cpu)
        here = pickle.loads(dump)
    assert next(here.net_.module_.parameters()).device.type == "cpu"
    expected = there.predict_proba(X_test)
    np.testing.assert_allclose(here.predict_proba(X_test), expected, atol=1e-5)
    back = pickle.loads(pickle.dumps(pickle.loads(dump)))
    assert next(back.net_.module_.parameters()).device.type == device
    np.testing.assert_allclose(back.predict_proba(X_test), expected, atol=1e-6)
    assert back.partial_fit(X, y).n_iter_ == 2


def on_the_cpu(device):
    if device != "cpu":
        raise ValueError(f"There is no {device} here.")
    return torch.device(device)


# -- versions -------------------------------------------------------------------------------------


def read_state(state):
    network = SimpleDenseClassifier.__new__(SimpleDenseClassifier)
    network.__setstate__(state)
    return network


def test_another_version_is_warned_of(data, fitted):
    state = fitted.__getstate__()
    assert state["_skfashion_version"] == __version__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = read_state(dict(state))
    assert not hasattr(again, "_skfashion_version")
    state["_skfashion_version"] = "0.0.1"
    message = f"estimator SimpleDenseClassifier from version 0.0.1 when using version {__version__}"
    with pytest.warns(InconsistentVersionWarning, match=message):
        again = read_state(dict(state))
    assert (again.predict_proba(data[2]) == fitted.predict_proba(data[2])).all()


def test_a_parameter_that_an_older_version_did_not_have_gets_its_default(data, fitted):
    state = fitted.__getstate__()
    del state["memory"], state["test_time_augmentation"]
    again = read_state(state)
    assert (again.predict_proba(data[2]) == fitted.predict_proba(data[2])).all()
    assert again.get_params() == fitted.get_params()
    assert clone(again).fit(*data[:2]).n_iter_ == fitted.n_iter_


def other_layers(state):
    weights = state["_fitted"]["weights"]
    weights["features.9.weight"] = weights.pop("features.1.weight")


def other_parameters(state):
    state["_built_with"] = {**state["_built_with"], "n_wheels": 4}


@pytest.mark.parametrize(
    ("change", "reason"),
    [(other_layers, "features.1.weight"), (other_parameters, "n_wheels")],
)
def test_a_network_that_is_built_otherwise_now_is_an_error_that_says_so(change, reason, fitted):
    state = fitted.__getstate__()
    state["_skfashion_version"] = "0.0.1"
    change(state)
    message = rf"SimpleDenseClassifier does not fit the .*{reason}.* saved with \(skfashion 0\.0\.1"
    with (
        pytest.warns(InconsistentVersionWarning),
        pytest.raises(ValueError, match=message),
    ):
        read_state(state)

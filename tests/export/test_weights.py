"""The weights of every network, written and read, here and by torch alone."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skfashion import CNN1Classifier, LeNet5Classifier, PixelScaler, SimpleDenseClassifier
from skfashion.export import load_weights, save_weights
from tests.networks import FAST, NETWORKS, make_network


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:60], sample.target[:60], sample.data[-40:]


@pytest.fixture
def fitted(data):
    return SimpleDenseClassifier(**FAST).fit(*data[:2])


@pytest.mark.parametrize("Network", NETWORKS)
def test_every_network_gets_its_weights_back(Network, data, tmp_path):
    X, y, X_test = data
    first, second = (
        make_pipeline(PixelScaler(), make_network(Network, max_epochs=1, random_state=k)).fit(X, y)
        for k in range(2)
    )
    path = save_weights(first, str(tmp_path / "new" / "weights.safetensors"))
    assert path == tmp_path / "new" / "weights.safetensors"
    assert load_weights(second, path) is second
    assert (second.predict_proba(X_test) == first.predict_proba(X_test)).all()
    module = first[-1].net_.module_
    tensors = load_file(path)  # of torch
    assert {k: t.shape for k, t in tensors.items()} == {
        k: t.shape for k, t in module.state_dict().items()
    }
    module.load_state_dict(tensors)
    assert path.stat().st_size < sum(t.nbytes for t in tensors.values()) + 10_000


def test_the_header_says_whose_weights_they_are(fitted, tmp_path):
    with safe_open(save_weights(fitted, tmp_path / "x"), framework="numpy") as file:
        told = json.loads(file.metadata()["skfashion"])
    assert (told["class"], told["image_shape"]) == ("SimpleDenseClassifier", [28, 28, 1])
    assert told["classes"] == list(range(10))


def test_training_goes_on_with_a_new_optimiser(fitted, data, tmp_path):
    X, y, _ = data
    path = save_weights(fitted, tmp_path / "x")
    fitted.partial_fit(X, y)
    load_weights(fitted, path)
    fitted.set_params(warm_start=True, max_epochs=1).fit(X, y)
    assert fitted.n_iter_ == 4
    assert not fitted.net_.history[-1, "train_loss"] > fitted.loss_curve_[0]


def test_weights_of_another_program_in_another_precision(fitted, data, tmp_path):
    weights = fitted.net_.module_.state_dict()
    expected = fitted.predict_proba(data[2])
    save_file({k: t.double().contiguous() for k, t in weights.items()}, tmp_path / "x")
    assert (load_weights(fitted, tmp_path / "x").predict_proba(data[2]) == expected).all()
    save_file({k: t.bfloat16().contiguous() for k, t in weights.items()}, tmp_path / "x")
    with pytest.raises(ValueError, match=r"has features\.1\.bias in BF16: save it in float32"):
        load_weights(fitted, tmp_path / "x")


def one_more(weights):
    weights["another"] = torch.zeros(1)


def one_less(weights):
    del weights["head.bias"]


def transposed(weights):
    weights["head.weight"] = weights["head.weight"].T.contiguous()


def integers(weights):
    weights["head.bias"] = weights["head.bias"].to(torch.int8)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (one_more, "it has another"),
        (one_less, r"it has no head\.bias"),
        (transposed, r"head\.weight has the shape \(100, 10\), not \(10, 100\)"),
        (integers, r"head\.bias is int8, not float32"),
    ],
)
def test_weights_of_another_network_change_nothing(change, reason, fitted, data, tmp_path):
    before = fitted.predict_proba(data[2])
    weights = {k: t.clone() + 1 for k, t in fitted.net_.module_.state_dict().items()}
    change(weights)
    save_file(weights, tmp_path / "x")
    with pytest.raises(ValueError, match=f"has the weights of another network: {reason}"):
        load_weights(fitted, tmp_path / "x")
    assert (fitted.predict_proba(data[2]) == before).all()


def test_other_classes_are_an_error(fitted, data, tmp_path):
    path = save_weights(fitted, tmp_path / "x")
    other = SimpleDenseClassifier(**FAST).fit(data[0], data[1].astype(str))
    with pytest.raises(ValueError, match=r"for the classes \[0, 1, .*but this one has \['0', "):
        load_weights(other, path)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"activation": "relu"}, "it has activation='tanh', not 'relu'"),
        ({"gamma": 3.0}, r"it has gamma=0\.5, not 3\.0"),
    ],
)
def test_a_network_that_computes_something_else_is_an_error(settings, reason, data, tmp_path):
    """Its weights have the same names and shapes."""
    X, y, X_test = data
    network = LeNet5Classifier(max_epochs=1, random_state=0).fit(X, y)
    path = save_weights(network, tmp_path / "x")
    other = LeNet5Classifier(max_epochs=1, random_state=0, **settings).fit(X, y)
    before = other.predict_proba(X_test)
    with pytest.raises(ValueError, match=f"has the weights of another network: {reason}"):
        load_weights(other, path)
    assert (other.predict_proba(X_test) == before).all()


def test_images_of_another_shape_are_an_error(fitted, data, tmp_path):
    X, y, _ = data
    path = save_weights(fitted, tmp_path / "x")
    other = SimpleDenseClassifier(**FAST, image_shape=(14, 56)).fit(X, y)
    with pytest.raises(ValueError, match=r"it has image_shape=\[28, 28, 1\], not \[14, 56, 1\]"):
        load_weights(other, path)


def test_settings_that_only_matter_in_training_may_differ(data, tmp_path):
    X, y, X_test = data
    first, second = (
        CNN1Classifier(max_epochs=1, random_state=0, **settings).fit(X, y)
        for settings in ({"dropout": 0.0}, {"dropout": 0.5, "initializer": "he_normal", "lr": 0.1})
    )
    load_weights(second, save_weights(first, tmp_path / "x"))
    assert (second.predict_proba(X_test) == first.predict_proba(X_test)).all()


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e300])
def test_numbers_that_are_not_finite_change_nothing(number, fitted, data, tmp_path):
    before = fitted.predict_proba(data[2])
    weights = {k: t.double() for k, t in fitted.net_.module_.state_dict().items()}
    weights["head.bias"] = torch.full((10,), number, dtype=torch.float64)
    save_file(weights, tmp_path / "x")
    with pytest.raises(ValueError, match=r"x has infinite or NaN numbers in head\.bias"):
        load_weights(fitted, tmp_path / "x")
    assert (fitted.predict_proba(data[2]) == before).all()


def test_labels_that_json_does_not_have(data, tmp_path):
    X, y, _ = data
    network = SimpleDenseClassifier(**FAST).fit(X, y.astype("datetime64[D]"))
    assert load_weights(network, save_weights(network, tmp_path / "x")) is network


def test_what_is_no_fitted_network(data, tmp_path):
    with pytest.raises(NotFittedError):
        save_weights(SimpleDenseClassifier(), tmp_path / "x")
    tree = make_pipeline(PixelScaler(), DecisionTreeClassifier()).fit(*data[:2])
    with pytest.raises(ValueError, match="DecisionTreeClassifier is not a network of skfashion"):
        save_weights(tree, tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_a_damaged_or_missing_file(fitted, tmp_path):
    path = save_weights(fitted, tmp_path / "x")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match="x is damaged"):
        load_weights(fitted, path)
    with pytest.raises(FileNotFoundError, match="y"):
        load_weights(fitted, Path(tmp_path, "y"))
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        load_weights(fitted, tmp_path)
    assert np.isfinite(fitted.loss_curve_).all()

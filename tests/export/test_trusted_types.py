"""skops writes and reads every fitted network and Pipeline; what has to be trusted is short."""

import numpy as np
import pytest
import skops.io
import torch
from sklearn.pipeline import make_pipeline
from skops.io.exceptions import UntrustedTypesFoundException

import skfashion
from skfashion import ImageClassifier, ImagePadder, PixelScaler, SimpleDenseClassifier
from skfashion.export import trusted_types
from skfashion.memory import TrainingMemory
from tests.networks import FAST, NETWORKS, SmallModule, make_network

OWN_MODULE = "tests.networks.SmallModule"


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:60], sample.target[:60], sample.data[-40:]


def untrusted(dump):
    return set(skops.io.get_untrusted_types(data=dump))


@pytest.mark.parametrize("Network", NETWORKS)
def test_every_network_alone_and_in_a_pipeline(Network, data):
    X, y, X_test = data
    parameters = {
        "averaging": "ema",
        "augmentation": "flip+shift",
        "validation_fraction": 0.2,
        "class_weight": {0: 2.0, 3: 0.5},
        "test_time_augmentation": "flip",
    }
    network = make_network(Network, max_epochs=2, random_state=0, **parameters)
    pipeline = make_pipeline(ImagePadder(shape=(30, 30)), PixelScaler(feature_range=None), network)
    pipeline.fit(X, y)
    dump = skops.io.dumps(pipeline)
    own = {OWN_MODULE} if Network is ImageClassifier else set()
    assert untrusted(dump) - own <= set(trusted_types())
    assert len(untrusted(dump) - own) == 3  # the classes of the steps
    again = skops.io.loads(dump, trusted=[*trusted_types(), *own])
    assert (again.predict_proba(X_test) == pipeline.predict_proba(X_test)).all()
    X = pipeline[:-1].transform(X)
    network = skops.io.loads(skops.io.dumps(network), trusted=[*trusted_types(), *own])
    assert network.net_.history == pipeline[-1].net_.history
    # both go on from the same weights and generators, with new optimisers
    states = [again[-1].partial_fit(X, y), network.partial_fit(X, y)]
    first, second = ([w.detach() for w in s.net_.module_.parameters()] for s in states)
    assert all(map(torch.equal, first, second))


OTHER_SETTINGS = {
    "RandomState": {"random_state": np.random.RandomState(0)},
    "folder": {"memory": "folder"},
    "TrainingMemory": {"memory": TrainingMemory("folder")},
    "early_stopping": {"early_stopping": True},
    "validation": {"validation_fraction": 0.2, "random_state": np.random.RandomState(0)},
    "image_shape": {"image_shape": (14, 56)},
    "class_weight": {"class_weight": "balanced", "warm_start": True},
}


@pytest.mark.parametrize("settings", OTHER_SETTINGS.values(), ids=OTHER_SETTINGS)
def test_parameters_of_other_kinds(settings, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X, y, X_test = data
    network = SimpleDenseClassifier(**{**FAST, **settings}).fit(X, y)
    again = skops.io.loads(skops.io.dumps(network), trusted=trusted_types())
    assert (again.predict_proba(X_test) == network.predict_proba(X_test)).all()
    before, after = network.get_params(), again.get_params()
    assert set(after) == set(before)
    assert [name for name in after if repr(after[name]) != repr(before[name])] in (
        [],
        ["random_state"],  # whose address is shown
    )


@pytest.mark.parametrize(
    "labels", [lambda y: y.astype(str), lambda y: y.astype(str).astype(object)]
)
def test_labels_are_kept(labels, data):
    X, y, X_test = data
    network = SimpleDenseClassifier(**FAST).fit(X, labels(y))
    again = skops.io.loads(skops.io.dumps(network), trusted=trusted_types())
    assert again.predict(X_test).tolist() == network.predict(X_test).tolist()
    assert again.classes_.dtype == network.classes_.dtype


def test_a_device_and_an_optimiser_of_torch_are_types_of_torch(data):
    X, y, _ = data
    network = SimpleDenseClassifier(
        optimizer=torch.optim.SGD, device=torch.device("cpu"), max_epochs=1
    ).fit(X, y)
    assert untrusted(skops.io.dumps(network)) - set(trusted_types()) == {
        "torch.device",
        "torch.optim.sgd.SGD",
    }


def test_an_own_module_must_be_trusted_by_itself(data):
    X, y, _ = data
    dump = skops.io.dumps(ImageClassifier(module=SmallModule, max_epochs=1).fit(X, y))
    with pytest.raises(UntrustedTypesFoundException, match="SmallModule"):
        skops.io.loads(dump, trusted=trusted_types())


def test_every_estimator_can_be_trusted():
    trusted = set(trusted_types())
    for name in [*skfashion.neural_network.__all__, "ImagePadder", "PixelScaler", "PhotoConverter"]:
        cls = getattr(skfashion, name)
        assert f"{cls.__module__}.{cls.__name__}" in trusted
    assert len(trusted) == len(NETWORKS) + 4
    assert all(name.startswith("skfashion.") for name in trusted)

"""ONNX files predict what the Pipelines that they were written from predict."""

import json
import logging
import subprocess
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from skfashion import (
    ImageClassifier,
    ImagePadder,
    LeNet5Classifier,
    PixelScaler,
    SimpleDenseClassifier,
    fetch_fashion_mnist,
    load_pretrained,
)
from skfashion.export import to_onnx
from skfashion.export._onnx import labels_to_store
from tests.networks import FAST, NETWORKS, NETWORKS_SOME_SLOW, make_network

TOLERANCE = 1e-5  # of probabilities

# Together they cover what is done to the pixels and to the scores.
LENET_OF_1998 = {
    "activation": "scaled_tanh",
    "output": "fixed_rbf",
    "padding": "valid",
    "subsampling": "trainable",
    "c3": "partial",
}
SETTINGS = {
    "SimpleDenseClassifier": {"test_time_augmentation": "flip+shift"},
    "LeNet5Classifier": LENET_OF_1998,
    "CNN1Classifier": {"test_time_augmentation": "flip"},
}
BEFORE = {
    "SimpleDenseClassifier": [],
    "LeNet5Classifier": [ImagePadder(fill=7), PixelScaler(feature_range=(-0.1, 1.175))],
    "CNN1Classifier": [PixelScaler(feature_range=None), ImagePadder(shape=(30, 33))],
    "CNN2Classifier": [PixelScaler()],
    "VGGClassifier": ["passthrough", PixelScaler(feature_range=None)],
}


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:100], sample.target[:100], sample.data[-300:]


def pipeline_of(Network, **parameters):
    """Return an unfitted Pipeline around a network, padding and scaling included for some."""
    name = Network.__name__
    settings = {"max_epochs": 1, "random_state": 0, **SETTINGS.get(name, {}), **parameters}
    if name == "CNN1Classifier":
        settings["image_shape"] = (30, 33)
    return make_pipeline(*BEFORE.get(name, []), make_network(Network, **settings))


def answers(path, X):
    """Return the labels and the probabilities of an ONNX file."""
    session = onnxruntime.InferenceSession(path)
    starts = range(0, max(1, len(X)), 1000)  # all at once would take gigabytes
    parts = [session.run(None, {"X": X[start : start + 1000]}) for start in starts]
    return [np.concatenate(of_parts) for of_parts in zip(*parts, strict=True)]


def assert_same(path, estimator, X):
    labels, probabilities = answers(path, X)
    expected = estimator.predict_proba(X)
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=TOLERANCE)
    two = np.sort(expected, axis=1)[:, -2:]
    is_clear = two[:, 1] - two[:, 0] > 2 * TOLERANCE if expected.shape[1] > 1 else slice(None)
    predicted = estimator.classes_[expected.argmax(axis=1)]
    np.testing.assert_array_equal(labels[is_clear], predicted[is_clear])


@pytest.mark.parametrize("Network", NETWORKS_SOME_SLOW)
def test_every_network_inside_its_pipeline(Network, data, tmp_path, capfd):
    X, y, X_test = data
    pipeline = pipeline_of(Network).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = to_onnx(pipeline, tmp_path / "new" / "model.onnx")
    assert path == tmp_path / "new" / "model.onnx"
    assert capfd.readouterr() == ("", "")
    assert [file.name for file in path.parent.iterdir()] == ["model.onnx"]
    assert path.stat().st_size < 4 * pipeline[-1].n_parameters_ + 50_000
    assert_same(path, pipeline, X_test)
    assert_same(path, pipeline, X_test[:1])
    if pipeline[-1].test_time_augmentation is None:  # poolings are whole operators
        assert not {"Slice", "Max"} & {node.op_type for node in onnx.load(path).graph.node}


@pytest.mark.parametrize("Network", NETWORKS)
def test_a_network_as_a_module_computes_its_scores(Network, data):
    X, y, X_test = data
    network = make_network(Network, max_epochs=1, random_state=0, image_shape=(14, 56))
    network.fit(X[:64], y[:64])
    for images in (X_test[:20], (X_test[:20] / 255).astype(np.float32)):
        for views in (None, "flip", "shift", "flip+shift"):
            network.set_params(test_time_augmentation=views)
            module, scores = network.to_module(), network.decision_function(images)
            assert not module.training
            with torch.no_grad():
                found = module(torch.from_numpy(images))
                next(module.parameters()).zero_()
            np.testing.assert_allclose(found, scores, rtol=1e-5, atol=1e-5)
            np.testing.assert_array_equal(network.decision_function(images), scores)  # a copy


def test_a_module_needs_a_fit():
    with pytest.raises(NotFittedError):
        SimpleDenseClassifier().to_module()


def test_the_file_says_what_it_is_and_nothing_of_this_machine(data, tmp_path):
    X, y, X_test = data
    names = np.array(["Bag", "Trouser", "Été"])[y % 3]
    network = make_pipeline(PixelScaler(), SimpleDenseClassifier(**FAST)).fit(X, names)
    path = to_onnx(network, str(tmp_path / "model.onnx"))
    model = onnx.load(path)
    properties = {item.key: json.loads(item.value) for item in model.metadata_props}
    assert properties == {"classes": ["Bag", "Trouser", "Été"], "image_shape": [28, 28, 1]}
    assert (model.producer_name, model.opset_import[0].version) == ("skfashion", 18)
    session = onnxruntime.InferenceSession(path)
    told = [(v.name, v.type, v.shape) for v in [*session.get_inputs(), *session.get_outputs()]]
    assert told == [
        ("X", "tensor(uint8)", ["n", 784]),
        ("label", "tensor(string)", ["n"]),
        ("probabilities", "tensor(float)", ["n", 3]),
    ]
    assert set(answers(path, X_test)[0]) <= set(names)
    assert answers(path, X_test[:0])[1].shape == (0, 3)
    for weights in model.graph.initializer:
        weights.ClearField("raw_data")  # any letters may occur there
    content = model.SerializeToString()
    assert not [word for word in (b".py", b"torch", b"/") if word in content]


@pytest.mark.parametrize(
    ("classes", "stored"),
    [
        (np.array([3, 250], np.uint8), np.int64),
        (np.array([False, True]), np.bool_),
        (np.array([0, 1], np.float32), np.float64),
        (np.array(["a", "b"]), object),
        (np.array(["a", "b"], object), object),
    ],
)
def test_labels_are_stored_in_a_type_of_onnx(classes, stored):
    labels = labels_to_store(classes)
    assert labels.dtype == stored
    np.testing.assert_array_equal(labels, classes)
    tensor = onnx.numpy_helper.from_array(labels)
    assert onnx.numpy_helper.to_array(tensor).tolist() == classes.tolist()


def test_labels_that_cannot_be_stored():
    with pytest.raises(
        ValueError, match=r"ONNX cannot store the labels \[1, 18446744073709551615\]"
    ):
        labels_to_store(np.array([1, 2**64 - 1], np.uint64))


def test_float_pixels_and_images_that_are_not_square(sample, tmp_path):
    X = (sample.data[:150, :770] / 255).astype(np.float32)  # put into 28 x 28 pixels
    with pytest.warns(UserWarning, match="770 features are not a square image"):
        pipeline = make_pipeline(
            ImagePadder(fill=0.25), PixelScaler(), SimpleDenseClassifier(**FAST)
        ).fit(X, sample.target[:150])
    path = to_onnx(pipeline, tmp_path / "model.onnx", dtype="float32")
    assert_same(path, pipeline, X)


# -- what cannot be written -----------------------------------------------------------------------


class OwnScaler(PixelScaler):
    def transform(self, X):
        return super().transform(X) ** 2


class Choosy(nn.Module):
    """Does something else where the pixels are bright, which no graph can express."""

    def __init__(self, image_shape, n_classes):
        super().__init__()
        self.dense = nn.Linear(784, n_classes)

    def forward(self, x):
        return self.dense(x.flatten(1)) * (2 if x.mean() > 0.5 else 1)


@pytest.mark.parametrize("step", [StandardScaler(), OwnScaler()])
def test_an_unknown_step_is_named(step, data, tmp_path):
    X, y, _ = data
    pipeline = make_pipeline(PixelScaler(), step, SimpleDenseClassifier(**FAST)).fit(X, y)
    message = f"The step {type(step).__name__} cannot be exported to ONNX. Export a network of"
    with pytest.raises(ValueError, match=message):
        to_onnx(pipeline, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_another_classifier_is_named(data, tmp_path):
    X, y, _ = data
    with pytest.raises(ValueError, match="The step DecisionTreeClassifier cannot"):
        to_onnx(make_pipeline(PixelScaler(), DecisionTreeClassifier()).fit(X, y), tmp_path / "x")


def test_a_module_that_torch_cannot_export(data, tmp_path, capfd):
    X, y, _ = data
    network = ImageClassifier(module=Choosy, max_epochs=1, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=r"torch cannot export the network to ONNX: .+ Change"):
        to_onnx(network, tmp_path / "model.onnx")
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_what_is_wrong_is_said_before_anything_is_exported(data, tmp_path, monkeypatch):
    X, y, _ = data
    monkeypatch.delattr(torch.onnx, "export")
    network = SimpleDenseClassifier(**FAST)
    with pytest.raises(NotFittedError):
        to_onnx(network, tmp_path / "model.onnx")
    network.fit(X, y)
    with pytest.raises(ValueError, match="dtype='float64' is unknown: choose 'uint8' or"):
        to_onnx(network, tmp_path / "model.onnx", dtype="float64")
    padded = make_pipeline(ImagePadder(fill=0.5), network).fit(X / 255, y)
    with pytest.raises(ValueError, match=r"fill=0\.5 is not a valid value of uint8 pixels"):
        to_onnx(padded, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_pixels_of_another_type_than_in_training_are_warned_of(data, tmp_path, monkeypatch):
    X, y, _ = data
    monkeypatch.delattr(torch.onnx, "export")  # it comes later
    with pytest.warns(UserWarning, match="only uint8 is divided by 255"):
        network = SimpleDenseClassifier(**FAST).fit(X.astype(np.float32), y)
    with (
        pytest.warns(UserWarning, match="X is uint8, whose pixels are divided by 255"),
        pytest.raises(AttributeError),
    ):
        to_onnx(network, tmp_path / "model.onnx")


def test_a_failure_leaves_the_former_file(data, tmp_path, monkeypatch):
    X, y, _ = data
    network = SimpleDenseClassifier(**FAST).fit(X, y)
    path = tmp_path / "model.onnx"
    path.write_text("the former one")

    def interrupted(*arguments, **settings):
        logging.getLogger("torch.onnx").warning("it begins")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch.onnx, "export", interrupted)
    level = logging.getLogger("torch.onnx").level
    with pytest.raises(KeyboardInterrupt):
        to_onnx(network, path)
    assert path.read_text() == "the former one"
    assert list(tmp_path.iterdir()) == [path]
    assert logging.getLogger("torch.onnx").level == level


@pytest.mark.parametrize("missing", ["onnx", "onnxscript"])
def test_without_the_extra(missing, data, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=r'to_onnx needs .* pip install "skfashion\[export\]"'):
        to_onnx(SimpleDenseClassifier(), tmp_path / "model.onnx")


ALONE = """
import sys, numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1])
labels, _ = session.run(None, {"X": numpy.zeros((3, 784), numpy.uint8)})
assert not {"torch", "sklearn", "skfashion"} & set(sys.modules)
print(labels.tolist())
"""


def test_the_file_is_all_that_another_program_needs(data, tmp_path):
    X, y, X_test = data
    nested = Pipeline([("a", make_pipeline(PixelScaler())), ("b", SimpleDenseClassifier(**FAST))])
    search = GridSearchCV(nested, {"b__lr": [0.01]}, cv=2).fit(X, y)
    with torch.inference_mode():
        path = to_onnx(search, tmp_path / "model.onnx")
    assert_same(path, search, X_test)
    command = [sys.executable, "-c", ALONE, str(path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.strip() == str(search.predict(np.zeros((3, 784), np.uint8)).tolist())


# -- on all test images ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def test_images():
    return fetch_fashion_mnist(subset="test", return_X_y=True)[0]


@pytest.mark.slow
@pytest.mark.parametrize("views", [None, "flip+shift"])
def test_all_test_images_pretrained(views, test_images, tmp_path):
    pipeline = load_pretrained()
    pipeline[-1].set_params(test_time_augmentation=views)
    path = to_onnx(pipeline, tmp_path / "model.onnx")
    X = test_images if views is None else test_images[:500]
    assert_same(path, pipeline, X)


@pytest.mark.slow
def test_all_test_images_of_lenet5_in_its_pipeline(sample, test_images, tmp_path):
    pipeline = make_pipeline(
        ImagePadder(), PixelScaler(feature_range=None), LeNet5Classifier(max_epochs=2)
    ).fit(sample.data, sample.target)
    assert_same(to_onnx(pipeline, tmp_path / "model.onnx"), pipeline, test_images)

"""The article's five networks, against its Keras code and the paper of 1998."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from torch import nn
from torch.nn import functional as F

from skfashion import (
    CNN1Classifier,
    CNN2Classifier,
    ImagePadder,
    LeNet5Classifier,
    ModifiedLeNet5Classifier,
    PixelScaler,
    SimpleDenseClassifier,
)
from skfashion.neural_network._engine.optimizers import FlatNAdam
from skfashion.neural_network._layers import RBF, Dropout
from tests.networks import NETWORKS, make_network


def fitted(classifier, shape=(28, 28), n_classes=10):
    """Return the classifier after one batch of noise, of the right shape."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (20, *shape), dtype=np.uint8)
    return classifier.set_params(max_epochs=1).fit(X, np.arange(20) % n_classes)


@pytest.mark.parametrize(
    ("Classifier", "n_parameters", "epochs", "optimizer"),
    [
        (SimpleDenseClassifier, 266_610, 5, torch.optim.SGD),
        (CNN1Classifier, 65_994, 8, FlatNAdam),
        (CNN2Classifier, 896_906, 8, torch.optim.Adam),
        (LeNet5Classifier, 212_896, 3, torch.optim.Adam),
        (ModifiedLeNet5Classifier, 212_906, 3, torch.optim.Adam),
    ],
)
def test_parameters_and_settings_are_those_of_the_keras_code(
    Classifier, n_parameters, epochs, optimizer
):
    classifier = Classifier()
    assert (classifier.lr, classifier.max_epochs, classifier.batch_size) == (1e-3, epochs, 32)
    fitted(classifier)
    assert classifier.n_parameters_ == n_parameters
    used = classifier.net_.optimizer_
    assert type(used) is optimizer
    if optimizer is not torch.optim.SGD:
        assert (used.defaults["eps"], used.defaults["betas"]) == (1e-7, (0.9, 0.999))
    else:
        assert used.defaults["momentum"] == 0


@pytest.mark.parametrize("Classifier", [LeNet5Classifier, ModifiedLeNet5Classifier])
def test_lenets_take_images_of_32_pixels_as_they_are(Classifier):
    assert (
        fitted(Classifier(), (32, 32)).n_parameters_ == fitted(Classifier(), (28, 28)).n_parameters_
    )


def test_lenet5_can_be_the_network_of_1998():
    original = LeNet5Classifier(
        activation="scaled_tanh",
        output="fixed_rbf",
        padding="valid",
        subsampling="trainable",
        c3="partial",
        initializer="lecun_1998",
    )
    fitted(original, (32, 32))
    layers = [
        sum(p.numel() for p in layer.parameters())
        for part in original.net_.module_.children()
        for layer in part.children()
    ]
    # C1, S2, C3, S4, C5, F6, as the paper counts them
    assert [n for n in layers if n] == [156, 12, 1516, 32, 48_120, 10_164]
    assert original.n_parameters_ == 60_000
    assert isinstance(original.net_.module_.head, RBF)


def dense_as_written(x, w, b, w2, b2, w3, b3):
    x = torch.relu(F.linear(x.permute(0, 2, 3, 1).flatten(1), w, b))
    return F.linear(torch.relu(F.linear(x, w2, b2)), w3, b3)


def cnn1_as_written(x, w, b, w2, b2, w3, b3, w4, b4):
    x = F.max_pool2d(torch.relu(F.conv2d(x, w, b)), 2)
    x = torch.relu(F.conv2d(x, w2, b2))
    x = F.max_pool2d(torch.relu(F.conv2d(x, w3, b3)), 2)
    return F.linear(x.permute(0, 2, 3, 1).flatten(1), w4, b4)


def cnn2_as_written(x, w, b, w2, b2, w3, b3, w4, b4, w5, b5):
    x = F.max_pool2d(torch.relu(F.conv2d(x, w, b, padding="same")), 2)
    x = F.max_pool2d(torch.relu(F.conv2d(x, w2, b2, padding="same")), 2)
    x = torch.relu(F.conv2d(x, w3, b3, padding="same"))
    return F.linear(torch.relu(F.linear(x.permute(0, 2, 3, 1).flatten(1), w4, b4)), w5, b5)


def lenet_up_to_84_units(activation, x, w, b, w2, b2, w3, b3, w4, b4):
    x = F.pad(x, (2, 2, 2, 2))
    x = F.avg_pool2d(activation(F.conv2d(x, w, b, padding="same")), 2)
    x = F.avg_pool2d(activation(F.conv2d(x, w2, b2, padding="same")), 2)
    x = activation(F.conv2d(x, w3, b3))
    return activation(F.linear(x.permute(0, 2, 3, 1).flatten(1), w4, b4))


def lenet5_as_written(x, *parameters, gamma=0.5):
    *parameters, centres = parameters
    units = lenet_up_to_84_units(torch.tanh, x, *parameters)
    return torch.stack([-gamma * (units - c).square().sum(1) for c in centres], dim=1)


def modified_lenet5_as_written(x, *parameters):
    *parameters, w, b = parameters
    return F.linear(lenet_up_to_84_units(torch.relu, x, *parameters), w, b)


@pytest.mark.parametrize(
    ("classifier", "as_written"),
    [
        (SimpleDenseClassifier(), dense_as_written),
        (CNN1Classifier(), cnn1_as_written),
        (CNN2Classifier(), cnn2_as_written),
        (LeNet5Classifier(), lenet5_as_written),
        (LeNet5Classifier(gamma=2.0), partial(lenet5_as_written, gamma=2.0)),
        (ModifiedLeNet5Classifier(), modified_lenet5_as_written),
    ],
    ids=["dense", "cnn1", "cnn2", "lenet5", "lenet5-gamma-2", "modified-lenet5"],
)
def test_networks_compute_what_the_keras_code_says(sample, classifier, as_written):
    """In the order of the article, which has ReLU before pooling, and no dropout in predicting."""
    X, y = sample.images[:64], sample.target[:64]
    classifier = clone(classifier).set_params(max_epochs=1, random_state=0).fit(X, y)
    x = torch.from_numpy(X[:, None] / np.float32(255))
    with torch.no_grad():
        scores = as_written(x, *classifier.net_.module_.parameters())
    np.testing.assert_allclose(classifier.decision_function(X), scores, atol=1e-5)


@pytest.mark.parametrize(
    ("Classifier", "he_normal"),
    [
        (SimpleDenseClassifier, []),
        (CNN1Classifier, []),
        (CNN2Classifier, [0]),
        (LeNet5Classifier, []),
        (ModifiedLeNet5Classifier, []),
    ],
)
def test_first_weights_are_drawn_as_the_keras_code_says(Classifier, he_normal):
    torch.manual_seed(0)
    module = Classifier()._make_module((1, 32, 32), 10)
    layers = [m for m in module.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    for k, layer in enumerate(layers):
        pixels = layer.weight[0, 0].numel()  # 1 for a dense layer
        fan_in, fan_out = layer.weight.shape[1] * pixels, layer.weight.shape[0] * pixels
        largest, deviation = layer.weight.abs().max().item(), layer.weight.std().item()
        if k in he_normal:
            assert deviation == pytest.approx((2 / fan_in) ** 0.5, rel=0.15)  # of 288 weights
            assert largest > (6 / (fan_in + fan_out)) ** 0.5
        else:
            limit = (6 / (fan_in + fan_out)) ** 0.5
            assert 0.95 * limit < largest <= limit
        assert layer.bias.abs().max() == 0


def test_dropout_stands_where_the_article_has_it():
    for Classifier, rates in [(CNN1Classifier, [0.5]), (CNN2Classifier, [0.2, 0.2, 0.5])]:
        module = fitted(Classifier()).net_.module_
        assert [m.p for m in module.modules() if type(m).__name__ == "Dropout"] == rates


def test_dropout_can_be_chosen():
    rates = {}
    for classifier in (CNN1Classifier(dropout=0.25), CNN2Classifier(dropout=(0.0, 0.1, 0.6))):
        module = fitted(classifier).net_.module_
        rates[type(classifier)] = [m.p for m in module.modules() if isinstance(m, Dropout)]
    assert rates == {CNN1Classifier: [0.25], CNN2Classifier: [0.0, 0.1, 0.6]}


@pytest.mark.parametrize(
    "classifier",
    [
        CNN1Classifier(dropout=1.0),
        CNN2Classifier(dropout=0.5),
        CNN2Classifier(dropout=(0.2, 0.5)),
        CNN2Classifier(dropout=(0.2, 0.2, 1.0)),
        CNN2Classifier(dropout=(0.2, 0.2, "0.5")),
    ],
)
def test_dropout_is_a_probability_for_each_layer(classifier):
    with pytest.raises(ValueError, match="dropout"):
        fitted(classifier)


@pytest.mark.parametrize("Classifier", NETWORKS)
@pytest.mark.parametrize("shape", [(28, 28, 3), (40, 24), (5, 9), (1, 1)])
def test_any_image_shape_colour_and_number_of_classes(Classifier, shape):
    classifier = fitted(make_network(Classifier), shape, n_classes=2)
    X = np.zeros((3, *shape), np.uint8)
    assert classifier.predict_proba(X).shape == (3, 2)


def test_colour_images_in_a_pipeline():
    X = np.random.default_rng(0).integers(0, 256, (20, 28, 28, 3), dtype=np.uint8)
    lenet = LeNet5Classifier(max_epochs=1, random_state=0)
    pipeline = make_pipeline(ImagePadder(), PixelScaler(), clone(lenet)).fit(X, np.arange(20) % 2)
    alone = lenet.fit(X, np.arange(20) % 2)
    assert pipeline[-1].image_shape_ == (32, 32, 3)
    np.testing.assert_allclose(pipeline.predict_proba(X), alone.predict_proba(X), atol=1e-5)


def test_fifty_classes():
    rng = np.random.default_rng(0)
    X = rng.random((100, 64))
    y = np.array([f"class {k:02}" for k in range(50)] * 2)
    classifier = CNN2Classifier(max_epochs=1).fit(X, y)
    assert classifier.predict_proba(X).shape == (100, 50)
    assert set(classifier.predict(X)) <= set(y)


@pytest.mark.parametrize(
    ("Classifier", "least"),
    [
        (SimpleDenseClassifier, 0.50),
        pytest.param(CNN1Classifier, 0.80, marks=pytest.mark.slow),
        pytest.param(CNN2Classifier, 0.82, marks=pytest.mark.slow),
        pytest.param(LeNet5Classifier, 0.70, marks=pytest.mark.slow),
        pytest.param(ModifiedLeNet5Classifier, 0.73, marks=pytest.mark.slow),
    ],
)
def test_learns_real_images_with_the_published_settings(sample, Classifier, least):
    X, y = sample.data[:6000], sample.target[:6000]
    classifier = Classifier(random_state=0).fit(X[::2], y[::2])
    assert classifier.score(sample.data[6000:], sample.target[6000:]) > least
    assert classifier.loss_curve_[-1] < classifier.loss_curve_[0]


@pytest.mark.parametrize(
    ("Classifier", "kernels", "maps", "padding"),
    [
        (CNN1Classifier, (32, 3, 3), (26, 26, 32), 0),
        (CNN2Classifier, (32, 3, 3), (28, 28, 32), 1),
        (LeNet5Classifier, (6, 5, 5), (32, 32, 6), 2 + 2),  # to 32 pixels, then of the layer
    ],
)
def test_kernels_make_the_feature_maps(sample, Classifier, kernels, maps, padding):
    X, y = sample.images[:40], sample.target[:40]
    classifier = Classifier(max_epochs=1, random_state=0).fit(X, y)
    assert classifier.kernels_.shape == (*kernels, 1)
    found = classifier.feature_maps(X[:3])
    assert (found.shape, found.dtype) == ((3, *maps), np.float32)
    # at row 10, column 12, by hand
    rows, columns = (slice(k - padding, k - padding + kernels[1]) for k in (10, 12))
    patch = X[2, rows, columns] / 255
    bias = next(m for m in classifier.net_.module_.modules() if isinstance(m, nn.Conv2d)).bias
    expected = (classifier.kernels_[..., 0] * patch).sum(axis=(1, 2)) + bias.detach().numpy()
    np.testing.assert_allclose(found[2, 10, 12], expected, atol=1e-5)


def test_kernels_of_a_dense_layer_are_its_weights_as_images():
    rgb = fitted(SimpleDenseClassifier(), (5, 7, 3))
    weight = rgb.net_.module_.features[1].weight.detach().numpy()
    assert rgb.kernels_.shape == (300, 5, 7, 3)
    np.testing.assert_array_equal(rgb.kernels_[8, 4, 2, 1], weight[8].reshape(5, 7, 3)[4, 2, 1])
    with pytest.raises(ValueError, match="SimpleDenseClassifier has no convolution"):
        rgb.feature_maps(np.zeros((1, 5, 7, 3), np.uint8))


def test_kernels_need_a_fit():
    assert not hasattr(LeNet5Classifier(), "kernels_")
    with pytest.raises(NotFittedError):
        LeNet5Classifier().feature_maps(np.zeros((1, 784)))

"""VGG, ResNet and the fast residual network, against the same written with torch's functions."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from skfashion import FastResNetClassifier, ResNetClassifier, VGGClassifier

DEEPER = [VGGClassifier, ResNetClassifier, FastResNetClassifier]


def depths_of(Classifier):
    """Return the name of the parameter that sets the depth of the stages."""
    return "n_blocks" if Classifier is ResNetClassifier else "depths"


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (40, 28, 28), dtype=np.uint8), np.arange(40) % 10


class Reference:
    """Applies the layers of a fitted classifier by torch's functions, in the order of its weights.

    Parameters
    ----------
    classifier : estimator
    """

    def __init__(self, classifier):
        state = classifier.net_.module_.state_dict()
        self.weights = iter(
            [v.double() for name, v in state.items() if not name.endswith("tracked")]
        )

    def convolution(self, x, stride=1):
        weight = next(self.weights)
        return F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)

    def norm(self, x):
        weight, bias, mean, variance = (next(self.weights) for _ in range(4))
        return F.batch_norm(x, mean, variance, weight, bias)

    def dense(self, x):
        return F.linear(x, next(self.weights), next(self.weights))


def vgg(net, x):
    for _ in range(3):
        x = torch.relu(net.norm(net.convolution(x)))
        x = torch.relu(net.norm(F.max_pool2d(net.convolution(x), 2)))
    return net.dense(x.flatten(2).amax(2))


def fast_resnet(net, x, whitening=True):
    if whitening:
        x = torch.relu(net.convolution(x))
    for _ in range(3):
        x = torch.relu(net.norm(F.max_pool2d(net.convolution(x), 2)))
        x = torch.relu(x + net.norm(net.convolution(x)))
    return net.dense(x.flatten(2).amax(2))


def resnet(net, x, n_blocks=1):
    x = torch.relu(net.norm(net.convolution(x)))
    for stage in range(3):
        for block in range(n_blocks):
            stride = 2 if stage and not block else 1
            y = torch.relu(net.norm(net.convolution(x, stride)))
            y = net.norm(net.convolution(y))
            if stride == 2:
                x = net.norm(net.convolution(x, stride))
            x = torch.relu(x + y)
    return net.dense(x.flatten(2).mean(2))


@pytest.mark.parametrize(
    ("Classifier", "as_written", "n_parameters"),
    [
        (VGGClassifier, vgg, 288_170),
        (ResNetClassifier, resnet, 77_754),
        (FastResNetClassifier, fast_resnet, 290_186),
    ],
)
def test_they_compute_what_their_docstrings_say(images, Classifier, as_written, n_parameters):
    X, y = images
    classifier = Classifier(max_epochs=2, random_state=0).fit(X, y)
    assert classifier.n_parameters_ == n_parameters
    assert f"{n_parameters:,} parameters" in " ".join(Classifier.__doc__.split())
    x = torch.from_numpy(X[:, None] / 255)
    with torch.no_grad():
        scores = as_written(Reference(classifier), x)
    np.testing.assert_allclose(classifier.decision_function(X), scores, atol=1e-4)


def test_without_whitening_the_first_stage_sees_the_pixels(images):
    X, y = images
    classifier = FastResNetClassifier(whitening=False, max_epochs=2, random_state=0).fit(X, y)
    assert classifier.n_parameters_ == 288_170
    with torch.no_grad():
        x = torch.from_numpy(X[:, None] / 255)
        scores = fast_resnet(Reference(classifier), x, whitening=False)
    np.testing.assert_allclose(classifier.decision_function(X), scores, atol=1e-4)


def test_the_first_layer_is_that_of_the_training_images_alone(sample):
    X, y = sample.data[:300], sample.target[:300]
    settings = {"widths": (4,), "depths": (1,), "max_epochs": 1, "random_state": 0}
    network = FastResNetClassifier(**settings, validation_fraction=0.5).fit(X, y)
    first = network.net_.module_.features[0].weight
    darker = FastResNetClassifier(**settings, validation_fraction=0.5).fit(X // 4, y)
    assert not torch.allclose(darker.net_.module_.features[0].weight, first)
    trained = network.net_.module_.features[0]
    before = trained.weight.clone()
    network.set_params(warm_start=True).fit(X // 4, y)
    assert torch.equal(network.net_.module_.features[0].weight, before)  # training goes on
    by_partial_fit = FastResNetClassifier(**settings).partial_fit(X, y, classes=np.unique(y))
    fitted = FastResNetClassifier(**settings).fit(X, y)
    weights = [c.net_.module_.features[0].weight for c in (by_partial_fit, fitted)]
    assert torch.equal(*weights)


def test_three_blocks_per_stage_are_resnet_20(images):
    X, y = images
    classifier = ResNetClassifier(n_blocks=(3, 3, 3), max_epochs=1, random_state=0).fit(X, y)
    assert classifier.n_parameters_ == 272_186
    with torch.no_grad():
        scores = resnet(Reference(classifier), torch.from_numpy(X[:, None] / 255), n_blocks=3)
    np.testing.assert_allclose(classifier.decision_function(X), scores, atol=1e-4)


@pytest.mark.parametrize("Classifier", DEEPER)
@pytest.mark.parametrize("shape", [(1, 1), (9, 20), (40, 40, 3)])
def test_they_take_images_of_any_size(Classifier, shape):
    X = np.random.default_rng(0).random((8, *shape), np.float32)
    y = np.arange(8) % 2
    classifier = Classifier(max_epochs=1, random_state=0).fit(X, y)
    assert np.isfinite(classifier.predict_proba(X)).all()
    n_channels, n_maps = classifier.image_shape_[2], {ResNetClassifier: 16}.get(Classifier, 32)
    if Classifier is FastResNetClassifier:
        n_channels *= 8  # maps of the fixed first layer: 2 x 2 pixels, and their negatives
    n_parameters = classifier.summary()["n_parameters"]
    assert n_parameters[n_parameters > 0].iloc[0] == 9 * n_channels * n_maps


@pytest.mark.parametrize("Classifier", DEEPER)
def test_width_and_depth_can_be_chosen(images, Classifier):
    X, y = images
    depths = {depths_of(Classifier): (1, 2)}
    small = Classifier(widths=(4, 6), **depths, max_epochs=1).fit(X, y)
    layers = small.summary()["layer"]
    n_convolutions = layers.str.contains("Conv2d").sum()
    # of ResNet: one, then two in each of three blocks, and one in a shortcut
    expected = {ResNetClassifier: 8, FastResNetClassifier: 4}  # with the fixed one
    assert n_convolutions == expected.get(Classifier, 3)
    assert small.features(X).shape == (40, 6)


@pytest.mark.parametrize("Classifier", DEEPER)
@pytest.mark.parametrize(
    ("widths", "depths", "message"),
    [
        ((), (), "widths must be"),
        ((32, 64, 0), (1, 1, 1), "widths must be"),
        ((True, 64, 128), (1, 1, 1), "widths must be"),
        ((32, 64, 128), (1, 2.5, 1), "{} must be"),
        ((32, 64, 128), (1, 2), "widths and {} must have one number per stage"),
    ],
)
def test_width_and_depth_are_checked(images, Classifier, widths, depths, message):
    name = depths_of(Classifier)
    with pytest.raises(ValueError, match=message.format(name)):
        Classifier(widths=widths, **{name: depths}).fit(*images)


def test_shortcuts_carry_the_images_through():
    """With branches of zero, a residual block is ReLU alone."""
    from skfashion.neural_network._layers import Residual, conv_norm

    block = Residual(conv_norm(3, 3)).eval()
    torch.nn.init.zeros_(block.branch[0].weight)
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(block(x), x.relu())

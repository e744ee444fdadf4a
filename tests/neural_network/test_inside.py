"""What can be seen inside a fitted network: class activation maps."""

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError
from torch import nn

from skfashion import CNN1Classifier, ImageClassifier, LeNet5Classifier, SimpleDenseClassifier


class Averaging(nn.Sequential):
    """Averages the maps of its last convolution, whose class activation maps are known."""

    def __init__(self, image_shape, n_classes):
        super().__init__(
            nn.Conv2d(image_shape[0], 4, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(4, 6, 3, padding=1),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(6, n_classes),
        )


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:64], sample.target[:64]


@pytest.fixture(scope="module")
def averaging(data):
    return ImageClassifier(module=Averaging, max_epochs=1, random_state=0).fit(*data)


@pytest.mark.parametrize("Classifier", [CNN1Classifier, LeNet5Classifier])
def test_one_map_for_each_image(Classifier, data):
    X, y = data
    network = Classifier(max_epochs=1, random_state=0).fit(X, y)
    maps = network.class_activation_maps(X[:5])
    assert maps.shape == (5, 28, 28)  # LeNet-5 pads its images to 32 x 32
    assert maps.dtype == np.float32
    assert maps.min() >= 0
    np.testing.assert_allclose(maps.max(axis=(1, 2)), 1, rtol=1e-5)
    predicted = network.predict(X[:5])
    np.testing.assert_array_equal(network.class_activation_maps(X[:5], predicted), maps)
    others = (predicted + 1) % 10
    assert np.abs(network.class_activation_maps(X[:5], others) - maps).max() > 0.01


def test_they_are_the_known_maps_where_these_are_averaged(data, averaging):
    X = data[0][:3]
    module = averaging.net_.module_
    with torch.no_grad():
        maps = nn.Sequential(*list(module)[:3])(
            torch.from_numpy(X / np.float32(255)).view(-1, 1, 28, 28)
        )
        weights = module[-1].weight - module[-1].weight.mean(0)  # only differences matter
        weights = weights[torch.from_numpy(averaging.predict(X))]  # (n, 6)
        expected = (weights[:, :, None, None] * maps).sum(1).relu().numpy()
    expected /= expected.max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(averaging.class_activation_maps(X), expected, atol=1e-5)


def test_weights_and_mode_stay_as_they_are(data, averaging):
    X = data[0][:3]
    module = averaging.net_.module_
    before = {name: value.clone() for name, value in module.state_dict().items()}
    module.zero_grad()
    with torch.inference_mode():  # the caller's mode does not matter
        averaging.class_activation_maps(X)
    assert all(p.grad is None for p in module.parameters())
    assert not module.training
    assert not any(layer._forward_hooks for layer in module.modules())
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name])


def test_images_do_not_depend_on_their_batch(data, averaging, monkeypatch):
    X = data[0]
    maps = averaging.class_activation_maps(X)
    engine = "skfashion.neural_network._engine.fitted.PREDICTION_BATCH_SIZE"
    monkeypatch.setattr(engine, 10)
    np.testing.assert_allclose(averaging.class_activation_maps(X), maps, atol=1e-5)


def test_a_layer_whose_maps_are_single_pixels_is_passed_over(data):
    X, y = data
    network = LeNet5Classifier(
        max_epochs=1, padding="valid", c3="partial", random_state=0, output="softmax"
    ).fit(X, y)
    maps = network.class_activation_maps(X[:4])  # C3: 10 x 10; C5: 1 x 1
    assert len(np.unique(maps[0])) > 10


def test_labels_may_be_text(data):
    X, y = data
    network = CNN1Classifier(max_epochs=1, random_state=0).fit(
        X, np.char.add("class ", y.astype(str))
    )
    given = np.full(2, "class 3")
    assert network.class_activation_maps(X[:2], given).shape == (2, 28, 28)


def test_errors_say_what_is_wrong(data, averaging):
    X, y = data
    with pytest.raises(NotFittedError):
        CNN1Classifier().class_activation_maps(X)
    dense = SimpleDenseClassifier(max_epochs=1, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="SimpleDenseClassifier has no convolution"):
        dense.class_activation_maps(X)
    with pytest.raises(ValueError, match=r"labels has \[11\], which are not among the classes"):
        averaging.class_activation_maps(X[:2], [1, 11])
    with pytest.raises(ValueError, match=r"labels has the shape \(\), but X has 2 images"):
        averaging.class_activation_maps(X[:2], 3)

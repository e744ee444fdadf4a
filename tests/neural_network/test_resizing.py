"""Trainings that start with smaller images."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn

from skfashion import CNN2Classifier, FastResNetClassifier, ImageClassifier
from skfashion.neural_network._engine.resizing import images_at, resized, side_at


class AnySize(nn.Module):
    """A small network for images of any size, which keeps their shapes."""

    shapes = []  # noqa: RUF012

    def __init__(self, image_shape, n_classes):
        super().__init__()
        self.all = nn.Sequential(
            nn.Conv2d(image_shape[0], 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.MaxPool2d(2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, n_classes),
        )

    def forward(self, x):
        if self.training:
            self.shapes.append(tuple(x.shape[2:]))
        return self.all(x)


@pytest.fixture
def shapes():
    AnySize.shapes.clear()
    return AnySize.shapes


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:160], sample.target[:160]


def test_sides_grow_by_four_pixels_and_are_full_after_six_tenths():
    sides = [side_at(28, 0.5, k / 1000) for k in range(1001)]
    assert sorted(set(sides)) == [16, 20, 24, 28]
    assert (np.diff(sides) >= 0).all()
    assert sides[0] == 16
    assert sides[600] == sides[1000] == 28
    assert sides[450] == 24  # rounded to the nearest
    assert {side_at(30, 0.4, k / 100) for k in range(101)} == {12, 16, 20, 24, 28, 30}
    assert side_at(28, 0.01, 0) == 4
    assert [side_at(side, 0.5, 0.2) for side in (1, 3, 5)] == [1, 3, 4]


def test_images_are_those_of_torchs_antialiased_interpolation():
    images = torch.rand(5, 20, 28, 3).permute(0, 3, 1, 2)
    expected = nn.functional.interpolate(images, (12, 16), mode="bilinear", antialias=True)
    found = resized(images, 12, 16)
    torch.testing.assert_close(found, expected)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert images_at(images, 0.5, 0.6) is images
    assert images_at(images, 0.5, 0.0).shape == (5, 3, 12, 16)


def test_a_training_starts_small_and_ends_at_full_size(data, shapes):
    network = ImageClassifier(
        module=AnySize, progressive_resizing=0.5, max_epochs=4, validation_fraction=0.2
    )
    network.fit(*data)
    assert len(shapes) == 16
    assert shapes == sorted(shapes)
    assert set(shapes) == {(16, 16), (20, 20), (24, 24), (28, 28)}
    assert shapes[10] == (28, 28)
    shapes.clear()
    network.partial_fit(*data)
    assert set(shapes) == {(28, 28)}
    shapes.clear()
    network.set_params(warm_start=True).fit(*data)
    assert shapes[0] == (16, 16)


def test_a_callable_augmentation_sees_images_of_full_size(data, shapes):
    seen = set()

    def look(images):
        seen.add(tuple(images.shape[2:]))
        return images

    network = ImageClassifier(module=AnySize, progressive_resizing=0.5, augmentation=look)
    network.set_params(max_epochs=1).fit(*data)
    assert seen == {(28, 28)}
    assert (16, 16) in shapes


def test_random_state_fixes_it(data):
    network = ImageClassifier(module=AnySize, progressive_resizing=0.4, random_state=0)
    network.set_params(max_epochs=2, lr=0.01).fit(*data)
    X = data[0]
    proba = network.predict_proba(X)
    np.testing.assert_array_equal(clone(network).fit(*data).predict_proba(X), proba)
    full = clone(network).set_params(progressive_resizing=None).fit(*data)
    assert not np.array_equal(full.predict_proba(X), proba)


def fixed_size(image_shape, n_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, n_classes))


@pytest.mark.parametrize("network", [CNN2Classifier(), ImageClassifier(module=fixed_size)])
def test_a_network_for_one_size_is_an_error(data, network):
    network = clone(network).set_params(max_epochs=1, progressive_resizing=0.5)
    with pytest.raises(ValueError, match="takes only images of 28 x 28 pixels") as info:
        network.fit(*data)
    assert "progressive_resizing=0.5" in str(info.value)
    assert "Set it to None" in str(info.value)
    assert not hasattr(network, "classes_")
    network.set_params(progressive_resizing=None, warm_start=True).fit(*data)
    before = network.predict_proba(data[0])
    with pytest.raises(ValueError, match="takes only images"):
        network.set_params(progressive_resizing=0.5).fit(*data)
    np.testing.assert_array_equal(network.predict_proba(data[0]), before)


def test_a_larger_fraction_is_advised_where_it_helps(data):
    network = FastResNetClassifier(widths=(4, 4, 4), depths=(1, 1, 1), max_epochs=1)
    network.set_params(progressive_resizing=0.1)
    message = r"does not take images of 4 x 4 pixels .*Set it to 0\.22 or more, or to None"
    with pytest.raises(ValueError, match=message):
        network.fit(*data)
    network.set_params(progressive_resizing=0.22).fit(*data)

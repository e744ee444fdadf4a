import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skfashion import CLASS_NAMES, ActivationMapDisplay, ImageClassifier, ImagePadder
from tests.networks import SmallModule


@pytest.fixture(scope="module")
def small(images):
    """A small network in a Pipeline that pads."""
    X, y = images
    network = ImageClassifier(module=SmallModule, lr=0.02, max_epochs=1, random_state=0)
    return make_pipeline(ImagePadder(), network).fit(X[:100], y[:100])


def test_maps_through_a_pipeline_that_pads(small, images):
    X = images[0][:5]
    display = ActivationMapDisplay.from_estimator(small, X, target_names=CLASS_NAMES)
    seen = small[:-1].transform(X)
    expected = small[-1].class_activation_maps(seen)[:, 2:-2, 2:-2]
    np.testing.assert_allclose(display.maps, expected)
    np.testing.assert_array_equal(np.reshape(display.images, X.shape), X)
    assert display.names == [CLASS_NAMES[label] for label in small.predict(X)]
    others = (small.predict(X) + 1) % 10
    display = ActivationMapDisplay.from_estimator(small, X, others)
    assert display.names == [str(label) for label in others]
    assert np.abs(display.maps - expected).max() > 0.01


def test_each_image_is_there_without_and_with_its_map():
    images = np.zeros((3, 4, 4), np.uint8)
    images[1] = 255
    maps = np.linspace(0, 1, 48).reshape(3, 4, 4)
    display = ActivationMapDisplay(images, maps, ["a", "b", "c"]).plot(n_columns=2)
    picture, values = display.im_.get_array(), display.maps_.get_array()
    np.testing.assert_array_equal(picture[:4, 9:17], 1)  # after 8 pixels and a gap of one
    np.testing.assert_array_equal(values[:4, :4], 0)
    np.testing.assert_allclose(values[:4, 4:8], maps[0])
    np.testing.assert_allclose(values[:4, 13:17], maps[1])
    np.testing.assert_allclose(display.maps_.get_alpha(), 0.75 * values)
    assert [text.get_text() for text in display.texts_] == ["a", "b", "c"]


def test_rgb_images_and_given_axes():
    figure, ax = plt.subplots()
    images = np.random.default_rng(0).random((2, 5, 6, 3))
    display = ActivationMapDisplay(images, np.ones((2, 5, 6))).plot(ax)
    assert display.figure_ is figure
    assert display.texts_ == []
    np.testing.assert_allclose(display.im_.get_array()[:5, :6, :3], images[0], atol=1e-6)


def test_errors_say_what_is_wrong(dense, small, images):
    X, y = images
    with pytest.raises(ValueError, match="LogisticRegression has no class_activation_maps"):
        ActivationMapDisplay.from_estimator(LogisticRegression(), X[:2])
    with pytest.raises(ValueError, match="SimpleDenseClassifier has no convolution"):
        ActivationMapDisplay.from_estimator(dense, X[:2])
    with pytest.raises(ValueError, match="as large as it"):
        ActivationMapDisplay(np.ones((2, 5, 5)), np.ones((2, 4, 4))).plot()
    stacks = X.reshape(-1, 28, 28)
    half = make_pipeline(FunctionTransformer(lambda Z: Z[:, ::2, ::2]), small[-1])
    half.fit(stacks[:60], y[:60])
    with pytest.raises(ValueError, match=r"shape \(2, 14, 14\), but the images \(2, 28, 28\)"):
        ActivationMapDisplay.from_estimator(half, stacks[:2])

import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.linear_model import LogisticRegression

from skfashion import FiltersDisplay, LeNet5Classifier


def test_kernels_and_feature_maps_of_a_pipeline(lenet, images):
    image = images[0][0]
    display = FiltersDisplay.from_estimator(lenet, image)
    network = lenet[-1]
    np.testing.assert_array_equal(display.kernels, network.kernels_)
    maps = network.feature_maps(lenet[:-1].transform(image[None]))
    np.testing.assert_array_equal(display.feature_maps, maps[0])
    np.testing.assert_array_equal(display.image.ravel(), image)  # as it was before the padding
    titles = [ax.get_title() for ax in display.axes_]
    assert titles == ["Kernels", "Image", "Feature maps"]


def test_colours_have_zero_in_the_middle(lenet):
    display = FiltersDisplay.from_estimator(lenet)
    (im,) = display.ims_
    assert im.get_clim() == (-1, 1)
    kernels = lenet[-1].kernels_
    first = im.get_array()[: 5 * 8, : 5 * 8][4::8, 4::8]  # a pixel is drawn 8 x 8
    np.testing.assert_allclose(first, kernels[0, ..., 0] / np.abs(kernels).max(), atol=1e-6)


def test_a_map_is_drawn_at_the_position_of_its_kernel(lenet, images):
    display = FiltersDisplay.from_estimator(lenet, images[0][0].reshape(28, 28), n_columns=2)
    kernels, _, maps = (im.get_array().shape for im in display.ims_)
    np.testing.assert_allclose(np.divide(kernels, 5), np.divide(maps, 32))


def test_units_of_a_dense_layer_as_images(dense):
    display = FiltersDisplay.from_estimator(dense, n_kernels=6, n_columns=3)
    assert display.kernels.shape == (300, 28, 28, 1)
    assert display.ims_[0].get_array().shape == (8 * (2 * 28) + 28, 8 * (3 * 28) + 2 * 28)


def test_rgb_kernels_have_grey_as_zero():
    kernels = np.zeros((2, 3, 3, 3))
    kernels[1, 0, 0] = [2, -2, 0]
    picture = FiltersDisplay(kernels).plot().ims_[0].get_array()
    np.testing.assert_allclose(picture[0, 0], [0.5, 0.5, 0.5, 1])
    np.testing.assert_allclose(picture[0, 8 * 3 + 3], [1, 0, 0.5, 1])


def test_one_axes_is_divided(lenet, images):
    figure, ax = plt.subplots()
    display = FiltersDisplay.from_estimator(lenet, images[0][0], ax=ax)
    assert display.figure_ is figure
    assert len(display.axes_) == 3


def test_errors_say_what_is_wrong(dense, images):
    for estimator in (LeNet5Classifier(), LogisticRegression()):
        with pytest.raises(ValueError, match=f"{type(estimator).__name__} has no kernels_"):
            FiltersDisplay.from_estimator(estimator)
    with pytest.raises(ValueError, match="SimpleDenseClassifier has no convolution"):
        FiltersDisplay.from_estimator(dense, images[0][0])
    with pytest.raises(ValueError, match="2 feature_maps for 3 kernels"):
        FiltersDisplay(np.ones((3, 5, 5, 1)), feature_maps=np.ones((9, 9, 2))).plot()
    with pytest.raises(ValueError, match="kernels must have the shape"):
        FiltersDisplay(np.ones((5, 5))).plot()
    with pytest.raises(ValueError, match="n_columns must be a positive integer"):
        FiltersDisplay(np.ones((3, 5, 5, 1))).plot(n_columns=0)

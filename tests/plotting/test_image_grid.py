import numpy as np
import pytest
from matplotlib import pyplot as plt

from skfashion import CLASS_NAMES, ImageGridDisplay


def test_one_row_per_class_with_its_first_images(sample, images):
    X, y = images
    display = ImageGridDisplay.from_images(X, y, n_columns=3, target_names=CLASS_NAMES)
    assert display.labels == list(CLASS_NAMES)
    for label, row in enumerate(display.images):
        np.testing.assert_array_equal(row.reshape(3, -1), X[y == label][:3])
    ticks = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert ticks == list(CLASS_NAMES)
    assert display.figure_ is display.ax_.figure


def test_the_picture_has_every_pixel_in_its_place(images):
    X, _ = images
    display = ImageGridDisplay.from_images(X[:5], n_columns=2)
    picture = np.ma.filled(display.im_.get_array(), np.nan)
    gap = 3
    assert picture.shape == (3 * 28 + 2 * gap, 2 * 28 + gap)
    last = picture[2 * 31 :, :28]
    np.testing.assert_allclose(last, X[4].reshape(28, 28) / 255, atol=1e-6)
    assert np.isnan(picture[2 * 31 :, 28:]).all()  # five images leave a place empty
    assert np.isnan(picture[28:31]).all()


def test_a_rare_class_and_labels_as_strings(images):
    X, _ = images
    y = np.array(["many"] * 9 + ["one"])
    display = ImageGridDisplay.from_images(X[:10], y, n_columns=4)
    assert [len(row) for row in display.images] == [4, 1]
    assert display.labels == ["many", "one"]


def test_names_by_index_where_a_class_is_missing(images):
    X, y = images
    few = np.isin(y, [3, 7])
    display = ImageGridDisplay.from_images(X[few], y[few], target_names=CLASS_NAMES)
    assert display.labels == ["Dress", "Sneaker"]


def test_rgb_images_keep_their_colours(images):
    X, _ = images
    grey = X[:4].reshape(-1, 28, 28)
    rgb = np.stack([grey, 255 - grey, np.zeros_like(grey)], axis=-1)
    picture = ImageGridDisplay.from_images(rgb, n_columns=4).im_.get_array()
    assert picture.shape == (28, 4 * 28 + 3 * 3, 4)
    np.testing.assert_allclose(picture[:, :28, :3], rgb[0] / 255, atol=1e-6)
    assert not picture[:, 28:31, 3].any()  # the gap is transparent


def test_other_types_are_stretched_to_their_range(images):
    X, _ = images
    expected = ImageGridDisplay.from_images(X[:3]).im_.get_array()
    for same in (X[:3].astype(int), X[:3] / 255):
        np.testing.assert_allclose(
            ImageGridDisplay.from_images(same).im_.get_array(), expected, atol=1e-6
        )


def test_floats_from_0_to_1_are_not_stretched(images):
    X, _ = images
    dim = X[:3] / 255 / 2
    picture = np.ma.filled(ImageGridDisplay.from_images(dim).im_.get_array(), np.nan)
    np.testing.assert_allclose(picture[:, :28], dim[0].reshape(28, 28), atol=1e-6)


def test_zero_is_black(images):
    display = ImageGridDisplay.from_images(images[0][:1])
    assert display.im_.cmap(0.0)[:3] == (0, 0, 0)
    assert display.im_.cmap(1.0)[:3] == (1, 1, 1)


@pytest.mark.parametrize(
    ("names", "n_rows"),
    [(CLASS_NAMES, 28), (["A long name of a class"] * 10, 28), (CLASS_NAMES, 4)],
)
def test_labels_are_inside_the_figure_and_apart(images, names, n_rows):
    X, y = images
    X = X.reshape(-1, 28, 28)[:, :n_rows]
    names = [f"{name} {name} {k}" if n_rows == 28 else name for k, name in enumerate(names)]
    display = ImageGridDisplay.from_images(X, y, n_columns=4, target_names=names)
    display.figure_.draw_without_rendering()
    boxes = [text.get_window_extent() for text in display.ax_.get_yticklabels()]
    assert all(display.figure_.bbox.contains(*c) for box in boxes for c in box.corners())
    assert not any(box.overlaps(display.ax_.bbox) for box in boxes)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    shown = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert [name[-1] for name in names] == [name[-1] for name in shown]  # shortened in the middle
    assert display.labels == names


def test_images_are_as_large_with_long_labels_as_without(images):
    X, y = images
    sizes = set()
    for names in (CLASS_NAMES, ["A long name of a class that is not read at once"] * 10):
        display = ImageGridDisplay.from_images(X, y, n_columns=4, target_names=names)
        display.figure_.draw_without_rendering()
        sizes.add(tuple(np.round(display.ax_.get_window_extent().size)))
    assert len(sizes) == 1


def test_plots_on_given_axes_and_returns_itself(images):
    _, ax = plt.subplots()
    display = ImageGridDisplay([images[0][:2].reshape(2, 28, 28)], labels=["a"])
    assert display.plot(ax) is display
    assert display.ax_ is ax


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y": [0, 1]}, ValueError, "inconsistent numbers of samples"),
        ({"n_columns": 0}, ValueError, "n_columns must be a positive integer"),
        ({"target_names": ["a", "b"]}, ValueError, "2 target_names for 10 classes"),
        ({"image_shape": (20, 40)}, ValueError, "makes 800 pixels, but X has 784"),
        ({"X": np.zeros((2, 8, 8, 2))}, ValueError, "2 channels; only grey"),
        ({"X": np.zeros((0, 784))}, ValueError, "0 sample"),
        ({"ax": "axes"}, TypeError, "ax must be a matplotlib Axes or None, got str"),
    ],
)
def test_errors_say_what_is_wrong(images, change, error, message):
    arguments = {"X": images[0], "y": images[1]} | change
    if "X" in change:
        arguments["y"] = None
    with pytest.raises(error, match=message):
        ImageGridDisplay.from_images(**arguments)


def test_errors_of_the_constructor(images):
    X = images[0][:4].reshape(-1, 28, 28)
    with pytest.raises(ValueError, match="no image to draw"):
        ImageGridDisplay([]).plot()
    with pytest.raises(ValueError, match="1 labels for 2 rows"):
        ImageGridDisplay([X, X], labels=["a"]).plot()
    with pytest.raises(ValueError, match="the same shape"):
        ImageGridDisplay([X, X[:, :20]]).plot()

import numpy as np
import pandas as pd
import pytest

from skfashion._images import (
    as_images,
    brightness,
    check_image_shape,
    chosen_images,
    looks_like_images,
    rows_of,
    shape_of_rows,
    to_bytes,
)


@pytest.fixture(scope="module")
def stack(sample):
    return sample.images[:5]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((5, 784), (5, 28, 28, 1)),
        ((5, 28, 20), (5, 28, 20, 1)),
        ((5, 28, 28, 1), (5, 28, 28, 1)),
        ((5, 64, 64, 3), (5, 64, 64, 3)),
    ],
)
def test_shapes_of_images(shape, expected):
    assert looks_like_images(np.zeros(shape))
    assert as_images(np.zeros(shape)).shape == expected


@pytest.mark.parametrize("shape", [(5, 30), (5, 4), (5,), (5, 8, 8, 2), (5, 3, 32, 32)])
def test_what_is_not_taken_for_images(shape):
    assert not looks_like_images(np.zeros(shape))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((5,), "Expected 2D array"),
        ((5, 8, 8, 2), "2 channels; only grey"),
        ((5, 3, 32, 32), "channels come last"),
        ((0, 28, 28), "0 sample"),
    ],
)
def test_what_cannot_be_images(shape, message):
    with pytest.raises(ValueError, match=message):
        as_images(np.zeros(shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_pixels_that_are_no_numbers(stack, bad):
    images = stack.astype(float)
    images[1, 2, 3] = bad
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        as_images(images)


def test_text_is_no_image():
    with pytest.raises(ValueError, match="not compatible with arrays of bytes/strings"):
        as_images([["a", "b", "c", "d"]])


def test_rows_have_the_shape_that_is_said(stack):
    rgb = np.stack([stack, 255 - stack, stack // 2], axis=-1)
    np.testing.assert_array_equal(as_images(rgb.reshape(5, -1), (28, 28, 3)), rgb)
    np.testing.assert_array_equal(
        as_images(stack.reshape(5, -1), (14, 56))[..., 0].ravel(), stack.ravel()
    )
    with pytest.raises(ValueError, match="makes 800 pixels, but X has 784"):
        as_images(stack.reshape(5, -1), (20, 40))


def test_rows_that_are_no_square_are_laid_into_one(stack):
    rows = stack.reshape(5, -1)
    with pytest.warns(UserWarning, match=r"785 .* Is the label still in one of the 785 columns"):
        images = as_images(np.c_[rows, np.arange(5, dtype=np.uint8)])
    assert images.shape == (5, 29, 29, 1)
    np.testing.assert_array_equal(images.reshape(5, -1)[:, :784], rows)
    assert not images.reshape(5, -1)[:, 785:].any()


def test_a_dataframe_of_nullable_bytes_stays_bytes(stack):
    frame = pd.DataFrame(stack.reshape(5, -1))
    for dtype in ("uint8", "UInt8"):
        images = as_images(frame.astype(dtype))
        assert images.dtype == np.uint8
        np.testing.assert_array_equal(images[..., 0], stack)


def test_a_stack_tells_its_shape(stack):
    rows, shape = rows_of(stack)
    assert shape == (28, 28, 1)
    np.testing.assert_array_equal(rows, stack.reshape(5, -1))
    assert rows_of(rows)[0] is rows
    assert rows_of(rows)[1] is None


def test_image_shape():
    assert check_image_shape(None) is None
    assert check_image_shape([28, np.int64(20)]) == (28, 20, 1)
    assert check_image_shape((28, 20, 3)) == (28, 20, 3)
    for wrong in [(28,), (0, 28), (28.0, 28), (1, 28, 28, 3)]:
        with pytest.raises(ValueError, match="image_shape must be"):
            check_image_shape(wrong)


def test_shape_of_rows():
    assert shape_of_rows(784) == (28, 28, 1)
    assert shape_of_rows(60, (6, 10)) == (6, 10, 1)
    assert shape_of_rows(60, (4, 5, 3)) == (4, 5, 3)


@pytest.mark.parametrize(
    ("pixels", "shown"),
    [
        (np.uint8([0, 51, 255]), [0, 0.2, 1]),
        (np.int64([0, 51, 255]), [0, 0.2, 1]),  # stretched
        ([0.25, 0.5, 1.0], [0.25, 0.5, 1]),  # as they are
        ([0.25, 0.5], [0.25, 0.5]),
        ([-1.0, 0.0, 3.0], [0, 0.25, 1]),
        ([7.0, 7.0], [0, 0]),
        ([True, False], [1, 0]),
    ],
)
def test_brightness(pixels, shown):
    pixels = np.asarray(pixels)
    assert brightness(pixels).dtype == np.float32
    np.testing.assert_allclose(brightness(pixels), shown, atol=1e-6)
    assert to_bytes(pixels).dtype == np.uint8
    np.testing.assert_array_equal(to_bytes(pixels), np.rint(255 * np.asarray(shown)))


def test_chosen_images_are_as_bright_as_among_all():
    pixels = np.array([[0.0, 1.0], [-1.0, 3.0]])
    np.testing.assert_array_equal(chosen_images(pixels, [0]), brightness(pixels)[[0]])
    np.testing.assert_array_equal(chosen_images(pixels, [0]), [[0.25, 0.5]])
    in_bytes = np.uint8([[0, 9], [3, 255]])
    assert chosen_images(in_bytes, [0]).dtype == np.uint8
    assert chosen_images(in_bytes, [0]).tolist() == [[0, 9]]

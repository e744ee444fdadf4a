"""The steps of the conversion, each on its own."""

import numpy as np
import pytest
from PIL import Image

from skfashion.preprocessing._photo import (
    area_weights,
    border_pixels,
    centred,
    check_photo,
    convert_pixels,
    distances,
    find_piece,
    intensities,
    largest_parts,
    pixels_of,
    resize_longest,
    sharpen_outlines,
    unlike_dataset,
)

AS_DATASET = {
    "size": 28,
    "invert": "auto",
    "background": "corner",
    "tolerance": 0.05,
    "resample": "subsample",
    "sharpen": True,
}


def on(level, shape=(60, 40), box=(slice(10, 50), slice(15, 25)), piece=0):
    """Return an RGB photograph of a rectangle on a plain background."""
    pixels = np.full((*shape, 3), level, dtype=np.uint8)
    pixels[box] = piece
    return pixels


@pytest.mark.parametrize("dtype", ["uint8", "bool", "uint16", "int64", "float32", "float64"])
def test_types(dtype):
    highest = {"uint16": 65_535, "uint8": 255, "int64": 255}.get(dtype, 1)
    photo = np.array([[0, 1, 0], [1, 0, 1]]) * highest
    checked = check_photo(photo.astype(dtype))
    np.testing.assert_allclose(checked, [[0, 255, 0], [255, 0, 255]], rtol=1e-6)
    assert checked.dtype in (np.uint8, np.float32)


@pytest.mark.parametrize(
    ("photo", "message"),
    [
        (np.zeros(5), "it has the shape"),
        (np.zeros((2, 3, 5)), r"shape \(2, 3, 5\), but a photograph has"),
        (np.zeros((0, 4)), "no pixels"),
        (np.zeros((2, 2), dtype=complex), "of type complex128"),
        (np.array([["a"]]), "of type <U1"),
        (np.array([[0.0, 255.0]]), "float64 must be between 0 and 1: divide them"),
        (np.array([[0.0, np.nan]]), "between nan and nan"),
        (np.array([[-1, 0]]), "between -1 and 0"),
        (np.array([[0, 256]]), "int64 must be between 0 and 255"),
    ],
)
def test_not_photographs(photo, message):
    with pytest.raises(ValueError, match=message):
        check_photo(photo)


def test_every_kind_of_photograph_has_the_same_pixels(tmp_path):
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    Image.fromarray(grey).save(tmp_path / "a.png")
    opaque = np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=-1)
    kinds = [
        grey, grey[..., None], np.stack([grey] * 3, axis=-1), opaque, grey / 255,
        Image.fromarray(grey), Image.fromarray(opaque), tmp_path / "a.png", str(tmp_path / "a.png"),
        grey.tolist(),
    ]  # fmt: skip
    for kind in kinds:
        pixels = pixels_of(kind, 100)
        np.testing.assert_allclose(pixels, np.stack([grey] * 3, axis=-1), atol=1e-4)


def test_transparent_pixels_are_white():
    photo = np.zeros((2, 2, 4), dtype=np.uint8)
    photo[0, 0, 3] = 255
    assert pixels_of(photo, 100)[..., 0].tolist() == [[0, 255], [255, 255]]


def test_distance_of_grey_is_that_of_its_rgb():
    pixels = np.array([[[255, 255, 255], [242, 242, 242], [255, 255, 0]]], dtype=np.uint8)
    found = distances(pixels, [255, 255, 255])
    np.testing.assert_allclose(found, [[0, 13 / 255, 1 / 3**0.5]], rtol=1e-6)


def test_edges_within_five_per_cent_are_trimmed():
    pixels = on(253)
    pixels[5, 20] = 253 - 12  # 4.7 %
    mask, colour = find_piece(pixels, "corner", 0.05)
    assert colour.tolist() == [253] * 3
    assert np.flatnonzero(mask.any(axis=1))[[0, -1]].tolist() == [10, 49]
    pixels[5, 20] = 253 - 13  # 5.1 %
    assert find_piece(pixels, "corner", 0.05)[0].any(axis=1).argmax() == 5


def test_a_piece_may_cover_a_corner():
    mask, colour = find_piece(on(253, box=(slice(0, 30), slice(0, 20))), "corner", 0.05)
    assert colour.tolist() == [253] * 3
    assert mask.sum() == 30 * 20


def test_border_is_a_narrow_frame():
    assert len(border_pixels(on(0, (100, 200)))) == 2 * 2 * 200 + 2 * 2 * 96
    assert len(border_pixels(on(0, (3, 3)))) == 8


def test_a_rough_background_is_removed():
    rng = np.random.default_rng(0)
    pixels = on(150, piece=30) + rng.integers(-14, 15, (60, 40, 1)).astype(np.uint8)
    assert find_piece(pixels, "corner", 0.05)[0].sum() > 800
    mask, colour = find_piece(pixels, "border", 0.05)
    assert abs(colour - 150).max() < 8
    expected = np.zeros((60, 40), dtype=bool)
    expected[10:50, 15:25] = True
    assert (mask != expected).mean() < 0.01


def test_a_piece_may_cover_a_part_of_the_border():
    pixels = on(200, box=(slice(10, 60), slice(5, 25)))
    mask, colour = find_piece(pixels, "border", 0.05)
    assert colour.tolist() == [200] * 3
    assert mask.sum() == 50 * 20


def test_largest_parts():
    mask = np.zeros((40, 40), dtype=bool)
    mask[5:35, 5:15] = mask[10:35, 20:30] = True  # a pair
    pair = mask.copy()
    mask[10:12, 8:11] = False  # a hole
    mask[2, 35] = mask[38, 35:39] = True  # specks and a thread
    np.testing.assert_array_equal(largest_parts(mask), pair)
    mask[:] = False
    assert not largest_parts(mask).any()
    mask[3, 4:9] = True  # all of it is thin
    np.testing.assert_array_equal(largest_parts(mask), mask)


def test_intensities():
    pixels = np.array([[[253] * 3, [0] * 3, [127] * 3]], dtype=np.uint8)
    mask, colour = np.array([[False, True, True]]), np.array([253.0] * 3)
    options = {"invert": "auto", "background": "corner"}
    found = intensities(pixels, mask, colour, **options)
    np.testing.assert_allclose(found, [[0, 255, (253 - 127) * 255 / 253]], atol=1e-3)
    dark = intensities(255 - pixels, mask, 255 - colour, **options)
    np.testing.assert_allclose(dark, found, atol=1e-3)  # it was not negated
    bright = intensities(pixels, mask, colour, invert=False, background="corner")
    np.testing.assert_allclose(bright, 0, atol=1e-3)  # nothing is brighter than the background
    alone = intensities(pixels, mask, colour, invert="auto", background="border")
    np.testing.assert_allclose(alone, [[0, 255, 128]], rtol=1e-5)
    pixels[0, 2] = 255
    bright = intensities(pixels, mask, colour, invert=False, background="corner")
    np.testing.assert_allclose(bright, [[0, 0, 4]], atol=1e-3)  # but for noise


def test_subsampling_skips_rows_and_columns():
    grey = np.arange(100.0).reshape(10, 10)
    small = resize_longest(grey, 5, "subsample")
    np.testing.assert_array_equal(small, grey[1::2, 1::2])
    assert resize_longest(grey[:, :3], 5, "subsample").shape == (5, 2)
    assert resize_longest(grey[:, :1], 5, "area").shape == (5, 1)
    np.testing.assert_array_equal(resize_longest(grey[:2, :2], 4, "subsample")[0], [0, 0, 1, 1])


def test_area_is_the_mean_of_what_becomes_one_pixel():
    grey = np.arange(100.0).reshape(10, 10)
    expected = grey.reshape(5, 2, 5, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(resize_longest(grey, 5, "area"), expected, rtol=1e-6)
    weights = area_weights(7, 3)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(weights.sum(axis=0), 3 / 7, rtol=1e-6)


def test_sharpening_grows_towards_outlines():
    grey = np.full((12, 12), 100.0)
    grey[:, 6:] = 150
    sharp = sharpen_outlines(grey)
    assert (sharp[:, 5] < 100).all()
    assert (sharp[:, 6] > 150).all()
    np.testing.assert_allclose(sharp[:, [0, 1, 2, 9, 10, 11]], grey[:, [0, 1, 2, 9, 10, 11]])
    np.testing.assert_array_equal(sharpen_outlines(np.full((3, 3), 7.0)), 7)
    assert sharpen_outlines(np.array([[0.0, 255.0]])).max() == 255


def test_an_odd_margin_is_wider_before_the_piece():
    square = centred(np.ones((28, 13)), 28)
    assert square.any(axis=0).argmax() == 8
    assert square[:, ::-1].any(axis=0).argmax() == 7
    assert centred(np.ones((5, 28)), 28).any(axis=1).argmax() == 12


def test_margins_are_as_in_the_dataset(sample):
    """It is how `centred` was chosen: among training images alone."""
    columns = (sample.images[:6000] > 0).any(axis=1)
    left, right = columns.argmax(axis=1), columns[:, ::-1].argmax(axis=1)
    rows = (sample.images[:6000] > 0).any(axis=2)
    is_tall = rows[:, 0] & rows[:, -1] & (left + right > 0)
    assert np.isin((left - right)[is_tall], [0, 1]).mean() > 0.99


def test_every_training_image_is_stretched(sample):
    assert (sample.images[:6000].max(axis=(1, 2)) >= 254).all()
    assert convert_pixels(on(253, piece=220), **AS_DATASET).max() == 255


def test_blank_photographs_are_black():
    for background in ("corner", "border"):
        options = {**AS_DATASET, "background": background}
        assert not convert_pixels(on(200, piece=200), **options).any()
    noise = on(253)
    noise[:5] = 255
    assert not convert_pixels(noise, **{**AS_DATASET, "invert": False}).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (3, 2), (2, 2), (400, 3)])
@pytest.mark.parametrize("background", ["corner", "border"])
@pytest.mark.parametrize("resample", ["subsample", "area"])
def test_smallest_photographs(shape, background, resample):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    options = {**AS_DATASET, "background": background, "resample": resample}
    assert convert_pixels(pixels, **options).shape == (28, 28)


def test_images_of_the_dataset_look_like_it(sample):
    reasons = [unlike_dataset(image) for image in sample.images[:6000]]
    assert sum(reason is not None for reason in reasons) <= 12  # 2 in 1,000


def test_what_is_unlike_the_dataset():
    image = np.zeros((28, 28), dtype=np.uint8)
    image[8:20, 8:20] = 200
    assert unlike_dataset(image) is None
    assert unlike_dataset(255 - image, invert=True).endswith("(did you mean invert=False?)")
    assert unlike_dataset(255 - image, invert=False).endswith("(did you mean invert=True?)")
    assert "background='border'" in unlike_dataset(255 - image)
    image[:] = 0
    assert unlike_dataset(image).startswith("nearly empty (does the item have the colour")
    assert unlike_dataset(image, invert=True) == "nearly empty (did you mean invert=False?)"
    image[1:-1] = 200
    assert unlike_dataset(image).startswith("bright nearly everywhere")

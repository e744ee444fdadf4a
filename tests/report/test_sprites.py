import base64
import io

import numpy as np
import pytest
from PIL import Image

from skfashion.report._sprites import build_images, layout


@pytest.fixture(scope="module")
def grey(sample):
    return sample.images[:600]


def colourful(grey, side):
    """Return RGB images of another size, made of real ones."""
    big = [Image.fromarray(image).resize((side, side)) for image in grey]
    stack = np.stack([np.asarray(image) for image in big])
    return np.stack([stack, 255 - stack, stack // 2], axis=-1)


def read_back(built):
    """Cut the sprites up again as the page does: an image a place."""
    images = []
    for sprite in built["sprites"]:
        picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(sprite))).convert("RGB"))
        rows = picture.shape[0] // built["tile_height"]
        for place in range(rows * built["columns"]):
            y = place // built["columns"] * built["tile_height"]
            x = place % built["columns"] * built["tile_width"]
            images.append(picture[y : y + built["height"], x : x + built["width"]])
    return np.stack(images)


def size(built):
    return sum(len(sprite) for sprite in built["sprites"])


def test_small_images_are_kept_without_loss(grey):
    built = build_images(grey, 5_000_000, np.arange(len(grey)))
    assert built["quality"] is None
    assert built["kept"] is None
    np.testing.assert_array_equal(read_back(built)[: len(grey), :, :, 0], grey)


def test_colours_are_kept(grey):
    images = colourful(grey[:50], 40)
    built = build_images(images, 5_000_000, np.arange(len(images)))
    np.testing.assert_array_equal(read_back(built)[: len(images)], images)


def test_loss_before_size_before_number(grey):
    lossless = size(build_images(grey, 5_000_000, np.arange(len(grey))))
    lossy = build_images(grey, int(0.8 * lossless), np.arange(len(grey)))
    assert lossy["quality"] == 90
    assert size(lossy) <= 0.8 * lossless
    error = read_back(lossy)[: len(grey), :, :, 0].astype(float) - grey
    assert np.sqrt((error**2).mean()) < 5  # of 255


def test_large_images_are_made_smaller(grey):
    images = colourful(grey[:100], 200)
    built = build_images(images, 200_000, np.arange(len(images)))
    assert size(built) <= 200_000
    assert built["kept"] is None
    assert built["height"] <= 128
    assert (built["original_height"], built["original_width"]) == (200, 200)


def test_images_of_lower_priority_are_left_out(grey):
    priority = np.random.default_rng(0).permutation(len(grey))
    built = build_images(grey, 100_000, priority)
    assert size(built) <= 100_000
    n_kept = len(built["kept"])
    assert 0 < n_kept < len(grey)
    assert built["kept"].tolist() == priority[:n_kept].tolist()
    error = read_back(built)[:n_kept, :, :, 0].astype(float) - grey[built["kept"]]
    assert np.sqrt((error**2).mean()) < 12  # each at its place


def test_no_room_at_all(grey):
    assert build_images(grey, 100, np.arange(len(grey))) is None


def test_tiles_are_a_multiple_of_eight(grey):
    shape = layout(grey)
    assert (shape["tile_height"], shape["columns"], shape["per_sprite"]) == (32, 16, 256)

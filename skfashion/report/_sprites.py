"""Images for the page: many small ones in one picture each, so that they cost few bytes.

A page may be 5 MB and hold 10,000 images. They are laid side by side into sprites, and the
sprites are encoded as WebP, without loss where that fits into the bytes that there are; else with
some loss; else made smaller too; and at last some are left out, the least telling ones.
"""

import base64
import io

import numpy as np
from PIL import Image

SPRITE_SIDE = 512  # pixels: a block that a browser decodes in some milliseconds
TILE_MULTIPLE = 8  # WebP's blocks do not reach over the edge of an image then
LOSSLESS = None
# What is tried, the best first: (longest side in pixels, WebP's quality).
QUALITIES = (LOSSLESS, 90, 85, 80, 65)
SIDES = (128, 96, 64, 48, 32)
LAST_QUALITY = 50
N_TRIED = 256  # images encoded to see what all of them would take


def shrink(pixels, side):
    """Return images whose longer side is at most `side` pixels."""
    height, width = pixels.shape[1:3]
    factor = side / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = [Image.fromarray(image).resize(size, Image.Resampling.LANCZOS) for image in pixels]
    return np.stack([np.asarray(image) for image in small])


def layout(pixels):
    """Return how images of this size are laid into sprites, as the page reads it."""
    height, width = pixels.shape[1:3]
    tile_height, tile_width = (
        -(-side // TILE_MULTIPLE) * TILE_MULTIPLE for side in (height, width)
    )
    columns, rows = max(1, SPRITE_SIDE // tile_width), max(1, SPRITE_SIDE // tile_height)
    return {
        "height": height,
        "width": width,
        "tile_height": tile_height,
        "tile_width": tile_width,
        "columns": columns,
        "per_sprite": columns * rows,
    }


def draw_sprites(pixels):
    """Yield pictures with the images side by side, each image's edge repeated to fill its tile."""
    shape = layout(pixels)
    columns = shape["columns"]
    down, right = shape["tile_height"] - shape["height"], shape["tile_width"] - shape["width"]
    channels = [(0, 0)] * (pixels.ndim - 3)
    for start in range(0, len(pixels), shape["per_sprite"]):
        block = pixels[start : start + shape["per_sprite"]]
        rows = -(-len(block) // columns)
        block = np.pad(block, [(0, 0), (0, down), (0, right), *channels], mode="edge")
        block = np.pad(block, [(0, rows * columns - len(block)), (0, 0), (0, 0), *channels])
        block = block.reshape(rows, columns, *block.shape[1:]).swapaxes(1, 2)
        yield block.reshape(rows * block.shape[1], -1, *block.shape[4:])


def encode(picture, quality):
    """Return a picture as WebP, in base64."""
    file = io.BytesIO()
    options = {"lossless": True} if quality is LOSSLESS else {"quality": quality}
    Image.fromarray(picture).save(file, format="WEBP", method=4, **options)
    return base64.b64encode(file.getvalue()).decode("ascii")


def encode_all(pixels, quality):
    return [encode(sprite, quality) for sprite in draw_sprites(pixels)]


def size_of(sprites):
    return sum(map(len, sprites))


def build_images(pixels, max_bytes, priority):
    """Return the images as the page reads them, in at most so many bytes.

    Parameters
    ----------
    pixels : ndarray of uint8 of shape (n, height, width) or (n, height, width, 3)
    max_bytes : int
        How much the encoded images may take, in base64.
    priority : ndarray of shape (n,)
        Indices of the images, the ones to be kept first.

    Returns
    -------
    dict or None
        The `layout`; sprites: list of str, WebP in base64; kept: ndarray of the indices in the
        sprites in their order, or None for all of them; quality: WebP's or None for lossless;
        original_height, original_width. None if not even one image fits.
    """
    original = max(pixels.shape[1:3])
    sides = [min(original, SIDES[0]), *(side for side in SIDES if side < min(original, SIDES[0]))]
    tried = np.linspace(0, len(pixels) - 1, min(N_TRIED, len(pixels))).astype(int)
    for side in sides:
        few = shrink(pixels[tried], side)
        small = None
        for quality in QUALITIES:
            expected = size_of(encode_all(few, quality)) * len(pixels) / len(few)
            if expected > max_bytes:
                continue
            small = shrink(pixels, side) if small is None else small
            sprites = encode_all(small, quality)
            if size_of(sprites) <= max_bytes:
                return _described(pixels, small, sprites, quality)
    return _as_many_as_fit(pixels, sides[-1], max_bytes, priority)


def _as_many_as_fit(pixels, side, max_bytes, priority):
    """Return the first images of `priority` at the lowest quality, as many as there is room for."""
    sprites, per_sprite, free = [], layout(shrink(pixels[:1], side))["per_sprite"], max_bytes
    for start in range(0, len(priority), per_sprite):
        block = shrink(pixels[priority[start : start + per_sprite]], side)
        sprite = encode_all(block, LAST_QUALITY)[0]
        if len(sprite) > free:
            break
        free -= len(sprite)
        sprites.append(sprite)
    if not sprites:
        return None
    kept = priority[: len(sprites) * per_sprite]
    return _described(pixels, shrink(pixels[:1], side), sprites, LAST_QUALITY, kept)


def _described(pixels, small, sprites, quality, kept=None):
    if kept is not None and len(kept) == len(pixels) and np.array_equal(kept, np.sort(kept)):
        kept = None
    height, width = pixels.shape[1:3]
    return {
        **layout(small),
        "sprites": sprites,
        "kept": kept,
        "quality": quality,
        "original_height": height,
        "original_width": width,
    }

"""Images for the page, many of them in one picture, so that they take few bytes.

A page of 5 MB can hold 10,000 images. They are laid out side by side in sprites, which are encoded
as WebP: without loss if they fit into the available bytes, otherwise with loss, then also reduced
in size; as a last resort, the images of lowest priority are left out.
"""

import base64
import io

import numpy as np
from PIL import Image

SPRITE_SIDE = 512  # pixels; a browser decodes a picture of this size in a few milliseconds
TILE_MULTIPLE = 8  # so that no block of WebP's crosses the edge of an image
LOSSLESS = None
# What is tried, the best first: WebP's quality, and the longest side in pixels.
QUALITIES = (LOSSLESS, 90, 85, 80, 65)
SIDES = (128, 96, 64, 48, 32)
LAST_QUALITY = 50
N_TRIED = 256  # images encoded to estimate the size of all


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
    """Return how images of this size are laid out in sprites, in the form that the page reads."""
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
    """Yield pictures of images side by side, whose edge pixels are repeated to fill their tiles."""
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
    """Return the images in the form that the page reads, in at most `max_bytes`.

    Parameters
    ----------
    pixels : ndarray of uint8 of shape (n, height, width) or (n, height, width, 3)
    max_bytes : int
        Maximum size of the encoded images, in base64.
    priority : ndarray of shape (n,)
        Indices of the images, the most important first.

    Returns
    -------
    dict or None
        The `layout`; sprites: list of str, WebP in base64; kept: ndarray of the indices of the
        images in the sprites, in their order, or None for all images; quality: WebP's, or None for
        lossless; original_height, original_width. None if not even one sprite fits.
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
    """Return as many images as fit, at the lowest quality, in the order of `priority`."""
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

"""How a photograph of a piece becomes an image like those of Fashion-MNIST: pure functions."""

import os
from functools import partial

import numpy as np
from scipy import ndimage

from skfashion._pictures import as_rgb, is_picture, read_rgb

TOLERANCE = 0.05  # of the largest intensity: within it, a colour is that of the background
GREY_WEIGHTS = np.float32([0.299, 0.587, 0.114])  # of red, green and blue, as Pillow's
FRAME = 0.02  # of the shorter side: the width of the border that shows the background
# A pixel is background up to this many times the distance from the colour of the frame within which
# three quarters of the frame are: the piece may cover the rest. 2.9 deviations of normal noise.
N_QUARTILES = 2.5
SMALLEST_PART = 0.1  # of the largest part of a piece; what is smaller is background
SIGMA = RADIUS = 1  # of the Gaussian that sharpens, in pixels

# 32 of the 60,000 training images of Fashion-MNIST are outside one of these limits.
LIT = 30  # a pixel above it shows the piece
BRIGHT_BORDER = 40  # median of the outermost pixels
FEWEST_LIT = 0.08  # share of the pixels
MOST_LIT = 0.9


def check_photo(photo):
    """Return an array that is a photograph as uint8 or float32, shape (height, width[, channels]).

    The values of floats are from 0 to 255. Raises ValueError if it cannot be a photograph.
    """
    pixels = np.asarray(photo)
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (1, 3, 4)):
        raise ValueError(
            f"it has the shape {pixels.shape}, but a photograph has (height, width), or "
            "(height, width, channels) with 1, 3 or 4 channels"
        )
    if not pixels.size:
        raise ValueError(f"it has no pixels: its shape is {pixels.shape}")
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind not in "biuf":
        raise ValueError(f"its values are of type {pixels.dtype}, not real numbers")
    highest = {"b": 1, "f": 1}.get(pixels.dtype.kind, 65_535 if pixels.dtype == np.uint16 else 255)
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= highest):  # NaN is not either
        raise ValueError(
            f"its values are between {low} and {high}, but those of {pixels.dtype} must be between "
            f"0 and {highest}: divide them, or convert them to uint8"
        )
    return pixels.astype(np.float32) * np.float32(255 / highest)


def pixels_of(photo, max_pixels):
    """Return a photograph, an array, image of Pillow's or path, as RGB pixels from 0 to 255.

    Transparent pixels become white. The shape is (height, width, 3), the type uint8 or float32.
    """
    if isinstance(photo, str | os.PathLike):
        return np.asarray(read_rgb(photo, max_pixels=max_pixels))
    if is_picture(photo) and photo.mode != "F":
        photo = as_rgb(photo)
    pixels = check_photo(photo)
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    if pixels.shape[2] == 4:
        opacity = pixels[..., 3:] / np.float32(255)
        pixels = 255 - opacity * (255 - pixels[..., :3].astype(np.float32))
    return np.broadcast_to(pixels, (*pixels.shape[:2], 3))


def corner_pixels(pixels):
    """Return the four corner pixels, shape (4, 3)."""
    return pixels[[0, 0, -1, -1], [0, -1, 0, -1]]


def border_pixels(pixels):
    """Return the pixels of a narrow frame around the photograph, shape (n, 3)."""
    width = max(1, round(FRAME * min(pixels.shape[:2])))
    is_border = np.ones(pixels.shape[:2], dtype=bool)
    is_border[width:-width, width:-width] = False
    return pixels[is_border]


def distances(pixels, colour):
    """Return how far pixels are from a colour: 0 to 1, the same for grey as for its RGB."""
    # channel by channel, which is faster than along an axis of length 3, and takes less memory
    squares = sum((pixels[..., k] - np.float32(colour[k])) ** 2 for k in range(3))
    return np.sqrt(squares / 3) / 255


def largest_parts(mask):
    """Return a mask without specks, and without its parts that are much smaller than the largest.

    Holes in the parts are filled.
    """
    opened = ndimage.binary_opening(mask, np.ones((3, 3)))
    labels, n_parts = ndimage.label(opened if opened.any() else mask)
    if not n_parts:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0  # the background
    return ndimage.binary_fill_holes((sizes >= SMALLEST_PART * sizes.max())[labels])


def find_piece(pixels, background, tolerance):
    """Return where the piece is, a mask of shape (height, width), and the background's colour."""
    if background == "corner":
        colour = np.median(corner_pixels(pixels), axis=0)
        return distances(pixels, colour) > tolerance, colour
    border = border_pixels(pixels)
    colour = np.median(border, axis=0)
    # a rough background is farther from its own median than a smooth one
    spread = float(np.quantile(distances(border, colour), 0.75))
    away = distances(pixels, colour) > max(tolerance, N_QUARTILES * spread)
    return largest_parts(away), colour


def bounding_box(mask):
    """Return the slices of rows and columns that hold all of a mask, which is not empty."""
    return ndimage.find_objects(mask.astype(np.int8))[0]


def intensities(pixels, mask, colour, *, invert, background):
    """Return grey pixels whose background is 0 and whose piece is brighter, 0 to 255.

    `pixels`, shape (height, width, 3), and `mask` are those within the bounding box.
    """
    grey = sum(pixels[..., k] * GREY_WEIGHTS[k] for k in range(3))
    level = float(colour @ GREY_WEIGHTS)
    if invert == "auto":
        invert = level > np.median(grey[mask])
    if background == "border":
        return np.where(mask, 255 - grey if invert else grey, 0)
    if invert:
        grey, level = 255 - grey, 255 - level
    # the colour of the background becomes 0, and white or black stays 255; if the photograph was
    # not to be negated, the little that is brighter than the background is not made much of
    return ((grey - level) * (255 / max(255 - level, 127.5))).clip(0, 255)


def area_weights(n_from, n_to):
    """Return the matrix (n_to, n_from) that averages `n_from` pixels to `n_to` by their overlap."""
    ends = np.arange(n_to + 1) * (n_from / n_to)
    pixels = np.arange(n_from)
    overlaps = np.minimum(ends[1:, None], pixels + 1) - np.maximum(ends[:-1, None], pixels)
    return (overlaps.clip(0) * (n_to / n_from)).astype(np.float32)


def resize_longest(grey, size, resample):
    """Return an image (height, width) whose longer edge has `size` pixels."""
    shape = [max(1, round(side * size / max(grey.shape))) for side in grey.shape]
    if resample == "area":
        down, across = (area_weights(n, m) for n, m in zip(grey.shape, shape, strict=True))
        return down @ grey @ across.T
    # the pixel in the middle of each stretch; the rows and columns between are skipped
    rows, columns = (
        ((np.arange(m) + 0.5) * (n / m)).astype(int) for n, m in zip(grey.shape, shape, strict=True)
    )
    return grey[np.ix_(rows, columns)]


def sharpen_outlines(grey):
    """Return an image in which a pixel departs from a blur, the more so if it is at an outline."""
    blur = partial(ndimage.gaussian_filter, sigma=SIGMA, radius=RADIUS, mode="nearest")
    edges = np.hypot(*(ndimage.sobel(grey, axis, mode="nearest") for axis in (0, 1)))
    strength = blur(edges / (edges.max() or 1))
    return (grey + strength * (grey - blur(grey))).clip(0, 255)


def centred(grey, size):
    """Return an image in the middle of a black square; an odd pixel is added before, not after."""
    # as in the dataset, where the longer edge has 28 pixels and an odd number was added
    top, left = ((size - side + 1) // 2 for side in grey.shape)
    square = np.zeros((size, size), dtype=grey.dtype)
    square[top : top + grey.shape[0], left : left + grey.shape[1]] = grey
    return square


def convert_pixels(pixels, *, size, invert, background, tolerance, resample, sharpen):
    """Return RGB pixels of a photograph as an image of Fashion-MNIST's kind; black if it is blank.

    `pixels` have the shape (height, width, 3); the parameters are those of `PhotoConverter`.
    """
    mask, colour = find_piece(pixels, background, tolerance)
    black = np.zeros((size, size), dtype=np.uint8)
    if not mask.any():
        return black
    box = bounding_box(mask)
    grey = intensities(pixels[box], mask[box], colour, invert=invert, background=background)
    grey = resize_longest(grey, size, resample)
    if grey.max() <= 255 * tolerance:
        return black  # nothing is brighter than the background: stretched, it would be noise
    if sharpen:
        grey = sharpen_outlines(grey)
    grey = grey * (255 / grey.max())  # every image of the dataset has a pixel of 254 or 255
    return centred(grey, size).round().astype(np.uint8)


def unlike_dataset(image, invert="auto"):
    """Return in which way an image (height, width) differs from all of Fashion-MNIST, or None."""
    border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    lit = (image > LIT).mean()
    other = f"did you mean invert={not invert}?"
    if lit < FEWEST_LIT:
        advice = "does the item have the colour of the background?"
        return f"nearly empty ({advice if invert == 'auto' else other})"
    if np.median(border) > BRIGHT_BORDER:
        advice = "if the background has one colour, try background='border'"
        return f"bright at its border ({advice if invert == 'auto' else other})"
    if lit > MOST_LIT:
        return "bright nearly everywhere (is there a background around the item?)"
    return None

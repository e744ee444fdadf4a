"""Read picture files of any size and kind as pixels, without a crash and in bounded memory."""

import os
import warnings

import numpy as np
from PIL import Image, ImageOps

from skfashion._files import open_regular, printable

# Pillow knows dozens of formats; one of them runs a program that reads the file
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp"})
MAX_PIXELS = 50_000_000  # of one picture; while it is read, each takes up to 12 bytes
MAX_BYTES_PER_PIXEL = 8  # in a file: four channels of 16 bits, not compressed
HEADER_BYTES = 2**20  # and that much for a file's other contents
WHITE = 255
# what systems put into folders of pictures; names that begin with a dot are left out too
NOT_OURS = {"thumbs.db", "desktop.ini", "__macosx"}
MOST_NAMED = 5  # files or photographs in a message


def is_listed(name):
    """Return whether a file or folder of this name counts where a folder is read: not if hidden."""
    return not name.startswith(".") and name.lower() not in NOT_OURS


def most_bytes(max_pixels):
    """Return how many bytes the file of a picture may have."""
    return MAX_BYTES_PER_PIXEL * max_pixels + HEADER_BYTES


def in_short(sentences):
    """Return a few of many faults in one line, and how many more there are."""
    n_others = len(sentences) - MOST_NAMED
    return "; ".join(sentences[:MOST_NAMED]) + (f"; and {n_others} more" if n_others > 0 else "")


def is_picture(photo):
    """Return whether this is an image of Pillow's."""
    return isinstance(photo, Image.Image)


def check_size(size, name, max_pixels):
    """Raise ValueError if a picture of this (width, height) is too large to be decoded."""
    width, height = size
    if width * height > max_pixels:
        raise ValueError(
            f"{name} has {width:,} x {height:,} pixels, which is more than "
            f"max_pixels={max_pixels:_}."
        )


def open_header(file, name, max_pixels):
    """Return a picture in an open file of which only the header is read; ValueError if it is not.

    A few bytes of a file can announce a picture that fills the memory, so its size is checked
    before anything is decoded.
    """
    n_bytes = os.fstat(file.fileno()).st_size
    if n_bytes > most_bytes(max_pixels):
        raise ValueError(
            f"{name} has {n_bytes:,} bytes, more than a picture of max_pixels={max_pixels:_}."
        )
    with warnings.catch_warnings():
        # Pillow warns from a limit of its own; the one here is `max_pixels`
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            picture = Image.open(file, formats=FORMATS)
        except Image.UnidentifiedImageError:
            empty = "an empty file" if n_bytes == 0 else f"not a {', '.join(FORMATS[:-1])} or BMP"
            raise ValueError(f"{name} is {empty}.") from None
        except Image.DecompressionBombError:
            raise ValueError(
                f"{name} has more pixels than Pillow decodes, {2 * Image.MAX_IMAGE_PIXELS:_}."
            ) from None
        except Exception as error:  # decoders raise errors of many types at damaged files
            raise ValueError(f"{name} is damaged ({error}).") from error
    check_size(picture.size, name, max_pixels)
    return picture


def size_of(path, max_pixels=MAX_PIXELS):
    """Return (width, height) from the header of a picture file; OSError or ValueError if not one.

    How a photo is to be turned is not considered.
    """
    with open_regular(path) as file:
        return open_header(file, printable(str(path)), max_pixels).size


def read_rgb(path, *, max_pixels=MAX_PIXELS, fill=WHITE):
    """Return the first picture in a file, upright, as an RGB image of Pillow's.

    Parameters
    ----------
    path : path-like
        A file of one of the `FORMATS`, whatever its name.
    max_pixels : int
        A picture with more is refused before it is decoded.
    fill : int
        The grey level behind transparent pixels.

    Raises
    ------
    OSError
        If it is not a regular file, or cannot be opened.
    ValueError
        If it is damaged, too large or not a picture. The message names the file.
    """
    with open_regular(path) as file:
        return decode_rgb(file, printable(str(path)), max_pixels, fill)


def decode_rgb(file, name, max_pixels=MAX_PIXELS, fill=WHITE):
    """Return the first picture in an open file, as `read_rgb` does; messages call it `name`."""
    picture = open_header(file, name, max_pixels)
    try:
        picture.verify()  # the checksums of a PNG file, which `load` does not compare
        file.seek(0)
        picture = open_header(file, name, max_pixels)
        picture.load()
        return as_rgb(picture, fill)
    except Exception as error:
        reason = f"it is too large ({error})" if isinstance(error, MemoryError) else error
        raise ValueError(f"{name} is damaged ({printable(str(reason))}).") from error


def as_rgb(picture, fill=WHITE):
    """Return an image of Pillow's, of any mode, upright and in RGB; `picture` is not changed.

    16 bits become 8. Transparent pixels show the grey level `fill`.
    """
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):  # Pillow's own conversion clips at 255
        pixels = np.asarray(picture).astype(np.int64) / 257
        picture = Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8))
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    canvas = Image.new("RGBA", picture.size, (fill, fill, fill, 255))
    canvas.alpha_composite(picture.convert("RGBA"))
    return canvas.convert("RGB")


def fit_into(picture, shape, fill):
    """Return an image resized to fit into `shape`, in the middle; its margins are of level `fill`.

    Parameters
    ----------
    picture : PIL.Image.Image
        In mode RGB.
    shape : tuple of int
        (height, width). The aspect of the picture is kept.
    fill : int
    """
    height, width = shape
    scale = min(width / picture.width, height / picture.height)
    size = [max(1, round(scale * side)) for side in picture.size]
    canvas = Image.new("RGB", (width, height), (fill, fill, fill))
    corner = (width - size[0]) // 2, (height - size[1]) // 2
    canvas.paste(picture.resize(size, Image.Resampling.BICUBIC), corner)
    return canvas

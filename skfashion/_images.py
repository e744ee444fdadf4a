"""What an image is: the shape of one, how a stack becomes rows and back, and how one is shown."""

import math
import sys
import warnings
from numbers import Integral

import numpy as np
from sklearn.utils import check_array

from skfashion._compat import returns_arrays

NOT_THE_CALLER = {"skfashion", "sklearn", "joblib"}
SMALLEST_GUESS = 8  # pixels a side; shorter rows are not taken for images unless one says so


def warn_caller(message):
    """Warn of the line that called: the first outside of this package and scikit-learn."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in NOT_THE_CALLER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)


def shape_of(X):
    """Return the shape of an array-like."""
    # not numpy.shape, which asks more of X than that it can become an array
    return tuple(X.shape if hasattr(X, "shape") else np.asarray(X).shape)


def check_shape(shape, name, lengths):
    """Return a parameter that is a shape as a tuple of int, or raise."""
    if len(shape) not in lengths or not all(isinstance(n, Integral) and n > 0 for n in shape):
        forms = {2: "(height, width)", 3: "(height, width, channels)"}
        raise ValueError(
            f"{name} must be {' or '.join(forms[n] for n in lengths)}, positive integers; "
            f"got {shape!r}."
        )
    return tuple(int(n) for n in shape)


def check_image_shape(image_shape):
    """Return the parameter `image_shape` as (height, width, channels), None as None; or raise."""
    if image_shape is None:
        return None
    return (*check_shape(image_shape, "image_shape", (2, 3)), 1)[:3]


def shape_of_rows(n_features, image_shape=None):
    """Return the (height, width, channels) of images in rows of `n_features` pixels.

    Rows of no square number of features are laid into the smallest square that holds them, with a
    warning.
    """
    if image_shape is not None:
        image_shape = (*image_shape, 1)[:3]
        if math.prod(image_shape) != n_features:
            raise ValueError(
                f"image_shape={image_shape} makes {math.prod(image_shape)} pixels, but X has "
                f"{n_features} features: give the shape (height, width) or (height, width, "
                "channels) of the images in X."
            )
        return image_shape
    side = math.isqrt(n_features - 1) + 1
    if side**2 != n_features:
        hint = ""
        if n_features > 10 and (side - 1) ** 2 == n_features - 1:
            hint = f" Is the label still in one of the {n_features} columns?"
        warn_caller(
            f"{n_features} features are no square image: they are laid into {side} x {side} "
            f"pixels, the rest zero.{hint} Otherwise give image_shape=(height, width)."
        )
    return side, side, 1


def pixel_names(image_shape):
    """Return the names of pixels in a row: "pixel_0_0" (row, column); of channels "pixel_0_0_0"."""
    return ["_".join(map(str, ("pixel", *index))) for index in np.ndindex(tuple(image_shape))]


def looks_like_images(X):
    """Guess whether data are images: a stack of grey or RGB ones, or rows of a square number."""
    shape = shape_of(X)
    if len(shape) == 2:
        side = math.isqrt(shape[1])
        return side**2 == shape[1] and side >= SMALLEST_GUESS
    return len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3))


def with_numpy_bytes(X):
    """Return a DataFrame of bytes, pandas' nullable ones among them, with numpy's; else `X` itself.

    scikit-learn would make float64 of it, and pixels would no longer be known to be 0..255.
    """
    if not hasattr(X, "iloc") or X.ndim != 2:
        return X
    names = {str(dtype) for dtype in X.dtypes}
    if "UInt8" in names <= {"UInt8", "uint8"} and not X.isna().any(axis=None):
        return X.astype(np.uint8)
    return X


def rows_of(X):
    """Return images as rows of pixels, and the shape that the images had.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Images.

    Returns
    -------
    rows : array-like of shape (n, n_features)
        `X` itself if it has rows already, unless it has pandas' nullable bytes.
    image_shape : tuple of int or None
        (height, width, channels) of a stack; None for rows.
    """
    shape = shape_of(X)
    if len(shape) not in (3, 4):
        return with_numpy_bytes(X), None
    if len(shape) == 4 and shape[1] in (1, 3) and shape[3] > 4:
        raise ValueError(
            f"X has the shape {shape}: channels come last here. Pass np.moveaxis(X, 1, -1), of "
            "shape (n, height, width, channels)."
        )
    return np.asarray(X).reshape(shape[0], math.prod(shape[1:])), (*shape[1:], 1)[:3]


def as_given(rows, X, image_shape, transformer=None):
    """Return rows as a stack of images of `image_shape` if `X` is a stack, else as they are.

    They stay rows too if `transformer` was told by `set_output` to return a DataFrame.
    """
    n_dims = len(shape_of(X))
    if n_dims == 2 or (transformer is not None and not returns_arrays(transformer)):
        return rows
    return rows.reshape(len(rows), *image_shape[: n_dims - 1])


def check_transformed(X, n_features, image_shape=None):
    """Return the images to be transformed back as rows, judged."""
    rows, stack_shape = rows_of(X)
    rows = check_array(rows, dtype="numeric", input_name="X")
    if rows.shape[1] != n_features:
        raise ValueError(
            f"X has {rows.shape[1]} features, but transform returns {n_features}: pass what it "
            "returned."
        )
    if None not in (stack_shape, image_shape) and stack_shape != image_shape:
        raise ValueError(
            f"X has images of shape {stack_shape}, but transform returns {image_shape}: pass what "
            "it returned."
        )
    return rows


def as_images(X, image_shape=None):
    """Return images that can be shown: a stack (n, height, width, channels), grey or RGB.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Images; a stack has its own shape.
    image_shape : tuple of int or None
        (height, width) or (height, width, channels) of the images in flat rows; None for a square.

    Raises
    ------
    ValueError
        If these are not images of numbers, or have other than one or three channels.
    """
    X, stack_shape = rows_of(X)
    rows = check_array(X, dtype="numeric", input_name="X")
    shape = shape_of_rows(rows.shape[1], stack_shape or check_image_shape(image_shape))
    if shape[2] not in (1, 3):
        raise ValueError(
            f"X has images with {shape[2]} channels; only grey (1) and RGB (3) can be drawn."
        )
    n_missing = math.prod(shape) - rows.shape[1]
    if n_missing:
        rows = np.pad(rows, ((0, 0), (0, n_missing)))
    return rows.reshape(-1, *shape)


def brightness(images, among=None):
    """Return pixels as they are shown: float32 from 0, black, to 1, white.

    uint8 is divided by 255. Other pixels are taken as they are if all lie from 0 to 1, else
    stretched, from the lowest of all to the highest. `among` are all images, if `images` are some
    of them: then all are shown on the same scale.
    """
    if images.dtype == np.uint8:
        return images / np.float32(255)
    among = images if among is None else among
    low, high = np.float32(among.min()), np.float32(among.max())
    images = images.astype(np.float32)
    if low >= 0 and high <= 1:
        return images
    return (images - low) / ((high - low) or 1)


def chosen_images(images, indices):
    """Return some images of a stack, as bright as among all of them: uint8, or float32 0 to 1."""
    if images.dtype == np.uint8:
        return images[indices]
    return brightness(images[indices], among=images)


def to_bytes(images):
    """Return pixels as they are shown in bytes: uint8 as it is, else `brightness` times 255."""
    if images.dtype == np.uint8:
        return images
    return np.rint(255 * brightness(images)).astype(np.uint8)

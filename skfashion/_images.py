"""What an image is: its shape, stacks of images as rows of pixels and back, how one is shown."""

import math
import sys
import warnings
from numbers import Integral

import numpy as np
from sklearn import get_config
from sklearn.utils import check_array

from skfashion._compat import returns_arrays

NOT_THE_CALLER = {"skfashion", "sklearn", "joblib"}
SMALLEST_GUESS = 8  # pixels per side; shorter rows are taken for images only if the caller says so


def warn_caller(message):
    """Issue a warning at the caller's line: the first outside this package and scikit-learn."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in NOT_THE_CALLER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)


def shape_of(X):
    """Return the shape of an array-like."""
    # not numpy.shape, which requires more of X than that it can become an array
    return tuple(X.shape if hasattr(X, "shape") else np.asarray(X).shape)


def check_shape(shape, name, lengths):
    """Return a parameter that is a shape as a tuple of int; raise ValueError if it is not valid."""
    has_length = np.iterable(shape) and len(shape) in lengths
    if not has_length or not all(isinstance(n, Integral) and n > 0 for n in shape):
        forms = {2: "(height, width)", 3: "(height, width, channels)"}
        raise ValueError(
            f"{name} must be {' or '.join(forms[n] for n in lengths)}, positive integers; "
            f"got {shape!r}."
        )
    return tuple(int(n) for n in shape)


def check_image_shape(image_shape):
    """Return the parameter `image_shape` as (height, width, channels), or None if it is None."""
    if image_shape is None:
        return None
    return (*check_shape(image_shape, "image_shape", (2, 3)), 1)[:3]


def shape_of_rows(n_features, image_shape=None):
    """Return the (height, width, channels) of images in rows of `n_features` pixels.

    If `n_features` is not a square number, the pixels are put into the smallest square that holds
    them, with a warning.
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
            f"{n_features} features are not a square image: they are put into {side} x {side} "
            f"pixels, and the rest is zero.{hint} Otherwise pass image_shape=(height, width)."
        )
    return side, side, 1


def pixel_names(image_shape):
    """Return the names of pixels: "pixel_0_0" (row, column), with channels "pixel_0_0_0"."""
    return ["_".join(map(str, ("pixel", *index))) for index in np.ndindex(tuple(image_shape))]


def looks_like_images(X):
    """Guess whether data are images: a stack of grey or RGB ones, or rows of a square length."""
    shape = shape_of(X)
    if len(shape) == 2:
        side = math.isqrt(shape[1])
        return side**2 == shape[1] and side >= SMALLEST_GUESS
    return len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3))


def numpy_dtype_of(dtype):
    """Return the numpy type of the values in a DataFrame's column without missing values."""
    if isinstance(dtype, np.dtype):
        return dtype
    if hasattr(dtype, "categories"):
        return numpy_dtype_of(dtype.categories.dtype)
    # the first is of pandas' nullable types and pyarrow's, the second of sparse columns
    return np.dtype(getattr(dtype, "numpy_dtype", getattr(dtype, "subtype", object)))


def with_numpy_dtypes(X):
    """Return a DataFrame of numbers with numpy's types in place of all others; else `X` itself.

    scikit-learn makes float64 of pandas' nullable types and of pyarrow's, and then nobody knows
    that the pixels were uint8, whose range is 0 to 255. It refuses sparse DataFrames.
    """
    if not hasattr(X, "iloc") or X.ndim != 2:
        return X
    dtypes = set(X.dtypes)
    if all(isinstance(dtype, np.dtype) for dtype in dtypes):
        return X
    wanted = {numpy_dtype_of(dtype) for dtype in dtypes}
    # where a value is missing or is not a number, scikit-learn has an error that says so
    if not all(dtype.kind in "biuf" for dtype in wanted) or X.isna().any(axis=None):
        return X
    return X.astype(np.result_type(*wanted))


def in_numpy(X):
    """Return an array that scikit-learn would leave to torch or another library as numpy's."""
    if get_config()["array_api_dispatch"] and hasattr(X, "__dlpack__"):
        return np.asarray(X)
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
        `X` itself if it has rows already, but a DataFrame with numpy's types in place of pandas'
        and pyarrow's own. With array API dispatch, an array of numpy in place of others.
    image_shape : tuple of int or None
        (height, width, channels) of a stack; None for rows.
    """
    if isinstance(X, dict) and not hasattr(X, "shape"):  # scipy has a sparse array that is a dict
        raise TypeError(f"X is a {type(X).__name__}, not an array: pass its data or its images.")
    shape = shape_of(X)
    if len(shape) > 4:
        raise ValueError(
            f"X has the shape {shape}, but images are rows of shape (n, n_features), or a stack of "
            "shape (n, height, width) or (n, height, width, channels)."
        )
    if len(shape) < 3:
        return with_numpy_dtypes(in_numpy(X)), None
    if len(shape) == 4 and shape[1] in (1, 3) and shape[3] > 4:
        raise ValueError(
            f"X has the shape {shape}, but channels come last here: pass np.moveaxis(X, 1, -1), "
            "which has the shape (n, height, width, channels)."
        )
    return np.asarray(X).reshape(shape[0], math.prod(shape[1:])), (*shape[1:], 1)[:3]


def as_given(rows, X, image_shape, transformer=None):
    """Return rows as a stack of images of `image_shape` if `X` is a stack, else unchanged.

    They also stay rows if `transformer` was told by `set_output` to return a DataFrame.
    """
    n_dims = len(shape_of(X))
    if n_dims == 2 or (transformer is not None and not returns_arrays(transformer)):
        return rows
    return rows.reshape(len(rows), *image_shape[: n_dims - 1])


def check_real(X):
    """Raise ValueError unless an array has real numbers."""
    if X.dtype.kind not in "biuf":
        raise ValueError(
            f"X has values of type {X.dtype}, but pixels must be real numbers: convert it, for "
            "example with X.astype(float)."
        )


def check_rows(rows, estimator=None):
    """Return rows of pixels as an array of real numbers; raise ValueError if they are not."""
    rows = check_array(rows, dtype="numeric", input_name="X", estimator=estimator)
    check_real(rows)
    return rows


def check_transformed(X, n_features, image_shape=None):
    """Return the images to be transformed back as validated rows."""
    rows, stack_shape = rows_of(X)
    rows = check_rows(rows)
    if rows.shape[1] != n_features:
        raise ValueError(
            f"X has {rows.shape[1]} features, but transform returns {n_features}: pass an array "
            "that it returned."
        )
    if None not in (stack_shape, image_shape) and stack_shape != image_shape:
        raise ValueError(
            f"X has images of shape {stack_shape}, but transform returns {image_shape}: pass an "
            "array that it returned."
        )
    return rows


def as_images(X, image_shape=None):
    """Return images to be shown as a stack (n, height, width, channels), grey or RGB.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Images.
    image_shape : tuple of int or None
        (height, width) or (height, width, channels) of the images in flat rows; None for square
        ones. Not used for a stack.

    Raises
    ------
    ValueError
        If these are not images of numbers, or do not have one or three channels.
    TypeError
        If `X` is a Bunch.
    """
    X, stack_shape = rows_of(X)
    rows = check_rows(X)
    shape = shape_of_rows(rows.shape[1], stack_shape or check_image_shape(image_shape))
    if shape[2] not in (1, 3):
        raise ValueError(
            f"X has images with {shape[2]} channels; only grey (1) and RGB (3) can be drawn."
        )
    n_missing = math.prod(shape) - rows.shape[1]
    if n_missing:
        rows = np.pad(rows, ((0, 0), (0, n_missing)))
    return rows.reshape(-1, *shape)


def brightness(images):
    """Return pixels as they are shown: float32 from 0, black, to 1, white.

    uint8 is divided by 255. Other pixels are taken as they are if all lie from 0 to 1, else
    stretched, from the lowest of all to the highest.
    """
    if images.dtype == np.uint8:
        return images / np.float32(255)
    images = images.astype(np.float32)
    low, high = images.min(), images.max()
    if low >= 0 and high <= 1:
        return images
    return (images - low) / ((high - low) or 1)


def to_bytes(images):
    """Return pixels as they are shown, as uint8: unchanged, or `brightness` times 255."""
    if images.dtype == np.uint8:
        return images
    return np.rint(255 * brightness(images)).astype(np.uint8)

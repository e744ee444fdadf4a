"""Images in rows: what the shape of an image is, and how a stack of images becomes rows."""

import math
import sys
import warnings
from numbers import Integral

import numpy as np
from sklearn.utils import check_array
from sklearn.utils._set_output import _get_output_config

NOT_THE_CALLER = {"skfashion", "sklearn", "joblib"}


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
    if n_dims == 2 or (
        transformer is not None
        and _get_output_config("transform", transformer)["dense"] != "default"
    ):
        return rows
    return rows.reshape(len(rows), *image_shape[: n_dims - 1])


def check_shape(shape, name, lengths):
    """Return a parameter that is a shape as a tuple of int, or raise."""
    if len(shape) not in lengths or not all(isinstance(n, Integral) and n > 0 for n in shape):
        forms = {2: "(height, width)", 3: "(height, width, channels)"}
        raise ValueError(
            f"{name} must be {' or '.join(forms[n] for n in lengths)}, positive integers; "
            f"got {shape!r}."
        )
    return tuple(int(n) for n in shape)


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

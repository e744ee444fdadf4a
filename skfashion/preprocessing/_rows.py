"""Images in rows: what the shape of an image is, and how a stack of images becomes rows."""

import math
import warnings
from numbers import Integral

import numpy as np
from sklearn.utils import check_array


def rows_of(X):
    """Return images as rows of pixels, and the shape that the images had.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Images.

    Returns
    -------
    rows : array-like of shape (n, n_features)
        `X` itself if it has rows already.
    image_shape : tuple of int or None
        (height, width, channels) of a stack; None for rows.
    """
    # not numpy.shape, which asks more of X than that it can become an array
    shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
    if len(shape) not in (3, 4):
        return X, None
    if len(shape) == 4 and shape[1] in (1, 3) and shape[3] > 4:
        raise ValueError(
            f"X has the shape {shape}: channels come last here. Pass np.moveaxis(X, 1, -1), of "
            "shape (n, height, width, channels)."
        )
    return np.asarray(X).reshape(shape[0], math.prod(shape[1:])), (*shape[1:], 1)[:3]


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
        warnings.warn(
            f"{n_features} features are no square image: they are laid into {side} x {side} "
            f"pixels, the rest zero.{hint} Otherwise give image_shape=(height, width).",
            stacklevel=4,  # the caller of fit
        )
    return side, side, 1


def check_transformed(X, n_features):
    """Return the rows to be transformed back, judged."""
    X = check_array(rows_of(X)[0], dtype="numeric", input_name="X")
    if X.shape[1] != n_features:
        raise ValueError(
            f"X has {X.shape[1]} features, but transform returns {n_features}: pass what it "
            "returned."
        )
    return X

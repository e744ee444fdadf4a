"""What is checked of the images, labels and weights that a network is given."""

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from skfashion._compat import check_sample_weight
from skfashion._images import check_image_shape, rows_of, shape_of_rows, warn_caller

MAX_IF_DIVIDED = 2  # pixels that were divided by 255 are not larger
MAX_IF_SCALED = 100  # pixels that were scaled in any usual way are not larger


def check_images(estimator, X, y="no_validation", *, reset, name="X"):
    """Return images as rows of pixels, and `y` if it is given, after validation.

    Parameters
    ----------
    estimator : BaseImageClassifier
        With `reset`, its attributes about the input are set: `n_features_in_`, `image_shape_` and
        the largest pixel to be expected. Otherwise the images must agree with them.
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
    y : array-like of shape (n,), default="no_validation"
    reset : bool
    name : str, default="X"
        What warnings call the images.

    Returns
    -------
    rows : ndarray of shape (n, n_features), or a pair of it and `y`
    """
    X, stack_shape = rows_of(X)
    checked = validate_data(estimator, X, y, reset=reset, dtype="numeric")
    rows = checked[0] if isinstance(checked, tuple) else checked
    check_pixels(estimator, rows, reset=reset, name=name)
    if reset:
        image_shape = check_image_shape(estimator.image_shape)
        if None not in (image_shape, stack_shape) and image_shape != stack_shape:
            raise ValueError(
                f"image_shape={estimator.image_shape}, but X is a stack of images of shape "
                f"{stack_shape}. Leave image_shape at None."
            )
        shape = stack_shape if image_shape is None else image_shape
        estimator.image_shape_ = shape_of_rows(estimator.n_features_in_, shape)
    elif stack_shape not in (None, estimator.image_shape_):
        raise ValueError(
            f"X has images of shape {stack_shape}, but the network was trained on "
            f"{estimator.image_shape_}."
        )
    return checked


def check_pixels(estimator, rows, *, reset, name):
    """Warn of pixels from 0 to 255 that are not uint8, or that differ from the training's."""
    is_uint8 = rows.dtype == np.uint8
    if reset:
        estimator._most_expected = MAX_IF_DIVIDED if is_uint8 else MAX_IF_SCALED
    most = 0 if is_uint8 else rows.max()
    if is_uint8 and estimator._most_expected == np.inf:
        warn_caller(
            "The network was trained on pixels that are not uint8 and were taken as they are, "
            f"but {name} is uint8, whose pixels are divided by 255. Train it on uint8 too."
        )
    elif most > estimator._most_expected:
        trained_on = {
            MAX_IF_DIVIDED: ", but the network was trained on uint8 images",
            MAX_IF_SCALED: "" if reset else ", but the network was trained on smaller ones",
        }[estimator._most_expected]
        warn_caller(
            f"{name} is {rows.dtype} with pixels up to {most:g}, which are taken as they are"
            f"{trained_on}; only uint8 is divided by 255. If they are from 0 to 255, pass "
            f'{name}.astype("uint8"), otherwise scale them, as PixelScaler does.'
        )
        if reset:
            estimator._most_expected = np.inf


def check_samples(estimator, X, y, sample_weight, *, reset, name="X"):
    """Return the rows, labels and weights (float64) of all samples, after validation."""
    X, y = check_images(estimator, X, y, reset=reset, name=name)
    check_classification_targets(y)
    if y.dtype.kind in "mM" and np.isnat(y).any():  # scikit-learn refuses NaN only
        raise ValueError("y contains NaT. Leave out the samples whose label is missing.")
    weight = check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    check_some_weight(weight)
    return X, y, weight


def check_some_weight(weight):
    """Raise a ValueError if all weights are zero, in the words of scikit-learn from 1.9 on."""
    if not weight.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")


def check_validation_samples(estimator, X, y, sample_weight):
    """Return rows, indices of classes and weights of the samples to validate on; None without.

    Raises
    ------
    ValueError
        If they do not go together, or with the training or its parameters.
    """
    if X is None and y is None:
        if sample_weight is not None:
            raise ValueError("sample_weight_val was given without X_val and y_val: pass them too.")
        return None
    if X is None or y is None:
        missing = "X_val" if X is None else "y_val"
        raise ValueError(f"{missing} is missing: pass both X_val and y_val, or neither.")
    if estimator.validation_fraction is not None:
        raise ValueError(
            f"X_val was given, but validation_fraction={estimator.validation_fraction} asks to "
            "hold out a part of X. Set it to None, or do not pass X_val and y_val."
        )
    try:
        rows, y, weight = check_samples(estimator, X, y, sample_weight, reset=False, name="X_val")
    except ValueError as error:
        raise ValueError(f"X_val, y_val or sample_weight_val: {error}") from error
    if rows.dtype == np.uint8 and estimator._most_expected == MAX_IF_SCALED:
        warn_caller(
            "X_val is uint8, whose pixels are divided by 255, but X is not. In a Pipeline, the "
            'steps before the network transform X_val only if it has transform_input=["X_val"].'
        )
    unknown = np.setdiff1d(y, estimator.classes_)
    if len(unknown):
        raise ValueError(f"y_val has labels that are not in y: {unknown}.")
    return rows, np.searchsorted(estimator.classes_, y), weight

"""Validate the images that a transformer is given: first everything is checked, then it is set."""

from sklearn.utils.validation import check_is_fitted, validate_data

from skfashion._images import check_rows, rows_of


def check_fit_images(transformer, X):
    """Return the images for `fit` as rows, and their shape if they are a stack; set nothing."""
    rows, stack_shape = rows_of(X)
    return check_rows(rows, transformer), stack_shape


def set_features(transformer, X):
    """Set `n_features_in_` and, if `X` is a DataFrame, `feature_names_in_`."""
    validate_data(transformer, rows_of(X)[0], skip_check_array=True)


def check_transform_images(transformer, X):
    """Return the images for `transform` as rows, and their shape if they are a stack.

    Raises ValueError if a stack has images of another shape than `image_shape_`, which is None if
    `fit` could not know it.
    """
    check_is_fitted(transformer)
    rows, stack_shape = rows_of(X)
    fitted_shape = transformer.image_shape_
    if None not in (stack_shape, fitted_shape) and stack_shape != fitted_shape:
        raise ValueError(
            f"X has images of shape {stack_shape}, but {type(transformer).__name__} was fitted on "
            f"images of shape {fitted_shape} (height, width, channels)."
        )
    rows = validate_data(transformer, rows, dtype="numeric", reset=False)
    return check_rows(rows, transformer), stack_shape

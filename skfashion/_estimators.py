"""Reads steps, parameters and attributes of estimators of any class.

A Pipeline stands for its last step, and a fitted search, such as GridSearchCV, for its best
estimator.
"""

import math
from numbers import Real

import numpy as np
from sklearn.pipeline import Pipeline

# Public attributes of what trains in epochs, one value per epoch, and what the curves are called.
CURVES = {
    "loss_curve_": "train_loss",
    "train_scores_": "train_accuracy",
    "validation_loss_curve_": "validation_loss",
    "validation_scores_": "validation_accuracy",
}


def steps_of(estimator):
    """Return all steps of a Pipeline in order, those of nested ones too; [estimator] of others."""
    if isinstance(estimator, Pipeline):
        return [inner for _, step in estimator.steps for inner in steps_of(step)]
    if hasattr(estimator, "best_estimator_"):
        return steps_of(estimator.best_estimator_)
    return [estimator]


def final_step(estimator):
    """Return the estimator at the end of a Pipeline or search, or the estimator itself."""
    return steps_of(estimator)[-1]


def final_step_name(estimator):
    """Return the name of the final step's class."""
    return type(final_step(estimator)).__name__


def seen_by_final_step(estimator, X):
    """Return `X` as transformed by all steps of a fitted Pipeline but the last."""
    for step in steps_of(estimator)[:-1]:
        if hasattr(step, "transform"):  # not "passthrough"
            X = step.transform(X)
    return X


def activation_maps(estimator, X, labels=None):
    """Return the class activation maps of a fitted network for images, through its Pipeline.

    What a step of the Pipeline padded is cut off again. A step that changes the size of the images
    in another way leaves maps of that other size.

    Parameters
    ----------
    estimator : estimator instance
        Network with ``class_activation_maps``, or a Pipeline that ends in one.
    X : array-like
        Images, as the estimator takes them.
    labels : array-like of shape (n,), default=None
        The class of each image to explain; None for the predicted one.

    Returns
    -------
    maps : ndarray of float32 of shape (n, height, width)
    """
    network = final_step(estimator)
    maps = network.class_activation_maps(seen_by_final_step(estimator, X), labels)
    for step in reversed(steps_of(estimator)[:-1]):
        padded_shape = getattr(step, "padded_shape_", (None,))  # of an ImagePadder
        if maps.shape[1:] == padded_shape[:2]:
            stack = np.repeat(maps[..., None], padded_shape[2], axis=3)
            maps = step.inverse_transform(stack)[..., 0]
    return maps


def last_of_pipeline(estimator):
    """Return the last step of a Pipeline, fitted or not, and the prefix of its parameters.

    A search is not searched: its estimator is fitted with parameters of its own.
    """
    prefix = ""
    while isinstance(estimator, Pipeline):
        name, estimator = estimator.steps[-1]
        prefix += f"{name}__"
    return estimator, prefix


def parameters_called(name, estimator):
    """Return {path: value} of all parameters with a name; a nested one is ``step__name``."""
    parameters = estimator.get_params(deep=True)
    return {path: parameters[path] for path in parameters if path.rpartition("__")[2] == name}


def own_image_shape(estimator, n_features):
    """Return (height, width, channels) of images given as rows of `n_features` pixels, or None.

    It is the ``image_shape_`` of the first step that has one, if it has as many pixels.
    """
    known = (getattr(step, "image_shape_", None) for step in steps_of(estimator))
    shapes = [shape for shape in known if shape is not None]  # a scaler may not know its images
    return shapes[0] if shapes and math.prod(shapes[0]) == n_features else None


def learning_curves(fitted):
    """Return the curves that an estimator recorded as {name: list of floats}, {} if none.

    An epoch without a figure, such as one of `partial_fit` without a validation part, is NaN. A
    curve without a single figure is left out.
    """
    fitted = final_step(fitted)
    kept = {name: getattr(fitted, attribute, None) for attribute, name in CURVES.items()}
    curves = {name: _floats(values).tolist() for name, values in kept.items() if values is not None}
    return {name: values for name, values in curves.items() if not np.isnan(values).all()}


def _floats(values):
    """Return the figures of a curve as an array of floats, NaN in place of None."""
    return np.asarray(values, dtype=float)


def best_epoch(validation_loss, validation_accuracy=None):
    """Return the epoch, from 1, of the lowest loss or, without losses, the highest accuracy.

    Epochs that have none, None or NaN, do not count. None if there is neither.
    """
    for values, sign in ((validation_loss, 1), (validation_accuracy, -1)):
        figures = _floats([] if values is None else values)
        known = np.flatnonzero(~np.isnan(figures))
        if len(known):
            return int(known[(sign * figures[known]).argmin()]) + 1
    return None


def overfitting(validation_loss):
    """Return the epoch, from 1, of the lowest validation loss, and whether the loss rose later.

    A single rise of a single fit may be chance: this alone does not say that overfitting started.

    Parameters
    ----------
    validation_loss : array-like of float
        One value per epoch; None or NaN for an epoch without validation.

    Returns
    -------
    epoch : int or None
        None if there is no loss.
    begun : bool or None
        True if a later epoch has a loss, which is then higher; False if the lowest is the last
        one, so that more epochs might lower it further.
    """
    epoch = best_epoch(validation_loss)
    if epoch is None:
        return None, None
    return epoch, not bool(np.isnan(_floats(validation_loss)[epoch:]).all())


def validation_in_words(curves):
    """Return what the validation says about the number of epochs, as one clause.

    Parameters
    ----------
    curves : dict of {str: list of float}
        As `learning_curves` returns them.

    Returns
    -------
    str
        "lowest validation loss: epoch 5 of 8"; where it is the last, "epoch 8 of 8, the last";
        of an estimator that keeps no validation loss "highest validation accuracy: ..."; "" if
        there is no validation curve.
    """
    for key, what in (
        ("validation_loss", "lowest validation loss"),
        ("validation_accuracy", "highest validation accuracy"),
    ):
        values = curves.get(key)
        if epoch := best_epoch(**{"validation_loss": None, key: values}):
            return f"{what}: {epoch_in_words(epoch, len(values))}"
    return ""


def epoch_in_words(epoch, n_epochs):
    """Return "epoch 5 of 8", or "epoch 8 of 8, the last"."""
    return f"epoch {epoch} of {n_epochs}" + (", the last" if epoch == n_epochs else "")


def epoch_figures(fitted):
    """Return epochs and seconds per epoch of an estimator that trains in epochs, else Nones."""
    fitted = final_step(fitted)
    in_epochs = hasattr(fitted, "loss_curve_") and np.ndim(getattr(fitted, "n_iter_", None)) == 0
    seconds = getattr(fitted, "epoch_seconds_", None)
    return {
        "epochs": int(fitted.n_iter_) if in_epochs else None,
        "seconds_per_epoch": float(np.mean(seconds)) if seconds else None,
    }


def seconds_in_memory(fitted):
    """Return how long those epochs took that the last fit found in its `memory`: 0 without one."""
    fitted = final_step(fitted)
    n_epochs = getattr(fitted, "n_epochs_from_memory_", 0)
    return float(sum(fitted.epoch_seconds_[:n_epochs])) if n_epochs else 0.0


def n_parameters(fitted):
    """Return the number of parameters, or of coefficients and intercepts, or None."""
    fitted = final_step(fitted)
    if hasattr(fitted, "n_parameters_"):
        return int(fitted.n_parameters_)
    for weights, biases in (("coefs_", "intercepts_"), ("coef_", "intercept_")):
        if hasattr(fitted, weights) and hasattr(fitted, biases):
            return _count(getattr(fitted, weights)) + _count(getattr(fitted, biases))
    return None


def _count(values):
    """Count numbers in a list of arrays (MLP), an array, sparse or not, or a single number."""
    if isinstance(values, list):
        return sum(_count(value) for value in values)
    return int(getattr(values, "size", 1))


def plain_labels(y):
    """Return labels as a 1-D array that numpy stores without pickle: no objects.

    Objects that are all numbers become numbers, so that they are sorted as scikit-learn sorts them.
    """
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels.ravel()
    if labels.dtype.kind != "O":
        return labels
    if labels.size and all(isinstance(label, Real) for label in labels.flat):
        return np.array(labels.tolist())
    return labels.astype(str)

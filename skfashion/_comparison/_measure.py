"""What is measured of one estimator: pure functions, a dict of plain values each."""

import pickle
from numbers import Integral
from time import perf_counter

import numpy as np
from sklearn.base import clone
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_info

LARGEST_DATA = 100_000_000  # bytes of test images that are kept, uncompressed
VALIDATION_FRACTION = 0.1  # of the training data, for the learning curves

# Public attributes that networks keep, a value an epoch, and what the curves call them.
CURVES = {
    "loss_curve_": "train_loss",
    "train_scores_": "train_accuracy",
    "validation_loss_curve_": "validation_loss",
    "validation_scores_": "validation_accuracy",
}


def in_a_line(error):
    """Return an exception's type and the first line of what it says."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"


def final_step(estimator):
    """Return the estimator at the end of a Pipeline (of Pipelines), or the estimator itself."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator


def parameters_called(name, estimator):
    """Return {path: value} of all parameters of a name, nested ones as ``step__name``."""
    parameters = estimator.get_params(deep=True)
    return {path: parameters[path] for path in parameters if path.rpartition("__")[2] == name}


def max_epochs(estimator):
    """Return for how many epochs the estimator trains at most, 0 if it does not say so."""
    values = parameters_called("max_epochs", estimator).values()
    return max((value for value in values if isinstance(value, Integral)), default=0)


def validation_parameter(estimator):
    """Return the path of the last step's validation_fraction, or None if it holds out by itself.

    None, too, if there is no such parameter.
    """
    path = ""
    while isinstance(estimator, Pipeline):
        name, estimator = estimator.steps[-1]
        path += f"{name}__"
    parameters = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}
    if parameters.get("validation_fraction", 0) is not None or parameters.get("early_stopping"):
        return None
    return f"{path}validation_fraction"


def with_random_state(estimator, random_state):
    """Return an unfitted copy with every random_state set; None leaves them as they are."""
    copy = clone(estimator)
    if random_state is not None:
        copy.set_params(**dict.fromkeys(parameters_called("random_state", copy), random_state))
    return copy


def plain_labels(y):
    """Return labels as a 1-D array that numpy stores without pickle: no objects."""
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels.ravel()
    return labels.astype(str) if labels.dtype.kind == "O" else labels


def plain_data(X):
    """Return data as an array of numbers, or None if they are none, or more than is kept."""
    try:
        X = np.asarray(X)
    except (TypeError, ValueError):  # rows of different lengths, for instance
        return None
    return X if X.dtype.kind in "biuf" and X.nbytes <= LARGEST_DATA else None


def n_parameters(fitted):
    """Count what was learnt: a network's parameters, or coefficients and intercepts, or None."""
    fitted = final_step(fitted)
    if hasattr(fitted, "n_parameters_"):
        return int(fitted.n_parameters_)
    for weights, biases in (("coefs_", "intercepts_"), ("coef_", "intercept_")):
        if hasattr(fitted, weights) and hasattr(fitted, biases):
            return _count(getattr(fitted, weights)) + _count(getattr(fitted, biases))
    return None


def _count(values):
    """Count numbers: in a list of arrays (MLP), an array, sparse or not, or a single number."""
    if isinstance(values, list):
        return sum(_count(value) for value in values)
    return int(getattr(values, "size", 1))


class _ByteCounter:
    """A file that only counts: a forest's pickle need not be held in memory to be measured."""

    def __init__(self):
        self.n_bytes = 0

    def write(self, data):
        size = memoryview(data).nbytes
        self.n_bytes += size
        return size


def model_bytes(fitted):
    """Return the size of the estimator's pickle in bytes, or None if it cannot be pickled."""
    counter = _ByteCounter()
    try:
        pickle.dump(fitted, counter, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception:  # whatever an estimator raises when pickled, its other figures stay
        return None
    return counter.n_bytes


def curves(fitted):
    """Return {curve: list of float}, of the curves that the estimator has kept."""
    fitted = final_step(fitted)
    kept = {name: getattr(fitted, attribute, None) for attribute, name in CURVES.items()}
    return {name: [float(v) for v in values] for name, values in kept.items() if values is not None}


def overfitting(validation_loss):
    """Tell where overfitting starts: the epoch, from 1, of the lowest validation loss.

    Returns
    -------
    epoch : int
    begun : bool
        False if the lowest loss is the last one: then training was still of use.
    """
    epoch = int(np.argmin(validation_loss)) + 1
    return epoch, epoch < len(validation_loss)


def epoch_figures(fitted):
    """Return epochs and seconds an epoch of an estimator that trains in epochs, else Nones."""
    fitted = final_step(fitted)
    in_epochs = hasattr(fitted, "loss_curve_") and np.ndim(getattr(fitted, "n_iter_", None)) == 0
    seconds = getattr(fitted, "epoch_seconds_", None)
    return {
        "epochs": int(fitted.n_iter_) if in_epochs else None,
        "seconds_per_epoch": float(np.mean(seconds)) if seconds else None,
    }


def measure_fit(estimator, X_train, y_train, X_test, y_test):
    """Fit on all training data, judge on the test data.

    Returns
    -------
    values : dict
        Fit for JSON.
    arrays : dict of ndarray
        The predictions of the test data, and the probabilities with the classes of their columns.
    """
    start = perf_counter()
    estimator.fit(X_train, y_train)
    fitted_at = perf_counter()
    predictions = plain_labels(estimator.predict(X_test))
    predicted_at = perf_counter()
    truth = plain_labels(y_test)
    values = {
        "accuracy": float(accuracy_score(truth, predictions)),
        "macro_f1": float(f1_score(truth, predictions, average="macro", zero_division=0)),
        "fit_seconds": fitted_at - start,
        "predict_seconds": predicted_at - fitted_at,
        "images_per_second": len(truth) / (predicted_at - fitted_at),
        **epoch_figures(estimator),
        "n_parameters": n_parameters(estimator),
        "model_bytes": model_bytes(estimator),
        "curves": curves(estimator),
        "threads": max((pool["num_threads"] for pool in threadpool_info()), default=1),
    }
    arrays = {"predictions": predictions}
    try:
        arrays |= probabilities(estimator, X_test)
    except Exception as error:  # the fit is finished, and its other figures stay
        values["probabilities_error"] = f"no probabilities: {in_a_line(error)}"
    return values, arrays


def probabilities(fitted, X):
    """Return an estimator's probabilities and the classes of their columns, {} if it has none."""
    if not hasattr(fitted, "predict_proba"):
        return {}
    values = np.asarray(fitted.predict_proba(X))
    classes = plain_labels(fitted.classes_)
    if values.ndim != 2 or values.shape[1] != len(classes):
        raise ValueError(f"predict_proba gave {values.shape} for {len(classes)} classes.")
    return {"probabilities": values, "probability_classes": classes}


def measure_cv(estimator, X_train, y_train, cv, scoring):
    """Cross-validate on the training data alone."""
    start = perf_counter()
    scores = cross_val_score(
        estimator, X_train, y_train, cv=cv, scoring=scoring, error_score="raise"
    )
    return {
        "scores": [float(score) for score in scores],
        "scoring": scoring_name(scoring),
        "seconds": perf_counter() - start,
    }


def scoring_name(scoring):
    """Return the name of a `scoring` argument of scikit-learn's."""
    if scoring is None:
        return "accuracy"  # what a classifier's score method is
    return scoring if isinstance(scoring, str) else getattr(scoring, "__name__", repr(scoring))


def measure_curves(estimator, X_train, y_train):
    """Fit with a tenth of the training data held out, to see where overfitting starts."""
    start = perf_counter()
    estimator.set_params(**{validation_parameter(estimator): VALIDATION_FRACTION})
    estimator.fit(X_train, y_train)
    seconds = perf_counter() - start
    return {"curves": curves(estimator), "seconds": seconds}

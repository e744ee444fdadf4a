"""What is measured of one estimator: functions that return dicts of plain values."""

import pickle
from functools import partial
from numbers import Integral
from time import perf_counter

import numpy as np
from sklearn.base import clone
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import cross_val_score

from skfashion._estimators import (
    epoch_figures,
    final_step,
    last_of_pipeline,
    learning_curves,
    n_parameters,
    parameters_called,
    plain_labels,
    seconds_in_memory,
)
from skfashion.comparison._answers import check_predictions, probabilities
from skfashion.comparison._text import in_a_line

SHORTEST = 1e-9  # seconds that a prediction takes at least, where a clock is coarse
LARGEST_DATA = 100_000_000  # bytes of test images that are kept, uncompressed
VALIDATION_FRACTION = 0.1  # of the training data, for the learning curves


def max_epochs(estimator):
    """Return the maximum number of epochs of an estimator, 0 if it has no such parameter."""
    values = parameters_called("max_epochs", estimator).values()
    return max((value for value in values if isinstance(value, Integral)), default=0)


def validation_parameter(estimator):
    """Return the path of the last step's validation_fraction.

    None if there is no such parameter, or if the estimator already holds out a part.
    """
    last, prefix = last_of_pipeline(estimator)
    parameters = last.get_params(deep=False) if hasattr(last, "get_params") else {}
    if parameters.get("validation_fraction", 0) is not None or parameters.get("early_stopping"):
        return None
    return f"{prefix}validation_fraction"


def with_random_state(estimator, random_state):
    """Return an unfitted copy with every random_state set; None leaves them as they are."""
    copy = clone(estimator)
    if random_state is not None:
        copy.set_params(**dict.fromkeys(parameters_called("random_state", copy), random_state))
    return copy


def plain_data(X):
    """Return data as an array, or None if they are not numbers or too large to be kept."""
    try:
        X = np.asarray(X)
    except (TypeError, ValueError):  # rows of different lengths, for instance
        return None
    return X if X.dtype.kind in "biuf" and X.nbytes <= LARGEST_DATA else None


class _ByteCounter:
    """A file that only counts bytes, so that a large pickle is not held in memory."""

    def __init__(self):
        self.n_bytes = 0

    def write(self, data):
        size = memoryview(data).nbytes
        self.n_bytes += size
        return size


def without_memory(fitted):
    """Return a fitted estimator with every memory set to None: the folder is not of the model."""
    used = [path for path, memory in parameters_called("memory", fitted).items() if memory]
    return fitted.set_params(**dict.fromkeys(used)) if used else fitted


def model_bytes(fitted):
    """Return the size of the estimator's pickle in bytes, or None if it cannot be pickled."""
    counter = _ByteCounter()
    try:
        pickle.dump(fitted, counter, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception:  # whatever an estimator raises when pickled, its other figures stay
        return None
    return counter.n_bytes


def n_threads(fitted):
    """Return the number of threads a network was trained with; None for other estimators."""
    threads = getattr(final_step(fitted), "n_threads_", None)
    return None if threads is None else int(threads)


def measure_fit(estimator, X_train, y_train, X_test, y_test):
    """Fit on all training data, evaluate on the test data.

    Returns
    -------
    values : dict
        Values that JSON can hold.
    arrays : dict of ndarray
        Predictions for the test data, and probabilities with the classes of their columns.
    """
    start = perf_counter()
    estimator.fit(X_train, y_train)
    fitted_at = perf_counter()
    predictions = plain_labels(estimator.predict(X_test))
    predicted_at = perf_counter()
    truth = plain_labels(y_test)
    classes = np.unique(np.concatenate([plain_labels(y_train), truth]))
    check_predictions(predictions, classes)
    values = {
        "accuracy": float(accuracy_score(truth, predictions)),
        "macro_f1": float(f1_score(truth, predictions, average="macro", zero_division=0)),
        "fit_seconds": fitted_at - start + seconds_in_memory(estimator),
        "predict_seconds": predicted_at - fitted_at,
        "images_per_second": len(truth) / max(predicted_at - fitted_at, SHORTEST),
        **epoch_figures(estimator),
        "n_parameters": n_parameters(estimator),
        "model_bytes": model_bytes(without_memory(estimator)),
        "curves": learning_curves(estimator),
        "n_threads": n_threads(estimator),
    }
    arrays = {"predictions": predictions}
    try:
        arrays |= probabilities(estimator, X_test, len(truth), classes)
    except Exception as error:  # the fit is finished, and its other figures stay
        values["probabilities_error"] = f"no probabilities: {in_a_line(error)}"
    return values, arrays


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
    """Return the name of a `scoring` argument of scikit-learn's, the same in any process."""
    if scoring is None:
        return "accuracy"  # what a classifier's score method is
    if isinstance(scoring, str):
        return scoring
    while isinstance(scoring, partial):
        scoring = scoring.func
    name = getattr(scoring, "__name__", repr(scoring))
    return type(scoring).__name__ if " at 0x" in name else name


def measure_curves(estimator, X_train, y_train):
    """Fit with a tenth of the training data held out, to have a validation loss per epoch."""
    start = perf_counter()
    estimator.set_params(**{validation_parameter(estimator): VALIDATION_FRACTION})
    estimator.fit(X_train, y_train)
    seconds = perf_counter() - start
    return {"curves": learning_curves(estimator), "seconds": seconds}

"""The arguments of a comparison: checked before any work is done, and converted."""

from collections.abc import Iterable, Mapping
from numbers import Integral, Real

import numpy as np
from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from sklearn.metrics import check_scoring as check_scorer
from sklearn.metrics import get_scorer

from skfashion._estimators import plain_labels
from skfashion.comparison._text import printable

REFERENCE_KEYS = ("accuracy", "seconds_per_epoch", "epochs", "n_train")


def check_estimators(estimators):
    """Raise TypeError or ValueError unless `estimators` is a dict of estimators by name."""
    if not isinstance(estimators, Mapping):
        raise TypeError(
            f"estimators must be a dict {{name: estimator}}, got {type(estimators).__name__}."
        )
    if not estimators:
        raise ValueError("estimators is empty; give at least one {name: estimator}.")
    for name, estimator in estimators.items():
        if not isinstance(name, str) or not name.strip():
            raise TypeError(
                f"Names of estimators must be strings that are not blank, got {name!r}."
            )
        if printable(name) != name:
            raise ValueError(f"UTF-8 cannot encode the name {name!r}; give the estimator another.")
        if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
            raise TypeError(f"{name!r} must be an instance of an estimator, got {estimator!r}.")


def check_labels(y_train, y_test):
    """Return both as arrays that numpy stores without pickle, either numbers or strings."""
    checked = []
    for name, y in (("y_train", y_train), ("y_test", y_test)):
        y = np.asarray(y)
        if y.size and isinstance(y.flat[0], bytes):
            raise TypeError(f"The labels in {name} are bytes; decode them: {name}.astype(str).")
        y = plain_labels(y)
        if y.ndim != 1:
            raise ValueError(f"{name} must have one label per image, shape (n,); got {y.shape}.")
        checked.append(y)
    kinds = ["strings" if y.dtype.kind == "U" else "numbers" for y in checked]
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"The labels in y_train are {kinds[0]} and those in y_test {kinds[1]}; use the same "
            "type in both."
        )
    return checked


def check_random_states(random_states):
    """Return the random states as a sorted list of ints without duplicates."""
    if not isinstance(random_states, Iterable):
        random_states = [random_states]
    random_states = list(random_states)
    if not random_states or not all(isinstance(state, Integral) for state in random_states):
        raise ValueError(f"random_states must be one or more integers, got {random_states!r}.")
    return sorted({int(state) for state in random_states})


def check_backend(n_jobs):
    """Raise ValueError if joblib's backend returns results only when all are there."""
    backend, _ = get_active_backend()
    if effective_n_jobs(n_jobs) > 1 and not backend.supports_return_generator:
        raise ValueError(
            f"joblib's {type(backend).__name__} does not return results as they come, so they "
            'could not be kept one by one. Choose another, such as joblib.parallel_config("loky").'
        )


def check_scoring(scoring):
    """Raise TypeError or ValueError unless `cross_val_score` accepts it."""
    if isinstance(scoring, str):
        get_scorer(scoring)  # its error says where the names are listed
    elif callable(scoring):
        check_scorer(scoring=scoring)
    elif scoring is not None:
        raise TypeError(
            f"scoring must be the name of a score, a callable or None, got {scoring!r}."
        )


def check_target_names(target_names, classes):
    """Return the names as a list of str, or None."""
    if target_names is None:
        return None
    target_names = [printable(str(name)) for name in target_names]
    if len(target_names) != len(classes):
        raise ValueError(
            f"There are {len(target_names)} target_names for {len(classes)} classes; give one "
            f"name for each of the labels {classes.tolist()}."
        )
    return target_names


def check_name(value, argument):
    """Return the name of the data or of the settings; None if there is none or it is blank."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be a str or None, got {value!r}.")
    return printable(value.strip()) or None


def check_test_index(test_index, n_test):
    """Return the numbers of the test images as an array of int, or None."""
    if test_index is None:
        return None
    test_index = np.asarray(test_index)
    if test_index.shape != (n_test,) or test_index.dtype.kind not in "iu":
        raise ValueError(
            f"test_index must have one integer for each of the {n_test:,} test images; got the "
            f"shape {test_index.shape} and the type {test_index.dtype}."
        )
    return test_index.astype(np.int64)


def check_reference(reference):
    """Return {name: {key: figure}} that JSON can hold, without figures that are None."""
    if not isinstance(reference, Mapping | None):
        raise TypeError(f"reference must be a dict {{name: figures}}, got {reference!r}.")
    return {str(name): _figures(name, figures) for name, figures in (reference or {}).items()}


def _figures(name, figures):
    """Return one estimator's published figures."""
    figures = {} if figures is None else figures
    if not isinstance(figures, Mapping) or not set(figures) <= set(REFERENCE_KEYS):
        raise ValueError(
            f"The reference for {name!r} must be a dict with keys of {', '.join(REFERENCE_KEYS)}; "
            f"got {figures!r}."
        )
    if not isinstance(figures.get("accuracy"), Real | None):
        raise ValueError(
            f"The reference for {name!r} must have an accuracy that is a number, in per cent; got "
            f"{figures['accuracy']!r}."
        )
    n_train = figures.get("n_train")
    if n_train is not None and (not isinstance(n_train, Integral) or n_train < 1):
        raise ValueError(
            f"The reference for {name!r} must have an n_train that is a positive integer, the "
            f"number of training images; got {n_train!r}."
        )
    return {
        key: figure.item() if isinstance(figure, np.generic) else figure
        for key, figure in figures.items()
        if figure is not None
    }

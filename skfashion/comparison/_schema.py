"""What the files of a folder must contain: checks that raise a ValueError with a few words."""

from datetime import datetime
from numbers import Real

import numpy as np

from skfashion.comparison._arguments import check_reference

KINDS = ("fit", "cv", "curves")
LARGEST = 2**63  # what the table's integers must be below


def is_text(value):
    return isinstance(value, str)


def is_name(value):
    return is_text(value) and bool(value.strip())


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_count(value):
    return is_integer(value) and 0 <= value < LARGEST


def is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def is_measure(value):
    return is_number(value) and 0 <= value < float("inf")


def is_share(value):
    return is_number(value) and 0 <= value <= 1


def is_date(value):
    try:
        return is_text(value) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def or_none(fits):
    return lambda value: value is None or fits(value)


def list_of(fits):
    return lambda value: isinstance(value, list) and all(map(fits, value))


def dict_of(fits):
    """Keys of JSON are always strings."""
    return lambda value: isinstance(value, dict) and all(map(fits, value.values()))


def is_reference(value):
    try:
        return isinstance(value, dict) and check_reference(value) is not None
    except ValueError:
        return False


ABOUT = {
    "data": is_name,
    "n_train": is_count,
    "n_test": is_count,
    "classes": list_of(lambda value: isinstance(value, str | bool | int | float)),
    "target_names": or_none(list_of(is_text)),
    "reference": is_reference,
    "classes_dtype": is_text,
    "dataset": or_none(is_text),
    "recipes": list_of(is_text),
    "checksums": dict_of(is_text),
}
ENVIRONMENT = {"cpu": is_text, "python": is_text, "packages": dict_of(is_text)}
RESULT = {
    "kind": lambda value: value in KINDS,
    "name": is_name,
    "settings": is_text,
    "random_state": or_none(is_integer),
    "scheme": is_text,
    "values": lambda value: isinstance(value, dict),
}
STAMP = {"finished": is_date, "environment": is_text}
ERROR = {"error": is_text, "traceback": is_text}
VALUES = {
    "fit": {
        "accuracy": is_share,
        "macro_f1": is_share,
        "fit_seconds": is_measure,
        "predict_seconds": is_measure,
        "images_per_second": is_measure,
        "epochs": or_none(is_count),
        "seconds_per_epoch": or_none(is_measure),
        "n_parameters": or_none(is_count),
        "model_bytes": or_none(is_count),
        "n_threads": or_none(is_count),
        "curves": dict_of(list_of(is_number)),
    },
    "cv": {
        "scores": lambda value: list_of(is_number)(value) and bool(value),
        "scoring": is_text,
        "seconds": is_measure,
    },
    "curves": {"curves": dict_of(list_of(is_number)), "seconds": is_measure},
}
OPTIONAL_VALUES = {"probabilities_error": is_text}


def check_keys(content, required, optional=None):
    """Raise ValueError unless all that is required is there and fits; other keys may be there."""
    if not isinstance(content, dict):
        raise ValueError("it does not hold an object with keys")
    for key, fits in {**required, **(optional or {})}.items():
        if key not in content:
            if key in required:
                raise ValueError(f"it has no {key!r}")
        elif not fits(content[key]):
            raise ValueError(f"its {key!r} is invalid: {str(content[key])[:50]!r}")


def check_about(about):
    check_keys(about, ABOUT)
    try:
        classes = classes_of(about)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError("its 'classes' do not go with its 'classes_dtype'") from error
    if not len(classes) or (classes[1:] <= classes[:-1]).any():
        raise ValueError("its 'classes' are not in ascending order")
    if about["target_names"] and len(about["target_names"]) != len(classes):
        raise ValueError("it has another number of 'target_names' than of 'classes'")
    return about


def classes_of(about):
    """Return the classes as an array of the type that they had."""
    classes = np.array(about["classes"], dtype=about["classes_dtype"])
    if classes.dtype.kind not in "biufU" or classes.ndim != 1:
        raise ValueError(f"classes of type {classes.dtype} and shape {classes.shape}")
    return classes


def check_environment(environment):
    check_keys(environment, ENVIRONMENT)
    return environment


def check_defaults(defaults):
    if not dict_of(dict_of(is_text))(defaults):
        raise ValueError("it does not hold hashes by class and parameter")
    return defaults


def check_result(content):
    check_keys(content, RESULT)
    if extra := set(content) - set(RESULT):
        raise ValueError(f"it has the unknown key {min(extra)!r}")
    values = content["values"]
    check_keys(values, STAMP)
    if "error" in values:
        check_keys(values, ERROR)
    else:
        check_keys(values, VALUES[content["kind"]], OPTIONAL_VALUES)
    return content


def check_labels_of(labels, n_test, classes):
    """Raise ValueError unless there is one of the classes for each test image."""
    if labels.shape != (n_test,):
        raise ValueError(f"it has the shape {labels.shape} for {n_test:,} test images")
    if not np.isin(labels, classes).all():
        raise ValueError("it has labels that are not among the classes of comparison.json")
    return labels


def check_fit_arrays(arrays, n_test, classes):
    """Raise ValueError unless they are predictions and, perhaps, probabilities of all images."""
    if "predictions" not in arrays:
        raise ValueError("it has no 'predictions'")
    check_labels_of(arrays["predictions"], n_test, classes)
    if ("probabilities" in arrays) != ("probability_classes" in arrays):
        raise ValueError("it has only one of 'probabilities' and 'probability_classes'")
    if "probabilities" in arrays:
        check_columns(arrays["probabilities"], arrays["probability_classes"], n_test, classes)
    return arrays


def check_columns(probabilities, columns, n_test, classes):
    """Raise ValueError unless there is a row for each image and a column for each of its classes.

    Parameters
    ----------
    probabilities : ndarray
    columns : ndarray
        The class of each column.
    n_test : int
    classes : ndarray
        The classes that there may be.
    """
    if probabilities.dtype.kind not in "biuf":
        raise ValueError(f"its probabilities are of type {probabilities.dtype}")
    if columns.ndim != 1 or probabilities.shape != (n_test, len(columns)):
        raise ValueError(
            f"its probabilities have the shape {probabilities.shape} for {n_test:,} test images "
            f"and {columns.size} classes"
        )
    if not np.isin(columns, classes).all() or len(np.unique(columns)) != len(columns):
        raise ValueError("its probabilities are for classes that are unknown or there twice")


def check_test_index_of(index, n_test):
    if index.shape != (n_test,) or index.dtype.kind not in "iu":
        raise ValueError(
            f"it has the shape {index.shape} and the type {index.dtype}, not one integer for each "
            f"of {n_test:,} test images"
        )
    return index


def check_images(arrays, n_test):
    images = arrays.get("X_test")
    if images is None or images.shape[:1] != (n_test,) or images.dtype.kind not in "biuf":
        raise ValueError(f"it does not hold {n_test:,} test images as numbers")
    return images

"""Checks of arguments that several Displays take."""

from numbers import Integral

import numpy as np


def check_count(value, name):
    """Return `value` as an int if it is a positive integer, or raise ValueError."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}.")
    return int(value)


def class_names(classes, target_names):
    """Return {label: name} for the sorted labels `classes`.

    Names are in the order of the labels or, if there are more names than labels, are looked up by
    the label, as in ``target_names[target]`` of scikit-learn's datasets.
    """
    labels = np.asarray(classes).tolist()
    if target_names is None:
        return {label: str(label) for label in labels}
    names = [str(name) for name in target_names]
    if len(names) == len(labels):
        return dict(zip(labels, names, strict=True))
    are_indices = all(isinstance(label, int) and 0 <= label < len(names) for label in labels)
    if not are_indices:
        raise ValueError(
            f"There are {len(names)} target_names for {len(labels)} classes; give one name for "
            f"each of the labels {labels}."
        )
    return {label: names[label] for label in labels}

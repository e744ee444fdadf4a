"""Arguments that several Displays take."""

from numbers import Integral

import numpy as np


def check_count(value, name):
    """Return `value` if it is an integer above zero, or raise."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be an integer above zero, got {value!r}.")
    return int(value)


def class_names(classes, target_names):
    """Return {label: name} of the sorted labels `classes`.

    Names go with the labels in this order or, if there are more names than labels, with the
    labels as indices, as in ``target_names[target]`` of scikit-learn's datasets.
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
            f"{len(names)} target_names do not go with {len(labels)} classes; give a name for "
            f"each of the labels {labels}."
        )
    return {label: names[label] for label in labels}

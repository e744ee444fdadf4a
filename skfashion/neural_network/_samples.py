"""Which samples are trained on, and with what weights."""

from numbers import Real

import numpy as np
from sklearn.model_selection import train_test_split

DEFAULT_VALIDATION_FRACTION = 0.1  # with early stopping


def merge_repeated_rows(X, y, weight):
    """Return the distinct samples in a fixed order, each with the sum of its copies' weights.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
    y : ndarray of shape (n,)
    weight : ndarray of shape (n,)
    """
    order = np.lexsort([*X.T[::-1], y])
    X, y, weight = X[order], y[order], weight[order]
    is_new = np.r_[True, (y[1:] != y[:-1]) | (X[1:] != X[:-1]).any(axis=1)]
    return X[is_new], y[is_new], np.add.reduceat(weight, np.flatnonzero(is_new))


def check_class_weight(class_weight, classes):
    """Raise a ValueError that names class_weight unless it is a usable dict of weights."""
    for label, weight in class_weight.items():
        if not (isinstance(weight, Real) and np.isfinite(weight) and weight >= 0):
            raise ValueError(
                f"class_weight has the weight {weight!r} for the class {label!r}; weights must be "
                "finite numbers, at least zero."
            )
    known = classes.tolist()
    unknown = [label for label in class_weight if label not in known]
    # As in scikit-learn, keys may be left over if every class has its weight: a fold of a
    # cross-validation may lack a class.
    if unknown and not all(label in class_weight for label in known):
        raise ValueError(
            f"class_weight has keys that are not classes: {unknown}. The classes are {known}."
        )


def class_weights(class_weight, classes, y, sample_weight):
    """Return the weight of each class.

    Parameters
    ----------
    class_weight : dict or "balanced"
    classes : ndarray of shape (n_classes,)
    y : ndarray of shape (n,)
        Indices into `classes`.
    sample_weight : ndarray of shape (n,)

    Returns
    -------
    weights : ndarray of shape (n_classes,)
    """
    if class_weight == "balanced":
        total = np.bincount(y, sample_weight, minlength=len(classes))
        weights = np.zeros(len(classes))  # remains zero for classes without any sample
        return np.divide(total.sum(), len(classes) * total, out=weights, where=total > 0)
    check_class_weight(class_weight, classes)
    weights = np.array([class_weight.get(label, 1) for label in classes.tolist()], np.float64)
    if not weights[np.unique(y)].any():
        raise ValueError(
            f"class_weight={class_weight} is zero for every class in y, so there is nothing to "
            "train on. Give at least one of them a weight above zero."
        )
    return weights


def weighted_by_class(sample_weight, class_weight, classes, y):
    """Return the weights of samples, multiplied by those of their classes if there are any."""
    if class_weight is None:
        return sample_weight
    return sample_weight * class_weights(class_weight, classes, y, sample_weight)[y]


def without_weight_zero(y, weight, index=None):
    """Return the samples that have a weight: y, weight, and their positions among all.

    Parameters
    ----------
    y, weight : ndarray of shape (n,)
    index : ndarray of shape (n,) or None
        Positions of these samples; None if they are all samples in order.
    """
    if weight.all():
        return y, weight, index
    kept = np.flatnonzero(weight)
    return y[kept], weight[kept], kept if index is None else index[kept]


def relative_weights(weight):
    """Return weights scaled to a mean of one, float32, or None if all are equal."""
    if (weight == weight[0]).all():
        return None
    weight = weight / weight.max()  # the sum of very large ones would be infinite
    return (weight / weight.mean()).astype(np.float32)


def split_off_validation(y, fraction, rng):
    """Return the indices of the training and the validation samples, stratified if possible."""
    n_samples = len(y)
    n_valid = max(1, round(fraction * n_samples))
    if n_valid >= n_samples:
        raise ValueError(
            f"Splitting off {fraction} of {n_samples} samples (copies do not count) for validation "
            "leaves none to train on. Give more samples, or set early_stopping=False and "
            "validation_fraction=None."
        )
    counts = np.bincount(y)
    counts = counts[counts > 0]
    can_stratify = counts.min() > 1 and len(counts) <= min(n_valid, n_samples - n_valid)
    stratify = y if can_stratify else None
    return train_test_split(
        np.arange(n_samples), test_size=n_valid, random_state=rng, stratify=stratify
    )

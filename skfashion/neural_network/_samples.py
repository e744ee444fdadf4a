"""Which samples are trained on, and with what weights."""

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import compute_class_weight

DEFAULT_VALIDATION_FRACTION = 0.1  # of early stopping


def merge_repeated_rows(X, y, weight):
    """Return the distinct samples in a fixed order, with the sum of their weights.

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


def class_weights(class_weight, classes, y, sample_weight):
    """Return the weight of each class (n_classes,); `y` are indices of `classes`."""
    if class_weight != "balanced":
        weights = compute_class_weight(class_weight, classes=classes, y=classes)
        if (weights < 0).any() or not weights[np.unique(y)].any():
            raise ValueError(
                f"class_weight={class_weight} must be at least zero, and above zero for some "
                "class in y."
            )
        return weights
    total = np.bincount(y, sample_weight, minlength=len(classes))
    weights = np.zeros(len(classes))  # stays so for classes that partial_fit has none of
    return np.divide(total.sum(), len(classes) * total, out=weights, where=total > 0)


def relative_weights(weight):
    """Return weights of mean one, float32, or None if all are the same."""
    if (weight == weight[0]).all():
        return None
    weight = weight / weight.max()  # the sum of very large ones would be infinite
    return (weight / weight.mean()).astype(np.float32)


def split_off_validation(y, fraction, rng):
    """Return the indices of the training and of the validation part, stratified if possible."""
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

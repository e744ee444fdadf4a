"""Confusion matrices described in words."""

from typing import NamedTuple

import numpy as np


class ConfusedPair(NamedTuple):
    """How often images of one class were taken for another; ``str`` describes it in words.

    Examples
    --------
    >>> from skfashion.comparison import ConfusedPair
    >>> print(ConfusedPair("Shirt", "T-shirt/top", count=104, total=1000))
    Shirt taken for T-shirt/top: 104 of 1,000 (10.4 %)
    """

    true: str
    predicted: str
    count: int
    total: int

    def __str__(self):
        share = 100 * self.count / self.total
        return (
            f"{self.true} taken for {self.predicted}: "
            f"{self.count:,} of {self.total:,} ({share:.1f} %)"
        )


def confused_pairs(matrix, target_names, *, n=5):
    """Return the pairs of classes that are confused most often, the worst first.

    Parameters
    ----------
    matrix : array-like of shape (n_classes, n_classes)
        Confusion matrix as `sklearn.metrics.confusion_matrix` returns it: counts; rows are true
        classes, columns predicted ones.
    target_names : sequence of str of length n_classes
        Names of the classes, in the order of the rows.
    n : int or None, default=5
        At most this many pairs; None for every pair that was confused at least once.

    Returns
    -------
    list of ConfusedPair
        Named tuples (true, predicted, count, total), sorted by decreasing count; pairs with
        equal counts are in the order of the classes. ``str`` describes a pair in words.

    Raises
    ------
    ValueError
        If the matrix does not have one row and one column for each of `target_names`.

    See Also
    --------
    Comparison.confused_pairs : The same for a classifier of a comparison.

    Examples
    --------
    >>> from skfashion.comparison import confused_pairs
    >>> pairs = confused_pairs([[90, 10], [3, 97]], ["Sneaker", "Ankle boot"])
    >>> for pair in pairs:
    ...     print(pair)
    Sneaker taken for Ankle boot: 10 of 100 (10.0 %)
    Ankle boot taken for Sneaker: 3 of 100 (3.0 %)
    """
    matrix = np.asarray(matrix)
    n_classes = len(target_names)
    if matrix.shape != (n_classes, n_classes):
        raise ValueError(
            f"The confusion matrix has the shape {matrix.shape}; for {n_classes} class names it "
            f"must have {n_classes} rows and columns."
        )
    totals = matrix.sum(axis=1)
    errors = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-errors, axis=None, kind="stable")[:n]
    pairs = zip(*np.unravel_index(order, errors.shape), strict=True)
    return [
        ConfusedPair(str(target_names[i]), str(target_names[j]), int(errors[i, j]), int(totals[i]))
        for i, j in pairs
        if errors[i, j] > 0
    ]

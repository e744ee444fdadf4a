"""Figures of classifiers with 95 % intervals: by class, of a pair, and of confidence.

Every interval says how far a figure would vary over test sets of the same size, for the classifier
as it was trained; it does not include what another training would change.

References
----------
E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
the American Statistical Association 22, 1927: the interval of a share.

K. F. Y. Lam, V. Gopal and J. Qian, "Confidence intervals for the F1 score: a comparison of four
methods", arXiv:2309.14621, 2023: the Wilson indirect interval of F1.

K. Takahashi, K. Yamamoto, A. Kuchiba and T. Koyama, "Confidence interval for micro-averaged F1 and
macro-averaged F1 scores", Applied Intelligence 52, 2022: the delta method for macro F1.

A. Agresti and Y. Min, "Simple improved confidence intervals for comparing matched proportions",
Statistics in Medicine 24, 2005: the interval of a difference of two accuracies on the same images.

C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks", ICML
2017: the reliability diagram and the expected calibration error.
"""

from itertools import combinations

import numpy as np
from scipy.stats import binom, norm

Z = norm.ppf(0.975)  # standard deviations of a 95 % interval, about 1.96
N_BINS = 10
DIGITS = 5  # places of a share in the summary


def wilson(successes, n):
    """Return the 95 % Wilson interval of shares.

    Parameters
    ----------
    successes, n : array-like of the same shape
        How many of how many.

    Returns
    -------
    low, high : ndarray
        NaN where n is 0.
    """
    successes, n = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = successes / n
        centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    # of none or of all, the interval reaches 0 or 1; rounding may miss it
    low = np.where((successes == 0) & (n > 0), 0, np.maximum(centre - half, 0))
    high = np.where((successes == n) & (n > 0), 1, np.minimum(centre + half, 1))
    return low, high


def plain(values):
    """Return shares as a list fit for JSON: rounded, None for NaN."""
    return [None if np.isnan(v) else round(float(v), DIGITS) for v in np.asarray(values, float)]


def class_figures(matrix):
    """Return precision, recall and F1 of each class with their 95 % intervals.

    F1 = 2 TP / (2 TP + FP + FN) rises with J = TP / (TP + FP + FN), which is a share: F1 is
    2 J / (1 + J). The ends of the Wilson interval of J, transformed in the same way, are those of
    F1. A class without images has no recall, one that is never predicted no precision, and one
    without either no F1: None.

    Parameters
    ----------
    matrix : ndarray of int of shape (n_classes, n_classes)
        Confusion matrix, one row per true class.

    Returns
    -------
    dict of {str: list of length n_classes}
        support (images of the class), predicted (images given this class), and precision, recall
        and f1, each also with _low and _high.
    """
    right, support, predicted = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    either = support + predicted - right  # TP + FP + FN
    figures = {"support": support.tolist(), "predicted": predicted.tolist()}
    for name, n in (("precision", predicted), ("recall", support), ("f1", either)):
        with np.errstate(invalid="ignore"):
            values = [right / n, *wilson(right, n)]
        if name == "f1":
            values = [2 * share / (1 + share) for share in values]
        for ending, value in zip(("", "_low", "_high"), values, strict=True):
            figures[name + ending] = plain(value)
    return figures


def accuracy_interval(matrix):
    """Return the 95 % Wilson interval of the accuracy as [low, high]."""
    low, high = wilson(np.diag(matrix).sum(), matrix.sum())
    return [float(low), float(high)]


def macro_f1_interval(matrix):
    """Return the 95 % interval of macro F1 as [low, high], or None, by the delta method.

    With shares p of the images, F1 of class i is 2 p_ii / d_i, where d_i is the sum of row i and
    column i. Its gradient in p gives the variance for images that are drawn independently.

    Parameters
    ----------
    matrix : ndarray of int of shape (n_classes, n_classes)
        Confusion matrix, one row per true class. A class with neither images nor predictions does
        not count, as in macro F1 itself.

    Returns
    -------
    list of float, or None
        None if the F1 of every class is 0 or 1: the estimated variance is then 0, however few
        images there are.
    """
    counted = matrix.sum(axis=0) + matrix.sum(axis=1) > 0
    matrix = matrix[np.ix_(counted, counted)]
    right, total = 2 * np.diag(matrix), matrix.sum(axis=0) + matrix.sum(axis=1)
    if ((right == 0) | (right == total)).all():
        return None
    n = matrix.sum()
    shares = matrix / n
    inverse = 1 / (shares.sum(axis=0) + shares.sum(axis=1))
    f1 = 2 * np.diag(shares) * inverse
    loss = f1 * inverse  # what each image of a class, or taken for it, costs its F1
    gradient = (2 * np.diag(inverse) - loss[:, None] - loss[None, :]) / len(matrix)
    # the mean of the gradient over the images is 0: F1 does not change if all counts are doubled
    half = Z * np.sqrt((shares * gradient**2).sum() / n)
    macro = f1.mean()
    return [float(max(macro - half, 0)), float(min(macro + half, 1))]


def calibration(truth, predicted, proba):
    """Return how often predictions made with a given confidence are right.

    The confidence of a prediction is the probability given to the predicted class. Predictions are
    sorted into ten bins of equal width by confidence, each without its lower and with its upper
    end. The expected calibration error (ECE) is the mean over all images of the distance between
    a bin's accuracy and its mean confidence.

    Parameters
    ----------
    truth, predicted : ndarray of int of shape (n,)
        Codes of the classes.
    proba : ndarray of shape (n, n_classes)

    Returns
    -------
    dict
        ece : float. n, confidence (mean), accuracy, accuracy_low and accuracy_high (95 % Wilson
        interval): lists with one value per bin, None in a bin without images.
    """
    confidence = proba[np.arange(len(truth)), predicted].clip(0, 1)
    right = predicted == truth
    edges = np.arange(1, N_BINS) / N_BINS
    bins = np.searchsorted(edges, confidence, side="left")
    n = np.bincount(bins, minlength=N_BINS)
    n_right = np.bincount(bins, weights=right, minlength=N_BINS)
    total = np.bincount(bins, weights=confidence, minlength=N_BINS)
    low, high = wilson(n_right, n)
    with np.errstate(invalid="ignore"):
        means, shares = total / n, n_right / n
    return {
        "ece": float(np.abs(n_right - total).sum() / len(truth)),
        "n": n.tolist(),
        "confidence": plain(means),
        "accuracy": plain(shares),
        "accuracy_low": plain(low),
        "accuracy_high": plain(high),
    }


def mcnemar_p(only_a, only_b):
    """Return the two-sided p of McNemar's exact test.

    If two classifiers were equally good, each image that only one of them gets right would be a
    toss of a coin.

    Parameters
    ----------
    only_a, only_b : int
        How many images only the one, and only the other, gets right.

    Returns
    -------
    float
    """
    n = only_a + only_b
    return float(min(1, 2 * binom.cdf(min(only_a, only_b), n, 0.5))) if n else 1.0


def difference_interval(only_a, only_b, n):
    """Return the 95 % interval of the accuracy of b less that of a, as [low, high].

    Both are measured on the same n images. The interval is Agresti and Min's: half an image is
    added to each of the four counts, then the variance of paired shares is taken.
    """
    n, difference = n + 2, only_b - only_a
    centre = difference / n
    half = Z * np.sqrt(only_a + only_b + 1 - difference**2 / n) / n
    return [float(max(centre - half, -1)), float(min(centre + half, 1))]


def holm(p):
    """Return p-values adjusted for testing all of them, by Holm's method."""
    p = np.asarray(p, dtype=float)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(steps, 1)
    return adjusted.tolist()


def compared_pairs(truth, names, predictions):
    """Return McNemar's test of every pair of classifiers.

    Parameters
    ----------
    truth : ndarray of int of shape (n,)
    names : list of str
    predictions : list of ndarray of int of shape (n,)
        Of each name.

    Returns
    -------
    list of dict
        a, b : names. only_a, only_b : images that only a, and only b, gets right. p : of McNemar's
        exact test. p_holm : the same, adjusted for all pairs. difference : accuracy of b less that
        of a. low, high : its 95 % interval.
    """
    right = np.stack([predicted == truth for predicted in predictions]).astype(int)
    both = right @ right.T  # on how many images two are right
    n = len(truth)
    pairs = []
    for a, b in combinations(range(len(names)), 2):
        only_a, only_b = (int(both[k, k] - both[a, b]) for k in (a, b))
        low, high = difference_interval(only_a, only_b, n)
        pairs.append(
            {
                "a": names[a],
                "b": names[b],
                "only_a": only_a,
                "only_b": only_b,
                "p": mcnemar_p(only_a, only_b),
                "difference": (only_b - only_a) / n,
                "low": low,
                "high": high,
            }
        )
    for pair, p in zip(pairs, holm([pair["p"] for pair in pairs]), strict=True):
        pair["p_holm"] = p
    return pairs

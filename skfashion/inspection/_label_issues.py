"""Labels that may be wrong, by cleanlab, from out-of-fold probabilities."""

import numpy as np
import pandas as pd
from sklearn.model_selection import cross_val_predict
from sklearn.utils import check_consistent_length

from skfashion._estimators import final_step_name, plain_labels

METHODS = ("normalized_margin", "self_confidence", "confidence_weighted_entropy")
FILTERS = (
    "prune_by_noise_rate",
    "prune_by_class",
    "both",
    "confident_learning",
    "predicted_neq_given",
    "low_normalized_margin",
    "low_self_confidence",
)


def find_label_issues(
    estimator,
    X,
    y,
    *,
    cv=5,
    method="normalized_margin",
    filter_by="prune_by_noise_rate",
    proba=None,
    n_jobs=None,
):
    """Find the images whose labels may be wrong, by confident learning [1]_.

    Each image is predicted by a classifier that was not trained on it (by cross-validation). Images
    whose label is unlikely, while another class is likely, are listed, the worst first.

    Parameters
    ----------
    estimator : estimator instance or None
        Classifier with ``predict_proba``, or a Pipeline that ends in one; it is cloned for each
        fold and need not be fitted. Not used if `proba` is given.
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Images, as the estimator takes them. Not used if `proba` is given.
    y : array-like of shape (n,)
        Labels, numbers or strings.
    cv : int or cross-validation splitter, default=5
        Number of stratified folds, or a splitter of scikit-learn that tests every image once.
    method : {"normalized_margin", "self_confidence", "confidence_weighted_entropy"}, \
            default="normalized_margin"
        From what cleanlab calculates the quality of a label: from the difference between its
        probability and that of the likeliest other class; from its probability; or from the entropy
        of all probabilities divided by its own. The first is best at finding images of another
        class, the second at finding images of none.
    filter_by : str or None, default="prune_by_noise_rate"
        Which images are listed: a method of ``cleanlab.filter.find_label_issues``, such as
        "prune_by_noise_rate", "prune_by_class", "both", "confident_learning" or
        "predicted_neq_given"; None lists all images, ranked by the quality of their labels.
    proba : array-like of shape (n, n_classes), default=None
        Out-of-fold probabilities, with columns in the order of the sorted labels. If they are
        given, nothing is trained. Probabilities from a classifier that was trained on the same
        images hide most wrong labels.
    n_jobs : int, default=None
        Number of folds that are trained at the same time; None for one, -1 for one per core.

    Returns
    -------
    issues : DataFrame
        One row per image that may be labelled wrongly, the worst first, with the columns

        - ``rank``: from 1;
        - ``index``: position in `y`;
        - ``given_label``: the label;
        - ``suggested_label``: the likeliest class;
        - ``given_probability`` and ``suggested_probability``: out-of-fold probabilities of the two;
        - ``quality``: cleanlab's score of the label, from 0 to 1; the lower, the worse.

    Raises
    ------
    ImportError
        If cleanlab is not installed: ``pip install "skfashion[inspect]"``.
    ValueError
        If the estimator has no probabilities, or `proba` or an option is not usable.

    See Also
    --------
    find_outliers : Find images that are unlike all others.
    skfashion.report.ConfusionReport : Show the images, with ``inspection={"Labels": issues}``.

    Notes
    -----
    It takes as many fits as there are folds. To a classifier, an image that is hard looks the same
    as one that is mislabelled: look at the images before you remove any.

    References
    ----------
    .. [1] C. Northcutt, L. Jiang and I. Chuang, "Confident Learning: Estimating Uncertainty in
       Dataset Labels", JAIR 70, 2021. https://arxiv.org/abs/1911.00068

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skfashion.inspection import find_label_issues
    >>> X, y = load_digits(return_X_y=True)
    >>> y[100] = (y[100] + 5) % 10  # a wrong label
    >>> issues = find_label_issues(GaussianNB(), X, y)
    >>> 100 in issues["index"].to_numpy()
    True
    """
    find, rank = load_cleanlab()
    labels = plain_labels(y)
    if labels.ndim != 1:
        raise ValueError(f"y must have one label per image, got the shape {labels.shape}.")
    if pd.isna(np.asarray(y)).any():
        raise ValueError("y has missing labels: leave their images out.")
    classes, codes = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError("y has a single class, but at least two are needed.")
    if proba is None:
        proba = _out_of_fold(estimator, X, labels, cv, n_jobs)
    proba = _check_proba(proba, len(codes), classes)
    _check_option("method", method, METHODS)
    quality = rank.get_label_quality_scores(codes, proba, method=method)
    listed = np.ones(len(codes), dtype=bool)
    if filter_by is not None:
        _check_option("filter_by", filter_by, FILTERS)
        # one process: it takes a second, and a fork after torch has begun threads may hang
        listed = find.find_label_issues(codes, proba, filter_by=filter_by, n_jobs=1)
    order = np.argsort(quality, kind="stable")
    order = order[listed[order]]
    suggested = proba[order].argmax(axis=1)
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(order) + 1),
            "index": order,
            "given_label": classes[codes[order]],
            "suggested_label": classes[suggested],
            "given_probability": proba[order, codes[order]],
            "suggested_probability": proba[order, suggested],
            "quality": quality[order],
        }
    )


def load_cleanlab():
    """Return cleanlab's modules that filter and rank."""
    try:
        from cleanlab import filter as find
        from cleanlab import rank
    except ImportError as error:
        raise ImportError(
            "find_label_issues needs cleanlab, which is not installed: "
            'pip install "skfashion[inspect]"'
        ) from error
    return find, rank


def _out_of_fold(estimator, X, y, cv, n_jobs):
    """Return probabilities of each image from a classifier that was not trained on it."""
    if not hasattr(estimator, "predict_proba"):
        raise ValueError(
            f"{final_step_name(estimator)} has no predict_proba: give a classifier with "
            "probabilities, or out-of-fold ones as proba=."
        )
    check_consistent_length(X, y)
    return cross_val_predict(estimator, X, y, cv=cv, n_jobs=n_jobs, method="predict_proba")


def _check_proba(proba, n_images, classes):
    """Return probabilities as a float array, checked."""
    proba = np.asarray(proba, dtype=float)
    if proba.shape != (n_images, len(classes)):
        raise ValueError(
            f"proba has the shape {proba.shape}; with {n_images:,} labels of {len(classes)} "
            f"classes it must be ({n_images}, {len(classes)}), in the order of the sorted labels."
        )
    if not ((proba >= 0) & (proba <= 1 + 1e-6)).all():
        raise ValueError("proba must be probabilities, from 0 to 1, without NaN.")
    return proba.clip(0, 1)


def _check_option(name, value, options):
    if value not in options:
        raise ValueError(f"{name} must be one of {list(options)}, got {value!r}.")

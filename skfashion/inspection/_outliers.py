"""Images that are unlike all others, by scikit-learn's detectors on learnt features."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.neighbors import LocalOutlierFactor

from skfashion._estimators import final_step, seen_by_final_step

_GIVE_ONE = ": give one of scikit-learn's outlier detectors, such as IsolationForest()."


def find_outliers(estimator, X, *, detector=None, n_jobs=None):
    """Find the images that are unlike all others, in the features that a network has learnt.

    The features are the output of the network's last hidden layer. They say more about the
    similarity of two images than the distance of their pixels: a shirt that is moved by two pixels
    is still a shirt.

    Parameters
    ----------
    estimator : estimator instance
        Fitted network of `skfashion.neural_network`, or another estimator with a method
        ``features``, or a Pipeline that ends in one; its other steps transform the images.
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Images, as the estimator takes them; its training images or others.
    detector : estimator instance, default=None
        One of scikit-learn's outlier detectors, such as
        :class:`~sklearn.ensemble.IsolationForest`; it is cloned. None for
        :class:`~sklearn.neighbors.LocalOutlierFactor`, with as many neighbours as a hundredth of
        the images, but from 20 to 100.
    n_jobs : int, default=None
        Number of threads of the default detector; None for one, -1 for one per core.

    Returns
    -------
    outliers : DataFrame
        One row per image, the most unusual first, with the columns

        - ``rank``: from 1;
        - ``index``: position in `X`;
        - ``score``: the detector's; the lower, the more unusual;
        - ``is_outlier``: whether the detector calls the image an outlier.

    Raises
    ------
    ValueError
        If the estimator has no features, the detector has no scores, or there is one image only.
    NotFittedError
        If the estimator is not fitted.

    See Also
    --------
    find_label_issues : Find images whose labels may be wrong.
    sklearn.neighbors.LocalOutlierFactor : The default detector.

    Notes
    -----
    The local outlier factor compares the density around an image with that around its neighbours.
    The features form one cluster per class, some dense (trousers) and some loose (bags); a detector
    with one measure for all would call the images in loose clusters outliers. The neighbours of
    every image are searched, so the time is proportional to the square of the number of images.
    A group of more similar images than there are neighbours is not found, even if it is unlike all
    other images, because these images are each other's neighbours.

    Examples
    --------
    >>> from skfashion import SimpleDenseClassifier, load_fashion_sample
    >>> from skfashion.inspection import find_outliers
    >>> X, y = load_fashion_sample(subset="test", return_X_y=True)
    >>> network = SimpleDenseClassifier(lr=0.1, max_epochs=1, random_state=0).fit(X, y)
    >>> outliers = find_outliers(network, X)
    >>> len(outliers)
    1000
    >>> outliers["score"].is_monotonic_increasing
    True
    """
    network = final_step(estimator)
    if not hasattr(network, "features"):
        raise ValueError(
            f"{type(network).__name__} has no method features: give a fitted network of "
            "skfashion.neural_network, or a Pipeline that ends in one."
        )
    features = network.features(seen_by_final_step(estimator, X))
    if len(features) < 2:
        raise ValueError("X has one image: at least two are needed, to compare them.")
    if detector is None:
        n_neighbors = min(100, max(20, len(features) // 100), len(features) - 1)
        detector = LocalOutlierFactor(n_neighbors=n_neighbors, n_jobs=n_jobs)
    score, is_outlier = _scores(clone(detector), features)
    order = np.argsort(score, kind="stable")
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(order) + 1),
            "index": order,
            "score": score[order],
            "is_outlier": is_outlier[order],
        }
    )


def _scores(detector, features):
    """Return a detector's scores of features that it is fitted on, and which it calls outliers."""
    if not hasattr(detector, "fit_predict"):
        is_novelty = getattr(detector, "novelty", False)
        raise ValueError(
            f"{type(detector).__name__} is not an outlier detector"
            + (" with novelty=True: leave that out." if is_novelty else _GIVE_ONE)
        )
    is_outlier = detector.fit_predict(features) == -1
    # LocalOutlierFactor scores what it was fitted on, and has no score_samples for it
    score = getattr(final_step(detector), "negative_outlier_factor_", None)
    if score is None and not hasattr(detector, "score_samples"):
        raise ValueError(f"{type(detector).__name__} has no scores of outliers{_GIVE_ONE}")
    return np.asarray(detector.score_samples(features) if score is None else score), is_outlier

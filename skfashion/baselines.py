"""The classic classifiers that a neural network has to beat, each a ready scikit-learn Pipeline."""

import math

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skfashion._images import rows_of
from skfashion.preprocessing import PixelScaler

__all__ = ["classic_baselines"]


def _hog_features(X):
    """Histograms of oriented gradients of a stack of images, or of the square ones in rows.

    Cells of 4 x 4 pixels, 9 orientations, blocks of 2 x 2 cells: 1,296 float32 features from an
    image of 28 x 28. A block is normalised by its own norm, so pixels need no scaling.
    """
    try:
        from skimage.feature import hog
    except ImportError as error:
        raise ImportError(
            "The HOG features are computed by scikit-image, which is not installed: "
            "pip install skfashion[hog]"
        ) from error

    X = np.asarray(X)
    if X.ndim == 2:
        side = math.isqrt(X.shape[1])
        if side**2 != X.shape[1]:
            raise ValueError(
                f"HOG features need square images, but a row has {X.shape[1]} pixels, which is no "
                "square number. Is the label still among the columns?"
            )
        X = X.reshape(-1, side, side)
    settings = {"orientations": 9, "pixels_per_cell": (4, 4), "cells_per_block": (2, 2)}
    channels = -1 if X.ndim == 4 else None
    return np.stack(
        [hog(image, channel_axis=channels, **settings) for image in X],
        dtype=np.float32,
        casting="same_kind",
    )


def _rows(X):
    """Images as rows of pixels."""
    return rows_of(X)[0]


def _on_raw_pixels(classifier):
    return Pipeline([("rows", FunctionTransformer(_rows)), ("classifier", classifier)])


def _on_scaled_pixels(classifier):
    rows = FunctionTransformer(_rows)
    return Pipeline([("rows", rows), ("scale", PixelScaler()), ("classifier", classifier)])


def _on_hog(classifier):
    return Pipeline([("hog", FunctionTransformer(_hog_features)), ("classifier", classifier)])


def _pipelines():
    return {
        "Dummy": _on_raw_pixels(DummyClassifier(strategy="prior")),
        # Without smoothing, pixels that are nearly always black in a class decide everything.
        "Gaussian naive Bayes": _on_scaled_pixels(GaussianNB(var_smoothing=0.1)),
        # A finer tolerance costs hundreds of iterations more, and fits the noise.
        "Logistic regression": _on_scaled_pixels(LogisticRegression(tol=1e-3, max_iter=500)),
        # More pixels than a linear function needs: a small C generalises better, and is faster.
        "Linear SVM": _on_scaled_pixels(LinearSVC(C=0.01, dual=False, tol=1e-2)),
        "k-NN": _on_scaled_pixels(KNeighborsClassifier(n_neighbors=5, weights="distance")),
        "Decision tree": _on_raw_pixels(DecisionTreeClassifier(criterion="entropy", max_depth=10)),
        "Random forest": _on_raw_pixels(RandomForestClassifier(n_estimators=100)),
        "Extra trees": _on_raw_pixels(ExtraTreesClassifier(n_estimators=100)),
        # 50 rounds of 10 trees are a budget of minutes; 32 grey levels lose no accuracy. At a rate
        # of 0.2 all 60,000 images give a worse model than 20,000.
        "Histogram gradient boosting": _on_raw_pixels(
            HistGradientBoostingClassifier(
                learning_rate=0.1, max_iter=50, max_bins=32, early_stopping=False
            )
        ),
        "RBF SVM": _on_scaled_pixels(SVC(C=10, cache_size=1000)),
        "MLP": _on_scaled_pixels(MLPClassifier(hidden_layer_sizes=(100,), early_stopping=True)),
        "HOG + SVM": _on_hog(SVC(C=10, cache_size=1000)),
    }


def classic_baselines(random_state=None):
    """Make the classic classifiers, each a Pipeline that takes uint8 pixels in rows.

    The settings follow the benchmark of the dataset's paper [1]_ where it has the classifier, and
    are such that every one of them trains on all 60,000 images of Fashion-MNIST within minutes on
    two cores. Work is shared among cores where joblib is told to, as in
    ``with joblib.parallel_config(n_jobs=2):``.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Given to every step that draws random numbers. Pass an int for the same results at each
        call of `fit`.

    Returns
    -------
    pipelines : dict of str to Pipeline
        A Pipeline for each of "Dummy", "Gaussian naive Bayes", "Logistic regression",
        "Linear SVM", "k-NN", "Decision tree", "Random forest", "Extra trees",
        "Histogram gradient boosting", "RBF SVM", "MLP" and "HOG + SVM". The last step of each is
        named "classifier". Those that are sensitive to scale have a `PixelScaler` before it, and
        "HOG + SVM" has histograms of oriented gradients [2]_. Images may be rows of pixels or a
        stack of shape (n, height, width) or (n, height, width, channels).

    See Also
    --------
    skfashion.recipes.published : The article's neural networks as Pipelines.
    skfashion.comparison.compare : Train and measure any of them side by side.

    Notes
    -----
    "HOG + SVM" needs scikit-image. Where it is missing the Pipeline is made all the same, and its
    `fit` raises an ImportError that says how to install it.

    The support vector machines have no `predict_proba`: calibrating it would multiply the time of
    training by five. They rank classes by `decision_function`.

    References
    ----------
    .. [1] H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for
       Benchmarking Machine Learning Algorithms", 2017, :arxiv:`1708.07747`, table 3.
    .. [2] N. Dalal and B. Triggs, "Histograms of Oriented Gradients for Human Detection",
       CVPR 2005, :doi:`10.1109/CVPR.2005.177`.

    Examples
    --------
    >>> from skfashion.baselines import classic_baselines
    >>> from skfashion.datasets import load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> forest = classic_baselines(random_state=0)["Random forest"]
    >>> forest.fit(X[:1000], y[:1000]).score(X[1000:1500], y[1000:1500]) > 0.7
    True
    """
    pipelines = _pipelines()
    for pipeline in pipelines.values():
        seeds = [name for name in pipeline.get_params() if name.endswith("__random_state")]
        pipeline.set_params(**dict.fromkeys(seeds, random_state))
    return pipelines

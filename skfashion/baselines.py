"""Classic classifiers as baselines, each a complete scikit-learn Pipeline."""

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

from skfashion._images import check_rows, rows_of
from skfashion.preprocessing import PixelScaler

__all__ = ["classic_baselines"]


def _hog_features(X):
    """Return histograms of oriented gradients of a stack of images, or of square ones in rows.

    Cells of 4 x 4 pixels, 9 orientations, blocks of 2 x 2 cells: 1,296 float32 features for an
    image of 28 x 28. Each block is divided by its own norm, so the pixels need no scaling.
    """
    try:
        from skimage.feature import hog
    except ImportError as error:
        raise ImportError(
            "The HOG features are computed by scikit-image, which is not installed: "
            'pip install "skfashion[hog]"'
        ) from error

    rows, image_shape = rows_of(X)
    rows = check_rows(rows)
    side = math.isqrt(rows.shape[1])
    if image_shape is None and side**2 != rows.shape[1]:
        raise ValueError(
            f"HOG features need square images, but a row has {rows.shape[1]} pixels, which is not "
            "a square number. Is the label still among the columns? Pass other images as a stack."
        )
    height, width, n_channels = image_shape or (side, side, 1)
    if min(height, width) < 8:
        raise ValueError(
            f"HOG features need images of at least 8 x 8 pixels; X has {height} x {width}."
        )
    is_grey = n_channels == 1
    images = rows.reshape(-1, height, width, *([] if is_grey else [n_channels]))
    settings = {"orientations": 9, "pixels_per_cell": (4, 4), "cells_per_block": (2, 2)}
    return np.stack(
        [hog(image, channel_axis=None if is_grey else -1, **settings) for image in images],
        dtype=np.float32,
        casting="same_kind",
    )


def _rows(X):
    """Return images as rows of pixels."""
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
        # Without smoothing, pixels that are almost always black in a class dominate the result.
        "Gaussian naive Bayes": _on_scaled_pixels(GaussianNB(var_smoothing=0.1)),
        # A finer tolerance takes hundreds of iterations more, and overfits.
        "Logistic regression": _on_scaled_pixels(LogisticRegression(tol=1e-3, max_iter=500)),
        # A linear model needs fewer pixels than there are: a small C generalises better, and fast.
        "Linear SVM": _on_scaled_pixels(LinearSVC(C=0.01, dual=False, tol=1e-2)),
        "k-NN": _on_scaled_pixels(KNeighborsClassifier(n_neighbors=5, weights="distance")),
        "Decision tree": _on_raw_pixels(DecisionTreeClassifier(criterion="entropy", max_depth=10)),
        "Random forest": _on_raw_pixels(RandomForestClassifier(n_estimators=100)),
        "Extra trees": _on_raw_pixels(ExtraTreesClassifier(n_estimators=100)),
        # 50 rounds of 10 trees take minutes; 32 grey levels lose no accuracy. With a learning rate
        # of 0.2, the model of all 60,000 images is worse than that of 20,000.
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
    """Return the classic classifiers, each as a Pipeline that takes uint8 pixels in rows.

    The settings follow the benchmark in the dataset's paper [1]_ where it includes the classifier,
    and let each of them train on all 60,000 images of Fashion-MNIST within minutes on two cores.
    Those that can use several cores do so within ``with joblib.parallel_config(n_jobs=2):``.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Passed to each step that draws random numbers. Pass an int to get the same results at each
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
    skfashion.comparison.compare : Train and compare any of them.

    Notes
    -----
    "HOG + SVM" needs scikit-image. If that is not installed, the Pipeline is returned nevertheless,
    and its `fit` raises an ImportError that says how to install it.

    The support vector machines have no `predict_proba`, because calibration would multiply the
    training time by five. Their `decision_function` ranks the classes.

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

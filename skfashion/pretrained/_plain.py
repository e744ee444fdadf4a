"""A fitted Pipeline as a `PlainNetwork`, compared with what the Pipeline itself predicts."""

import numpy as np
from scipy.special import log_softmax
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skfashion._plain_network import PlainNetwork, fold
from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._plain_layers import plain_layers
from skfashion.pretrained._load import state_of

N_COMPARED = 64  # images on which the plain layers must agree with the network
MOST_DIFFERENT = 1e-4  # in the logarithm of a probability, relative to the largest one


def plain_description(pipeline):
    """Return the plain layers of a fitted Pipeline, their arrays and its input, as three dicts.

    Parameters
    ----------
    pipeline : Pipeline
        Ends in a network; what comes before it maps each pixel linearly, or there is nothing.

    Returns
    -------
    layers : list of dict
    arrays : dict of {str: ndarray}
    settings : dict
        The further parameters of `PlainNetwork`.

    Raises
    ------
    ValueError
        If the network has a layer that has no plain form.
    """
    *_, (name, classifier) = pipeline.steps
    prefix = f"{name}._fitted.weights."
    layers = plain_layers(classifier.net_.module_, prefix)
    if not layers or layers[-1]["kind"] != "dense":
        raise ValueError(
            f"{type(classifier).__name__} does not end in a dense layer: use a network that does."
        )
    fitted, shape = state_of(classifier)["_fitted"], classifier.image_shape_
    n_pixels = pipeline.n_features_in_
    if n_pixels != int(np.prod(shape)) or min(shape[:2]) < fitted["min_size"]:
        raise ValueError(
            f"The images have {n_pixels} pixels and are padded for the network, which the plain "
            "layers do not support: use a network that takes the images without padding."
        )
    views = getattr(classifier, "test_time_augmentation", None)
    if views not in (None, "flip"):
        raise ValueError(
            f"test_time_augmentation={views!r} is not supported here: set it to None or 'flip'."
        )
    ends = np.repeat(np.uint8([[0], [255]]), int(np.prod(shape)), axis=1)
    ends = pipeline[:-1].transform(ends) if len(pipeline) > 1 else ends / 255
    black, white = map(float, ends[:, 0])
    settings = {
        "image_shape": list(shape),
        "pixel_scale": (white - black) / 255,
        "pixel_shift": black,
        "mirror": views == "flip",
    }
    return layers, {prefix + key: array for key, array in fitted["weights"].items()}, settings


def check_plain(pipeline, plain, X):
    """Raise ValueError unless plain layers predict what the Pipeline does."""
    X = X[:N_COMPARED]
    *_, scores = plain.predict(X)
    expected = pipeline.predict_log_proba(X)
    difference = np.abs(log_softmax(scores.astype(np.float64), axis=1) - expected).max()
    if not difference <= MOST_DIFFERENT * max(1, np.abs(expected).max()):
        raise ValueError(
            f"The plain layers differ from the network by {difference:.2g} in the logarithm of a "
            "probability: the network does more than its layers say, or a step before it is not "
            "linear in each pixel."
        )


def plain_network(estimator, X):
    """Return the `PlainNetwork` of a fitted network, or of a Pipeline that ends in one.

    A search stands for its best estimator. The plain layers are compared with the estimator on some
    images `X`, uint8.

    Raises
    ------
    ValueError
        If it is not a network of this package, or has no plain form.
    NotFittedError
        If it is not fitted.
    """
    estimator = getattr(estimator, "best_estimator_", estimator)
    is_pipeline = isinstance(estimator, Pipeline)
    pipeline = estimator if is_pipeline else Pipeline([("classifier", estimator)])
    if not isinstance(pipeline[-1], BaseImageClassifier):
        raise ValueError(
            f"{type(pipeline[-1]).__name__} is not a network of skfashion.neural_network: give "
            "one, or a Pipeline that ends in one."
        )
    check_is_fitted(estimator)
    layers, arrays, settings = plain_description(pipeline)
    plain = PlainNetwork(fold(layers, arrays), **settings)
    check_plain(pipeline, plain, X)
    return plain

"""Train a network, calibrate it and write its file."""

import platform
from importlib.metadata import version

import numpy as np
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.covariance import LedoitWolf
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from skfashion._plain_network import PlainNetwork, fold
from skfashion._version import __version__
from skfashion.neural_network._plain_layers import plain_layers
from skfashion.pretrained._file import write
from skfashion.pretrained._load import from_state, packed_steps, state_of
from skfashion.pretrained._picture_classifier import described, nearest_distances
from skfashion.pretrained._plain import check_plain, plain_description
from skfashion.report import ConfusionReport

LEAST_SURE = 0.05  # of the images held out have a lower probability than the threshold
FARTHEST = 0.01  # of them are farther from the training images than the threshold
LIBRARIES = ("numpy", "scikit-learn", "skorch", "torch")


def with_weights(pipeline, change):
    """Return a fitted Pipeline whose network predicts on the CPU in float32, with changed weights.

    Parameters
    ----------
    pipeline : Pipeline
        Not changed.
    change : callable
        Is given {name: array} of the weights and changes them in place.
    """
    *steps, (name, classifier) = pipeline.steps
    state = state_of(classifier)
    fitted = {**state["_fitted"], "precision": "float32", "device": "cpu"}
    fitted["weights"] = {key: np.array(array) for key, array in fitted["weights"].items()}
    change(fitted["weights"])
    shipped = {"precision": "float32", "device": "cpu"}
    state |= {**shipped, "_fitted": fitted, "_updated_with": {**state["_updated_with"], **shipped}}
    return Pipeline([*steps, (name, from_state(type(classifier), state))])


def round_weights(weights):
    """Round the weights of convolutions and dense layers to float16, as the file stores them."""
    for name, array in weights.items():
        if array.ndim >= 2:
            weights[name] = array.astype(np.float16).astype(np.float32)


def best_temperature(pipeline, X, y):
    """Return the temperature by which the scores must be divided, from images held out."""
    frozen = FrozenEstimator(pipeline)
    calibrated = CalibratedClassifierCV(frozen, method="temperature", ensemble=False).fit(X, y)
    temperature = 1 / float(calibrated.calibrated_classifiers_[0].calibrators[0].beta_)
    # of two classes, scikit-learn takes the difference of the scores for half of it
    return temperature / 2 if len(pipeline.classes_) == 2 else temperature


def calibrate(pipeline, X, y):
    """Return a Pipeline with calibrated probabilities, as its file will hold it, and temperature.

    The division by the temperature becomes part of the last layer.
    """
    temperature = best_temperature(pipeline, X, y)
    last = plain_layers(pipeline[-1].net_.module_)[-1]

    def divide(weights):
        for key in ("weight", "bias"):
            weights[last[key]] /= temperature
        round_weights(weights)

    return with_weights(pipeline, divide), temperature


def class_statistics(rows, y):
    """Return the matrix that whitens rows within classes, and the classes' means."""
    rows, classes = rows.astype(np.float64), np.unique(y)
    means = np.stack([rows[y == label].mean(axis=0) for label in classes])
    residuals = rows - means[np.searchsorted(classes, y)]
    precision = LedoitWolf(assume_centered=True).fit(residuals).precision_
    whitening = np.linalg.cholesky(precision).T  # its square is the inverse covariance
    return {
        "whitening": whitening.astype(np.float32),
        "means": (means @ whitening.T).astype(np.float32),
    }


def expected_calibration_error(pipeline, X, y):
    """Return the expected calibration error in ten bins, as the report has it."""
    report = ConfusionReport.from_estimator(pipeline, X, y)
    return report.summary["classifiers"][0]["calibration"]["ece"]


def figures_on(X, y, pipeline, uncalibrated, thresholds, distances):
    """Return how good a network is on test images, as a dict of float and int.

    Parameters
    ----------
    X : ndarray of shape (n, n_features), uint8
    y : ndarray of shape (n,)
    pipeline, uncalibrated : Pipeline
        With and without the temperature.
    thresholds : dict
    distances : ndarray of shape (n,)
        Of the images from the classes.
    """
    proba = pipeline.predict_proba(X)
    predicted = pipeline.classes_[proba.argmax(axis=1)]
    is_right, is_sure = predicted == y, proba.max(axis=1) >= thresholds["probability"]
    codes = np.searchsorted(pipeline.classes_, y)
    log_proba = pipeline.predict_log_proba(X)[np.arange(len(y)), codes]
    return {
        "n_test": len(y),
        "accuracy": float(is_right.mean()),
        "log_loss": float(-log_proba.mean()),
        "ece": expected_calibration_error(pipeline, X, y),
        "ece_before": expected_calibration_error(uncalibrated, X, y),
        "not_sure": float(1 - is_sure.mean()),
        "accuracy_if_sure": float(is_right[is_sure].mean()),
        "accuracy_if_not_sure": float(is_right[~is_sure].mean()) if not is_sure.all() else None,
        "unlike_the_dataset": float((distances > thresholds["distance"]).mean()),
    }


def make_pretrained(
    pipeline, X, y, X_test, y_test, path, *, class_names, n_held_out, command="", random_state=0
):
    """Train a Pipeline, calibrate it and write its file.

    The images held out choose the temperature and the two thresholds; the test images are only
    reported on.

    Parameters
    ----------
    pipeline : Pipeline
        Unfitted; its last step is a network of this package, any other step maps each pixel
        linearly.
    X, X_test : ndarray of shape (n, n_features), uint8
    y, y_test : ndarray of shape (n,)
    path : str or path-like
        The file to write.
    class_names : sequence of str
        In the order of the labels.
    n_held_out : int
        Number of training images that are not trained on.
    command : str, default=""
        What runs this again; stored in the file.
    random_state : int, default=0
        Chooses the images held out.

    Returns
    -------
    figures : dict
        On the test images, as the file has them.
    """
    X_fit, X_held, y_fit, y_held = train_test_split(
        X, y, test_size=n_held_out, stratify=y, random_state=random_state
    )
    pipeline = with_weights(clone(pipeline).fit(X_fit, y_fit), lambda weights: None)
    calibrated, temperature = calibrate(pipeline, X_held, y_held)
    layers, weights, settings = plain_description(calibrated)
    plain = PlainNetwork(fold(layers, weights), **settings)
    check_plain(calibrated, plain, X_held)
    statistics = class_statistics(described(*plain.features(X_fit)), y_fit)
    held_distances, test_distances = (
        nearest_distances(described(*plain.features(images)), **statistics)
        for images in (X_held, X_test)
    )
    thresholds = {
        "probability": float(np.quantile(calibrated.predict_proba(X_held).max(axis=1), LEAST_SURE)),
        "distance": float(np.quantile(held_distances, 1 - FARTHEST)),
    }
    figures = figures_on(X_test, y_test, calibrated, pipeline, thresholds, test_distances)
    figures |= {"n_train": len(y_fit), "n_held_out": len(y_held)}
    arrays = dict(statistics)
    description = {
        "class_names": list(class_names),
        "figures": figures,
        "temperature": temperature,
        "thresholds": thresholds,
        "command": command,
        "versions": versions(),
        "input": settings,
        "layers": layers,
        "steps": packed_steps(calibrated, arrays),
    }
    write(path, description, arrays)
    return figures


def versions():
    """Return the versions of what the weights depend on."""
    found = {"python": platform.python_version(), "skfashion": __version__}
    return found | {name: version(name) for name in LIBRARIES}

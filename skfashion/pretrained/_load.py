"""Fitted Pipelines from files of weights, and back to what a file holds; no pickle is involved."""

import numpy as np
from sklearn.pipeline import Pipeline

from skfashion import neural_network, preprocessing
from skfashion.pretrained._file import read, with_arrays, without_arrays

STEPS = (neural_network, preprocessing)  # where the classes of a Pipeline's steps are looked up
NOT_STORED = ("_sklearn_version", "_skfashion_version")  # the file has a format of its own


def class_called(name):
    """Return a public class of the package."""
    owner = next((module for module in STEPS if name in module.__all__), None)
    if owner is None:
        raise ValueError(f"{name} is neither a network nor a transformer of skfashion.")
    return getattr(owner, name)


def state_of(estimator):
    """Return the state of a fitted estimator as nested dicts of arrays and plain values."""
    state = estimator.__getstate__()
    return {key: value for key, value in state.items() if key not in NOT_STORED}


def from_state(kind, state):
    """Return the estimator of a class that has this state."""
    estimator = kind.__new__(kind)
    estimator.__setstate__(dict(state))
    return estimator


def packed_steps(pipeline, arrays):
    """Return the steps of a fitted Pipeline as JSON can hold them; add their arrays to a dict.

    Weights of two or more dimensions are stored in float16, all other arrays as they are.
    """
    steps = []
    for name, step in pipeline.steps:
        kind = type(step).__name__
        class_called(kind)  # or raises
        own = {}
        state = without_arrays(state_of(step), name, own)
        weights = f"{name}._fitted.weights."
        for key, array in own.items():
            is_half = key.startswith(weights) and array.ndim >= 2
            arrays[key] = array.astype(np.float16) if is_half else array
        steps.append({"name": name, "class": kind, "state": state})
    return steps


def unpacked_steps(steps, arrays):
    """Return the Pipeline that `packed_steps` was given."""
    arrays = {k: a.astype(np.float32) if a.dtype == np.float16 else a for k, a in arrays.items()}
    pipeline = [
        (step["name"], from_state(class_called(step["class"]), with_arrays(step["state"], arrays)))
        for step in steps
    ]
    return Pipeline(pipeline)


def load_pretrained(name="fast-resnet"):
    """Return a trained network that comes with the package, as a fitted Pipeline.

    Nothing is downloaded and nothing is trained. The Pipeline takes images of 28 x 28 pixels like
    those of Fashion-MNIST, in rows or stacks; :class:`~skfashion.preprocessing.PhotoConverter`
    turns photographs into such images. Like any other fitted Pipeline, it can be cloned, pickled
    and trained further.

    Its probabilities are calibrated: the scores are divided by a temperature [1]_, which was
    chosen on training images that the network was not trained on. The division is part of the last
    layer. It changes neither the predicted classes nor the features.

    Parameters
    ----------
    name : str or pathlib.Path, default="fast-resnet"
        Name of the network, or the path of a file written by ``python -m skfashion.pretrained``.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        With the steps "scale" and "classifier". The labels are numbers from 0 to 9;
        `skfashion.datasets.CLASS_NAMES` has their names.

    Raises
    ------
    ValueError
        If there is no network of that name, or its file is damaged.

    See Also
    --------
    pretrained_info : How the network was trained, and how accurate it is.
    PictureClassifier : The same network without scikit-learn and torch, quick to start.

    References
    ----------
    .. [1] Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", ICML 2017.

    Examples
    --------
    >>> from skfashion.datasets import CLASS_NAMES, load_fashion_sample
    >>> from skfashion.pretrained import load_pretrained
    >>> X, y = load_fashion_sample(subset="test", return_X_y=True)
    >>> pipeline = load_pretrained()
    >>> [CLASS_NAMES[label] for label in pipeline.predict(X[:3])]
    ['Ankle boot', 'Pullover', 'Trouser']
    >>> pipeline.predict_proba(X[:3]).shape
    (3, 10)
    """
    description, arrays = read(name)
    return unpacked_steps(description["steps"], arrays)


def pretrained_info(name="fast-resnet"):
    """Return how a pretrained network was trained, and how accurate it is.

    Parameters
    ----------
    name : str or pathlib.Path, default="fast-resnet"
        Name of the network, or the path of a file.

    Returns
    -------
    info : dict
        With the keys

        - ``command``: the command that trains the network and writes its file;
        - ``class_names``: list of str;
        - ``figures``: dict of figures on the test images, such as "accuracy"; "ece" and
          "ece_before" are the expected calibration error with and without the temperature;
        - ``temperature``: float;
        - ``thresholds``: dict; an answer is "not sure" if the largest probability is below
          "probability", and a picture is "unlike the dataset" if its distance is above "distance";
        - ``versions``: dict of the libraries' versions.

    See Also
    --------
    load_pretrained : Load the network.

    Examples
    --------
    >>> from skfashion.pretrained import pretrained_info
    >>> sorted(pretrained_info()["thresholds"])
    ['distance', 'probability']
    """
    description, _ = read(name, prefix="none of them")
    keys = ("command", "class_names", "figures", "temperature", "thresholds", "versions")
    return {key: description[key] for key in keys}

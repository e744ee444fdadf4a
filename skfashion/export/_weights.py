"""The weights of a network alone, as safetensors."""

from pathlib import Path

import numpy as np

from skfashion._version import __version__
from skfashion.export._network import network_of
from skfashion.pretrained._file import read_tensors, write


def weights_in(network):
    """Return the weights of a fitted network as a dict of arrays."""
    return network.__getstate__()["_fitted"]["weights"]


def save_weights(estimator, path):
    """Write the weights of a fitted network to a file of safetensors.

    The names are those of the torch module's ``state_dict``, so that other programs can use the
    file, and reading it runs no code. The header says which network it is; parameters, the steps of
    a Pipeline and the state of the training are not in the file.

    Parameters
    ----------
    estimator : estimator instance
        Fitted network of this package, or a Pipeline or a search that ends in one.
    path : str or path-like
        The file to write, such as "weights.safetensors".

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If it is not a network of this package.
    OSError
        If the file cannot be written.

    See Also
    --------
    load_weights : Read the file.
    to_onnx : Write a file that predicts by itself.

    Examples
    --------
    >>> import tempfile
    >>> from safetensors.torch import load_file
    >>> from skfashion import SimpleDenseClassifier, load_fashion_sample
    >>> from skfashion.export import load_weights, save_weights
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> network = SimpleDenseClassifier(max_epochs=1, random_state=0).fit(X[:100], y[:100])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_weights(network, f"{folder}/weights.safetensors")
    ...     tensors = load_file(path)  # for torch
    ...     network = load_weights(network, path)
    >>> sorted(tensors)[:2]
    ['features.1.bias', 'features.1.weight']
    """
    network = network_of(estimator)
    description = {
        "class": type(network).__name__,
        "classes": network.classes_.tolist(),
        "image_shape": list(network.image_shape_),
        "version": __version__,
    }
    write(path, description, weights_in(network))
    return Path(path)


def check_tensors(path, found, wanted):
    """Raise a ValueError unless two dicts of arrays have the same names and shapes."""
    missing = [name for name in wanted if name not in found]
    unknown = [name for name in found if name not in wanted]
    other = [n for n in wanted if n in found and found[n].shape != wanted[n].shape]
    reason = None
    if missing:
        reason = f"it has no {missing[0]}"
    elif unknown:
        reason = f"it has {unknown[0]}"
    elif other:
        name = other[0]
        reason = f"{name} has the shape {found[name].shape}, not {wanted[name].shape}"
    if reason:
        raise ValueError(
            f"{path} has the weights of another network: {reason}. Set the parameters, and fit to "
            "images of the shape and with the classes, of the network whose weights they are."
        )


def load_weights(estimator, path):
    """Replace the weights of a fitted network by those of a file of safetensors.

    The network has to be built already, by a fit to images of the same shape and with the same
    classes; a single epoch on a few images will do. skops saves and loads a whole model.

    Parameters
    ----------
    estimator : estimator instance
        Fitted network of this package, or a Pipeline or a search that ends in one. It is changed.
    path : str or path-like
        The file, written by `save_weights`, or by another program with the same names.

    Returns
    -------
    estimator : estimator instance
        The estimator. Further training starts from these weights, with a new optimiser; the
        learning curves remain those of the former training.

    Raises
    ------
    ValueError
        If the file is damaged, or has the weights of another network. The estimator stays as it
        was.
    OSError
        If the file cannot be read.

    See Also
    --------
    save_weights : Write the file.

    Examples
    --------
    See `save_weights`.
    """
    network = network_of(estimator)
    description, found = read_tensors(Path(path))
    state = network.__getstate__()
    wanted = state["_fitted"]["weights"]
    check_tensors(path, found, wanted)
    classes = (description or {}).get("classes", network.classes_.tolist())
    if classes != network.classes_.tolist():
        raise ValueError(
            f"{path} has the weights of a network for the classes {classes}, but this one has "
            f"{network.classes_.tolist()}."
        )
    state["_fitted"]["weights"] = {
        name: np.asarray(found[name], wanted[name].dtype) for name in wanted
    }
    vars(network).pop("_trainer", None)  # its optimiser was that of the former weights
    network.__setstate__(state)
    return estimator

"""The weights of a network alone, as safetensors."""

import json
from pathlib import Path

import numpy as np

from skfashion._version import __version__
from skfashion.export._network import network_of
from skfashion.pretrained._file import read_tensors, write

# Parameters that may differ: they do not change what given weights compute, or, image_shape, say
# what the attribute image_shape_ says.
NOT_COMPARED = ("dropout", "initializer", "image_shape")


def weights_in(network):
    """Return the weights of a fitted network as a dict of arrays."""
    return network.__getstate__()["_fitted"]["weights"]


def name_of(value):
    """Return what JSON can hold in place of a value: a list, or the name of a function or class."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return getattr(value, "__qualname__", type(value).__qualname__)


def as_read(value, default):
    """Return a value as it is read from JSON; `default` replaces what JSON cannot hold."""
    return json.loads(json.dumps(value, default=default))


def described(network):
    """Return what the weights do not show of a fitted network, as JSON can hold it."""
    built_with = {k: v for k, v in network._built_with.items() if k not in NOT_COMPARED}
    return {
        "class": type(network).__name__,
        "classes": as_read(network.classes_.tolist(), str),
        "image_shape": list(network.image_shape_),
        "parameters": as_read(built_with, name_of),
    }


def save_weights(estimator, path):
    """Write the weights of a fitted network to a file of safetensors.

    The names are those of the torch module's ``state_dict``, so that other programs can use the
    file, and reading it runs no code. The header says which network it is: its class, its labels,
    the shape of its images, and the parameters that determine what it computes. The steps of a
    Pipeline and the state of the training are not in the file.

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
    write(path, {**described(network), "version": __version__}, weights_in(network))
    return Path(path)


def check_description(path, told, own):
    """Raise a ValueError if a file describes another network; it need not say everything."""
    if told.get("classes", own["classes"]) != own["classes"]:
        raise ValueError(
            f"{path} has the weights of a network for the classes {told['classes']}, but this one "
            f"has {own['classes']}."
        )
    told, own = ({**about, **about.get("parameters", {})} for about in (told, own))
    for name, value in own.items():
        if name != "parameters" and told.get(name, value) != value:
            raise ValueError(of_another(path, f"it has {name}={told[name]!r}, not {value!r}"))


def of_another(path, reason):
    """Return the sentence for weights that do not belong to a network."""
    return (
        f"{path} has the weights of another network: {reason}. Set the parameters, and fit to "
        "images of the shape and with the classes, of the network whose weights they are."
    )


def check_tensors(path, found, wanted):
    """Raise a ValueError unless two dicts have arrays of the same names, shapes and kinds."""
    missing = [name for name in wanted if name not in found]
    unknown = [name for name in found if name not in wanted]
    if missing:
        raise ValueError(of_another(path, f"it has no {missing[0]}"))
    if unknown:
        raise ValueError(of_another(path, f"it has {unknown[0]}"))
    for name, array in wanted.items():
        shape, dtype = found[name].shape, found[name].dtype
        if shape != array.shape:
            raise ValueError(of_another(path, f"{name} has the shape {shape}, not {array.shape}"))
        if dtype.kind != array.dtype.kind:
            raise ValueError(of_another(path, f"{name} is {dtype}, not {array.dtype}"))


def cast(path, found, wanted):
    """Return arrays in the types of others; raise a ValueError if weights are infinite or NaN."""
    with np.errstate(over="ignore"):  # is found below
        arrays = {name: np.asarray(found[name], array.dtype) for name, array in wanted.items()}
    for name, array in arrays.items():
        # a module may have a mask with infinite numbers
        if np.isfinite(wanted[name]).all() and not np.isfinite(array).all():
            raise ValueError(f"{path} has infinite or NaN numbers in {name}: save them again.")
    return arrays


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
        If the file is damaged, has weights that are infinite or NaN, or has those of another
        network: one with other names or shapes or, if `save_weights` wrote it, with other
        parameters, labels or shapes of the images. The estimator stays as it was.
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
    check_description(path, description or {}, described(network))
    check_tensors(path, found, wanted)
    state["_fitted"]["weights"] = cast(path, found, wanted)
    vars(network).pop("_trainer", None)  # its optimiser was that of the former weights
    network.__setstate__(state)
    return estimator

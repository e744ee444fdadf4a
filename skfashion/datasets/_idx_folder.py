"""Datasets in the four files of MNIST: images and labels, for training and for testing."""

import os
from pathlib import Path

import numpy as np

from skfashion._compat import StrOptions, validate_params
from skfashion.datasets._bunch import make_image_bunch
from skfashion.datasets._idx import decode_idx, read_content

# how the file names begin; EMNIST writes "test" where the others write "t10k"
PART_NAMES = {"train": ("train",), "test": ("t10k", "test")}
# images have a fourth axis if they have channels
N_AXES = {"images": (3, 4), "labels": (1,)}


def file_names(part, kind, prefix=""):
    """Return every name under which such a file is published, the most usual one first."""
    stems = [
        f"{prefix}{name}-{kind}{dot}idx{n_axes}-ubyte"
        for n_axes in N_AXES[kind]
        for name in PART_NAMES[part]
        for dot in "-."
    ]
    return [stem + suffix for stem in stems for suffix in (".gz", "")]


def read_first(folder, names, read=read_content):
    """Return path and content of the first of these files that is there."""
    for name in names:
        path = Path(folder, name)
        try:
            return path, read(path)
        except FileNotFoundError:
            continue
    raise FileNotFoundError(f"{folder} holds no file {names[0]}.")


def check_array(array, path, kind):
    """Raise ValueError when this cannot be an array of images, or of labels."""
    if array.ndim not in N_AXES[kind]:
        other = next((name for name, n_axes in N_AXES.items() if array.ndim in n_axes), None)
        swapped = f" It looks like {other}: have two files been swapped?" if other else ""
        expected = " or ".join(map(str, N_AXES[kind]))
        raise ValueError(
            f"{path} should hold {kind}, an array of {expected} axes, and holds one of "
            f"{array.ndim}.{swapped} Fetch it again."
        )
    if kind == "labels" and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"{path} holds labels of type {array.dtype}, and labels must be integers: number the "
            "classes and write them with write_idx, as uint8 for example."
        )


def read_part(read, part):
    """Return images, a stack, and labels (n,) of the training or the test part.

    `read(part, kind)` returns a path and the array in it.
    """
    arrays, paths = [], []
    for kind in N_AXES:
        path, array = read(part, kind)
        check_array(array, path, kind)
        paths.append(path)
        arrays.append(array)
    images, labels = arrays
    if len(images) != len(labels):
        raise ValueError(
            f"{paths[0]} holds {len(images)} images and {paths[1]} {len(labels)} labels: they do "
            "not belong together. Fetch both again from one source."
        )
    return images, labels


def read_subset(read, subset):
    """Return images and labels of a part, or of both: the training rows, then the test rows."""
    if subset != "all":
        return read_part(read, subset)
    (X_train, y_train), (X_test, y_test) = (read_part(read, part) for part in PART_NAMES)
    if X_train.shape[1:] != X_test.shape[1:]:
        raise ValueError(
            f"The training images have {X_train.shape[1:]} pixels and the test images "
            f"{X_test.shape[1:]}: they are of two datasets. Fetch the four files from one source, "
            "or load one subset."
        )
    return np.concatenate([X_train, X_test]), np.concatenate([y_train, y_test])


def explain_missing(folder, names, kind):
    """Return the error for a folder without one of the four files."""
    folder = Path(folder)
    if not folder.is_dir():
        return FileNotFoundError(f"There is no folder {folder}: give the folder of the four files.")
    there = sorted(path.name for path in folder.glob(f"*{kind}?idx*"))
    packed = ", ".join(name for name in names if name.endswith(".gz"))
    message = f"{folder} holds none of {packed}, nor one without .gz: put one of them there."
    if there:
        message += f" It does hold {', '.join(there)}; say prefix= for what stands before the name."
    return FileNotFoundError(message)


@validate_params(
    {
        "folder": [str, os.PathLike],
        "prefix": [str],
        "subset": [StrOptions({"train", "test", "all"})],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_idx(folder, *, prefix="", subset="all", return_X_y=False, as_frame=False):
    """Load a dataset that is published in the four files of MNIST.

    MNIST, KMNIST, EMNIST, Fashion-MNIST and your own, if you write it with :func:`write_idx`:
    ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` and
    ``t10k-labels-idx1-ubyte``. Each may end in ``.gz``, may have a dot before ``idx``, and may
    begin with ``test`` in place of ``t10k``. Images with channels have four axes, (n, height,
    width, channels), and may be called ``idx4``. Nothing is known of the contents, so nothing but
    the format is checked.

    Parameters
    ----------
    folder : str or path-like
        The folder of the files.
    prefix : str, default=""
        What stands before every name, such as ``"emnist-letters-"``.
    subset : {"train", "test", "all"}, default="all"
        The part to load; only its two files are needed. "all" is the training images, then the
        test images.
    return_X_y : bool, default=False
        Return ``(data, target)`` in place of the Bunch.
    as_frame : bool, default=False
        Data as a pandas DataFrame, labels as a Series.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : ndarray or DataFrame of shape (n_samples, height * width * channels)
            The pixels, an image a row, of the type in the file (uint8 in all of the above).
        images : ndarray of shape (n_samples, height, width) or (n_samples, height, width, channels)
            The same pixels; a view of `data` unless that is a DataFrame.
        target : ndarray or Series of shape (n_samples,), int64
            The labels.
        frame : DataFrame of shape (n_samples, height * width * channels + 1), or None
            Data and target; only with ``as_frame=True``.
        feature_names : list of str
            "pixel_0_0" (row, column) and so on; with channels "pixel_0_0_0".
        target_names : ndarray of str
            The different labels, in order.
        DESCR : str
            Where the data come from.

    (data, target) : tuple, if `return_X_y` is True
        The two attributes of these names.

    Raises
    ------
    FileNotFoundError
        If the folder or one of the files is not there.
    OSError
        If a file cannot be read.
    ValueError
        If a file is damaged, cut short, of another format or the wrong kind, if labels are no
        integers, or if the numbers of images and labels differ.

    See Also
    --------
    fetch_fashion_mnist : Fashion-MNIST, downloaded and checked.
    load_fashion_sample : A tenth of it, without a network.

    Notes
    -----
    The images of EMNIST are stored column by column; ``dataset.images.transpose(0, 2, 1)`` are
    upright.

    Examples
    --------
    >>> from importlib.resources import files
    >>> from skfashion.datasets import load_idx
    >>> test = load_idx(files("skfashion.datasets") / "data", subset="test")
    >>> test.data.shape, test.images.shape
    ((1000, 784), (1000, 28, 28))
    """

    def read(part, kind):
        names = file_names(part, kind, prefix)
        try:
            path, content = read_first(folder, names)
        except FileNotFoundError:
            raise explain_missing(folder, names, kind) from None
        return path, decode_idx(content, path)

    images, labels = read_subset(read, subset)
    return make_image_bunch(
        images,
        labels,
        target_names=np.unique(labels).astype(str),
        descr=f"{len(images)} images ({subset}) from the IDX files in {folder}.",
        return_X_y=return_X_y,
        as_frame=as_frame,
    )

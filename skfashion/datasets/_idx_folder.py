"""Datasets in four files like MNIST's: images and labels, for training and for testing."""

import os
import re
from pathlib import Path

import numpy as np

from skfashion._compat import StrOptions, validate_params
from skfashion._files import DanglingLinkError
from skfashion.datasets._bunch import make_image_bunch
from skfashion.datasets._idx import decode_idx, read_content

# the beginnings of the file names; EMNIST has "test" where the others have "t10k"
PART_NAMES = {"train": ("train",), "test": ("t10k", "test")}
# images have a fourth axis if they have channels
N_AXES = {"images": (3, 4), "labels": (1,)}


def file_names(part, kind, prefix=""):
    """Return all names under which such a file is published, the most common one first."""
    stems = [
        f"{prefix}{name}-{kind}{dot}idx{n_axes}-ubyte"
        for n_axes in N_AXES[kind]
        for name in PART_NAMES[part]
        for dot in "-."
    ]
    return [stem + suffix for stem in stems for suffix in (".gz", "")]


def read_first(folder, names, read=read_content):
    """Return path and content of the first of these files that exists."""
    dangling = None
    for name in names:
        path = Path(folder, name)
        try:
            return path, read(path)
        except DanglingLinkError as error:
            dangling = dangling or error
        except FileNotFoundError:
            continue
    raise dangling or FileNotFoundError(f"{folder} holds no file {names[0]}.")


def check_array(array, path, kind):
    """Raise ValueError if this cannot be an array of images, or of labels."""
    if array.ndim not in N_AXES[kind]:
        other = next((name for name, n_axes in N_AXES.items() if array.ndim in n_axes), None)
        swapped = f" It looks like {other}: were two files swapped?" if other else ""
        expected = " or ".join(map(str, N_AXES[kind]))
        raise ValueError(
            f"{path} should hold {kind}, an array of {expected} axes, but holds one of "
            f"{array.ndim}.{swapped} Replace it with the right file."
        )
    if kind == "labels" and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"{path} holds labels of type {array.dtype}, but labels must be integers: number the "
            "classes and write them with write_idx, for example as uint8."
        )


def read_part(read, part):
    """Return the images, a stack, and the labels (n,) of the training or the test part.

    `read(part, kind)` returns the path of a file and the array in it.
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
            f"{paths[0]} holds {len(images)} images, but {paths[1]} holds {len(labels)} labels: "
            "they do not belong together. Get both from the same source."
        )
    return images, labels


def read_subset(read, subset):
    """Return images and labels of one part, or of both: the training set, then the test set."""
    if subset != "all":
        return read_part(read, subset)
    (X_train, y_train), (X_test, y_test) = (read_part(read, part) for part in PART_NAMES)
    if X_train.shape[1:] != X_test.shape[1:]:
        raise ValueError(
            f"The training images have the shape {X_train.shape[1:]} and the test images "
            f"{X_test.shape[1:]}: they belong to two datasets. Get the four files from the same "
            "source, or load one subset."
        )
    return np.concatenate([X_train, X_test]), np.concatenate([y_train, y_test])


def prefixes_of(file_names, kind):
    """Return what stands before the usual name in each of these names of `kind` files."""
    names = "|".join(name for names in PART_NAMES.values() for name in names)
    found = (re.match(rf"(.*?)(?:{names})-{kind}[-.]idx", name) for name in file_names)
    return sorted({match.group(1) for match in found if match})


def explain_missing(folder, part, kind, prefix):
    """Return the error for a folder that lacks one of the four files."""
    if folder.is_file():
        return FileNotFoundError(f"{folder} is a file: give the folder that holds the four files.")
    if not folder.is_dir():
        return FileNotFoundError(
            f"There is no folder {folder}: give the folder that holds the four files."
        )
    names = file_names(part, kind, prefix)
    packed = ", ".join(name for name in names if name.endswith(".gz"))
    others = sorted(path.name for path in folder.glob(f"*{kind}?idx*"))
    prefixes = [other for other in prefixes_of(others, kind) if other != prefix]
    if prefixes:
        hint = f"pass {' or '.join(f'prefix={other!r}' for other in prefixes)}"
    else:
        hint = "put one of them there, or load the other part alone with subset="
    holds = f" It does hold {', '.join(others)}:" if others else " To load it,"
    return FileNotFoundError(
        f"{folder} holds none of {packed}, nor one of them without .gz.{holds} {hint}."
    )


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
    """Load a dataset that is published in four files like MNIST's.

    Such datasets are MNIST, KMNIST, EMNIST, Fashion-MNIST, and your own data if you write them with
    :func:`write_idx`. The files are ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
    ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``. Each name may end in ``.gz``, may
    have a dot before ``idx``, and may begin with ``test`` instead of ``t10k``. Images with channels
    have four axes, (n, height, width, channels), and may be called ``idx4``. Only the format is
    checked, not the contents.

    Parameters
    ----------
    folder : str or path-like
        The folder that holds the files.
    prefix : str, default=""
        The beginning of each file name, such as ``"emnist-letters-"``.
    subset : {"train", "test", "all"}, default="all"
        The part to load; only its two files are needed. "all" is the training images, then the
        test images.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of the Bunch.
    as_frame : bool, default=False
        Return the data as a pandas DataFrame and the labels as a Series.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : ndarray or DataFrame of shape (n_samples, height * width * channels)
            The pixels, one image per row, of the type in the file (uint8 in all of the above).
        images : ndarray of shape (n_samples, height, width) or (n_samples, height, width, channels)
            The same pixels; a view of `data` unless that is a DataFrame.
        target : ndarray or Series of shape (n_samples,), int64
            The labels.
        index : ndarray of shape (n_samples,), int64
            The position of each image: 0 to ``n_samples - 1``. For `load_fashion_sample` the same
            attribute has the positions in the full dataset.
        frame : DataFrame of shape (n_samples, height * width * channels + 1), or None
            Data and target; only with ``as_frame=True``.
        feature_names : list of str
            "pixel_0_0" (row, column) and so on; with channels "pixel_0_0_0".
        target_names : ndarray of str
            The distinct labels, in ascending order.
        DESCR : str
            Where the data were read from.

    (data, target) : tuple, if `return_X_y` is True
        The two attributes of these names.

    Raises
    ------
    FileNotFoundError
        If the folder or one of the files does not exist.
    OSError
        If a file cannot be read, or is not a regular file.
    ValueError
        If a file is damaged, truncated, of another format or of the wrong kind, if labels are not
        integers, or if the numbers of images and labels differ.

    See Also
    --------
    fetch_fashion_mnist : Load Fashion-MNIST, downloaded and checked.
    load_fashion_sample : Load a tenth of it, without a download.

    Notes
    -----
    EMNIST stores its images column by column; ``dataset.images.transpose(0, 2, 1)`` are upright.

    Examples
    --------
    >>> from importlib.resources import files
    >>> from skfashion.datasets import load_idx
    >>> test = load_idx(files("skfashion.datasets") / "data", subset="test")
    >>> test.data.shape, test.images.shape
    ((1000, 784), (1000, 28, 28))
    """

    folder = Path(folder).expanduser()

    def read(part, kind):
        try:
            path, content = read_first(folder, file_names(part, kind, prefix))
        except DanglingLinkError:
            raise
        except (FileNotFoundError, NotADirectoryError):
            raise explain_missing(folder, part, kind, prefix) from None
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

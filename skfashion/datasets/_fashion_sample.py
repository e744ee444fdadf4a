"""A tenth of Fashion-MNIST, which is part of the package."""

from pathlib import Path

import numpy as np

from skfashion._compat import StrOptions, validate_params
from skfashion.datasets._bunch import make_image_bunch
from skfashion.datasets._class_names import CLASS_NAMES
from skfashion.datasets._idx import decode_idx, read_idx
from skfashion.datasets._idx_folder import PART_NAMES, file_names, read_first, read_subset

DATA_FOLDER = Path(__file__).parent / "data"
INDEX_NAMES = {part: f"{part}-index-idx1-int.gz" for part in PART_NAMES}
N_TRAIN = 60_000  # training images of the full Fashion-MNIST


def read_description(name):
    """Return the text of a description in the package's data folder."""
    return (DATA_FOLDER / name).read_text(encoding="utf-8")


def read_index(subset):
    """Return the rows of `fetch_fashion_mnist` with this `subset` that the sample consists of."""
    if subset != "all":
        return read_idx(DATA_FOLDER / INDEX_NAMES[subset]).astype(np.int64)
    return np.concatenate([read_index("train"), N_TRAIN + read_index("test")])


@validate_params(
    {
        "subset": [StrOptions({"train", "test", "all"})],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_fashion_sample(*, subset="all", return_X_y=False, as_frame=False):
    """Load a tenth of Fashion-MNIST, which comes with the package.

    6,000 of the 60,000 training images and 1,000 of the 10,000 test images: the first 600 and the
    first 100 of each class, in the order of the published files. Nothing is downloaded.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="all"
        The part to load. "all" is the 6,000 training images, then the 1,000 test images.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of the Bunch.
    as_frame : bool, default=False
        Return the data as a pandas DataFrame and the labels as a Series.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : ndarray or DataFrame of shape (n_samples, 784), uint8
            The pixels, 0 to 255, one image per row.
        images : ndarray of shape (n_samples, 28, 28), uint8
            The same pixels; a view of `data` unless that is a DataFrame.
        target : ndarray or Series of shape (n_samples,), int64
            The labels 0 to 9.
        index : ndarray of shape (n_samples,), int64
            The position of each image in the full dataset: its row in what
            :func:`fetch_fashion_mnist` returns for the same `subset`.
        frame : DataFrame of shape (n_samples, 785), or None
            Data and target; only with ``as_frame=True``.
        feature_names : list of str
            "pixel_0_0" (row, column) to "pixel_27_27".
        target_names : ndarray of str
            The names of the ten classes, `CLASS_NAMES`.
        DESCR : str
            What the data are, where they come from, and their licence.

    (data, target) : tuple, if `return_X_y` is True
        The two attributes of these names.

    See Also
    --------
    fetch_fashion_mnist : Load all 70,000 images.

    References
    ----------
    .. [1] H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
       Machine Learning Algorithms", 2017, https://arxiv.org/abs/1708.07747

    Examples
    --------
    >>> from skfashion.datasets import load_fashion_sample
    >>> train = load_fashion_sample(subset="train")
    >>> train.data.shape
    (6000, 784)
    >>> print(train.target_names[train.target[0]])
    Ankle boot
    >>> print(train.index[-3:])  # the last three images of the sample in the full training set
    [6398 6400 6410]
    """

    def read(part, kind):
        path, content = read_first(DATA_FOLDER, file_names(part, kind))
        return path, decode_idx(content, path)

    images, labels = read_subset(read, subset)
    return make_image_bunch(
        images,
        labels,
        index=read_index(subset),
        target_names=CLASS_NAMES,
        descr=read_description("fashion_sample.rst") + "\n" + read_description("fashion_mnist.rst"),
        return_X_y=return_X_y,
        as_frame=as_frame,
    )

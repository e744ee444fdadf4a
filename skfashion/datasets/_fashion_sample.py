"""A tenth of Fashion-MNIST, in the package itself."""

from pathlib import Path

from skfashion._compat import StrOptions, validate_params
from skfashion.datasets._bunch import make_image_bunch
from skfashion.datasets._class_names import CLASS_NAMES
from skfashion.datasets._idx import decode_idx
from skfashion.datasets._idx_folder import file_names, read_first, read_subset

DATA_FOLDER = Path(__file__).parent / "data"


def read_description(name):
    """Return the text of a description in the package's data folder."""
    return (DATA_FOLDER / name).read_text(encoding="utf-8")


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

    6,000 of the 60,000 training images and 1,000 of the 10,000 test images: of each class the first
    600, and the first 100, in the order of the published files. That order is kept. No network and
    no other file is needed.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="all"
        The part to load. "all" is the 6,000 training images, then the 1,000 test images.
    return_X_y : bool, default=False
        Return ``(data, target)`` in place of the Bunch.
    as_frame : bool, default=False
        Data as a pandas DataFrame, labels as a Series.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : ndarray or DataFrame of shape (n_samples, 784), uint8
            The pixels 0 to 255, an image a row.
        images : ndarray of shape (n_samples, 28, 28), uint8
            The same pixels; a view of `data` unless that is a DataFrame.
        target : ndarray or Series of shape (n_samples,), int64
            The labels 0 to 9.
        frame : DataFrame of shape (n_samples, 785), or None
            Data and target; only with ``as_frame=True``.
        feature_names : list of str
            "pixel_0_0" (row, column) to "pixel_27_27".
        target_names : ndarray of str
            The names of the ten classes, `CLASS_NAMES`.
        DESCR : str
            What the data are, where they come from, under which licence.

    (data, target) : tuple, if `return_X_y` is True
        The two attributes of these names.

    See Also
    --------
    fetch_fashion_mnist : All 70,000 images.

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
    """

    def read(part, kind):
        path, content = read_first(DATA_FOLDER, file_names(part, kind))
        return path, decode_idx(content, path)

    images, labels = read_subset(read, subset)
    return make_image_bunch(
        images,
        labels,
        target_names=CLASS_NAMES,
        descr=read_description("fashion_sample.rst") + "\n" + read_description("fashion_mnist.rst"),
        return_X_y=return_X_y,
        as_frame=as_frame,
    )

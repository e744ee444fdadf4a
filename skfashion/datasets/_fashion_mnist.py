"""Fashion-MNIST as published, read from a copy on this machine or downloaded."""

import gzip
import hashlib
import io
import os
import time
import warnings
from contextlib import contextmanager, suppress
from functools import partial
from numbers import Integral, Real
from pathlib import Path

from skfashion._compat import Interval, StrOptions, validate_params
from skfashion._files import (
    DanglingLinkError,
    atomic_write,
    make_folder,
    remove_stale_drafts,
)
from skfashion.datasets._bunch import make_image_bunch
from skfashion.datasets._class_names import CLASS_NAMES
from skfashion.datasets._fashion_sample import read_description
from skfashion.datasets._idx import (
    GZIP_MAGIC,
    decode_idx,
    read_file,
    unpack,
)
from skfashion.datasets._idx_folder import PART_NAMES, file_names, read_first, read_subset

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")

# the publisher's own server, then their repository
URLS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)

# Of the decompressed files. The compressed ones differ: Debian compresses them again, without name
# and date.
SHA256 = {
    ("train", "images"): "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ("train", "labels"): "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ("test", "images"): "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ("test", "labels"): "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
MAX_BYTES = 16 + 60_000 * 28 * 28  # of the largest of these files


def default_folder(data_home):
    """Return the folder for downloads, by default in scikit-learn's data folder.

    `sklearn.datasets.get_data_home` is not used because it creates the folder: in vain if the data
    are elsewhere, and with an error if the home folder is read-only.
    """
    if data_home is None:
        data_home = os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")
    return Path(data_home).expanduser() / "fashion_mnist"


def advice(folder):
    """Return what to do if the data cannot be obtained."""
    names = [file_names(part, kind)[0] for part, kind in SHA256]
    return (
        "Install Debian's or Ubuntu's package (apt install dataset-fashion-mnist), or copy the "
        f"files {', '.join(names)} from {URLS[-1]} to the folder {folder}, or use "
        "load_fashion_sample, a tenth of the data that comes with this package."
    )


def check_content(content, path, part, kind):
    """Raise ValueError unless these bytes are the published ones."""
    if hashlib.sha256(content).hexdigest() != SHA256[part, kind]:
        raise ValueError(
            f"{path} is not the file of Fashion-MNIST (its SHA-256 differs): it is damaged, or it "
            "belongs to MNIST, whose files have the same names."
        )


def read_good(folder, part, kind):
    """Return path and content of the copy in a folder; OSError or ValueError if it is not good."""
    path, content = read_first(
        folder, file_names(part, kind), read=partial(read_file, max_bytes=MAX_BYTES)
    )
    check_content(content, path, part, kind)
    return path, content


def find_copy(folders, part, kind):
    """Return path and content of the first good copy, or None twice, and the faults found before.

    The faults are sentences that name the file.
    """
    faults = []
    for folder in folders:
        try:
            return *read_good(folder, part, kind), faults
        except OSError as error:
            if isinstance(error, DanglingLinkError) or not isinstance(error, FileNotFoundError):
                faults.append(f"Cannot read {error.filename}: {error.strerror}.")
        except ValueError as error:
            faults.append(str(error))
    return None, None, faults


def reason_of(error):
    """Return in a few words why an OSError was raised."""
    return os.strerror(error.errno) if error.errno else str(error)


@contextmanager
def explained_write_errors(folder):
    """Make an OSError say that it is about writing to `folder`, and what to do."""
    try:
        yield
    except OSError as error:
        raise OSError(
            error.errno,
            f"Cannot write to {folder}: {reason_of(error)}. Fix that, or pass as data_home a "
            "folder that you may write to, with 31 MB free.",
        ) from error


def store(path, part, kind, bring):
    """Write the bytes that `bring()` returns to `path`, unless another process does so first.

    Return path and content of the file that is there then. The file is never incomplete.
    """
    from filelock import FileLock

    with explained_write_errors(path.parent):
        make_folder(path.parent)
        lock = FileLock(path.with_name(".lock")).acquire()
    with lock:
        remove_stale_drafts(path.parent)  # of downloads that were killed
        # a file that is bad or cannot be read will be replaced
        with suppress(OSError, ValueError):
            return read_good(path.parent, part, kind)  # another process was faster
        packed = bring()
        with explained_write_errors(path.parent), atomic_write(path, "wb", is_own=True) as file:
            file.write(packed)
    return path, unpack(packed, path)


def download_from(url, part, kind, progressbar):
    """Return the compressed file at an address, once its content is known to be right."""
    from pooch import HTTPDownloader

    if progressbar is not None:
        progressbar.reset()  # an earlier attempt may have ended halfway
    # to memory, so that an error of the disk is not taken for one of the network
    buffer = io.BytesIO()
    shown = False if progressbar is None else progressbar
    HTTPDownloader(progressbar=shown)(url, buffer, None)
    check_content(unpack(buffer.getvalue(), url), url, part, kind)
    return buffer.getvalue()


def download(path, part, kind, n_retries, delay, progressbar):
    """Return the file for `path`; try each address, then retry all of them `n_retries` times."""
    failures = {}
    for attempt in range(n_retries + 1):
        if attempt:
            warnings.warn(f"Trying again to download {path.name}.", stacklevel=2)
            time.sleep(delay)
        for url in URLS:
            try:
                return download_from(url + path.name, part, kind, progressbar)
            except (OSError, ValueError) as error:  # errors of requests are OSErrors
                failures[url] = error
    reasons = "; ".join(f"{url}: {error}" for url, error in failures.items())
    raise ConnectionError(f"Cannot download {path.name} ({reasons}). {advice(path.parent)}")


def replace_bad(path, good, part, kind, fault):
    """Replace a bad file by a copy of `good`; return the path of a good one.

    If the copy cannot be written, the bad file stays, and there is only a warning.
    """
    packed = good.read_bytes()
    if not packed.startswith(GZIP_MAGIC):
        packed = gzip.compress(packed, mtime=0)
    try:
        path, _ = store(path, part, kind, bring=lambda: packed)
    except OSError as error:
        warnings.warn(
            f"{fault} {good} is read instead. The bad file could not be replaced "
            f"({reason_of(error)}).",
            stacklevel=2,
        )
        return good
    warnings.warn(f"{fault} It was replaced by a copy of {good}.", stacklevel=2)
    return path


def obtain(folder, part, kind, *, download_if_missing, n_retries, delay, progressbar):
    """Return path and content of a good copy, downloaded to `folder` if there is none."""
    target = folder / file_names(part, kind)[0]
    path, content, faults = find_copy([folder, DEBIAN_FOLDER], part, kind)
    fault = " ".join(faults)
    if path is not None:
        # a bad copy before a good one can only be in `folder`, which comes first
        return (replace_bad(target, path, part, kind, fault) if faults else path), content
    if not download_if_missing:
        sentences = [
            f"There is no good copy of {target.name} in {folder} or {DEBIAN_FOLDER}.",
            *faults,
            f"Call again with download_if_missing=True. Otherwise: {advice(folder)}",
        ]
        raise FileNotFoundError(" ".join(sentences))
    if faults:
        warnings.warn(f"{fault} A copy is downloaded to {folder}.", stacklevel=2)
    bring = partial(download, target, part, kind, n_retries, delay, progressbar)
    return store(target, part, kind, bring)


def locate(data_home=None, *, n_retries=3, delay=1.0, progressbar=None):
    """Return the paths of the four files by their published names; download what is missing.

    `progressbar` has the form that pooch expects: an attribute `total`, in bytes, and the methods
    `update(n_bytes)`, `reset()` and `close()`. The same object serves all downloads, one after the
    other: `reset` begins each, `close` ends it.
    """
    options = {"n_retries": n_retries, "delay": delay, "progressbar": progressbar}
    folder = default_folder(data_home)
    paths = {}
    for part, kind in SHA256:
        path, _ = obtain(folder, part, kind, download_if_missing=True, **options)
        paths[file_names(part, kind)[0]] = path
    return paths


@validate_params(
    {
        "data_home": [str, os.PathLike, None],
        "subset": [StrOptions(set(PART_NAMES) | {"all"})],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
        "download_if_missing": ["boolean"],
        "n_retries": [Interval(Integral, 0, None, closed="left")],
        "delay": [Interval(Real, 0, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def fetch_fashion_mnist(
    *,
    data_home=None,
    subset="all",
    return_X_y=False,
    as_frame=False,
    download_if_missing=True,
    n_retries=3,
    delay=1.0,
):
    """Load Fashion-MNIST, downloading it if there is no copy on this machine.

    The files are looked for in ``data_home/fashion_mnist``, then where Debian's package
    dataset-fashion-mnist installs them (``/usr/share/datasets/fashion-mnist``). Otherwise they are
    downloaded from the publisher, 31 MB. The SHA-256 is always verified. A copy that
    is damaged, unreadable or of another dataset is skipped with a warning and, if it is in
    `data_home`, replaced by a good one. Several processes may call this at once.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder whose subfolder ``fashion_mnist`` is searched, and to which the files are downloaded.
        None for scikit-learn's data folder, ``$SCIKIT_LEARN_DATA`` or ``~/scikit_learn_data``.
    subset : {"train", "test", "all"}, default="all"
        The part to load; only its two files are fetched. "all" is the 60,000 training images, then
        the 10,000 test images.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of the Bunch.
    as_frame : bool, default=False
        Return the data as a pandas DataFrame and the labels as a Series.
    download_if_missing : bool, default=True
        If False, raise an error if there is no good copy on this machine.
    n_retries : int, default=3
        Number of times that a failed download is retried.
    delay : float, default=1.0
        Seconds between two attempts.

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
            The position of each image: 0 to ``n_samples - 1``. For `load_fashion_sample` the same
            attribute has the positions in the full dataset.
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

    Raises
    ------
    FileNotFoundError
        If there is no good copy and `download_if_missing` is False.
    ConnectionError
        If no address provided the file. The message says how else to get it.
    OSError
        If a download cannot be written to `data_home`; it is not retried then.

    See Also
    --------
    load_fashion_sample : Load a tenth of the data, without a download.
    load_idx : Load any dataset in four files like these.

    References
    ----------
    .. [1] H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
       Machine Learning Algorithms", 2017, https://arxiv.org/abs/1708.07747

    Examples
    --------
    >>> from skfashion.datasets import fetch_fashion_mnist
    >>> X, y = fetch_fashion_mnist(subset="train", return_X_y=True)  # doctest: +SKIP
    >>> X.shape, X.dtype  # doctest: +SKIP
    ((60000, 784), dtype('uint8'))
    """
    folder = default_folder(data_home)

    def read(part, kind):
        path, content = obtain(
            folder,
            part,
            kind,
            download_if_missing=download_if_missing,
            n_retries=n_retries,
            delay=delay,
            progressbar=None,
        )
        return path, decode_idx(content, path)

    images, labels = read_subset(read, subset)
    return make_image_bunch(
        images,
        labels,
        target_names=CLASS_NAMES,
        descr=read_description("fashion_mnist.rst"),
        return_X_y=return_X_y,
        as_frame=as_frame,
    )

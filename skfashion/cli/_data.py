"""The data that a command reads, and the files and folders that it writes."""

import hashlib
import re
from contextlib import suppress
from pathlib import Path

import typer

from skfashion._files import check_writable
from skfashion.cli._console import say, say_error

RUN_OF_SAMPLE = Path("runs", "compare")
NAMES = {"sample": "Fashion-MNIST sample", "full": "Fashion-MNIST"}
IDX_NAME = re.compile(r"(?:images|labels)[-.]idx")
LARGEST_SIDE = 64  # pictures of one size up to it are used as they are
USUAL_SIDE = 32  # others are resized to it: with 64, training takes four times as long
TEST_SHARE = 0.2
PARTS = ("train", "test")


def load_data(data, image_size=None, quiet=True, *, hold_out=True):
    """Return training and test Bunch, and the names of the classes; None for the labels.

    Parameters
    ----------
    data : str
        "sample", "full", a folder of IDX files with or without a prefix, or a folder of pictures.
    image_size : int or None
        Height and width to which pictures are resized; wrong usage for other data.
    quiet : bool
        Whether nothing is said about the size of pictures, and how they were divided.
    hold_out : bool
        Whether a fifth of each class is held out for testing if the pictures are not divided;
        otherwise, all are in the training Bunch, and None is in place of the other.
    """
    from skfashion.datasets import CLASS_NAMES, fetch_fashion_mnist, load_fashion_sample, load_idx

    if holds_pictures(data):
        return load_pictures(Path(data), image_size, quiet, hold_out)
    if image_size is not None:
        raise typer.BadParameter(
            "Only pictures can be resized: --data should be a folder with a sub-folder of picture "
            "files for each class.",
            param_hint="'--image-size'",
        )
    if data in NAMES:
        load = load_fashion_sample if data == "sample" else fetch_fashion_mnist
        return load(subset="train"), load(subset="test"), CLASS_NAMES
    folder, prefix = folder_and_prefix(data)
    return *(load_idx(folder, prefix=prefix, subset=part) for part in PARTS), None


def holds_pictures(data):
    """Return whether the data are a folder with sub-folders and without IDX files."""
    folder = Path(data)
    if data in NAMES or not folder.is_dir():
        return False
    paths = list(folder.iterdir())
    return any(path.is_dir() for path in paths) and not any(
        IDX_NAME.search(path.name) for path in paths
    )


def folder_and_prefix(data):
    """Return the folder of IDX files, and what their names begin with; wrong usage if not there."""
    path = Path(data)
    if path.is_dir():
        return path, ""
    others = path.parent.iterdir() if path.parent.is_dir() else ()
    if any(file.name.startswith(path.name) and "idx" in file.name for file in others):
        return path.parent, path.name
    raise typer.BadParameter(
        f"{data!r} is neither sample, full nor a folder of IDX files or of pictures.",
        param_hint="'--data'",
    )


def load_pictures(folder, image_size, quiet, hold_out):
    """Return training and test Bunch of a folder of pictures, and the names of the classes."""
    size = image_size or usual_size(folder)
    train, test, division = load_parts(folder, size, hold_out)
    parts = [part for part in (train, test) if part is not None]
    names = number_classes(*parts)
    if len(set(train.target.tolist())) < 2:
        raise ValueError(f"{folder} has training images of one class: at least two are needed.")
    height, width, *channels = train.images.shape[1:]
    resized = " (resized; --image-size takes another size)" if size and not image_size else ""
    say(
        f"{sum(len(part.images) for part in parts):,} pictures of {len(names)} classes, "
        f"{height} x {width} pixels{resized}, {'RGB' if channels else 'grey'}: {division}.",
        quiet,
    )
    return train, test, names


def load_parts(folder, image_size, hold_out):
    """Return training and test Bunch of a folder of pictures, and in words how they came about."""
    from skfashion.datasets import load_image_folder
    from skfashion.datasets._image_folder import folder_parts

    options = {"image_size": image_size, "on_error": "skip"}
    if len(folder_parts(folder)) == 2:
        train, test = (load_image_folder(folder, subset=part, **options) for part in PARTS)
        in_same_colors(train, test)
        return train, test, f"{len(train.images):,} to train on and {len(test.images):,} to test on"
    pictures = load_image_folder(folder, **options)
    if not hold_out:
        return pictures, None, "none is held out for testing"
    train, test = divide(pictures)
    return train, test, f"a fifth of each class, {len(test.images):,}, is held out for testing"


def number_classes(*parts):
    """Number the classes that have an image in any part from 0; return their names.

    A folder of which no file can be read has a number of its own before.
    """
    import numpy as np

    labels = np.unique(np.concatenate([part.target for part in parts]))
    names = parts[0].target_names[labels]
    for part in parts:
        part.target = np.searchsorted(labels, part.target)
        part.target_names = names
    return names.tolist()


def usual_size(folder):
    """Return the size to which the pictures in a folder are resized; None to leave them as is."""
    from skfashion._pictures import size_of
    from skfashion.datasets._image_folder import files_of

    sizes = set()
    for path in files_of(folder, "all")[0]:
        with suppress(OSError, ValueError):  # such a file is left out later, with a warning
            sizes.add(size_of(path))
    longest = max((max(size) for size in sizes), default=0)
    if len(sizes) < 2 and longest <= LARGEST_SIDE:
        return None
    return min(USUAL_SIDE, longest)


def in_same_colors(*parts):
    """Give all parts three channels if one of them has them; a part may be grey by chance."""
    import numpy as np

    if len({part.images.ndim for part in parts}) > 1:
        for part in parts:
            if part.images.ndim == 3:
                part.images = np.repeat(part.images[..., np.newaxis], 3, axis=-1)


def divide(pictures):
    """Return training and test Bunch: a fifth of each class, at least one image, is for testing.

    It is the same fifth each time.
    """
    import numpy as np
    from sklearn.utils import Bunch

    counts = np.bincount(pictures.target, minlength=len(pictures.target_names))
    if (counts == 1).any():
        single = ", ".join(pictures.target_names[counts == 1])
        raise ValueError(
            f"There is one image only of {single}: a class needs at least two, to train and to "
            "test on. Add some, or move its folder elsewhere."
        )
    rng = np.random.default_rng(0)
    is_test = np.zeros(len(pictures.target), dtype=bool)
    for label in np.flatnonzero(counts):
        members = rng.permutation(np.flatnonzero(pictures.target == label))
        is_test[members[: max(1, round(TEST_SHARE * len(members)))]] = True
    return [
        Bunch(
            images=pictures.images[chosen],
            target=pictures.target[chosen],
            index=pictures.index[chosen],
            target_names=pictures.target_names,
        )
        for chosen in (~is_test, is_test)
    ]


def dataset_name(data):
    """Return the name under which results for the data are shown."""
    return NAMES.get(data) or Path(data).resolve().name.rstrip("-_")


def default_folder(data, image_size=None, *, command="compare"):
    """Return the folder for the results of a command.

    A folder belongs to one dataset, in one size.
    """
    if data in NAMES:
        return Path("runs", command if data == "sample" else f"{command}-full")
    path = Path(data).resolve()
    # folders of the same name in two places are two datasets
    place = hashlib.sha256(str(path).encode()).hexdigest()[:6]
    size = f"-{image_size}px" if image_size else ""
    return Path("runs", f"{command}-{path.name[:50]}-{place}{size}")


def check_suffix(path, option, suffixes):
    """Raise wrong usage unless the name of a file ends in one of the suffixes, in any case."""
    if path.suffix.lower() not in suffixes:
        *others, last = suffixes
        raise typer.BadParameter(
            f"{path}: give a file name that ends in {' or '.join([', '.join(others), last])}.",
            param_hint=f"'{option}'",
        )


def check_file(path, option):
    """Raise an error before the work for a file that cannot be written; make its folder."""
    if path.is_dir():
        raise typer.BadParameter(
            f"{path} is a folder: {option} takes the name of a file.", param_hint=f"'{option}'"
        )
    check_writable(path)


def open_file(path):
    """Open a file in the program for its kind, or say that there is none."""
    if typer.launch(str(path)):
        say_error(f"{path} is written, but no program to open it was found: open it yourself.")

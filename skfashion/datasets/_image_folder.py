"""A folder of picture files, one sub-folder per class, as a dataset."""

import math
import os
import warnings
from numbers import Integral
from pathlib import Path

import numpy as np

from skfashion._compat import Interval, StrOptions, validate_params
from skfashion._files import printable
from skfashion._images import check_shape
from skfashion._pictures import MAX_PIXELS, SUFFIXES, WHITE, fit_into, in_short, is_listed, read_rgb
from skfashion.datasets._bunch import make_image_bunch

PARTS = ("train", "test")
MAX_BYTES = 4_000_000_000


def entries(folder):
    """Return the paths in a folder without hidden files, in the order of their names."""
    return [Path(folder, name) for name in sorted(os.listdir(folder)) if is_listed(name)]


def folder_parts(folder):
    """Return {"train": its folder, "test": its folder}, or {} if there is no folder "train".

    "test" is left out if there is none. Upper and lower case are the same.
    """
    by_name = {path.name.lower(): path for path in entries(folder) if path.is_dir()}
    parts = {part: by_name[part] for part in PARTS if part in by_name}
    is_parted = "train" in parts and any(path.is_dir() for path in entries(parts["train"]))
    return parts if is_parted else {}


def explain(error):
    """Return in a sentence why a file cannot be read."""
    if isinstance(error, OSError) and error.strerror:
        return f"{printable(str(error.filename))} cannot be read: {printable(error.strerror)}"
    return str(error).removesuffix(".")


def picture_files(folder):
    """Return the picture files in the folder of a class, and what is wrong with all else in it."""
    files, faults = [], []
    for path in entries(folder):
        name = printable(str(path))
        if path.is_dir():
            faults.append(f"{name} is a folder within the folder of a class")
        elif path.suffix.lower() not in SUFFIXES:
            faults.append(f"the name of {name} does not end in {', '.join(sorted(SUFFIXES))}")
        else:
            files.append(path)  # links to nothing and pipes are found when they are opened
    if not files:
        faults.append(f"{printable(str(folder))} holds no picture files")
    return files, faults


def class_files(folder):
    """Return the picture files of each class, {name: [Path]}, and what is wrong with all else."""
    classes, faults = {}, []
    for path in entries(folder):
        if not path.is_dir():
            faults.append(f"{printable(str(path))} is not in the folder of a class")
            continue
        try:
            files, wrong = picture_files(path)
        except OSError as error:
            files, wrong = [], [explain(error)]
        faults += wrong
        if files:
            classes[path.name] = files
    return classes, faults


def files_of(folder, subset):
    """Return the picture files of a subset, the class of each, all classes, and what is wrong.

    Returns
    -------
    files : list of Path
        Sorted by part, class and name.
    names : list of str
        The class of each.
    classes : list of str
        The classes of all parts, sorted.
    faults : list of str
    """
    parts = folder_parts(folder)
    if subset != "all" and subset not in parts:
        what = "a folder train but no folder test" if parts else "no folders train and test"
        raise FileNotFoundError(
            f"{printable(str(folder))} has {what}: load all images with subset='all', and divide "
            "them with sklearn.model_selection.train_test_split."
        )
    faults = [
        f"{printable(str(path))} is beside the folder train and is not used"
        for path in entries(folder)
        if parts and path not in parts.values()
    ]
    found, classes = [], set()
    for part, place in (parts or {"all": folder}).items():
        of_class, wrong = class_files(place)
        classes |= set(of_class)
        if subset in ("all", part):
            found += [(path, name) for name, paths in of_class.items() for path in paths]
            faults += wrong
    files, names = [path for path, _ in found], [name for _, name in found]
    return files, names, sorted(classes), faults


def refuse_or_note(faults, on_error):
    """Raise ValueError with what is wrong if `on_error` is "raise" and anything is."""
    if faults and on_error == "raise":
        raise ValueError(
            f"{in_short(faults)}. Remove what is not an image of a class, or pass on_error='skip'."
        )


def check_total(n_images, shape, max_bytes):
    """Raise ValueError if so many RGB images of a shape do not fit into the memory allowed."""
    n_bytes = n_images * math.prod(shape) * 3
    if n_bytes > max_bytes:
        raise ValueError(
            f"{n_images:,} images of {shape[0]} x {shape[1]} pixels take {n_bytes / 1e9:.1f} GB, "
            f"more than max_bytes={max_bytes:_}: give a smaller image_size."
        )


def read_images(files, shape, *, fill, on_error, max_pixels, max_bytes):
    """Return RGB images, which of the files they are, and what is wrong with the others.

    `shape` is (height, width), or None if all files have the same.
    """
    images, read, faults = None, [], []
    if shape is not None:
        check_total(len(files), shape, max_bytes)
    for number, path in enumerate(files):
        try:
            picture = read_rgb(path, max_pixels=max_pixels, fill=fill)
        except (OSError, ValueError) as error:
            faults.append(explain(error))
            refuse_or_note(faults, on_error)
            continue
        if shape is not None:
            picture = fit_into(picture, shape, fill)
        pixels = np.asarray(picture)
        if images is None:
            check_total(len(files), pixels.shape[:2], max_bytes)
            images = np.empty((len(files), *pixels.shape), dtype=np.uint8)
        if pixels.shape != images.shape[1:]:
            (h1, w1), (h2, w2) = images.shape[1:3], pixels.shape[:2]
            raise ValueError(
                f"{printable(str(path))} has {h2} x {w2} pixels (height x width), but "
                f"{printable(str(files[read[0]]))} has {h1} x {w1}: pass image_size=28, or another "
                "size for all images."
            )
        images[len(read)] = pixels
        read.append(number)
    return (None if images is None else images[: len(read)]), read, faults


def in_color(images, color):
    """Return RGB images in grey, (n, height, width), or as they are.

    With "auto", they become grey if all of them are.
    """
    if color == "rgb":
        return images
    if color == "auto" and not all((image == image[..., :1]).all() for image in images):
        return images
    if color == "auto":
        return images[..., 0].copy()
    grey = np.empty(images.shape[:3], dtype=np.uint8)
    for n, image in enumerate(images):  # one after the other, for the memory
        grey[n] = np.rint(image @ np.array([0.299, 0.587, 0.114]))
    return grey


def check_folder(path):
    """Return the path of a folder; raise an OSError that says what to do if it is not one."""
    folder = Path(path).expanduser()
    if not folder.is_dir():
        kind = NotADirectoryError if folder.exists() else FileNotFoundError
        raise kind(
            f"{printable(str(folder))} is not a folder: give one that has a folder of picture "
            "files for each class."
        )
    return folder


@validate_params(
    {
        "path": [str, os.PathLike],
        "image_size": [Interval(Integral, 1, None, closed="left"), tuple, list, None],
        "color": [StrOptions({"auto", "grey", "rgb"})],
        "fill": [Interval(Integral, 0, 255, closed="both")],
        "subset": [StrOptions({"train", "test", "all"})],
        "on_error": [StrOptions({"raise", "skip"})],
        "max_pixels": [Interval(Integral, 1, None, closed="left")],
        "max_bytes": [Interval(Integral, 1, None, closed="left")],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_image_folder(
    path,
    *,
    image_size=None,
    color="auto",
    fill=WHITE,
    subset="all",
    on_error="raise",
    max_pixels=MAX_PIXELS,
    max_bytes=MAX_BYTES,
    return_X_y=False,
    as_frame=False,
):
    """Load a folder of picture files that has one sub-folder per class.

    PNG, JPEG, WebP, GIF and BMP files are read; their names must have the usual extensions, in
    upper or lower case. The name of a sub-folder is the name of its class. If the folder has
    folders ``train`` and ``test``, the sub-folders of the classes are in those. Hidden files are
    ignored. Everything is sorted by name, so the order is always the same.

    Parameters
    ----------
    path : str or path-like
        The folder that holds a folder of pictures for each class.
    image_size : int, tuple of int or None, default=None
        Height and width of the images: two integers, or one for both. Pictures of another size
        are resized without distortion and centred. None if all have the same size already.
    color : {"auto", "grey", "rgb"}, default="auto"
        Whether the images have one channel or three. "auto" means grey if every pixel of every
        image is grey.
    fill : int, default=255
        The grey level, 0 to 255, of the margins and of transparent parts of a picture.
    subset : {"train", "test", "all"}, default="all"
        The part to load. "train" and "test" need folders of these names; "all" is the
        training images, then the test images, if there are such folders.
    on_error : {"raise", "skip"}, default="raise"
        What to do about files that are damaged, too large or not pictures, broken links, empty
        folders, and folders within those of the classes: raise an error, or leave them out with a
        warning.
    max_pixels : int, default=50_000_000
        A picture with more pixels counts as an error; it is not decoded. While a picture is read,
        it takes up to 12 bytes of memory per pixel.
    max_bytes : int, default=4_000_000_000
        Maximum memory for all images together, as RGB.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of the Bunch.
    as_frame : bool, default=False
        Return the data as a pandas DataFrame and the labels as a Series.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : ndarray or DataFrame of shape (n_samples, height * width * channels), uint8
            The pixels, 0 to 255, one image per row.
        images : ndarray of shape (n_samples, height, width) or (n_samples, height, width, 3), uint8
            The same pixels; a view of `data` unless that is a DataFrame.
        target : ndarray or Series of shape (n_samples,), int64
            The labels, positions in `target_names`.
        index : ndarray of shape (n_samples,), int64
            The position of each image: 0 to ``n_samples - 1``.
        frame : DataFrame of shape (n_samples, height * width * channels + 1), or None
            Data and target; only with ``as_frame=True``.
        feature_names : list of str
            "pixel_0_0" (row, column) and so on; with channels "pixel_0_0_0".
        target_names : ndarray of str
            The names of the classes in both parts, whatever the `subset`, sorted.
        filenames : ndarray of str
            The path of each image.
        skipped : list of str
            What was left out, with the reason; empty with ``on_error="raise"``.
        DESCR : str
            Where the data were read from.

    (data, target) : tuple, if `return_X_y` is True
        The two attributes of these names.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist, or has no part of the name `subset`.
    NotADirectoryError
        If it is a file.
    ValueError
        If there is no image, if sizes differ and `image_size` is None, if the images take more
        than `max_bytes`, or, with ``on_error="raise"``, if anything cannot be read as a picture.

    Warns
    -----
    UserWarning
        If anything was left out, with ``on_error="skip"``.

    See Also
    --------
    load_idx : Load images in the files of MNIST's format.
    skfashion.preprocessing.PhotoConverter : Make photographs similar to Fashion-MNIST.

    Notes
    -----
    Photographs are rotated upright by their EXIF data. 16 bits per channel become 8. Only the first
    picture of an animation is read. The format is recognised by the content of a file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from skfashion.datasets import load_image_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, color in [("night", "navy"), ("day", "skyblue")]:
    ...         Path(folder, name).mkdir()
    ...         Image.new("RGB", (40, 30), color).save(Path(folder, name, "1.png"))
    ...     sky = load_image_folder(folder, image_size=(12, 16))
    >>> sky.images.shape
    (2, 12, 16, 3)
    >>> print(sky.target, sky.target_names[sky.target])
    [0 1] ['day' 'night']
    """
    folder = check_folder(path)
    if isinstance(image_size, Integral):
        image_size = (image_size, image_size)
    shape = None if image_size is None else check_shape(image_size, "image_size", (2,))
    files, names, classes, faults = files_of(folder, subset)
    if files:
        refuse_or_note(faults, on_error)
    images, read, unreadable = read_images(
        files, shape, fill=fill, on_error=on_error, max_pixels=max_pixels, max_bytes=max_bytes
    )
    faults += unreadable
    if images is None:
        reasons = f" ({in_short(faults)})" if faults else ""
        raise ValueError(
            f"{printable(str(folder))} holds no images{reasons}: it should have a folder of "
            "picture files for each class."
        )
    if faults:
        warnings.warn(f"{len(faults)} left out: {in_short(faults)}.", stacklevel=3)
    dataset = make_image_bunch(
        in_color(images, color),
        np.array([classes.index(names[number]) for number in read]),
        target_names=[printable(name) for name in classes],
        descr=f"{len(read)} images ({subset}) from the picture files in {printable(str(folder))}.",
        return_X_y=return_X_y,
        as_frame=as_frame,
    )
    if not return_X_y:
        dataset.filenames = np.array([str(files[number]) for number in read])
        dataset.skipped = faults
    return dataset

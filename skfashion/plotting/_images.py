"""Images as Displays need them: from rows of pixels to one picture of many."""

import math
from numbers import Integral

import numpy as np
from sklearn.utils import check_array

from skfashion.preprocessing._rows import check_shape, rows_of, shape_of_rows


def as_images(X, image_shape=None):
    """Return images as a stack (n, height, width, channels), of one channel or three.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Images; a stack has its own shape.
    image_shape : tuple of int or None
        (height, width) or (height, width, channels) of the images in flat rows; None for a square.
    """
    X, stack_shape = rows_of(X)
    rows = check_array(X, dtype="numeric", input_name="X")
    if stack_shape is None and image_shape is not None:
        stack_shape = (*check_shape(image_shape, "image_shape", (2, 3)), 1)[:3]
    height, width, n_channels = shape_of_rows(rows.shape[1], stack_shape)
    if n_channels not in (1, 3):
        raise ValueError(
            f"X has images with {n_channels} channels; only grey (1) and RGB (3) can be drawn."
        )
    missing = height * width * n_channels - rows.shape[1]
    return np.pad(rows, ((0, 0), (0, missing))).reshape(-1, height, width, n_channels)


def own_image_shape(estimator, n_features):
    """Return the shape that an estimator gives rows of `n_features` pixels, or None."""
    shape = getattr(estimator, "image_shape_", None)
    return shape if shape is not None and math.prod(shape) == n_features else None


def brightness(images):
    """Return images as float32 from 0 to 1.

    uint8 is divided by 255; other pixels are taken as they are if all lie from 0 to 1, else
    stretched, from the lowest of all to the highest.
    """
    if images.dtype == np.uint8:
        return images / np.float32(255)
    images = images.astype(np.float32)
    low, high = min(images.min(), 0), max(images.max(), 1)
    if (low, high) != (0, 1):
        low, high = images.min(), images.max()
    return (images - low) / ((high - low) or 1)


def tile(rows, gap):
    """Lay images out in rows, with nothing between them.

    Parameters
    ----------
    rows : list of ndarray of shape (n_images_of_row, height, width, channels)
        Pixels as they are to be seen: one channel, or three from 0 to 1.
    gap : tuple of int
        Pixels between rows and between columns.

    Returns
    -------
    picture : ndarray of shape (picture_height, picture_width) or (..., 4)
        NaN where there is no image; of three channels, RGBA with a transparent nothing.
    centres : list of ndarray of shape (n_images_of_row, 2)
        x and y of the centre of each image, in pixels of the picture.
    """
    height, width, n_channels = rows[0].shape[1:]
    step_y, step_x = height + gap[0], width + gap[1]
    n_columns = max(len(row) for row in rows)
    shape = (len(rows) * step_y - gap[0], n_columns * step_x - gap[1])
    if n_channels == 1:
        picture = np.full(shape, np.nan, np.float32)
    else:
        picture = np.zeros((*shape, 4), np.float32)
    centres = []
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            y, x = i * step_y, j * step_x
            place = picture[y : y + height, x : x + width]
            if n_channels == 1:
                place[...] = image[..., 0]
            else:
                place[..., :3], place[..., 3] = image, 1
        x = np.arange(len(row)) * step_x + (width - 1) / 2
        centres.append(np.c_[x, np.full(len(row), i * step_y + (height - 1) / 2)])
    return picture, centres


def in_rows(images, n_columns):
    """Return a stack as a list of stacks of `n_columns` images, the last perhaps of fewer."""
    return [images[k : k + n_columns] for k in range(0, len(images), n_columns)]


def check_count(value, name):
    """Return `value` if it is an integer above zero, or raise."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be an integer above zero, got {value!r}.")
    return int(value)


def class_names(classes, target_names):
    """Return {label: name} of the sorted labels `classes`.

    Names go with the labels in this order or, if there are more names than labels, with the
    labels as indices, as in ``target_names[target]`` of scikit-learn's datasets.
    """
    labels = np.asarray(classes).tolist()
    if target_names is None:
        return {label: str(label) for label in labels}
    names = [str(name) for name in target_names]
    if len(names) == len(labels):
        return dict(zip(labels, names, strict=True))
    are_indices = all(isinstance(label, int) and 0 <= label < len(names) for label in labels)
    if not are_indices:
        raise ValueError(
            f"{len(names)} target_names do not go with {len(labels)} classes; give a name for "
            f"each of the labels {labels}."
        )
    return {label: names[label] for label in labels}

"""Many images as one picture."""

import numpy as np


def tile(rows, gap):
    """Lay images out in rows of one picture.

    Parameters
    ----------
    rows : list of ndarray of shape (n_images_of_row, height, width, channels)
        Pixels as they are shown: one channel, or three from 0 to 1.
    gap : tuple of int
        Pixels between rows and between columns.

    Returns
    -------
    picture : ndarray of shape (picture_height, picture_width) or (..., 4)
        With one channel, NaN where there is no image; with three, RGBA, transparent there.
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
    """Split a stack into a list of stacks of `n_columns` images; the last may have fewer."""
    return [images[k : k + n_columns] for k in range(0, len(images), n_columns)]

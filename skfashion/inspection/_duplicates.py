"""Images that are in the data twice, exactly or nearly."""

from numbers import Real

import numpy as np
import pandas as pd
from scipy.spatial import KDTree
from sklearn.decomposition import PCA

from skfashion._images import brightness, check_rows, rows_of

N_COMPONENTS = 16  # more prune better, but a k-d tree slows down with its dimensions
ROUNDING = 1e-5  # relative error of distances in float32


def find_duplicates(X, X_other=None, *, max_distance=0.02):
    """Find images that are in the data twice, or in two datasets.

    The distance of two images is the root mean square of the differences of their pixels, where 1
    is the difference between black and white.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Images. uint8 means pixels from 0 to 255; other pixels are taken as they are if all lie
        between 0 and 1, and otherwise the lowest is black and the highest is white.
    X_other : array-like of the same shape but for n, default=None
        A second dataset, such as the test images; None to compare the images of `X` with each
        other.
    max_distance : float, default=0.02
        The largest distance of two images that are called duplicates; 0 for identical images only.

    Returns
    -------
    duplicates : DataFrame
        One row per image of `X` that has a duplicate, the closest first, with the columns

        - ``index``: position in `X`;
        - ``duplicate_of``: the closest image that comes earlier in `X`; or ``other_index``: the
          closest one in `X_other`, if that is given;
        - ``distance``: between the two; 0 if they are identical.

    Raises
    ------
    ValueError
        If the images differ in size, or `max_distance` is not from 0 to 1.

    See Also
    --------
    find_outliers : Find images that are unlike all others.

    Notes
    -----
    Without `X_other`, ``np.delete(X, duplicates["index"], axis=0)`` removes all duplicates.

    No pair is missed: the distance of two images can only get smaller if they are projected to
    their first 16 principal components. So only the few pairs that are close there are compared
    pixel by pixel. This takes seconds for 60,000 images of 28 x 28 pixels if `max_distance` is
    small, and longer the more pairs are within that distance.

    Examples
    --------
    >>> import numpy as np
    >>> from skfashion import load_fashion_sample
    >>> from skfashion.inspection import find_duplicates
    >>> X, _ = load_fashion_sample(subset="test", return_X_y=True)
    >>> X = np.vstack([X, X[:1]])
    >>> find_duplicates(X)
       index  duplicate_of  distance
    0   1000             0       0.0
    """
    if not isinstance(max_distance, Real) or not 0 <= max_distance <= 1:
        raise ValueError(f"max_distance must be a number from 0 to 1, got {max_distance!r}.")
    rows = _rows(X)
    if X_other is None:
        index, other, distance = _within(_shown(rows), rows, max_distance)
        name = "duplicate_of"
    else:
        others = _rows(X_other)
        if others.shape[1] != rows.shape[1]:
            raise ValueError(
                f"The images of X have {rows.shape[1]} pixels and those of X_other "
                f"{others.shape[1]}: give images of the same size."
            )
        index, other, distance = _between(*_alike(rows, others), max_distance)
        name = "other_index"
    order = np.lexsort((index, distance))
    columns = {"index": index, name: other, "distance": distance}
    return pd.DataFrame({key: values[order] for key, values in columns.items()})


def _rows(X):
    """Return images as rows of pixels, checked."""
    rows, _ = rows_of(X)
    return check_rows(rows)


def _alike(rows, others):
    """Return two datasets with pixels that mean the same if one is in bytes, one from 0 to 1."""
    parts = (rows, others)
    is_bytes = [part.dtype == np.uint8 for part in parts]
    is_share = [part.dtype.kind == "f" and part.min() >= 0 and part.max() <= 1 for part in parts]
    if any(is_bytes) and any(is_share):
        return tuple(map(brightness, parts))
    return parts


def _shown(rows):
    return np.ascontiguousarray(brightness(rows), dtype=np.float32)


def _within(pixels, rows, max_distance):
    """Return positions of images, of the closest earlier image of each, and their distances."""
    first = _first_places(rows)
    # of identical images, one is enough to search with; it is the first
    index = np.flatnonzero(first != np.arange(len(rows)))
    found = [(index, first[index], np.zeros(len(index)))]
    if max_distance > 0:
        unique = np.flatnonzero(first == np.arange(len(rows)))
        i, j, distance = _closest(pixels[unique], pixels[unique], max_distance, earlier=True)
        found.append((unique[i], unique[j], distance))
    return tuple(map(np.concatenate, zip(*found, strict=True)))


def _between(rows, others, max_distance):
    """Return positions of images, of the closest image of the others, and their distances."""
    both = np.concatenate([others, rows])
    first = _first_places(both)[len(others) :]
    index = np.flatnonzero(first < len(others))
    found = [(index, first[index], np.zeros(len(index)))]
    if max_distance > 0:
        rest = np.flatnonzero(first >= len(others))
        pixels = _shown(both)
        left = pixels[len(others) :][rest]
        i, j, distance = _closest(left, pixels[: len(others)], max_distance, earlier=False)
        found.append((rest[i], j, distance))
    return tuple(map(np.concatenate, zip(*found, strict=True)))


def _first_places(rows):
    """Return for each row the place of the first one that is identical."""
    rows = np.ascontiguousarray(rows)
    if rows.dtype.kind == "f":
        rows = rows + 0.0  # -0.0 equals 0.0, but its bytes differ
    first = {}
    return np.array([first.setdefault(row.tobytes(), i) for i, row in enumerate(rows)], dtype=int)


def _closest(pixels, others, max_distance, *, earlier):
    """Return where images have another one within a distance, where the closest is, how far it is.

    Parameters
    ----------
    pixels : ndarray of float32 of shape (n, n_features)
    others : ndarray of float32 of shape (n_others, n_features)
    max_distance : float
    earlier : bool
        Whether `others` are the same images, of which only earlier ones count.
    """
    none = np.zeros(0, dtype=int)
    if len(pixels) < 1 + earlier or not len(others):
        return none, none, np.zeros(0)
    radius = max_distance * np.sqrt(pixels.shape[1])
    places, others_places = pixels, others
    if min(others.shape) > N_COMPONENTS:
        pca = PCA(N_COMPONENTS, svd_solver="covariance_eigh").fit(others)
        places, others_places = pca.transform(pixels), pca.transform(others)
    tree = KDTree(others_places)
    slack = ROUNDING * max(1, np.abs(places).max())
    found = []
    for start in range(0, len(places), 256):  # the candidates of a few images at a time
        block = tree.query_ball_point(places[start : start + 256], radius + slack)
        for i, candidates in enumerate(block, start):
            near = np.array([j for j in candidates if not earlier or j < i], dtype=int)
            if not len(near):
                continue
            squares = np.square(others[near] - pixels[i]).mean(axis=1, dtype=np.float64)
            best = np.lexsort((near, squares))[0]
            if squares[best] <= max_distance**2:
                found.append((i, near[best], np.sqrt(squares[best])))
    if not found:
        return none, none, np.zeros(0)
    i, j, distance = map(np.array, zip(*found, strict=True))
    return i, j, distance

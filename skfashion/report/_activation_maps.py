"""Where a network looks, for the images that are worth a look: mistakes, and those of the lists."""

import numpy as np

from skfashion._estimators import activation_maps, final_step
from skfashion.report._pack import pack
from skfashion.report._sprites import build_images

MOST_MAPS = 1000
SHARE = 0.1  # of the page's size, at most


def maps_of(estimator, X, positions):
    """Return positions of images and their maps as bytes, or None if the estimator has no maps."""
    positions = positions[:MOST_MAPS]
    if not hasattr(final_step(estimator), "class_activation_maps") or not len(positions):
        return None
    X = X.iloc[positions] if hasattr(X, "iloc") else np.asarray(X)[positions]
    try:
        maps = activation_maps(estimator, X)
    except ValueError:  # it has no convolution; the images are good, for they were predicted
        return None
    return positions, np.rint(255 * maps).astype(np.uint8)


def maps_summary(positions, maps, pixels, max_bytes):
    """Return the maps in the form that the page reads: as images, with the positions of theirs.

    None if they are not as large as the images.
    """
    if maps.shape[1:3] != pixels.shape[1:3]:
        return None
    images = build_images(maps, SHARE * max_bytes, np.arange(len(maps)))
    if images is None:
        return None
    kept = positions if images["kept"] is None else positions[images["kept"]]
    return {**images, "kept": pack(kept.astype(np.uint32))}

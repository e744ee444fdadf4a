"""The Bunch that every loader returns, in the form of scikit-learn's own loaders."""

import math

import numpy as np
from sklearn.utils import Bunch

from skfashion._images import pixel_names


def make_image_bunch(images, labels, *, target_names, descr, return_X_y, as_frame, index=None):
    """Return a stack of images and labels (n,) as a Bunch, or as data and target.

    `index` is None if the images are a whole dataset or a whole part of one.
    """
    data = images.reshape(len(images), math.prod(images.shape[1:]))
    target = labels.astype(np.int64)
    feature_names = pixel_names(images.shape[1:])
    frame = None
    if as_frame:
        import pandas as pd  # imported here because it is slow and rarely needed

        data = pd.DataFrame(data, columns=feature_names)
        target = pd.Series(target, name="target")
        frame = pd.concat([data, target], axis=1)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        images=images,
        target=target,
        index=np.arange(len(images)) if index is None else index,
        frame=frame,
        feature_names=feature_names,
        target_names=np.array(target_names),
        DESCR=descr,
    )

"""The form in which every loader here returns its images: that of scikit-learn's loaders."""

import math

import numpy as np
from sklearn.utils import Bunch

from skfashion._images import pixel_names


def make_image_bunch(images, labels, *, target_names, descr, return_X_y, as_frame):
    """Return a stack of images and labels (n,) as a Bunch, or as data and target."""
    data = images.reshape(len(images), math.prod(images.shape[1:]))
    target = labels.astype(np.int64)
    feature_names = pixel_names(images.shape[1:])
    frame = None
    if as_frame:
        import pandas as pd  # slow to import, and few ask for it

        data = pd.DataFrame(data, columns=feature_names)
        target = pd.Series(target, name="target")
        frame = pd.concat([data, target], axis=1)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        images=images,
        target=target,
        frame=frame,
        feature_names=feature_names,
        target_names=np.array(target_names),
        DESCR=descr,
    )

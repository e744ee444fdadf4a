"""The form in which every loader here returns its images: that of scikit-learn's loaders."""

import numpy as np
from sklearn.utils import Bunch


def pixel_names(height, width):
    """Return "pixel_0_0" (row, column) and so on, row by row, as `sklearn.datasets.load_digits`."""
    return [f"pixel_{row}_{column}" for row in range(height) for column in range(width)]


def make_image_bunch(images, labels, *, target_names, descr, return_X_y, as_frame):
    """Return images (n, height, width) and labels (n,) as a Bunch, or as data and target."""
    n_samples, height, width = images.shape
    data = images.reshape(n_samples, height * width)
    target = labels.astype(np.int64)
    feature_names = pixel_names(height, width)
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

"""From rows of pixels to batches of images, without a per-sample loader."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

PIXELS_AT_ONCE = 2**20  # gathered and converted in one call (4 MB), then cut into batches


def to_images(rows, image_shape, min_size, device):
    """Convert rows of pixels to the images that the networks take.

    Parameters
    ----------
    rows : ndarray or tensor of shape (n, n_features)
        Pixels, row by row, channels last; uint8 is divided by 255, others are used as they are.
    image_shape : tuple of (height, width, channels)
        Shape of an image; shorter rows are filled up with zeros.
    min_size : int
        Smaller images are centred and padded with zeros to this height and width.
    device : str or torch.device
        Device of the images.

    Returns
    -------
    images : tensor of shape (n, channels, height, width), channels last in memory
    """
    rows = to_tensor(rows, device)
    batch = rows.float().div_(255) if rows.dtype == torch.uint8 else rows.float()
    height, width, n_channels = image_shape
    n_missing = height * width * n_channels - batch.shape[1]
    if n_missing:
        batch = nn.functional.pad(batch, (0, n_missing))
    images = batch.view(-1, height, width, n_channels).permute(0, 3, 1, 2)
    if height < min_size or width < min_size:
        images = nn.functional.pad(images, centred_padding(height, width, min_size))
    return images


def to_tensor(rows, device):
    """Return rows of pixels as a tensor on a device: uint8 as they are, others in float32."""
    if isinstance(rows, np.ndarray):
        if rows.dtype != np.uint8:  # here, as not all devices have float64
            with np.errstate(over="ignore"):  # infinite pixels give scores or a loss that says so
                rows = rows.astype(np.float32, copy=False)
        rows = torch.from_numpy(np.require(rows, requirements="CW"))
    return rows.to(device)


def centred_padding(height, width, min_size):
    """Return the padding (left, right, top, bottom) that makes an image as large as `min_size`."""
    y, x = max(0, min_size - height), max(0, min_size - width)
    return x // 2, x - x // 2, y // 2, y - y // 2


class ImageSet:
    """Rows of pixels, class indices and weights, of all rows or of those that an index selects.

    Parameters
    ----------
    rows : ndarray or tensor of shape (n_rows, n_features)
        Pixels; neither copied nor converted.
    y : ndarray of shape (n,), int64, or None
        Class indices of the samples.
    weight : ndarray of shape (n,), float32, or None
        Weights of mean one.
    index : ndarray of shape (n,), int64, or None
        Rows of the samples; None for all rows in order.
    """

    def __init__(self, rows, y=None, weight=None, index=None):
        self.rows, self.weight, self.index = rows, weight, index
        n_samples = len(rows if index is None else index)
        self.y = np.zeros(n_samples, np.int64) if y is None else np.asarray(y, np.int64)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        """Return the samples that `index` (an int, a slice or an array) selects."""
        samples = {"rows": self.rows[index if self.index is None else self.index[index]]}
        if self.weight is not None:
            samples["weight"] = torch.as_tensor(self.weight[index], device="cpu")
        return samples, torch.as_tensor(self.y[index], device="cpu")

    @property
    def X(self):
        """Pixels of the samples, where skorch looks for them."""
        return self.rows if self.index is None else self.rows[self.index]


def batch_bounds(n_samples, batch_size, least=1):
    """Return the bounds of batches; the last batch has the remaining samples.

    Parameters
    ----------
    n_samples, batch_size : int
        Number of samples in total, and in each batch.
    least : int, default=1
        A last batch of fewer samples is joined to the one before it.
    """
    starts = list(range(0, n_samples, batch_size))
    if len(starts) > 1 and n_samples - starts[-1] < least:
        del starts[-1]
    return [*starts, n_samples]


class ImageBatches:
    """Iterate over an `ImageSet` in batches, in a new random order each time if `rng` is given.

    Parameters
    ----------
    dataset : ImageSet
    batch_size : int
    images_of : callable
        Converts rows of pixels to the images that the network takes.
    rng : numpy.random.Generator or None
        Draws the order; None keeps the order of the dataset.
    least : int, default=1
        A last batch of fewer samples is joined to the one before it.
    augment : callable or None
        Called with images and their positions in the dataset, returns changed images.
    choose : callable or None
        Called with the generator `rng`, returns the positions of the images to iterate over, whose
        weights are then scaled to a mean of one; None for all images.
    """

    def __init__(
        self, dataset, batch_size, images_of, rng=None, least=1, augment=None, choose=None
    ):
        self.dataset, self.batch_size, self.rng = dataset, batch_size, rng
        self.images_of, self.least, self.augment, self.choose = images_of, least, augment, choose

    def __iter__(self):
        """Yield batches: {name: values} and class indices; in random order, their positions too."""
        order = self._order()
        mean_weight = self._mean_weight(order)
        n = len(self.dataset) if order is None else len(order)
        n_pixels = self.images_of(self.dataset.rows[:1]).shape[1:].numel()  # with their padding
        n_at_once = max(1, PIXELS_AT_ONCE // (self.batch_size * n_pixels))  # batches
        ends = batch_bounds(n, self.batch_size, self.least)
        for first in range(0, len(ends) - 1, n_at_once):
            some = ends[first : first + n_at_once + 1]
            part = slice(some[0], some[-1])
            samples, y = self.dataset[part if order is None else order[part]]
            samples["images"] = self.images_of(samples["rows"])
            if mean_weight is not None:
                samples["weight"] = samples["weight"] / mean_weight
            if order is not None:
                samples["positions"] = order[part]
            if self.augment is not None:
                positions = np.arange(n)[part] if order is None else order[part]
                samples["images"] = self.augment(samples["images"], positions)
            for start, end in pairwise(k - some[0] for k in some):
                batch = slice(start, end)
                yield {name: values[batch] for name, values in samples.items()}, y[batch]

    def _order(self):
        """Return the positions of the images in a new random order, or None."""
        if self.rng is None:
            return None
        if self.choose is None:
            return self.rng.permutation(len(self.dataset))
        return self.rng.permutation(self.choose(self.rng))

    def _mean_weight(self, order):
        """Return the mean weight of images that were chosen, or None if there is nothing to do."""
        if self.choose is None or self.dataset.weight is None:
            return None
        mean = self.dataset.weight[order].mean(dtype=np.float64)
        return float(mean) if mean > np.finfo(np.float32).tiny else None

"""From rows of pixels to batches of images, without a per-sample loader."""

import numpy as np
import torch
from torch import nn

PIXELS_AT_ONCE = 2**20  # are gathered and converted in one call, 4 MB, and cut into batches


def to_images(rows, image_shape, min_size, dtype, device):
    """Make of rows of pixels the images that the networks take.

    Parameters
    ----------
    rows : ndarray or tensor of shape (n, n_features)
        Pixels, row by row, channels last; uint8 is divided by 255, the rest taken as it is.
    image_shape : tuple of (height, width, channels)
        Shape of an image; rows that are shorter are filled up with zeros.
    min_size : int
        Smaller images are padded with zeros, centred, to that height and width.
    dtype : torch.dtype
        Floating type of the images.
    device : str or torch.device
        Where they go.

    Returns
    -------
    images : tensor of shape (n, channels, height, width), channels last in memory
    """
    rows = to_tensor(rows, device, dtype)
    batch = rows.to(dtype).div_(255) if rows.dtype == torch.uint8 else rows.to(dtype)
    height, width, n_channels = image_shape
    n_missing = height * width * n_channels - batch.shape[1]
    if n_missing:
        batch = nn.functional.pad(batch, (0, n_missing))
    images = batch.view(-1, height, width, n_channels).permute(0, 3, 1, 2)
    if height < min_size or width < min_size:
        images = nn.functional.pad(images, centred_padding(height, width, min_size))
    return images


def to_tensor(rows, device, dtype=torch.float32):
    """Return rows of pixels as a tensor on a device: uint8 as they are, others in `dtype`."""
    if isinstance(rows, np.ndarray):
        if rows.dtype != np.uint8:  # here, for not all devices have float64
            rows = rows.astype(np.float64 if dtype == torch.float64 else np.float32, copy=False)
        rows = torch.from_numpy(np.require(rows, requirements="CW"))
    return rows.to(device)


def centred_padding(height, width, min_size):
    """Return (left, right, top, bottom), what a small image lacks of `min_size` on each side."""
    y, x = max(0, min_size - height), max(0, min_size - width)
    return x // 2, x - x // 2, y // 2, y - y // 2


def cut(images, y, batch_size):
    """Yield views of `batch_size` samples each: {name: values} and `y`."""
    for start in range(0, len(y), batch_size):
        batch = slice(start, start + batch_size)
        yield {name: values[batch] for name, values in images.items()}, y[batch]


class ImageBatches:
    """Iterate over an `ImageSet` in batches, in a new random order each time if there is `rng`.

    Parameters
    ----------
    dataset : ImageSet
    batch_size : int
    images_of : callable
        Makes of rows of pixels the images that the network takes.
    rng : numpy.random.Generator or None
        Draws the order; None keeps that of the dataset.
    """

    def __init__(self, dataset, batch_size, images_of, rng=None):
        self.dataset, self.batch_size, self.rng = dataset, batch_size, rng
        self.images_of = images_of

    def __len__(self):
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self):
        n = len(self.dataset)
        order = None if self.rng is None else self.rng.permutation(n)
        n_pixels = self.images_of(self.dataset.X[:1]).shape[1:].numel()  # with their padding
        n_at_once = max(1, PIXELS_AT_ONCE // (self.batch_size * n_pixels)) * self.batch_size
        for begin in range(0, n, n_at_once):
            part = slice(begin, begin + n_at_once)
            samples, y = self.dataset[part if order is None else order[part]]
            samples["images"] = self.images_of(samples["rows"])
            yield from cut(samples, y, self.batch_size)

"""Smaller images for the first part of a training, and how they are made.

References
----------
.. [1] Howard, "Training Imagenet in 3 hours for USD 25; and CIFAR10 for USD 0.26", fast.ai (2018).
"""

from functools import lru_cache

import torch
from torch import nn

GROWN_AT = 0.6  # part of the training after which images have their full size
MULTIPLE = 4  # sides are multiples of it, so that poolings leave nothing out


def side_at(side, start, progress):
    """Return the side of the images at a point of the training, in pixels.

    Parameters
    ----------
    side : int
        Of the full images.
    start : float
        Fraction of it, in (0, 1), at which the training begins.
    progress : float
        Completed part of the training, in [0, 1].
    """
    part = min(1, start + (1 - start) * progress / GROWN_AT)
    return min(side, max(MULTIPLE, MULTIPLE * int(part * side / MULTIPLE + 0.5)))


@lru_cache(maxsize=128)
def resampling(side, smaller):
    """Return the matrix (smaller, side) that resamples a row of pixels, smoothed beforehand."""
    eye = torch.eye(side, dtype=torch.float32, device="cpu")[None, None]
    size = (smaller, side)
    return nn.functional.interpolate(eye, size, mode="bilinear", antialias=True)[0, 0]


def resized(images, height, width):
    """Return images (n, channels, height, width), resampled to a smaller height and width.

    Two products of matrices take less time than torch's `interpolate` on a CPU.
    """
    rows, columns = (
        resampling(*sides).to(images.device)
        for sides in zip(images.shape[2:], (height, width), strict=True)
    )
    return (rows @ (images @ columns.T)).contiguous(memory_format=torch.channels_last)


def images_at(images, start, progress):
    """Return images as small as they are to be at a point of the training."""
    height, width = (side_at(side, start, progress) for side in images.shape[2:])
    is_full = (height, width) == images.shape[2:]
    return images if is_full else resized(images, height, width)


def error_at(module, images, size):
    """Return the error that a module raises at images resampled to a size, or None."""
    try:
        module(resized(images, *size))
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
        return error
    return None


def message_of(start, size, full, error, larger):
    """Return what is said of a size that a module does not take.

    Parameters
    ----------
    start : float
        Fraction of the side at which the training is to begin.
    size, full : tuple of (height, width)
        The largest size that it does not take, and that of the images.
    error : Exception
    larger : float or None
        A fraction with which the training would have only sizes that it takes, if there is one.
    """
    reason = " ".join(str(error).split()).rstrip(".")
    if larger is None:
        return (
            f"progressive_resizing={start}, but the network takes only images of {full[0]} x "
            f"{full[1]} pixels ({reason}). Set it to None, or use a network that pools its last "
            "maps to one size."
        )
    return (
        f"progressive_resizing={start}, but the network does not take images of {size[0]} x "
        f"{size[1]} pixels ({reason}). Set it to {larger} or more, or to None."
    )


def check_takes_smaller(module, images, start):
    """Raise a ValueError if a module cannot take an image in every size of a training.

    Parameters
    ----------
    module : torch.nn.Module
    images : tensor of shape (1, channels, height, width)
    start : float
        Fraction of the side at which the training begins.
    """
    full = tuple(images.shape[2:])

    def size_at(start, progress):
        return tuple(side_at(side, start, progress) for side in full)

    was_training = module.training
    module.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            sizes = sorted({size_at(start, k / 100) for k in range(101)})
            errors = {size: error_at(module, images, size) for size in sizes}
    finally:
        module.train(was_training)
    failed = [size for size, error in errors.items() if error]
    if failed:
        fractions = (k / 100 for k in range(1, 100))
        larger = (f for f in fractions if failed[-1] < size_at(f, 0) < full)
        message = message_of(start, failed[-1], full, errors[failed[-1]], next(larger, None))
        raise ValueError(message) from errors[failed[-1]]

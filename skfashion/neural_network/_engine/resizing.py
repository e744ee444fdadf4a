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


def check_takes_smaller(module, images, start):
    """Raise a ValueError if a module cannot take an image in every size of a training.

    Parameters
    ----------
    module : torch.nn.Module
    images : tensor of shape (1, channels, height, width)
    start : float
        Fraction of the side at which the training begins.
    """
    height, width = images.shape[2:]
    was_training = module.training
    module.eval()
    try:
        sizes = {tuple(side_at(s, start, k / 100) for s in (height, width)) for k in range(101)}
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            for size in sorted(sizes):
                module(resized(images, *size))
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(
            f"progressive_resizing={start}, but the network takes only images of {height} x "
            f"{width} pixels ({reason}). Set it to None, or use a network that pools its last maps "
            "to one size."
        ) from error
    finally:
        module.train(was_training)

"""Random changes to training images, a whole batch at a time, and views at test time.

The functions take and return images ``(n, channels, height, width)``, channels last in memory.

References
----------
.. [1] Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", arXiv:2404.00498 (2024).
.. [2] Zhong, Zheng, Kang, Li, Yang, "Random erasing data augmentation", arXiv:1708.04896 (2017).
"""

import numpy as np
import torch
from torch import nn

NAMES = ("flip", "alternating_flip", "shift", "erase")
TEST_TIME = {
    None: (),
    "flip": ("flip",),
    "shift": ("shift",),
    "flip+shift": ("flip", "shift"),
}
FLIP_PROBABILITY = 0.5
SHIFT_PART = 1 / 28  # of the side, in training and at test time
ERASE_PROBABILITY = 0.5  # this and the next two as in [2]_
ERASED_AREA = (0.02, 0.4)
ERASED_ASPECT = (0.3, 1 / 0.3)


def augmentation_names(augmentation):
    """Return the names in an `augmentation` such as "flip+shift"; none for a callable or None.

    Raises
    ------
    ValueError
        If a name is unknown or occurs twice, or if both flips are given.
    """
    if not isinstance(augmentation, str):
        return []
    names = augmentation.split("+")
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise ValueError(
            f"augmentation={augmentation!r} has the unknown name {unknown[0]!r}. Join any of "
            f"{', '.join(map(repr, NAMES))} by '+', or give a callable."
        )
    if len(set(names)) < len(names):
        raise ValueError(f"augmentation={augmentation!r} has a name twice. Give each name once.")
    if {"flip", "alternating_flip"} <= set(names):
        raise ValueError(
            f"augmentation={augmentation!r} flips images in two ways. Choose 'flip' or "
            "'alternating_flip'."
        )
    return names


def flip(images, is_flipped):
    """Return images, mirrored left to right where `is_flipped`, a boolean array (n,), says so."""
    flipped = torch.from_numpy(np.flatnonzero(is_flipped)).to(images.device)
    images = images.clone()
    images[flipped] = images[flipped].flip(3)
    return images


def pixels_in_proportion(images, part):
    """Return a part of the height and of the width in whole pixels, at least one."""
    return [max(1, round(part * side)) for side in images.shape[2:]]


def shift(images, down, right):
    """Return images moved by whole pixels; the border is repeated where they have moved away.

    The border of an image is usually its background, whatever scale the pixels have. Zeros would
    show as a frame on pixels that are scaled to zero mean.

    Parameters
    ----------
    images : tensor of shape (n, channels, height, width)
    down, right : ndarray of shape (n,), int
        Negative numbers move an image up or left.
    """
    n, n_channels, height, width = images.shape
    most = int(np.abs(right).max())
    rows = images.permute(0, 2, 3, 1).reshape(n * height, width, n_channels)
    first, last = (rows[:, k : k + 1].expand(-1, most, -1) for k in (0, width - 1))
    wide = torch.cat([first, rows, last], 1)
    # One copy per row: each row of the result is a run of `wide` that starts anywhere in it.
    source = np.clip(np.arange(height) - down[:, None], 0, height - 1)
    source += height * np.arange(n)[:, None]
    starts = torch.from_numpy(source * (width + 2 * most) + most - right[:, None])
    n_starts = wide.shape[0] * wide.shape[1] - width + 1
    runs = wide.as_strided((n_starts, width * n_channels), (n_channels, 1))
    moved = runs[starts.ravel().to(images.device)]
    return moved.view(n, height, width, n_channels).permute(0, 3, 1, 2)


def moved(images, down, right):
    """Return what `shift` does if all images move by the same number of pixels.

    It can be exported, for any number of images.
    """
    height, width = images.shape[2:]
    margins = (max(right, 0), max(-right, 0), max(down, 0), max(-down, 0))
    wide = nn.functional.pad(images, margins, mode="replicate")
    top, left = max(-down, 0), max(-right, 0)
    view = wide[:, :, top : top + height, left : left + width]
    return view.contiguous(memory_format=torch.channels_last)


def random_rectangles(n, height, width, rng):
    """Return the first and the last-but-one rows and columns of rectangles, four arrays (n,).

    Their areas and aspect ratios are those of [2]_. A side that is too long for the image is
    shortened to it; [2]_ draws again.
    """
    area = rng.uniform(*ERASED_AREA, n) * height * width
    root = np.exp(rng.uniform(*np.log(ERASED_ASPECT), n) / 2)
    whole = np.array([[height], [width]])
    sides = np.clip(np.rint([np.sqrt(area) * root, np.sqrt(area) / root]), 1, whole)
    starts = np.floor(rng.random((2, n)) * (whole - sides + 1))
    (top, left), (bottom, right) = starts, starts + sides
    return top, bottom, left, right


def erase(images, rng):
    """Return images, with probability 0.5 with a rectangle that is replaced by the image's mean."""
    n, _, height, width = images.shape
    is_erased = rng.random(n) < ERASE_PROBABILITY
    top, bottom, left, right = (
        torch.from_numpy(edge)[:, None] for edge in random_rectangles(n, height, width, rng)
    )
    y, x = torch.arange(height), torch.arange(width)
    in_rows = (y >= top) & (y < bottom) & torch.from_numpy(is_erased)[:, None]  # (n, height)
    in_columns = (x >= left) & (x < right)  # (n, width)
    is_inside = (in_rows[:, None, :, None] & in_columns[:, None, None, :]).to(images.device)
    return torch.where(is_inside, images.mean((2, 3), keepdim=True), images)


def view_names(test_time_augmentation):
    """Return the names that `views_of` takes, for a value of `test_time_augmentation`.

    Raises
    ------
    ValueError
        If there is no such value.
    """
    if test_time_augmentation not in TEST_TIME:
        names = ", ".join(map(repr, TEST_TIME))
        raise ValueError(
            f"test_time_augmentation={test_time_augmentation!r} is unknown. Set one of {names}."
        )
    return TEST_TIME[test_time_augmentation]


def views_of(images, names):
    """Return the views of images whose scores are averaged at test time.

    Parameters
    ----------
    images : tensor of shape (n, channels, height, width)
    names : list of {"flip", "shift"}
        "flip" adds the mirrored images; "shift" adds the images moved by a pixel down and right,
        and up and left, with half the weight of those in their place [1]_.

    Returns
    -------
    views : list of (float, tensor)
        Each with its weight.
    """
    views = [(1.0, images)]
    if "shift" in names:
        down, right = pixels_in_proportion(images, SHIFT_PART)
        views = [(0.5, images), (0.25, moved(images, down, right))]
        views.append((0.25, moved(images, -down, -right)))
    if "flip" in names:
        views = [(weight / 2, v) for weight, view in views for v in (view, view.flip(3))]
    return views


class Augmenter:
    """Applies named augmentations, with random numbers of its own.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed):
        self.load({"seed": seed, "stream": np.random.default_rng(seed).bit_generator.state})

    def state(self):
        """Return the state of the random numbers, for `load`."""
        return {"seed": self.seed, "stream": self.rng.bit_generator.state}

    def load(self, state):
        """Go back to what `state` returned."""
        self.seed, self.rng = state["seed"], np.random.default_rng()
        self.rng.bit_generator.state = state["stream"]
        self.first_flips = np.empty(0, bool)

    def __call__(self, images, names, positions, epoch):
        """Return a random change of images.

        Parameters
        ----------
        images : tensor of shape (n, channels, height, width)
        names : list of str
        positions : ndarray of shape (n,), int
            Which of the training images they are.
        epoch : int
            Number of the epoch, from 1.
        """
        for name in names:
            images = getattr(self, name)(images, positions, epoch)
        return images

    def flip(self, images, positions, epoch):
        """Mirror each image with probability 0.5."""
        return flip(images, self.rng.random(len(images)) < FLIP_PROBABILITY)

    def alternating_flip(self, images, positions, epoch):
        """Mirror a random half in the first epoch, then each image in every other epoch [1]_."""
        if positions.max() >= len(self.first_flips):  # a longer array begins with the same numbers
            rng = np.random.default_rng(self.seed)
            self.first_flips = rng.random(positions.max() + 1) < FLIP_PROBABILITY
        is_even = epoch % 2 == 0
        return flip(images, self.first_flips[positions] != is_even)

    def shift(self, images, positions, epoch):
        """Move each image by up to 1 of 28 pixels, in proportion for other sizes."""
        down, right = (
            self.rng.integers(-most, most + 1, len(images))
            for most in pixels_in_proportion(images, SHIFT_PART)
        )
        return shift(images, down, right)

    def erase(self, images, positions, epoch):
        """Replace a rectangle of every other image by the image's mean."""
        return erase(images, self.rng)


def augmented_by(function, images):
    """Return what a caller's function makes of a batch of images.

    Raises
    ------
    ValueError
        If that is not a float tensor of the same shape, or has infinite or NaN values.
    """
    name = getattr(function, "__name__", type(function).__name__)
    with torch.no_grad():
        changed = function(images)
    if not isinstance(changed, torch.Tensor) or not changed.is_floating_point():
        kind = changed.dtype if isinstance(changed, torch.Tensor) else type(changed).__name__
        raise ValueError(f"augmentation={name} returned {kind}. It must return a tensor of floats.")
    if changed.shape != images.shape:
        raise ValueError(
            f"augmentation={name} returned images of shape {tuple(changed.shape)} for "
            f"{tuple(images.shape)}. It must return a batch of the same shape."
        )
    if not changed.isfinite().all():
        raise ValueError(
            f"augmentation={name} returned infinite or NaN pixels. It must return finite ones."
        )
    return changed.to(images).contiguous(memory_format=torch.channels_last)

"""The real images, on their way from this process to the workers. Needs NumPy alone."""

from pathlib import Path

import numpy as np

from tests.benchmarks.networks import NETWORKS

FILES = ("train_images", "train_labels", "test_images", "test_labels")


def save_images(folder, arrays):
    """Save the four arrays: images (n, 28, 28), uint8, and labels (n,), int64."""
    for name, array in zip(FILES, arrays, strict=True):
        np.save(Path(folder, f"{name}.npy"), array)


def load_images(folder):
    """Return the four arrays."""
    return [np.load(Path(folder, f"{name}.npy")) for name in FILES]


def at_most(array, n):
    """Return the first `n` of the array; if it has fewer, it is repeated."""
    return array[:n] if n <= len(array) else np.resize(array, (n, *array.shape[1:]))


def scaled(images, network):
    """Return images as the article's code makes them: float32, 0 to 1, padded for the LeNets."""
    images = images.astype(np.float32) / 255
    margin = (NETWORKS[network].size - images.shape[1]) // 2
    return np.pad(images, ((0, 0), (margin, margin), (margin, margin)))

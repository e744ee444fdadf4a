"""The networks, and the numbers that all sides share.

Needs NumPy alone, as Keras's environment need not have skfashion or torch.
"""

from collections import namedtuple

import numpy as np

BATCH_SIZE = 32
N_TRAIN = 60_000  # images in a whole epoch, to which times are scaled
N_TEST = 10_000
IMAGES_A_RUN = 3_200  # a timed run then lasts about a second; four times as many if dense
LEARNING_RATE = 1e-3
RBF_GAMMA = 0.5


# Images are padded with zeros to `size`; a layer is its kind and arguments: maps, kernel, padding;
# units; rate of dropout. A network's name is that of its class without "Classifier".
Network = namedtuple("Network", "size optimizer activation n_parameters layers")
LENET5 = [
    *[("conv", 6, 5, "same"), ("average",), ("conv", 16, 5, "same"), ("average",)],
    *[("conv", 120, 5, "valid"), ("flatten",), ("dense", 84)],
]
CNN1 = [
    *[("conv", 32, 3, "valid"), ("max",), ("conv", 64, 3, "valid"), ("conv", 64, 3, "valid")],
    *[("max",), ("flatten",), ("dropout", 0.5), ("softmax",)],
]
CNN2 = [
    *[("conv", 32, 3, "same"), ("max",), ("dropout", 0.2)],
    *[("conv", 64, 3, "same"), ("max",), ("dropout", 0.2)],
    *[("conv", 128, 3, "same"), ("dropout", 0.5), ("flatten",), ("dense", 128), ("softmax",)],
]
DENSE = [("flatten",), ("dense", 300), ("dense", 100), ("softmax",)]
ARTICLE = {
    "SimpleDense": Network(28, "SGD", "relu", 266_610, DENSE),
    "LeNet5": Network(32, "Adam", "tanh", 212_896, [*LENET5, ("rbf",)]),
    "ModifiedLeNet5": Network(32, "Adam", "relu", 212_906, [*LENET5, ("softmax",)]),
    "CNN1": Network(28, "NAdam", "relu", 65_994, CNN1),
    "CNN2": Network(28, "Adam", "relu", 896_906, CNN2),
}


def package_networks():
    """Return the networks of the package, by class; a new one needs no entry here."""
    from skfashion import neural_network

    found = [name.removesuffix("Classifier") for name in neural_network.__all__]
    return [*ARTICLE, *(name for name in found if name not in ("Image", *ARTICLE))]


def at_most(array, n):
    """Return the first `n` of the array; if it has fewer, it is repeated."""
    return array[:n] if n <= len(array) else np.resize(array, (n, *array.shape[1:]))


def varied(images, rng):
    """Return images moved by up to two pixels, with noise, so that none is the same again."""
    moved = np.roll(images, tuple(rng.integers(-2, 3, 2)), axis=(1, 2)).astype(np.int16)
    moved += rng.integers(-8, 9, images.shape, np.int16)
    return moved.clip(0, 255).astype(np.uint8)


def scaled(images, network):
    """Return images as the article's code prepares them: float32, 0 to 1, padded for the LeNets."""
    images = images.astype(np.float32) / 255
    margin = (ARTICLE[network].size - images.shape[1]) // 2
    return np.pad(images, ((0, 0), (margin, margin), (margin, margin)))

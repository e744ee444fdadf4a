"""The networks, and the numbers that all sides share.

Needs NumPy alone, as Keras's environment need not have skfashion or torch.
"""

from dataclasses import dataclass

import numpy as np

BATCH_SIZE = 32
N_TRAIN = 60_000  # images in a whole epoch, to which times are scaled
N_TEST = 10_000
IMAGES_A_RUN = 3_200  # a timed run then lasts about a second
LEARNING_RATE = 1e-3
RBF_GAMMA = 0.5
NEEDS_A_MODULE = "ImageClassifier"


@dataclass(frozen=True)
class Network:
    """A network of the article."""

    classifier: str  # its class in skfashion
    size: int  # height and width of its images; 28 x 28 pixels are padded with zeros to 32 x 32
    optimizer: str
    activation: str
    n_parameters: int
    layers: list  # kind and arguments: maps, kernel, padding; units; rate of dropout


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
    "Simple dense": Network("SimpleDenseClassifier", 28, "sgd", "relu", 266_610, DENSE),
    "LeNet-5": Network("LeNet5Classifier", 32, "adam", "tanh", 212_896, [*LENET5, ("rbf",)]),
    "Modified LeNet-5": Network(
        "ModifiedLeNet5Classifier", 32, "adam", "relu", 212_906, [*LENET5, ("softmax",)]
    ),
    "CNN 1": Network("CNN1Classifier", 28, "nadam", "relu", 65_994, CNN1),
    "CNN 2": Network("CNN2Classifier", 28, "adam", "relu", 896_906, CNN2),
}


def package_networks():
    """Return {name: class} of the networks of the package; a new one needs no entry here."""
    from skfashion import neural_network

    article = {network.classifier: name for name, network in ARTICLE.items()}
    names = {
        article.get(public_name, public_name.removesuffix("Classifier")): public_name
        for public_name in neural_network.__all__
        if public_name != NEEDS_A_MODULE
    }
    return {name: names[name] for name in [*ARTICLE, *names] if name in names}


def images_a_run(network):
    """Return how many images a timed run of the network takes: four times as many if small."""
    return 4 * IMAGES_A_RUN if network == "Simple dense" else IMAGES_A_RUN


def at_most(array, n):
    """Return the first `n` of the array; if it has fewer, it is repeated."""
    return array[:n] if n <= len(array) else np.resize(array, (n, *array.shape[1:]))


def scaled(images, network):
    """Return images as the article's code makes them: float32, 0 to 1, padded for the LeNets."""
    images = images.astype(np.float32) / 255
    margin = (ARTICLE[network].size - images.shape[1]) // 2
    return np.pad(images, ((0, 0), (margin, margin), (margin, margin)))

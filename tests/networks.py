"""Every public network, for the tests that go over all of them, and what such tests share."""

import numpy as np
import pytest
from torch import nn

import skfashion

SOME = ("SimpleDenseClassifier", "LeNet5Classifier", "FastResNetClassifier")
NETWORKS = [getattr(skfashion, name) for name in skfashion.neural_network.__all__]
# For tests that take seconds per network: of each kind one is tested by default.
NETWORKS_SOME_SLOW = [
    pytest.param(network, marks=[] if network.__name__ in SOME else pytest.mark.slow)
    for network in NETWORKS
]
FAST = {"optimizer": "adam", "max_epochs": 2, "random_state": 0}  # of a dense network


class SmallModule(nn.Sequential):
    """A small torch module for images of any size; as a class, it has a name in a test's name."""

    def __init__(self, image_shape, n_classes):
        super().__init__(
            nn.Conv2d(image_shape[0], 16, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveMaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64, n_classes),
        )


# What has no default; and a rate at which so small a module learns in ten epochs, falling or not.
REQUIRED = {"ImageClassifier": {"module": SmallModule, "lr": 0.02}}


def make_network(Classifier, **parameters):
    """Return a network with the parameters, and what it requires."""
    return Classifier(**{**REQUIRED.get(Classifier.__name__, {}), **parameters})


def weights(classifier):
    return np.concatenate(
        [p.detach().numpy().ravel() for p in classifier.net_.module_.parameters()]
    )

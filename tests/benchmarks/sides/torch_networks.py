"""The article's networks, written in PyTorch as the article has them, layer by layer.

No layer of skfashion's and none of its rearrangements: what one would write by hand.
"""

import torch
from torch import nn

from tests.benchmarks.networks import KERAS_EPSILON, LEARNING_RATE, NETWORKS, RBF_GAMMA

OPTIMIZERS = {
    "sgd": (torch.optim.SGD, {}),
    "adam": (torch.optim.Adam, {"eps": KERAS_EPSILON}),
    "nadam": (torch.optim.NAdam, {"eps": KERAS_EPSILON}),
}


class RBF(nn.Module):
    """The article's last layer of LeNet-5, as logits."""

    def __init__(self, n_inputs, n_classes):
        super().__init__()
        self.centres = nn.Parameter(torch.empty(n_classes, n_inputs).uniform_(-0.05, 0.05))

    def forward(self, x):
        return -RBF_GAMMA * (x[:, None] - self.centres).square().sum(2)


def simple_dense():
    return nn.Sequential(
        nn.Flatten(),
        *(nn.Linear(784, 300), nn.ReLU()),
        *(nn.Linear(300, 100), nn.ReLU()),
        nn.Linear(100, 10),
    )


def cnn1():
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3), nn.ReLU()),
        *(nn.Conv2d(64, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.5)),
        nn.Linear(1024, 10),
    )


def cnn2():
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.2)),
        *(nn.Conv2d(64, 128, 3, padding=1), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Flatten(), nn.Linear(6272, 128), nn.ReLU()),
        nn.Linear(128, 10),
    )


def lenet5(activation, last_layer):
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), activation(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5, padding=2), activation(), nn.AvgPool2d(2)),
        *(nn.Conv2d(16, 120, 5), activation()),
        *(nn.Flatten(), nn.Linear(1920, 84), activation()),
        last_layer,
    )


FACTORIES = {
    "Simple dense": simple_dense,
    "LeNet-5": lambda: lenet5(nn.Tanh, RBF(84, 10)),
    "Modified LeNet-5": lambda: lenet5(nn.ReLU, nn.Linear(84, 10)),
    "CNN 1": cnn1,
    "CNN 2": cnn2,
}


def make_network(network):
    """Return the network, with weights as Keras draws them."""
    module = FACTORIES[network]()
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    if network == "CNN 2":
        nn.init.kaiming_normal_(module[0].weight)
    return module


def make_optimizer(network, parameters, **settings):
    """Return the article's optimiser; `settings` are for its implementation, not its result."""
    optimizer, own = OPTIMIZERS[NETWORKS[network].optimizer]
    return optimizer(parameters, lr=LEARNING_RATE, **own, **settings)

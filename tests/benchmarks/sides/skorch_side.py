"""skorch with its defaults: a NeuralNetClassifier, and the DataLoader that comes with it."""

import torch
from skorch import NeuralNetClassifier
from torch import nn

from tests.benchmarks.networks import BATCH_SIZE, LEARNING_RATE, NETWORKS
from tests.benchmarks.sides.base import Side, run
from tests.benchmarks.sides.images import scaled
from tests.benchmarks.sides.torch_networks import OPTIMIZERS, make_network


class SkorchSide(Side):
    """Its defaults but three, so that it does the same work as the others.

    By default it would train on 80 % of the images, in the order they have, in batches of 128.
    """

    def build(self, network, precision):
        torch.manual_seed(0)
        self.network = network
        optimizer, settings = OPTIMIZERS[NETWORKS[network].optimizer]
        self.net = NeuralNetClassifier(
            make_network(network),
            criterion=nn.CrossEntropyLoss,
            optimizer=optimizer,
            lr=LEARNING_RATE,
            max_epochs=1,
            batch_size=BATCH_SIZE,
            iterator_train__shuffle=True,
            train_split=None,
            verbose=0,
            **{f"optimizer__{name}": value for name, value in settings.items()},
        )

    def convert(self, images):
        return scaled(images, self.network)[:, None]  # (n, 1, h, w)

    def train(self, X, y):
        return self.net.partial_fit(X, y).history[-1, "dur"]

    def labels(self, X):
        return self.net.predict(X)


if __name__ == "__main__":
    run(SkorchSide)

"""PyTorch as its tutorials have it: a DataLoader, and five lines a batch."""

import time

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tests.benchmarks.networks import BATCH_SIZE
from tests.benchmarks.sides.base import Side, run
from tests.benchmarks.sides.images import scaled
from tests.benchmarks.sides.torch_networks import make_network, make_optimizer


class PlainTorchSide(Side):
    """Nothing is done for speed."""

    def build(self, network, precision):
        torch.manual_seed(0)
        self.network = network
        self.module = make_network(network)
        self.optimizer = make_optimizer(network, self.module.parameters())
        self.loss = nn.CrossEntropyLoss()

    def convert(self, images):
        return torch.from_numpy(scaled(images, self.network)).unsqueeze(1)  # (n, 1, h, w)

    def train(self, X, y):
        loader = DataLoader(
            TensorDataset(X, torch.from_numpy(y)), batch_size=BATCH_SIZE, shuffle=True
        )
        self.module.train()
        start = time.perf_counter()
        for images, labels in loader:
            self.optimizer.zero_grad()
            loss = self.loss(self.module(images), labels)
            loss.backward()
            self.optimizer.step()
        return time.perf_counter() - start

    def labels(self, X):
        self.module.eval()
        loader = DataLoader(TensorDataset(X), batch_size=BATCH_SIZE)
        with torch.no_grad():
            return torch.cat([self.module(images).argmax(1) for (images,) in loader]).numpy()


if __name__ == "__main__":
    run(PlainTorchSide)

"""Two PyTorch loops, and skorch with its defaults.

The networks are the article's, layer by layer: no layer of skfashion's and none of its
rearrangements, but what one would write by hand.
"""

import time
from itertools import chain

import torch
from skorch import NeuralNetClassifier
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tests.benchmarks.networks import ARTICLE, BATCH_SIZE, LEARNING_RATE, RBF_GAMMA, scaled
from tests.benchmarks.side import Side

# One kernel for all tensors; torch has none for NAdam, but one for each step of its formula.
FASTEST = {"SGD": {"fused": True}, "Adam": {"fused": True}, "NAdam": {"foreach": True}}


class RBF(nn.Module):
    """The article's last layer of LeNet-5, as logits."""

    def __init__(self, n_inputs, n_classes):
        super().__init__()
        self.centres = nn.Parameter(torch.empty(n_classes, n_inputs).uniform_(-0.05, 0.05))

    def forward(self, x):
        return -RBF_GAMMA * (x[:, None] - self.centres).square().sum(2)


def make_module(network):
    """Return the article's network."""
    size = ARTICLE[network].size
    activation = {"relu": nn.ReLU, "tanh": nn.Tanh}[ARTICLE[network].activation]
    make = {
        "conv": lambda n, size, padding: (nn.LazyConv2d(n, size, padding=padding), activation()),
        "max": lambda: (nn.MaxPool2d(2),),
        "average": lambda: (nn.AvgPool2d(2),),
        "dropout": lambda rate: (nn.Dropout(rate),),
        "flatten": lambda: (nn.Flatten(),),
        "dense": lambda n: (nn.LazyLinear(n), activation()),
        "softmax": lambda: (nn.LazyLinear(10),),
        "rbf": lambda: (RBF(84, 10),),
    }
    layers = [make[kind](*arguments) for kind, *arguments in ARTICLE[network].layers]
    module = nn.Sequential(*chain.from_iterable(layers))
    module(torch.zeros(1, 1, size, size))  # now the lazy layers know their sizes
    return module


class PlainTorch(Side):
    """PyTorch as its tutorials have it: a DataLoader, and five lines a batch."""

    fastest, memory_format = {}, torch.contiguous_format

    def n_threads(self):
        return torch.get_num_threads()

    def build(self, network, precision):
        torch.manual_seed(0)
        self.network = network
        self.module = make_module(network).to(memory_format=self.memory_format)
        name = ARTICLE[network].optimizer
        settings = {"lr": LEARNING_RATE, **self.fastest.get(name, {})}
        self.optimizer = getattr(torch.optim, name)(self.module.parameters(), **settings)
        self.casting = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")

    def convert(self, images):
        images = torch.from_numpy(scaled(images, self.network)).unsqueeze(1)  # (n, 1, h, w)
        return images.contiguous(memory_format=self.memory_format)

    def batches(self, X, y):
        return DataLoader(TensorDataset(X, y), batch_size=BATCH_SIZE, shuffle=True)

    def train(self, X, y):
        y = torch.from_numpy(y)
        self.module.train()
        start = time.perf_counter()
        for images, labels in self.batches(X, y):
            with self.casting:
                loss = nn.functional.cross_entropy(self.module(images), labels)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        return time.perf_counter() - start

    def labels(self, X):
        self.module.eval()
        with torch.inference_mode(), self.casting:
            batches = X.split(256)
            return torch.cat([self.module(images).argmax(1) for images in batches]).numpy()


class TunedTorch(PlainTorch):
    """PyTorch as a good engineer writes it: no loader, channels last, a fused optimiser."""

    fastest, memory_format = FASTEST, torch.channels_last

    def batches(self, X, y):
        return ((X[rows], y[rows]) for rows in torch.randperm(len(X)).split(BATCH_SIZE))


class Skorch(PlainTorch):
    """skorch's defaults but three, so that it does the same work as the others.

    By default it would train on 80 % of the images, in the order they have, in batches of 128.
    """

    def build(self, network, precision):
        super().build(network, precision)
        self.net = NeuralNetClassifier(
            self.module,
            criterion=nn.CrossEntropyLoss,
            optimizer=type(self.optimizer),
            lr=LEARNING_RATE,
            max_epochs=1,
            batch_size=BATCH_SIZE,
            iterator_train__shuffle=True,
            train_split=None,
            verbose=0,
        )

    def train(self, X, y):
        return self.net.partial_fit(X, y).history[-1, "dur"]

    def labels(self, X):
        return self.net.predict(X)

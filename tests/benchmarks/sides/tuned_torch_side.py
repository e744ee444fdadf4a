"""PyTorch as a good engineer writes it by hand: no loader, channels last, fused optimiser."""

import time
from contextlib import nullcontext

import torch
from torch import nn

from tests.benchmarks.networks import BATCH_SIZE, NETWORKS
from tests.benchmarks.sides.base import Side, run
from tests.benchmarks.sides.images import scaled
from tests.benchmarks.sides.torch_networks import make_network, make_optimizer

PREDICTION_BATCH_SIZE = 256
# One kernel for all tensors; torch has none for NAdam, but one for each step of its formula.
IMPLEMENTATION = {"sgd": {"fused": True}, "adam": {"fused": True}, "nadam": {"foreach": True}}


class TunedTorchSide(Side):
    """Slices of tensors that are float32 already; neither loss nor accuracy is kept."""

    def build(self, network, precision):
        torch.manual_seed(0)
        self.network = network
        self.module = make_network(network).to(memory_format=torch.channels_last)
        implementation = IMPLEMENTATION[NETWORKS[network].optimizer]
        self.optimizer = make_optimizer(network, self.module.parameters(), **implementation)
        self.casting = (
            nullcontext() if precision == "float32" else torch.autocast("cpu", torch.bfloat16)
        )

    def convert(self, images):
        images = torch.from_numpy(scaled(images, self.network)).unsqueeze(1)  # (n, 1, h, w)
        return images.contiguous(memory_format=torch.channels_last)

    def train(self, X, y):
        y = torch.from_numpy(y)
        self.module.train()
        start = time.perf_counter()
        for batch in torch.randperm(len(X)).split(BATCH_SIZE):
            with self.casting:
                loss = nn.functional.cross_entropy(self.module(X[batch]), y[batch])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
        return time.perf_counter() - start

    def labels(self, X):
        self.module.eval()
        with torch.inference_mode(), self.casting:
            batches = X.split(PREDICTION_BATCH_SIZE)
            return torch.cat([self.module(batch).argmax(1) for batch in batches]).numpy()


if __name__ == "__main__":
    run(TunedTorchSide)

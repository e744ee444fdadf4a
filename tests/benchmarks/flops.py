"""The arithmetic of a network, counted."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from tests.benchmarks.networks import NETWORKS
from tests.benchmarks.sides.torch_networks import make_network


def training_flops(network):
    """Return the floating-point operations of convolutions and matrix products, an image.

    Forward and backward; a multiply-add is two. The gradient of the images themselves is not
    needed, and not counted.
    """
    module = make_network(network)
    size = NETWORKS[network].size
    with FlopCounterMode(display=False) as counter:
        loss = nn.functional.cross_entropy(module(torch.zeros(1, 1, size, size)), torch.tensor([0]))
        loss.backward()
    return counter.get_total_flops()

import numpy as np
import pytest
import torch
from torch import nn

from skfashion._plain_network import fold, run
from skfashion.neural_network._layers import (
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Residual,
    conv2d,
    conv_norm,
)
from skfashion.neural_network._plain_layers import plain_layers


def computed(module, images):
    """Return what a module computes, and what its plain layers do, in float32."""
    module.eval()
    arrays = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    with torch.no_grad():
        expected = module(torch.from_numpy(images)).numpy()
    return run(fold(plain_layers(module), arrays), images), expected


@pytest.mark.parametrize(
    "module",
    [
        nn.Conv2d(2, 3, 3),
        nn.Conv2d(2, 3, (3, 5), padding=(1, 1), stride=2),
        nn.Conv2d(2, 3, 5, padding="same", bias=False),
        nn.Conv2d(2, 3, 1, padding="valid", stride=2),
        conv2d(2, 3, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.MaxPool2d((2, 2), stride=(2, 2)),
        nn.Sequential(nn.Flatten(), nn.Linear(2 * 9 * 8, 4)),
        nn.Sequential(Flatten(), nn.Linear(2 * 9 * 8, 4, bias=False)),
        nn.Sequential(GlobalMaxPool(), nn.Linear(2, 3)),
        nn.Sequential(GlobalAveragePool(), nn.Dropout(), Dropout(0.5)),
        nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten()),
        nn.Sequential(nn.AdaptiveAvgPool2d((1, 1)), Flatten()),
        Residual(conv_norm(2, 2)),
        Residual(conv_norm(2, 3, stride=2), conv_norm(2, 3, 1, stride=2)),
    ],
    ids=str,
)
def test_layers_compute_the_same(module):
    images = np.random.default_rng(0).normal(size=(3, 2, 9, 8)).astype(np.float32)
    ours, expected = computed(module, images)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


class Doubling(nn.Sequential):
    """Computes something else than a Sequential does."""

    def forward(self, x):
        return 2 * super().forward(x)


class OtherConvolution(nn.Conv2d):
    """A convolution that may compute something else."""


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (nn.Tanh(), "1 is Tanh"),
        (nn.Conv2d(2, 2, 3, groups=2), "1 is Conv2d"),
        (nn.Conv2d(2, 2, 4, padding="same"), "1 is Conv2d"),
        (nn.Conv2d(2, 2, 3, padding=(1, 0)), "1 is Conv2d"),
        (nn.Conv2d(2, 2, 3, stride=(1, 2)), "1 is Conv2d"),
        (nn.Conv2d(2, 2, 3, dilation=2), "1 is Conv2d"),
        (nn.Conv2d(2, 2, 3, padding=1, padding_mode="reflect"), "1 is Conv2d"),
        (nn.BatchNorm2d(2, track_running_stats=False), "1 is BatchNorm2d"),
        (nn.MaxPool2d(3), "1 is MaxPool2d"),
        (nn.MaxPool2d(2, ceil_mode=True), "1 is MaxPool2d"),
        (nn.AdaptiveMaxPool2d(2), "1 is AdaptiveMaxPool2d"),
        (Doubling(nn.ReLU()), "1 is Doubling"),
        (OtherConvolution(2, 2, 3), "1 is OtherConvolution"),
    ],
    ids=str,
)
def test_a_layer_without_a_plain_form_is_named(module, name):
    with pytest.raises(ValueError, match=f"{name}(.|\n)*Those that can are"):
        plain_layers(nn.Sequential(nn.ReLU(), module))

"""The machine itself: how fast it is at nothing but large convolutions and matrix products."""

import time

import torch
from torch import nn

from tests.benchmarks.worker import serve

MATRIX_SIZE = 4096
# Images (n, channels, height, width) and filters: the networks' largest, on maps of 28 x 28.
CONVOLUTIONS = [((32, 64, 28, 28), 64), ((32, 128, 28, 28), 128)]
SECONDS = 0.3  # of each


def rate(action, n_operations):
    """Return the operations a second of `action`, which does `n_operations` in a call."""
    action()
    start, n_calls = time.perf_counter(), 0
    while time.perf_counter() < start + SECONDS:
        action()
        n_calls += 1
    return n_calls * n_operations / (time.perf_counter() - start)


def convolution_rate(shape, n_filters, dtype):
    """Return the operations a second of a 3 x 3 convolution, channels last."""
    layout = {"dtype": dtype, "memory_format": torch.channels_last}
    conv = nn.Conv2d(shape[1], n_filters, 3, padding=1).to(**layout)
    images = torch.randn(shape).to(**layout)
    n, n_channels, height, width = shape
    return rate(lambda: conv(images), 2 * n * height * width * 9 * n_channels * n_filters)


def matrix_rate(dtype):
    """Return the operations a second of a product of square matrices."""
    left, right = torch.randn(2, MATRIX_SIZE, MATRIX_SIZE).to(dtype)
    return rate(lambda: left @ right, 2 * MATRIX_SIZE**3)


class MachineSide:
    """Asked in turn with the sides that it judges."""

    @torch.inference_mode()
    def rates(self, precision):
        """Return operations a second: {"convolution": the best of some, "matrix": ...}."""
        dtype = getattr(torch, precision)
        convolutions = [convolution_rate(*convolution, dtype) for convolution in CONVOLUTIONS]
        return {"convolution": max(convolutions), "matrix": matrix_rate(dtype)}


if __name__ == "__main__":
    serve(MachineSide())

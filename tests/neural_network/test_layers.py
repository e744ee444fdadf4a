import math
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from skfashion.neural_network._layers import (
    C3_CONNECTIONS,
    INITIALIZERS,
    RBF,
    AveragePool,
    Dropout,
    Flatten,
    MaxPool,
    PartialConv2d,
    ScaledTanh,
    Tanh,
    TrainableSubsampling,
    Whitening,
    conv2d,
    dense,
    initialize,
    n_features_out,
)

POOLS = [(AveragePool(), nn.AvgPool2d(2)), (MaxPool(), nn.MaxPool2d(2))]


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def images(generator, *shape):
    return torch.randn(*shape, generator=generator)


def n_parameters(module):
    return sum(p.numel() for p in module.parameters())


def test_rbf_with_softmax_is_the_keras_layer_renormalised(generator):
    x = images(generator, 5, 84)
    layer = RBF(84, 10, gamma=0.5)
    with torch.no_grad():
        layer.centres.normal_(generator=generator)
        scores = layer(x).double()
    distances = np.square(x.numpy()[:, None] - layer.centres.detach().numpy()).sum(2)
    # in logarithms: the exponentials themselves are all zero in float32 at this distance
    log_keras = -0.5 * distances.astype(np.float64)
    np.testing.assert_allclose(scores, log_keras, rtol=1e-5)
    assert (np.exp(log_keras.astype(np.float32)) < 1e-20).all()
    assert torch.softmax(scores, 1).sum(1).numpy() == pytest.approx(np.ones(5))


def test_rbf_centres_start_as_keras_draws_them_or_are_fixed_codes():
    assert RBF(84, 10, 0.5).centres.abs().max() <= 0.05
    fixed = RBF(84, 10, 0.5, fixed_codes=True)
    assert n_parameters(fixed) == 0
    assert set(fixed.centres.unique().tolist()) == {-1.0, 1.0}


def test_glorot_and_he_have_the_spread_of_keras():
    layer = conv2d(32, 64, 3)
    limit = math.sqrt(6 / (32 * 9 + 64 * 9))
    assert 0.98 * limit < layer.weight.abs().max() <= limit
    assert layer.bias.abs().max() == 0
    layer = conv2d(32, 256, 3, initializer="he_normal")
    std = math.sqrt(2 / (32 * 9))  # after the cut
    assert layer.weight.std().item() == pytest.approx(std, rel=0.01)
    assert layer.weight.abs().max() <= 2 * std / 0.8796


def test_lecun_initial_weights_lie_within_the_papers_bounds():
    weight = dense(1000, 100).weight
    INITIALIZERS["lecun_1998"](weight)
    assert 0.0023 < weight.abs().max() <= 0.0024


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_dropout_drops_the_part_it_says_and_keeps_the_mean(p):
    layer = Dropout(p)
    layer.seed(0)
    out = layer(torch.ones(1000, 1000))
    n = out.numel()
    dropped = (out == 0).double().mean().item()
    assert abs(dropped - p) < 4 * math.sqrt(p * (1 - p) / n) + 2**-16  # four deviations
    assert out.unique().tolist() == pytest.approx([0, 1 / (1 - p)])
    assert out.mean().item() == pytest.approx(1, abs=0.005)


def test_dropout_masks_have_no_pattern_in_rows_or_columns():
    layer = Dropout(0.5)
    layer.seed(1)
    kept = (layer(torch.ones(512, 2048)) > 0).double()
    for axis in (0, 1):
        deviation = math.sqrt(0.25 / kept.shape[axis])
        assert ((kept.mean(axis) - 0.5).abs() < 6 * deviation).all()
    residues = kept.view(-1, 4).mean(0)  # four units share a random number
    assert ((residues - 0.5).abs() < 6 * math.sqrt(0.25 / (kept.numel() / 4))).all()


def test_dropout_is_repeatable_and_leaves_the_global_generator_alone(generator):
    x = images(generator, 4, 3, 8, 8)
    before = torch.get_rng_state()
    layer, again = Dropout(0.5), Dropout(0.5)
    layer.seed(3)
    again.seed(3)
    first = layer(x)
    assert torch.equal(first, again(x))
    assert not torch.equal(first, layer(x))
    assert torch.equal(layer.eval()(x), x)
    assert torch.equal(torch.get_rng_state(), before)


def test_dropout_masks_do_not_depend_on_the_memory_order(generator):
    x = images(generator, 2, 3, 4, 4).to(memory_format=torch.channels_last)
    layer, again = Dropout(0.5), Dropout(0.5)
    layer.seed(0)
    again.seed(0)
    out = layer(x)
    assert out.is_contiguous(memory_format=torch.channels_last)
    flat = again(x.permute(0, 2, 3, 1).reshape(2, -1))
    assert torch.equal(out.permute(0, 2, 3, 1).reshape(2, -1), flat)


def test_dropout_goes_on_where_it_was_after_a_pickle():
    layer = Dropout(0.5)
    layer.seed(0)
    copy = pickle.loads(pickle.dumps(layer))
    assert torch.equal(layer(torch.ones(100)), copy(torch.ones(100)))


def test_dropout_trained_elsewhere_can_be_read_here():
    class Elsewhere:  # stands for a generator on a GPU
        device = torch.device("cuda")

        def __reduce__(self):
            return torch.Generator, ("cuda",)

    layer = Dropout(0.5)
    layer.device_generator = Elsewhere()
    copy = pickle.loads(pickle.dumps(layer))
    assert copy(torch.ones(100)).unique().tolist() == [0, 2]


def test_scaled_tanh_maps_one_to_one():
    assert ScaledTanh()(torch.tensor([-1.0, 0.0, 1.0])).tolist() == pytest.approx(
        [-1, 0, 1], abs=1e-4
    )


def values_and_gradients(layer, x):
    x = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
    y = layer(x)
    (y * torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view(y.shape)).sum().backward()
    return y.detach(), x.grad


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 3e-7), (torch.float64, 1e-15), (torch.bfloat16, 4e-3)]
)
def test_tanh_is_torch_s_to_rounding(dtype, tolerance):
    x = torch.linspace(-12, 12, 4001).to(dtype)
    ours, torch_s = values_and_gradients(Tanh(), x), values_and_gradients(torch.tanh, x)
    for a, b in zip(ours, torch_s, strict=True):
        assert a.dtype == dtype
        torch.testing.assert_close(a, b, rtol=0, atol=tolerance)
    assert Tanh()(torch.zeros(1, dtype=dtype)) == 0


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", [(3, 6, 8, 8), (2, 1, 7, 5), (1, 4, 2, 3), (2, 3, 4, 2)])
@pytest.mark.parametrize(("pool", "torch_s"), POOLS)
def test_pooling_is_torch_s(generator, pool, torch_s, shape, memory_format):
    x = images(generator, *shape).contiguous(memory_format=memory_format)
    pairs = zip(values_and_gradients(pool, x), values_and_gradients(torch_s, x), strict=True)
    for ours, expected in pairs:
        torch.testing.assert_close(ours, expected)
        assert ours.is_contiguous(memory_format=memory_format)
    with torch.no_grad():
        torch.testing.assert_close(pool(x), torch_s(x))
        assert pool(x).is_contiguous(memory_format=memory_format)


@pytest.mark.parametrize(("pool", "torch_s"), POOLS)
def test_pooling_in_bfloat16(generator, pool, torch_s):
    x = images(generator, 3, 6, 8, 8).bfloat16().contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        assert pool(x).dtype == torch.bfloat16
        torch.testing.assert_close(pool(x), torch_s(x), rtol=0, atol=0.02)  # rounds twice


def test_flatten_has_the_order_of_keras_and_copies_nothing(generator):
    x = images(generator, 2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    rows = Flatten()(x)
    assert rows.shape == (2, 60)
    assert torch.equal(rows[1, :6], torch.cat([x[1, :, 0, 0], x[1, :, 0, 1]]))
    assert rows.data_ptr() == x.data_ptr()
    assert torch.equal(Flatten()(rows), rows)


@pytest.mark.parametrize(("n_channels", "dtype"), [(1, torch.float32), (6, torch.bfloat16)])
def test_convolutions_of_pixels_are_in_float32(generator, n_channels, dtype):
    with torch.autocast("cpu", torch.bfloat16):
        assert conv2d(n_channels, 8, 3)(images(generator, 2, n_channels, 5, 5)).dtype == dtype


def test_trainable_subsampling_is_coefficient_times_sum_plus_bias(generator):
    x = images(generator, 2, 3, 4, 4)
    layer = TrainableSubsampling(3)
    with torch.no_grad():
        layer.coefficient.copy_(torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1))
        layer.bias.fill_(0.5)
        out = layer(x)
    assert out[1, 2, 0, 1].item() == pytest.approx(3 * x[1, 2, :2, 2:].sum().item() + 0.5, rel=1e-5)
    assert n_parameters(layer) == 6


def test_partial_convolution_is_a_full_one_with_the_missing_kernels_at_zero(generator):
    x = images(generator, 2, 6, 14, 14)
    layer = PartialConv2d(C3_CONNECTIONS, 5)
    full = nn.Conv2d(6, 16, 5)
    with torch.no_grad():
        full.weight.zero_()
        full.bias.copy_(layer.bias)
        k = 0
        for o, inputs in enumerate(C3_CONNECTIONS):
            for i in inputs:
                full.weight[o, i] = layer.weight[k]
                k += 1
        torch.testing.assert_close(layer(x), full(x))
    assert n_parameters(layer) == 1516
    assert sum(len(c) for c in C3_CONNECTIONS) == 60


def test_partial_convolution_in_mixed_precision(generator):
    x = images(generator, 2, 6, 14, 14).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        layer = PartialConv2d(C3_CONNECTIONS, 5)
        maps = layer(x)
    assert maps.dtype == torch.bfloat16
    torch.testing.assert_close(maps.float(), layer(x.float()), rtol=0.02, atol=0.02)


def test_n_features_out_neither_trains_nor_changes_the_mode():
    module = nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 4, 3), nn.Flatten())
    assert n_features_out(module, (1, 5, 7)) == 4 * 3 * 5
    assert module.training
    assert module[0].num_batches_tracked == 0


def second_moments(maps):
    rows = maps.movedim(1, -1).flatten(0, 2)
    return rows.T @ rows / len(rows)


@pytest.mark.parametrize("n_channels", [1, 3])
def test_whitened_maps_are_uncorrelated_and_vary_equally(generator, n_channels):
    x = images(generator, 50, n_channels, 9, 9).cumsum(2).cumsum(3)  # neighbours are alike
    layer = Whitening(n_channels)
    n_maps = 4 * n_channels
    assert layer(x).shape == (50, 2 * n_maps, 10, 10)
    layer.adapt(x)
    maps = layer(x)[:, :, 1:-1, 1:-1]  # the patches without padding
    torch.testing.assert_close(maps[:, :n_maps], -maps[:, n_maps:])
    # variances that are a thousandth of the largest are divided by their root, but for the floor
    moments = second_moments(maps[:, :n_maps])
    torch.testing.assert_close(
        moments - moments.diagonal().diag(), torch.zeros_like(moments), atol=1e-3, rtol=0
    )
    assert 0.85 < moments.diagonal().min() <= moments.diagonal().max() < 1.001


def test_whitening_takes_weights_for_copies(generator):
    x = images(generator, 20, 1, 6, 6)
    weighted, copied = Whitening(1), Whitening(1)
    weighted.adapt(x[:10], torch.arange(10.0))
    copied.adapt(x[:10].repeat_interleave(torch.arange(10), 0))
    torch.testing.assert_close(weighted.weight, copied.weight)


def test_whitening_is_neither_trained_nor_drawn():
    layer = Whitening(1)
    pixels = layer.weight.clone()
    assert not layer.weight.requires_grad
    initialize(nn.Sequential(layer), "he_normal")
    assert torch.equal(layer.weight, pixels)
    layer.adapt(torch.zeros(5, 1, 4, 4))  # nothing to learn from
    assert torch.equal(layer.weight, pixels)
    layer.adapt(torch.ones(5, 1, 4, 4))
    assert layer.weight.isfinite().all()

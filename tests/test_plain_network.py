import numpy as np
import pytest
import torch
from torch import nn

from skfashion import (
    CNN1Classifier,
    CNN2Classifier,
    FastResNetClassifier,
    ResNetClassifier,
    SimpleDenseClassifier,
    VGGClassifier,
)
from skfashion._plain_network import PlainNetwork, fold, run, softmax
from skfashion.neural_network._layers import MaxPool
from skfashion.neural_network._plain_layers import plain_layers
from skfashion.pretrained._plain import plain_network

SMALL = {"widths": (4, 8), "batch_size": 32}
NETWORKS = [
    CNN1Classifier(),
    CNN2Classifier(),
    FastResNetClassifier(**SMALL, depths=(1, 2)),
    FastResNetClassifier(**SMALL, depths=(1, 2), whitening=False),
    ResNetClassifier(**SMALL, n_blocks=(1, 2)),
    SimpleDenseClassifier(),
    VGGClassifier(**SMALL, depths=(1, 2)),
]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: type(network).__name__)
def test_networks_predict_the_same_in_plain_layers(network, sample):
    X, y = sample.data[:64], sample.target[:64]
    network.set_params(max_epochs=1, random_state=0).fit(X, y)
    plain = plain_network(network, X)
    _, features, scores = plain.predict(X[:20])
    np.testing.assert_allclose(features, network.features(X[:20]), rtol=1e-4, atol=1e-4)
    probabilities = softmax(scores)
    np.testing.assert_allclose(probabilities, network.predict_proba(X[:20]), atol=1e-5)


def test_means_are_those_of_the_maps_that_the_last_pooled_convolution_takes(sample):
    X, y = sample.data[:64], sample.target[:64]
    network = VGGClassifier(**SMALL, depths=(1, 2), max_epochs=1, random_state=0).fit(X, y)
    convolutions = [m for m in network.net_.module_.modules() if isinstance(m, nn.Conv2d)]
    taken = []
    hook = convolutions[-1].register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0]))
    network.predict(X[:20])
    hook.remove()
    plain = plain_network(network, X)
    means, features = plain.features(X[:20])
    np.testing.assert_allclose(means, taken[0].float().mean((2, 3)), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(features, plain.predict(X[:20])[1])


def test_without_pooling_the_means_are_those_of_the_pixels(sample):
    X, y = sample.data[:64], sample.target[:64]
    network = SimpleDenseClassifier(max_epochs=1, random_state=0).fit(X, y)
    means, _ = plain_network(network, X).features(X)
    np.testing.assert_allclose(means[:, 0], X.mean(axis=1) / 255, rtol=1e-5)


def computed(module, images):
    """Return what a module computes, and what its plain layers do, in float32."""
    module.eval()
    arrays = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    with torch.no_grad():
        expected = module(torch.from_numpy(images)).numpy()
    return run(fold(plain_layers(module), arrays), images), expected


def with_statistics(norm):
    """Return a batch normalisation as after a training, one of its scales negative."""
    for name, values in norm.state_dict().items():
        if name != "num_batches_tracked":
            values.copy_(torch.linspace(0.3, 1.5, len(values)))
    norm.weight.data[0] = -0.7
    return norm


@pytest.mark.parametrize("pool", [False, True])
def test_a_normalisation_is_folded_with_a_negative_scale_before_and_after_a_pooling(pool):
    torch.manual_seed(0)
    pooling = [MaxPool()] if pool else []
    module = nn.Sequential(nn.Conv2d(2, 3, 3), *pooling, with_statistics(nn.BatchNorm2d(3)))
    images = np.random.default_rng(0).normal(size=(2, 2, 9, 9)).astype(np.float32)
    maps, expected = computed(module, images)
    np.testing.assert_allclose(maps, expected, atol=1e-5)
    arrays = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    kinds = [layer["kind"] for layer in fold(plain_layers(module), arrays)]
    assert kinds == (["conv", "max_pool", "affine"] if pool else ["conv"])


def test_the_shift_of_a_folded_convolution_is_what_the_normalisation_added():
    conv, norm = nn.Conv2d(2, 3, 3), with_statistics(nn.BatchNorm2d(3))
    arrays = {k: t.numpy() for k, t in nn.Sequential(conv, norm).state_dict().items()}
    (layer,) = fold(plain_layers(nn.Sequential(conv, norm)), arrays)
    scale = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().numpy()
    np.testing.assert_allclose(
        layer["bias"] - layer["shift"], scale * conv.bias.detach().numpy(), atol=1e-6
    )


def test_softmax_of_large_scores_is_finite():
    np.testing.assert_allclose(softmax(np.array([[1e4, 0.0]])), [[1, 0]])


def test_scores_may_be_those_of_the_image_and_of_the_mirrored_one():
    rng = np.random.default_rng(0)
    layers = [
        {"kind": "flatten", "channels": "last"},
        {"kind": "dense", "weight": rng.normal(size=(3, 6)), "bias": np.zeros(3)},
    ]
    images = rng.integers(0, 256, (5, 2, 3), dtype=np.uint8)
    plain = PlainNetwork(layers, (2, 3, 1), 1 / 255, 0.0)
    both = PlainNetwork(layers, (2, 3, 1), 1 / 255, 0.0, mirror=True)
    _, features, scores = both.predict(images)
    expected = (plain.predict(images)[2] + plain.predict(images[:, :, ::-1])[2]) / 2
    np.testing.assert_allclose(scores, expected, rtol=1e-6)
    np.testing.assert_array_equal(features, plain.predict(images)[1])

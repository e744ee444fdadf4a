"""Networks that are very large, or too large for the memory."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from skfashion import CNN2Classifier, ImageClassifier, SimpleDenseClassifier
from skfashion.neural_network import _size
from tests.networks import NETWORKS, make_network

LABELS = np.arange(10)


@pytest.mark.parametrize("Classifier", NETWORKS)
def test_parameters_are_counted_without_making_them(Classifier, sample):
    classifier = make_network(Classifier, max_epochs=1).fit(sample.data[:64], sample.target[:64])
    counted = classifier._count_parameters()
    if Classifier is ImageClassifier:
        assert counted is None  # what a user's function does is done once
    else:
        assert counted == classifier.n_parameters_


def test_muon_has_a_momentum():
    assert _size.numbers_per_parameter("muon", 0) == _size.numbers_per_parameter("sgd", 0.9)


def test_an_average_is_one_more_number_per_parameter():
    for arguments in [("adam", 0), ("sgd", 0), ("sgd", 0.9), (torch.optim.SGD, 0)]:
        plain = _size.numbers_per_parameter(*arguments)
        assert _size.numbers_per_parameter(*arguments, None) == plain
        assert _size.numbers_per_parameter(*arguments, "ema") == plain + 1
        assert _size.numbers_per_parameter(*arguments, "lookahead") == plain + 2


def test_a_network_for_large_images_gets_a_warning(monkeypatch):
    monkeypatch.setattr(_size, "available_memory_of_host", lambda: 10**10)
    message = r"268,\d{3},\d{3} parameters, .* at least 4\.3 GB of memory\. .*smaller images"
    with pytest.warns(UserWarning, match=message):
        _size.check_size(268_530_000, _size.numbers_per_parameter("adam", 0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _size.check_size(40_000_000, 4)


@pytest.mark.parametrize(
    ("classifier", "least"),
    [(CNN2Classifier(), "268,"), (SimpleDenseClassifier(), "78,")],
    ids=["CNN2", "SimpleDense"],
)
def test_a_network_beyond_the_memory_is_refused_before_it_is_made(monkeypatch, classifier, least):
    monkeypatch.setattr(_size, "available_memory_of_host", lambda: 10**8)
    monkeypatch.setattr(type(classifier), "_module", lambda self, seed: pytest.fail("was made"))
    message = rf"The network has {least}.* but only 0\.1 GB are available\. .*smaller images"
    with pytest.raises(MemoryError, match=message):
        classifier.fit(np.zeros((10, 512, 512), np.uint8), LABELS)
    assert not hasattr(classifier, "classes_")


def test_a_module_of_the_user_is_refused_before_it_is_trained(monkeypatch):
    made = []

    def module(image_shape, n_classes):
        made.append(1)
        return nn.Sequential(nn.Flatten(), nn.Linear(784, n_classes))

    monkeypatch.setattr(_size, "available_memory_of_host", lambda: 1000)
    with pytest.raises(MemoryError, match="7,850 parameters"):
        ImageClassifier(module=module).fit(np.zeros((10, 784), np.uint8), LABELS)
    assert made == [1]


@pytest.fixture
def gpu(monkeypatch):
    """A CUDA device with 2 GB free, 1.5 GB reserved by torch, 0.5 GB of that in use."""
    monkeypatch.setattr(_size, "resolve_device", torch.device)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2 * 10**9, 8 * 10**9))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 15 * 10**8)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 5 * 10**8)


@pytest.mark.filterwarnings("ignore:The network has")
def test_the_memory_of_the_device_counts(gpu, monkeypatch):
    monkeypatch.setattr(_size, "available_memory_of_host", lambda: 10**9)
    _size.check_size(60_000_000, 4, "cpu")  # 0.96 GB
    with pytest.raises(MemoryError, match=r"only 1\.0 GB are available\. "):
        _size.check_size(180_000_000, 4, "cpu")
    _size.check_size(180_000_000, 4, "cuda")  # 2.88 GB
    with pytest.raises(MemoryError, match=r"only 3\.0 GB are available on cuda:0\. "):
        _size.check_size(190_000_000, 4, "cuda:0")
    # what is made on the host has no memory on the device yet
    with pytest.raises(MemoryError, match="on cuda"):
        _size.check_size(190_000_000, 4, "cuda", n_present=1)
    _size.check_size(10**12, 4, "mps")  # which shares the memory with others: not known


def test_a_network_beyond_the_memory_of_its_device_is_refused(gpu, monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0, 8 * 10**9))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 51 * 10**7)
    classifiers = [
        CNN2Classifier(device="cuda"),
        ImageClassifier(
            module=lambda shape, n: nn.Sequential(nn.Flatten(), nn.Linear(512 * 512, n)),
            device="cuda",
        ),
    ]
    for classifier in classifiers:
        with pytest.raises(MemoryError, match=r"only 0\.0 GB are available on cuda\. "):
            classifier.fit(np.zeros((10, 512, 512), np.uint8), LABELS)


def test_what_a_training_keeps_for_each_parameter():
    assert _size.numbers_per_parameter("adam", 0) == 4
    assert _size.numbers_per_parameter("sgd", 0.9) == 3
    assert _size.numbers_per_parameter("sgd", 0) == 2
    assert _size.numbers_per_parameter(torch.optim.RMSprop, 0) == 2


def test_the_limit_of_a_container_counts(monkeypatch, tmp_path):
    (tmp_path / "max").write_text("5000\n")
    (tmp_path / "current").write_text("2000\n")
    files = [(tmp_path / "max", tmp_path / "current", tmp_path / "stat"), ("/no", "/such", "/file")]
    monkeypatch.setattr(_size, "CONTAINER_FILES", files)
    assert _size.available_memory_of_host() == 3000
    # files that were read are in the usage too, but make room when memory is needed
    (tmp_path / "stat").write_text("anon 1100\ninactive_file 600\nactive_file 300\n")
    assert _size.available_memory_of_host() == 3900
    (tmp_path / "stat").write_text("inactive_file 0\ntotal_inactive_file 500\n")
    assert _size.available_memory_of_host() == 3500
    (tmp_path / "max").write_text("max\n")
    monkeypatch.setattr(_size, "free_memory_of_machine", lambda: 700)
    assert _size.available_memory_of_host() == 700
    monkeypatch.setattr(_size, "free_memory_of_machine", lambda: None)
    assert _size.available_memory_of_host() is None
    _size.check_size(10, 4)

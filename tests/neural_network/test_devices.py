"""Devices, other ones than the CPU where there are any, and the shared cores of the CPU."""

import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone

from skfashion import CNN2Classifier, LeNet5Classifier
from skfashion.neural_network._engine import device as _device

AVAILABLE = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
DEVICES = [name for name, is_available in AVAILABLE.items() if is_available()] or ["cpu"]


@pytest.fixture(params=DEVICES)
def device(request):
    return request.param


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:300], sample.target[:300]


def test_a_device_learns_what_the_cpu_learns(data, device):
    X, y = data
    there = CNN2Classifier(max_epochs=3, validation_fraction=0.1, random_state=0, device=device)
    here = CNN2Classifier(max_epochs=3, random_state=0, device="cpu").fit(X, y)
    there.fit(X, y, sample_weight=np.linspace(1, 2, len(y)))
    assert abs(there.score(X, y) - here.score(X, y)) < 0.1
    assert next(there.net_.module_.parameters()).device.type == device
    again = clone(there).fit(X, y, sample_weight=np.linspace(1, 2, len(y)))
    np.testing.assert_allclose(again.predict_proba(X), there.predict_proba(X), atol=1e-2)


def test_floats_warm_starts_and_other_layers_on_a_device(data, device):
    X, y = data[0] / 255, data[1]  # float64, which not all devices have
    network = LeNet5Classifier(
        max_epochs=1, optimizer="nadam", warm_start=True, random_state=0, device=device
    )
    losses = [network.fit(X, y).loss_curve_[-1] for _ in range(3)]
    assert network.partial_fit(X, y).loss_curve_[-1] < losses[0]
    assert network.predict_proba(X[:1]).shape == (1, 10)


def test_a_pickle_of_a_device_is_of_the_cpu(data, device):
    X, y = data
    there = CNN2Classifier(max_epochs=1, random_state=0, device=device).fit(X, y)
    arrays = there.__getstate__()["_fitted"]["weights"].values()
    assert {type(array) for array in arrays} == {np.ndarray}
    read = pickle.loads(pickle.dumps(there))
    np.testing.assert_allclose(read.predict_proba(X[:9]), there.predict_proba(X[:9]), atol=1e-5)
    assert there.feature_maps(X[:2]).shape == (2, 28, 28, 32)
    assert there.kernels_.shape == (32, 3, 3, 1)


def test_bfloat16_on_a_device(data, device):
    X, y = data
    coarse = CNN2Classifier(max_epochs=3, random_state=0, device=device, precision="bfloat16")
    if _device.has_bfloat16(torch.device(device)):
        assert coarse.fit(X, y).score(X, y) > 0.4
    else:
        with pytest.raises(ValueError, match="does not compute in bfloat16"):
            coarse.fit(X, y)


FITS_IN_TWO_PROCESSES = """
import torch
from sklearn.model_selection import cross_val_score
from skfashion import SimpleDenseClassifier, load_fashion_sample

X, y = load_fashion_sample(subset="train", return_X_y=True)
network = SimpleDenseClassifier(max_epochs=1)
threads = lambda estimator, X, y: torch.get_num_threads()
print(max(cross_val_score(network, X[:200], y[:200], cv=2, n_jobs=2, scoring=threads)))
"""


@pytest.mark.slow
def test_fits_in_two_processes_share_the_cores():
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", FITS_IN_TWO_PROCESSES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert float(done.stdout) == max(1, joblib.cpu_count() // 2)

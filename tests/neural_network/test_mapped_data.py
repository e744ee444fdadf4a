"""Images in a file that is mapped into memory: the same results, and no copy of the images."""

import json
import subprocess
import sys

import numpy as np
import pytest

from skfashion import SimpleDenseClassifier
from skfashion.neural_network import _base
from skfashion.neural_network._engine.batches import ImageSet
from tests.networks import FAST, weights

BYTES_PER_IMAGE = 400  # of anonymous memory, the fragments included; an image has 784

# Prints how much more anonymous memory each call needs, at most, with many images than with few.
SCRIPT = """
import json, re, sys, threading, time
from pathlib import Path
import numpy as np
from skfashion import SimpleDenseClassifier

def watch():
    while True:
        found = re.search(r"^RssAnon:\\s+(\\d+) kB", Path("/proc/self/status").read_text(), re.M)
        sizes.append(int(found[1]) * 1024)
        time.sleep(0.005)

def most(call, n):
    sizes.clear()
    call(X[:n], y[:n])
    return max(sizes)

few, many = 10_000, 60_000
X = np.memmap(sys.argv[1], np.uint8, "r", shape=(many, 28, 28))
y = (np.arange(many) % 10).astype(np.uint8)
network = SimpleDenseClassifier(max_epochs=1, batch_size=1024, random_state=0)
part = SimpleDenseClassifier(max_epochs=1, batch_size=1024, validation_fraction=0.1)
calls = {
    "fit": network.fit,
    "part": lambda X, y: part.fit(X, y, sample_weight=np.arange(len(y)) % 7),
    "partial_fit": network.partial_fit,
    "predict": lambda X, y: network.predict(X),
    "predict_proba": lambda X, y: network.predict_proba(X),
}
sizes = []
threading.Thread(target=watch, daemon=True).start()
print(json.dumps({name: -most(call, few) + most(call, many) for name, call in calls.items()}))
"""


@pytest.fixture
def mapped(data, tmp_path):
    """The 300 images in a file, mapped for reading, and their labels."""
    X, y = data
    X.tofile(tmp_path / "images")
    return np.memmap(tmp_path / "images", np.uint8, "r", shape=X.shape), y


def test_results_are_those_of_images_in_memory(data, mapped, fitted):
    X, y = mapped
    network = SimpleDenseClassifier(**FAST).fit(X.reshape(-1, 28, 28), y)
    np.testing.assert_array_equal(weights(network), weights(fitted))
    np.testing.assert_array_equal(network.predict_proba(X), fitted.predict_proba(data[0]))
    network.partial_fit(X, y)
    in_memory = SimpleDenseClassifier(**FAST).fit(*data).partial_fit(*data)
    np.testing.assert_array_equal(weights(network), weights(in_memory))


def test_the_images_that_are_trained_on_are_never_gathered(data, monkeypatch):
    def gather(image_set):
        raise AssertionError

    monkeypatch.setattr(ImageSet, "X", property(gather))  # what skorch would read in every epoch
    X, y = data
    weight = np.arange(len(y)) % 3
    network = SimpleDenseClassifier(**FAST, early_stopping=True).fit(X, y, sample_weight=weight)
    rng = np.random.RandomState(0)
    sets = network._training_sets(X, y, weight.astype(float), rng, (None, None, None))
    assert all(image_set.rows is X for image_set in sets)
    assert all(weight[image_set.index].all() for image_set in sets)
    assert sum(map(len, sets)) == np.count_nonzero(weight)


def test_answers_come_in_parts_and_are_the_same(data, fitted, monkeypatch):
    X = np.tile(data[0], (2, 1))
    methods = ("predict", "predict_proba", "predict_log_proba", "decision_function")
    whole = {method: getattr(fitted, method)(X) for method in methods}
    monkeypatch.setattr(_base, "SCORES_AT_ONCE", 256)
    sizes, scores = [], fitted._network.scores
    monkeypatch.setattr(
        fitted._network,
        "scores",
        lambda rows, views: sizes.append(len(rows)) or scores(rows, views),
    )
    for method in methods:
        np.testing.assert_array_equal(getattr(fitted, method)(X), whole[method])
    assert sizes == [256, 344] * 4  # the last 88 alone might be computed with fewer threads


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")
def test_anonymous_memory_does_not_grow_by_the_images(tmp_path):
    with open(tmp_path / "images", "wb") as file:
        file.truncate(60_000 * 784)  # zeros, which take no place on the disk
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "images")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    grown = json.loads(ran.stdout)
    assert len(grown) == 5
    assert {name: n for name, n in grown.items() if n > BYTES_PER_IMAGE * 50_000} == {}, grown

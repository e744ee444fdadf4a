"""Trainings go on from states in a folder, bit for bit; damage and full disks cost time alone."""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from torch import nn

from skfashion import CNN2Classifier, FastResNetClassifier, ImageClassifier, SimpleDenseClassifier
from skfashion.memory import TrainingMemory
from skfashion.neural_network._engine import memory as _memory
from skfashion.neural_network._engine.memory import read_state
from skfashion.neural_network._engine.state import TrainingState
from tests.networks import weights

SMALL = {"random_state": 0, "batch_size": 50}


@pytest.fixture
def data(sample):
    return sample.data[:200], sample.target[:200]


def assert_same(a, b, data):
    np.testing.assert_array_equal(weights(a), weights(b))
    assert a.loss_curve_ == b.loss_curve_
    assert a.validation_scores_ == b.validation_scores_
    again = [clone(e).set_params(memory=None) for e in (a, b)]
    assert repr(again[0]) == repr(again[1])
    going_on = [e.partial_fit(*data) for e in (a, b)]  # the optimiser and all generators go on too
    np.testing.assert_array_equal(*map(weights, going_on))


class Small(nn.Sequential):
    def __init__(self, image_shape, n_classes):
        super().__init__(nn.Flatten(), nn.Linear(784, 8), nn.Dropout(0.2), nn.Linear(8, n_classes))


@pytest.mark.parametrize(
    "classifier",
    [
        CNN2Classifier(**SMALL),
        SimpleDenseClassifier(**SMALL, momentum=0.9, validation_fraction=0.2),
        SimpleDenseClassifier(**SMALL, optimizer="nadam", averaging="ema"),
        SimpleDenseClassifier(**SMALL, optimizer=partial(torch.optim.RMSprop, alpha=0.9)),
        FastResNetClassifier(**SMALL, widths=(4,), depths=(1,), augmentation="flip+shift+erase"),
        ImageClassifier(**SMALL, module=Small, augmentation="alternating_flip"),
        SimpleDenseClassifier(**SMALL, early_stopping=True, n_iter_no_change=1, lr=0.3),
    ],
    ids=["adam, dropout", "validation", "ema", "callable", "muon", "module", "early stopping"],
)
def test_a_training_goes_on_bit_for_bit(classifier, data, tmp_path, epochs):
    if classifier.lr_schedule != "constant":
        classifier = clone(classifier).set_params(lr_schedule="constant", warmup=None)
    alone = clone(classifier).set_params(max_epochs=4).fit(*data)
    n_alone = epochs[-1]
    kept = clone(classifier).set_params(memory=tmp_path)
    clone(kept).set_params(max_epochs=2).fit(*data)
    n_first = epochs[-1]
    longer = clone(kept).set_params(max_epochs=4).fit(*data)
    assert epochs[-1] == n_alone - n_first
    shorter = clone(kept).set_params(max_epochs=3).fit(*data)
    assert epochs[-1] == 0
    assert_same(longer, alone, data)
    assert_same(shorter, clone(classifier).set_params(max_epochs=3).fit(*data), data)


@pytest.mark.parametrize(
    "settings",
    [
        {"lr_schedule": "linear"},
        {"warmup": 0.1},
        {"averaging": "lookahead"},
        {"progressive_resizing": 0.5},
    ],
)
def test_nothing_is_shared_where_epochs_depend_on_how_many_there_are(
    data, tmp_path, epochs, settings
):
    network = FastResNetClassifier(
        **{"widths": (4,), "depths": (1,), "lr_schedule": "constant", "warmup": None},
        **SMALL,
        memory=tmp_path,
    ).set_params(**settings)
    for n_epochs, n_trained in [(2, 2), (3, 3), (3, 0)]:
        clone(network).set_params(max_epochs=n_epochs).fit(*data)
        assert epochs[-1] == n_trained


@pytest.mark.parametrize(
    "change",
    [
        {"lr": 0.002},
        {"random_state": 1},
        {"batch_size": 40},
        {"weight_decay": 0.1},
        {"validation_fraction": 0.1},
        {"class_weight": {0: 2}},
        {"label_smoothing": 0.1},
        {"initializer": "he_normal"},
    ],
)
def test_other_settings_are_another_training(data, tmp_path, epochs, change):
    network = SimpleDenseClassifier(**SMALL, max_epochs=1, memory=tmp_path)
    clone(network).fit(*data)
    clone(network).set_params(**change).fit(*data)
    assert epochs == [1, 1]
    clone(network).set_params(verbose=0, test_time_augmentation="flip").fit(*data)
    assert epochs[-1] == 0


def test_other_data_or_weights_are_another_training(data, tmp_path, epochs):
    X, y = data
    network = SimpleDenseClassifier(
        **SMALL, max_epochs=1, memory=joblib.Memory(tmp_path, verbose=0)
    )
    network.fit(X, y)
    network.fit(255 - X, y)
    network.fit(X, y[::-1])
    network.fit(X, y, sample_weight=np.arange(200) + 1)
    network.fit(X, np.append(y[:-1], y[0] + 100))
    assert epochs == [1] * 5
    network.fit(X.copy(), y.copy())
    network.fit(X, y, sample_weight=np.full(200, 3))
    assert epochs[5:] == [0, 0]


def test_it_is_not_used_where_it_cannot_be(data, tmp_path, epochs):
    from skorch.callbacks import LRScheduler

    network = SimpleDenseClassifier(max_epochs=1, memory=tmp_path)
    with pytest.warns(UserWarning, match="memory is not used, as random_state is None: set it"):
        network.fit(*data)
    with pytest.warns(UserWarning, match="memory is not used, as there are callbacks"):
        network.set_params(random_state=0, callbacks=[LRScheduler]).fit(*data)
    assert not list(tmp_path.iterdir())
    network.set_params(callbacks=None, warm_start=True).fit(*data)
    network.partial_fit(*data)
    assert not list(tmp_path.iterdir())
    assert epochs == [1] * 4
    no_memory = SimpleDenseClassifier(**SMALL, max_epochs=1, memory=joblib.Memory(None))
    assert no_memory.fit(*data).n_iter_ == 1


def test_a_module_without_source_is_trained_without_memory(data, tmp_path):
    namespace = {"nn": nn, "Small": Small}
    exec("class Odd(Small):\n    pass", namespace)
    network = ImageClassifier(module=namespace["Odd"], **SMALL, max_epochs=1, memory=tmp_path)
    with pytest.warns(UserWarning, match="memory is not used, as the source of"):
        network.fit(*data)
    assert network.n_iter_ == 1


DAMAGES = {
    "cut": lambda content: content[:100],
    "empty": lambda content: b"",
    "a bit": lambda content: flipped(content),
    # numpy would read less than there is, and compare no checksum
    "type": lambda content: content.replace(b"'|u1'", b"'|i1'", 1),
    "header": lambda content: content.replace(b"'fortran_order'", b"'fortran_order(", 1),
    "compression": lambda content: content.replace(b"PK\1\2-\3-\0\0\0\0", b"PK\1\2-\3-\0\0\0\7", 1),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_state_is_made_again_with_a_warning(data, tmp_path, epochs, damage):
    network = SimpleDenseClassifier(**SMALL, memory=tmp_path)
    expected = clone(network).set_params(max_epochs=2).fit(*data)
    path = max(tmp_path.rglob("epoch-*"))
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert path.read_bytes() != content
    with pytest.warns(UserWarning, match="is damaged .* so its epoch is trained again"):
        again = clone(network).set_params(max_epochs=2).fit(*data)
    assert epochs == [2, 1]
    assert_same(again, expected, data)
    assert len(read_state(path).history) == 2


def test_no_flipped_bit_goes_unnoticed(tmp_path):
    """A state with a flipped bit is found to be damaged, or read as it was written."""
    path = tmp_path / "state.npz"
    weights = {"weight": np.arange(12.0).reshape(3, 4).T, "steps": np.array(3)}
    state = TrainingState(weights, {"order": {"state": 2**100}, "layers": [(1, None)]}, [{"a": 1}])
    _memory.write_state(path, state)
    assert str(read_state(path)) == str(state)
    content = path.read_bytes()
    for place in range(0, 8 * len(content), 13):
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            found = read_state(path)
        except Exception:  # numpy, zipfile and zlib raise many
            continue
        assert str(found) == str(state)


def flipped(content):
    """Return bytes with a bit flipped in the middle, where the weights are."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def test_no_epoch_waits_for_the_disk(data, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda file: pytest.fail("it waited"))
    network = SimpleDenseClassifier(**SMALL, max_epochs=2, memory=tmp_path).fit(*data)
    assert len(list(tmp_path.rglob("epoch-*.npz"))) == network.n_iter_


def test_a_full_disk_costs_no_training(data, tmp_path, monkeypatch):
    def full(path, state):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(_memory, "write_state", full)
    network = SimpleDenseClassifier(**SMALL, max_epochs=2, memory=tmp_path)
    with pytest.warns(UserWarning, match="states are no longer kept: .*No space left") as found:
        network.fit(*data)
    assert network.n_iter_ == 2
    assert len(found) == 1


def test_a_state_that_another_process_deletes_is_not_missed(data, tmp_path, epochs, monkeypatch):
    network = SimpleDenseClassifier(**SMALL, max_epochs=2, memory=tmp_path).fit(*data)

    def read(path):
        Path(path).unlink(missing_ok=True)
        return read_state(path)

    monkeypatch.setattr(_memory, "read_state", read)
    network.fit(*data)  # without a warning
    assert epochs == [2, 2]


def test_a_file_in_the_place_of_the_folder_is_told(data, tmp_path):
    (tmp_path / "file").touch()
    network = SimpleDenseClassifier(**SMALL, max_epochs=1, memory=tmp_path / "file")
    with pytest.raises(NotADirectoryError):
        network.fit(*data)
    assert not network.__sklearn_is_fitted__()


def test_its_size_is_bounded(data, tmp_path, epochs):
    memory = TrainingMemory(tmp_path)
    network = SimpleDenseClassifier(**SMALL, max_epochs=2, memory=memory)
    network.fit(*data)
    memory.max_bytes = int(1.6 * memory.size())  # three states
    for lr in (0.1, 0.2):
        network.set_params(lr=lr).fit(*data)
    assert memory.size() <= memory.max_bytes
    # the last one of each training is left, from which longer ones go on
    assert [path.name for path in tmp_path.rglob("epoch-*")] == ["epoch-00002.npz"] * 3
    network.set_params(lr=0.3).fit(*data)
    assert memory.size() <= memory.max_bytes
    for lr, n_trained in [(0.3, 0), (0.1, 0), (0.01, 2)]:  # that of 0.01 was not used for longest
        network.set_params(lr=lr).fit(*data)
        assert epochs[-1] == n_trained
        assert network.n_epochs_from_memory_ == 2 - n_trained
    memory.clear()
    assert memory.size() == 0
    assert repr(memory) == f"TrainingMemory({str(tmp_path)!r}, max_bytes={memory.max_bytes})"


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("order", [[1, 2, 4], [4, 1, 2]])
def test_a_grid_search_trains_each_longest_run_once(data, tmp_path, n_jobs, order):
    grid = {"max_epochs": order, "lr": [0.01, 0.1]}
    network = SimpleDenseClassifier(**SMALL)
    settings = {"cv": 2, "n_jobs": n_jobs, "refit": False}
    plain = GridSearchCV(network, grid, **settings).fit(*data)
    kept = GridSearchCV(clone(network).set_params(memory=tmp_path), grid, **settings).fit(*data)
    for name in ("mean_test_score", "split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(plain.cv_results_[name], kept.cv_results_[name])
    # 4 epochs for each of 2 rates and 2 folds, whatever the order
    assert len(list(tmp_path.rglob("epoch-*.npz"))) == 4 * 2 * 2


def test_halving_goes_on(data, tmp_path, epochs):
    network = SimpleDenseClassifier(**SMALL, memory=tmp_path)
    search = HalvingGridSearchCV(
        network,
        {"lr": [0.001, 0.01, 0.1, 0.3]},
        resource="max_epochs",
        max_resources=4,
        min_resources=1,
        factor=2,
        cv=2,
        random_state=0,
    )
    search.fit(*data)
    # rounds of 1, 2 and 4 epochs for 4, 2 and 1 rates: each goes on from the one before
    assert sum(epochs[:-1]) == 2 * (4 * 1 + 2 * 1 + 1 * 2)


TRAIN = """
import sys
from skfashion import CNN2Classifier, load_fashion_sample
X, y = load_fashion_sample(subset="train", return_X_y=True)
network = CNN2Classifier(random_state=0, max_epochs=60, memory=sys.argv[1])
network.fit(X[:300], y[:300])
"""


@pytest.mark.slow
def test_a_killed_training_goes_on_from_its_last_epoch(sample, tmp_path, epochs):
    process = subprocess.Popen([sys.executable, "-c", TRAIN, str(tmp_path)])
    deadline = time.monotonic() + 120
    while len(list(tmp_path.rglob("epoch-*.npz"))) < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    X, y = sample.data[:300], sample.target[:300]
    n_kept = len(list(tmp_path.rglob("epoch-*.npz")))
    settings = {"random_state": 0, "max_epochs": n_kept + 2}
    network = CNN2Classifier(**settings, memory=tmp_path).fit(X, y)
    assert epochs == [2]
    assert_same(network, CNN2Classifier(**settings).fit(X, y), (X, y))
    assert not list(Path(tmp_path).rglob("*.tmp"))

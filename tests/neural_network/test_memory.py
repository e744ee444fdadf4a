"""Trainings go on from states in a folder, bit for bit; damage and full disks cost time alone."""

import importlib.util
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

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
from skfashion.neural_network._engine.memory import (
    KeptTraining,
    UnknownSettingError,
    described,
    read_state,
)
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
        {"data_pruning": 0.5},
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


class Brighter:
    def __init__(self, factor):
        self.factor = factor

    def changed(self, images):
        return images * self.factor

    __call__ = changed


def brighter(factor):
    def changed(images, factor=factor):
        return images * factor

    return changed


def brighter_by_closure(factor):
    return lambda images: images * factor


def wide(width):
    class Wide(nn.Sequential):
        def __init__(self, image_shape, n_classes):
            super().__init__(nn.Flatten(), nn.Linear(784, width), nn.Linear(width, n_classes))

    return Wide


class Wider(Small):
    pass


ON_ONE_LINE = (lambda images: images * 2, lambda images: images * 3)
TWINS = {
    "objects": [Brighter(2), Brighter(3)],
    "methods": [Brighter(2).changed, Brighter(3).changed],
    "defaults": [brighter(2), brighter(3)],
    "closures": [brighter_by_closure(2), brighter_by_closure(3)],
    "lambdas on one line": ON_ONE_LINE,
    "classes in a function": [wide(8), wide(9)],
    "partial": [partial(brighter, 2), partial(brighter, 3)],
    "a class and its base": [Small, Wider],
}


@pytest.mark.parametrize("twins", TWINS.values(), ids=TWINS)
def test_functions_and_classes_that_differ_are_told_apart(twins):
    one, other = map(described, twins)
    assert one == described(twins[0])
    assert one != other


def test_values_that_a_function_finds_outside_are_part_of_it():
    source = "def changed(images):\n    return [image * FACTOR for image in images]\n"
    found = []
    for factor in (2, 2, 3):
        namespace = {"FACTOR": factor, "__name__": "somewhere"}
        exec(source, namespace)
        found.append(described(namespace["changed"]))
    assert found[0] == found[1] != found[2]


def test_a_class_is_known_by_the_code_that_runs(tmp_path, monkeypatch):
    """Even if its file has changed since it was imported, by a single digit."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # else that of the same second is loaded
    path = tmp_path / "own_module.py"
    source = "class Own:\n    def __init__(self):\n        self.factor = {}\n"
    found = []
    for before, now in ((2, 2), (2, 3), (3, 3)):
        path.write_text(source.format(before))
        spec = importlib.util.spec_from_file_location("own_module", path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "own_module", module)
        spec.loader.exec_module(module)
        path.write_text(source.format(now))
        found.append(joblib.hash(described(module.Own)))
    assert len(set(found)) == 3


def test_a_base_of_ones_own_is_part_of_a_class(monkeypatch):
    before = described(Wider)
    monkeypatch.setattr(Small, "forward", lambda self, images: images)
    assert described(Wider) != before


def test_the_class_of_an_object_is_part_of_it(monkeypatch):
    before = described(Brighter(2))
    monkeypatch.setattr(Brighter, "changed", lambda self, images: images + self.factor)
    assert described(Brighter(2)) != before


def test_the_version_of_its_package_is_part_of_a_function(monkeypatch):
    monkeypatch.setattr(brighter, "__module__", "some_package.images")
    before = described(brighter)
    monkeypatch.setitem(sys.modules, "some_package", SimpleNamespace(__version__="2.0"))
    assert described(brighter) != before


def test_functions_may_call_themselves():
    def again(images, n=1):
        return again(images, n - 1) if n else images

    assert described(again) == described(again)


@pytest.mark.slow
def test_what_stands_for_a_setting_is_the_same_in_other_processes():
    code = (
        "import joblib\nfrom tests.neural_network.test_memory import TWINS, described\n"
        "print(joblib.hash(described(TWINS)))"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[2], env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(hashes) == 1


def test_what_has_no_code_is_not_known():
    for value in (torch.relu, (image for image in ())):
        with pytest.raises(UnknownSettingError):
            described(value)


def test_a_state_of_another_module_is_told(data, tmp_path, monkeypatch):
    network = ImageClassifier(module=called, **SMALL, max_epochs=1, memory=tmp_path).fit(*data)
    monkeypatch.setitem(called_by, "layer", partial(Small, (1, 28, 28)))
    with pytest.raises(ValueError, match=r"does not fit the network: .* Delete that folder"):
        network.fit(*data)


def called(image_shape, n_classes):
    return called_by["layer"](n_classes)


called_by = {"layer": lambda n_classes: nn.Sequential(nn.Flatten(), nn.Linear(784, n_classes))}


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
    generators = {"order": {"state": 2**100}, "layers": [(1, None)], (1, 2): {3: 4}}
    state = TrainingState(weights, generators, [{"a": 1}])
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


@pytest.mark.parametrize("error", [OSError(24, "Too many open files", "a"), MemoryError()])
def test_a_state_that_cannot_be_read_now_stays(data, tmp_path, monkeypatch, error):
    SimpleDenseClassifier(**SMALL, max_epochs=2, memory=tmp_path).fit(*data)
    (folder,) = tmp_path.glob("*/*")
    kept = KeptTraining(folder, lambda: None)

    def fail(path):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(_memory.Path, "read_bytes", fail)
        if isinstance(error, MemoryError):
            with pytest.raises(MemoryError):
                kept.latest(2)
        else:
            with pytest.warns(UserWarning, match="cannot be read, so its epoch is trained again"):
                assert kept.latest(2) is None
    assert len(kept.latest(2).history) == 2


def test_states_are_found_by_their_number(tmp_path):
    kept = KeptTraining(tmp_path, lambda: None)
    for n_epochs in (9, 99_999, 150_000):
        _memory.write_state(kept.path(n_epochs), TrainingState({}, {}, position=n_epochs))
    (tmp_path / "epoch-00020 (copy).npz").write_bytes(kept.path(150_000).read_bytes())
    for n_epochs, found in [(10, 9), (20_000, 9), (100_000, 99_999), (10**6, 150_000)]:
        assert kept.latest(n_epochs).position == found
    assert kept.latest(8) is None


class WithMore(Small):
    def get_extra_state(self):
        return {"more": 1}

    def set_extra_state(self, state):
        pass


def test_a_module_whose_state_cannot_be_kept_is_trained(data, tmp_path):
    network = ImageClassifier(module=WithMore, **SMALL, max_epochs=2, memory=tmp_path)
    with pytest.warns(UserWarning, match=r"no longer kept: _extra_state of the module is a dict"):
        assert network.fit(*data).n_iter_ == 2


def test_a_disk_that_is_full_at_the_beginning_costs_no_training(data, tmp_path, monkeypatch):
    def full(folder):
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(_memory, "make_folder", full)
    network = SimpleDenseClassifier(**SMALL, max_epochs=2, memory=tmp_path)
    with pytest.warns(UserWarning, match="memory is not used, as there is no room for it: .*28"):
        assert network.fit(*data).n_iter_ == 2


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


@pytest.mark.parametrize("max_bytes", ["1 GB", -1, float("nan")])
def test_a_bound_that_is_not_a_number_of_bytes_is_an_error(tmp_path, max_bytes):
    with pytest.raises(ValueError, match="max_bytes must be a number of bytes"):
        TrainingMemory(tmp_path, max_bytes=max_bytes)


def test_the_size_is_known_while_states_are_deleted(tmp_path, monkeypatch):
    memory = TrainingMemory(tmp_path)
    path = memory.folder / "key" / "epoch-00001.npz"
    path.parent.mkdir(parents=True)
    monkeypatch.setattr(Path, "glob", lambda folder, pattern: [path])  # it is gone by now
    assert memory.size() == 0


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
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

"""The means of an epoch, and the memory it uses."""

import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from skfashion.neural_network._engine import records
from skfashion.neural_network._engine.records import BestWeights, EpochRecord


def test_the_means_of_an_epoch_count_each_sample_the_same():
    record = EpochRecord(3)
    record.add(torch.tensor(1.0), torch.tensor([[0.2, 0.1], [0.3, 0.4]]), torch.tensor([0, 0]))
    record.add(torch.tensor(4.0), torch.tensor([[0.0, 9.0]]), torch.tensor([1]))
    loss, accuracy = record.means()
    assert loss == 2
    assert accuracy == pytest.approx(2 / 3)


def test_the_accuracy_is_weighted_if_there_are_weights():
    record = EpochRecord(4)
    scores = torch.tensor([[0.2, 0.1], [0.3, 0.4]])
    record.add(torch.tensor(1.0), scores, torch.tensor([0, 0]), torch.tensor([0.5, 0.0]))
    record.add(torch.tensor(4.0), scores, torch.tensor([1, 1]), torch.tensor([1.0, 2.5]))
    assert record.means() == (2.5, 0.75)


def test_a_record_follows_the_type_of_the_scores():
    record = EpochRecord(1)
    tiny = torch.tensor([[1.0, 1.0 + 1e-12]], dtype=torch.float64)
    record.add(torch.tensor(1 + 1e-12, dtype=torch.float64), tiny, torch.tensor([1]))
    loss, accuracy = record.means()
    assert loss > 1
    assert accuracy == 1


def test_a_record_sums_up_as_it_goes(monkeypatch):
    monkeypatch.setattr(records, "RECORDED_AT_ONCE", 5)
    rng = np.random.default_rng(0)
    scores, labels = torch.from_numpy(rng.random((23, 3))), torch.from_numpy(rng.integers(0, 3, 23))
    record = EpochRecord(23)
    losses, start = [], 0
    for k, n in enumerate([2, 2, 2, 7, 4, 1, 5]):  # one is larger than what is kept at once
        loss = torch.tensor(k / 7, dtype=torch.float64)
        record.add(loss, scores[start : start + n], labels[start : start + n])
        losses += [k / 7] * n
        start += n
        assert len(record.losses) <= 7
    loss, accuracy = record.means()
    assert loss == pytest.approx(np.mean(losses))
    assert accuracy == (scores.argmax(1) == labels).double().mean().item()


def test_best_weights_are_those_of_the_lowest_loss():
    module = torch.nn.Linear(1, 1)
    best = BestWeights(patience=2)
    ends = []
    for epoch, loss in enumerate([3.0, 2.0, 2.0, float("nan")], start=1):
        torch.nn.init.constant_(module.weight, epoch)
        ends.append(best.update(epoch, loss, module))
    assert ends == [False, False, False, True]
    best.restore(module, epoch=4)
    assert module.weight.item() == 2


def number_printed_by(script):
    """Run a script in a new process, whose memory is its own."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


GROWTH = """
import re
from pathlib import Path
import numpy as np
from skfashion import CNN2Classifier

def megabytes():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1e3

X, y = np.zeros((6_400, 784), np.uint8), np.arange(6_400) % 10
network = CNN2Classifier(random_state=0).partial_fit(X[:1600], y[:1600], classes=range(10))
network.partial_fit(X[:1600], y[:1600])  # copies the state that an error would bring back
before = megabytes()
network.partial_fit(X, y)
print(megabytes() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux has /proc/self/status"
)
def test_memory_does_not_grow_with_each_batch():
    assert number_printed_by(GROWTH) < 7.5


PAGES = """
import resource
import numpy as np
from skfashion import SimpleDenseClassifier

def n_faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

X, y = np.zeros((6_400, 784), np.uint8), np.arange(6_400) % 10
network = SimpleDenseClassifier(random_state=0).partial_fit(X, y, classes=range(10))
before = n_faults()
network.partial_fit(X, y)
print((n_faults() - before) / 200)
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory")
def test_a_batch_reuses_the_memory_that_the_last_one_freed():
    assert number_printed_by(PAGES) < 6

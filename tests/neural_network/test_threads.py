"""The number of threads of a training, and how trainings share the cores."""

import os
import subprocess
import sys
import threading
import time
from itertools import pairwise

import joblib
import pytest
import torch

from skfashion import SimpleDenseClassifier
from skfashion.neural_network._engine import threads as sharing
from skfashion.neural_network._engine.threads import Turns, busy_threads, n_threads_for

on_linux = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="only Linux lets threads be kept on cores"
)


@pytest.fixture
def machine(monkeypatch):
    """Return a function that makes this a machine of so many cores, of which some may be used."""

    def pretend(n_cores, n_usable, n_torch):
        for name in sharing.THREAD_VARIABLES:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(os, "cpu_count", lambda: n_cores)
        monkeypatch.setattr(sharing, "usable_cores", lambda: list(range(n_cores)))
        monkeypatch.setattr(joblib, "cpu_count", lambda only_physical_cores=False: n_usable)
        monkeypatch.setattr(torch, "get_num_threads", lambda: n_torch)

    return pretend


@pytest.mark.parametrize(
    ("n_cores", "n_usable", "n_torch", "batch_size", "expected"),
    [
        (2, 2, 2, 32, 2),
        (8, 8, 8, 32, 8),
        (64, 64, 64, 32, 8),  # more have nothing to do
        (128, 128, 64, 32, 8),  # torch counts cores, not their threads
        (64, 64, 64, 256, 64),
        (64, 2, 64, 32, 2),  # a container's quota
        (4, 4, 4, 1, 1),
        (64, 64, 12, 32, 12),  # the caller has set it
        (8, 8, 1, 32, 1),
    ],
)
def test_number_of_threads(machine, n_cores, n_usable, n_torch, batch_size, expected):
    machine(n_cores, n_usable, n_torch)
    assert n_threads_for(batch_size) == expected


@pytest.mark.parametrize("variable", sharing.THREAD_VARIABLES)
def test_the_environment_wins(machine, monkeypatch, variable):
    machine(64, 64, 64)
    monkeypatch.setenv(variable, "64")
    assert n_threads_for(32) == 64


def test_a_fit_says_its_threads_and_leaves_torchs_as_they_were(sample, monkeypatch):
    monkeypatch.setattr("skfashion.neural_network._engine.trainer.n_threads_for", lambda n: 3)
    before = torch.get_num_threads()
    during = []

    class Optimizer(torch.optim.SGD):
        def step(self, closure=None):
            during.append(torch.get_num_threads())
            return super().step(closure)

    X, y = sample.data[:64], sample.target[:64]
    network = SimpleDenseClassifier(optimizer=Optimizer, max_epochs=1).fit(X, y)
    assert network.n_threads_ == 3
    assert set(during) == {3}
    assert torch.get_num_threads() == before
    with pytest.raises(ValueError, match="loss became"):
        network.set_params(lr=1e30, max_epochs=9).fit(X, y)
    assert torch.get_num_threads() == before


def test_busy_threads_are_those_that_want_a_core_throughout():
    before = {1: (10.0, 2.0), 2: (5.0, 0.0), 3: (1.0, 1.0)}
    now = {1: (10.6, 2.4), 2: (5.9, 0.0), 3: (1.1, 1.0), 4: (0.2, 0.7)}
    waits = busy_threads(before, now, seconds=1.0)
    assert waits == pytest.approx({1: 0.4, 2: 0.0, 4: 0.7})


# -- turns ----------------------------------------------------------------------------------------


@pytest.fixture
def quick_turns(monkeypatch):
    monkeypatch.setattr(sharing, "GRACE", 0)
    monkeypatch.setattr(sharing, "FIRST_TURN", 0.01)
    monkeypatch.setattr(sharing, "TURN", 0.01)
    monkeypatch.setattr(sharing, "POLL", 0.001)


@pytest.fixture
def cores(monkeypatch):
    """Two cores, whatever the machine has."""
    monkeypatch.setattr(sharing, "usable_cores", lambda: [0, 1])
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)


def train(folder, n_threads, n_batches, inside, most_inside):
    """Take turns for batches of a millisecond; note how many do so at the same time."""
    turns = Turns(n_threads, folder)
    for _ in range(n_batches):
        turns.go_on()
        inside.append(1)
        most_inside.append(len(inside))
        time.sleep(0.001)
        inside.pop()
    turns.end()


@pytest.mark.parametrize(("n_threads", "at_once"), [(2, 1), (1, 3)])
def test_trainings_that_need_all_cores_take_turns(tmp_path, quick_turns, cores, n_threads, at_once):
    inside, most_inside = [], []
    arguments = (tmp_path, n_threads, 60, inside, most_inside)
    workers = [threading.Thread(target=train, args=arguments) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(most_inside) == 180
    assert max(most_inside) == at_once


def test_turns_alternate(tmp_path, quick_turns, cores):
    order = []
    give_up = time.monotonic() + 30

    def changes():
        return sum(one != two for one, two in pairwise(list(order)))

    def note(name):
        turns = Turns(2, tmp_path)
        while changes() < 6 and time.monotonic() < give_up:
            turns.go_on()
            order.append(name)
            time.sleep(0.002)
        turns.end()

    workers = [threading.Thread(target=note, args=(name,)) for name in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert changes() >= 6


def test_as_many_trainings_as_there_are_cores_for_have_a_turn_at_once(
    tmp_path, quick_turns, monkeypatch
):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    two, three, waiting = (Turns(4, tmp_path) for _ in range(3))
    two.go_on()
    three.go_on()  # does not wait
    monkeypatch.setattr(sharing, "LOCK_TIMEOUT", 0.05)
    waiting.go_on()  # would wait for ever
    assert [not any(k.is_locked for k in t._locks) for t in (two, three, waiting)] == [
        False,
        False,
        True,
    ]


def test_a_turn_that_never_ends_is_not_waited_for(tmp_path, quick_turns, cores, monkeypatch):
    stopped = Turns(2, tmp_path)
    stopped.go_on()
    monkeypatch.setattr(sharing, "LOCK_TIMEOUT", 0.05)
    turns = Turns(2, tmp_path)
    for _ in range(3):
        turns.go_on()
    turns.end()


def test_without_a_place_for_locks_there_are_no_turns(tmp_path, quick_turns, cores):
    no_folder = tmp_path / "file"
    no_folder.touch()
    turns = Turns(2, no_folder)
    turns.go_on()
    turns.end()


def test_one_thread_takes_no_turns(tmp_path, quick_turns):
    turns = Turns(1, tmp_path)
    turns.go_on()
    turns.end()
    assert list(tmp_path.iterdir()) == []


def test_a_short_training_takes_no_turns(tmp_path, cores):
    turns = Turns(2, tmp_path)
    turns.go_on()
    turns.end()
    assert list(tmp_path.iterdir()) == []


# -- threads on cores -----------------------------------------------------------------------------


def test_threads_that_wait_for_cores_are_kept_on_one_each(
    tmp_path, quick_turns, cores, monkeypatch
):
    placed = []
    monkeypatch.setattr(sharing, "place_threads", placed.append)
    times = iter([{7: (0, 0), 8: (0, 0)}, {7: (1, 9), 8: (5, 5)}, {}])
    monkeypatch.setattr(sharing, "thread_times", lambda: next(times))
    turns = Turns(2, tmp_path)
    turns.go_on()
    turns.end()
    assert placed == []
    turns.go_on()
    assert placed == [{7: {0}, 8: {1}}]
    turns.end()
    assert placed[1:] == [{7: [0, 1], 8: [0, 1]}]


@pytest.mark.parametrize(
    "times",
    [
        {7: (10, 0), 8: (10, 0)},  # nobody waited
        {7: (1, 9)},  # one thread of two
        {7: (1, 9), 8: (5, 5), 9: (5, 5)},  # whose is the third?
        {},  # not known
    ],
)
def test_otherwise_threads_stay_where_they_are(tmp_path, quick_turns, cores, monkeypatch, times):
    both = iter([dict.fromkeys(times, (0, 0)), times])
    monkeypatch.setattr(sharing, "thread_times", lambda: next(both))
    turns = Turns(2, tmp_path)
    turns.go_on()
    turns.end()
    assert turns.pinned == []


BESIDE_A_BUSY_PROCESS = """
import os, subprocess, sys
import joblib, torch
from skfashion import LeNet5Classifier, load_fashion_sample
from skfashion.neural_network._engine import trainer
from skfashion.neural_network._engine.threads import usable_cores

n_cores = joblib.cpu_count()
trainer.n_threads_for = lambda batch_size: n_cores
made = []

class Noted(trainer.Turns):
    def __init__(self, n_threads):
        super().__init__(n_threads)
        made.append(self)

trainer.Turns = Noted
before = usable_cores()
others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n_cores - 1)]
try:
    X, y = load_fashion_sample(subset="train", return_X_y=True)
    LeNet5Classifier(max_epochs=4, random_state=0).fit(X, y)
finally:
    for other in others:
        other.kill()
pinned = next(turns.pinned for turns in made if turns.n_threads > 1)
assert usable_cores() == before
assert all(os.sched_getaffinity(t) == set(before) for t in pinned)
print(len(pinned) == n_cores)
"""


@on_linux
@pytest.mark.slow
@pytest.mark.skipif(joblib.cpu_count() < 2, reason="one thread waits for no other")
def test_beside_a_busy_process_each_thread_has_a_core(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", BESIDE_A_BUSY_PROCESS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True\n"

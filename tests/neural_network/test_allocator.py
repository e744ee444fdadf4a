"""What glibc's allocator is told while a network trains."""

import os
import platform
import subprocess
import sys
import threading

import pytest

from skfashion.neural_network._engine import allocator
from skfashion.neural_network._engine.allocator import KEPT, USUAL, KeptMemory

is_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")


@pytest.fixture
def settings(monkeypatch):
    """All settings that a library in the place of glibc gets."""
    calls = []

    class Library:
        @staticmethod
        def mallopt(name, value):
            calls.append((name, value))

    monkeypatch.setattr(allocator, "library", Library)
    return calls


def test_memory_is_kept_in_the_block(settings):
    with KeptMemory()():
        assert dict(settings) == KEPT
        settings.clear()
    assert dict(settings) == USUAL


def test_memory_is_kept_until_the_last_of_several_trainings_ends(settings):
    kept, inside, go_on = KeptMemory(), threading.Event(), threading.Event()

    def train():
        with kept():
            inside.set()
            go_on.wait(30)

    other = threading.Thread(target=train)
    other.start()
    inside.wait(30)
    settings.clear()
    with kept():
        pass
    assert settings == []
    go_on.set()
    other.join()
    assert dict(settings) == USUAL


def test_a_failed_training_ends_it_too(settings):
    with pytest.raises(KeyboardInterrupt), KeptMemory()():
        raise KeyboardInterrupt
    assert dict(settings) == USUAL


@pytest.mark.parametrize(
    "variable", ["MALLOC_TRIM_THRESHOLD_=131072", "GLIBC_TUNABLES=glibc.malloc.mmap_max=7"]
)
def test_a_users_settings_are_left_alone(variable, monkeypatch):
    monkeypatch.setenv(*variable.split("=", 1))
    assert allocator.library.__wrapped__() is None


@pytest.mark.parametrize("variable", allocator.VARIABLES)
def test_each_variable_counts(variable, monkeypatch):
    monkeypatch.setenv(variable, "1")
    assert allocator.library.__wrapped__() is None


def test_another_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: object())
    assert allocator.library.__wrapped__() is None
    with KeptMemory()():
        pass


TRAINING = """
import ctypes
import resource

class Info(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Info
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]

def is_mapped(size):
    "Whether glibc maps a block from the system instead of taking it from its heap."
    before = libc.mallinfo2().hblks
    libc.malloc(size)
    return libc.mallinfo2().hblks > before

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

import numpy as np
from skorch.callbacks import Callback
from skfashion import FastResNetClassifier
from skfashion.neural_network._engine import trainer
print(is_mapped(2**24), is_mapped(2**26))

class Watch(Callback):
    def on_epoch_begin(self, net, **kwargs):
        self.before = faults()

    def on_epoch_end(self, net, **kwargs):
        self.n_faults = faults() - self.before

    def on_train_end(self, net, **kwargs):
        print(is_mapped(2**24), is_mapped(2**26))
        print(self.n_faults)

images = np.random.default_rng(0).integers(0, 256, (768, 784), np.uint8)
FastResNetClassifier(max_epochs=3, callbacks=[Watch()], device="cpu").fit(
    images, np.arange(768) % 10
)
print(is_mapped(2**24), is_mapped(2**26))
"""


def run_training(**environment):
    done = subprocess.run(
        [sys.executable, "-c", TRAINING],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    imported, training, n_faults, trained = done.stdout.splitlines()
    return imported, training, int(n_faults), trained


@is_glibc
@pytest.mark.slow
def test_batches_reuse_memory_and_the_allocator_is_set_in_training_alone():
    imported, training, n_faults, trained = run_training()
    assert imported == "True True"
    assert training == "False False"
    assert trained == "False True"  # as after any block of 32 MB was freed
    assert n_faults < 5_000  # in the three batches of an epoch
    *kept, n_faults, _ = run_training(MALLOC_MMAP_MAX_="65536")
    assert kept[1] != training
    assert n_faults > 20_000

"""What several tests share."""

import os
import signal

# scikit-learn's checks of array API input are skipped without it; scipy reads it when imported.
os.environ["SCIPY_ARRAY_API"] = "1"

import pytest

from skfashion.datasets import load_fashion_sample

# A shell starts what runs in its background with Ctrl-C ignored, and some tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def sample():
    """The 6,000 + 1,000 real images that come with the package; not to be written to."""
    return load_fashion_sample()


@pytest.fixture
def epochs(monkeypatch):
    """Count the epochs that are trained in this process."""
    from skfashion.neural_network._engine.trainer import Trainer

    counted = []
    run = Trainer._run

    def count(self, train_set, n_epochs, *arguments):
        before = len(self.net.history)
        run(self, train_set, n_epochs, *arguments)
        counted.append(len(self.net.history) - before)

    monkeypatch.setattr(Trainer, "_run", count)
    return counted

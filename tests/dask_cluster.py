"""A Dask cluster of real processes on this machine, started by its own commands.

The estimators are here because the workers import their module, which should not take long.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sklearn.naive_bayes import GaussianNB

ROOT = Path(__file__).parents[1]
PATIENCE = 600  # seconds, on a machine that others use too
SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
}


class Slow(GaussianNB):
    """Says in a folder which process fits it, and takes its time."""

    def __init__(self, folder=None, priors=None, var_smoothing=1e-9):
        super().__init__(priors=priors, var_smoothing=var_smoothing)
        self.folder = folder

    def fit(self, X, y, sample_weight=None):
        (self.folder / str(os.getpid())).touch()
        time.sleep(0.5)
        return super().fit(X, y, sample_weight)


class Deadly(GaussianNB):
    """Kills its process."""

    def fit(self, X, y, sample_weight=None):
        os.kill(os.getpid(), signal.SIGKILL)


def until(condition):
    """Wait for a condition, and return what it returned."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@contextmanager
def started(command, log):
    """Run a command of Dask until the end of the block, what it says in a file."""
    with open(log, "w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            env={**os.environ, **SETTINGS},
            cwd=log.parent,
            stdout=file,
            stderr=file,
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait()


@contextmanager
def dask_cluster(folder, n_workers=2, has_nanny=True):
    """Run a scheduler and workers of one thread each; yield the scheduler's address."""
    from distributed import Client

    folder.mkdir(exist_ok=True)
    file = folder / "scheduler.json"
    find = ["--scheduler-file", str(file)]
    with ExitStack() as stack:
        own = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        stack.enter_context(started(["scheduler", *find, *own], folder / "scheduler.log"))
        nanny = "--nanny" if has_nanny else "--no-nanny"
        options = [nanny, "--nthreads", "1", "--no-dashboard"]
        for k in range(n_workers):
            stack.enter_context(started(["worker", *find, *options], folder / f"worker{k}.log"))
        until(file.exists)
        with Client(scheduler_file=str(file), timeout=PATIENCE, set_as_default=False) as client:
            client.wait_for_workers(n_workers, timeout=PATIENCE)
            address = client.scheduler.address
        yield address

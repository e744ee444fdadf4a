"""What all sides do in the same way: load the images, time, and share the machine."""

import os
import re
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.networks import BATCH_SIZE, N_TEST, N_TRAIN, at_most

FILE = "images.npz"
WARM_UP_IMAGES = 10 * BATCH_SIZE
RESET_PEAK = "5"
SECONDS_TOGETHER = 600  # then something is wrong


def seconds_of(action, *arguments):
    """Return how long the action takes."""
    start = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - start


def memory(field):
    """Return a size of this process in MB, as Linux counts it."""
    match = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M)
    return int(match[1]) * 1024 / 1e6


class Side:
    """A way to train the networks. A subclass says how, in four methods.

    ``build(network, precision)`` makes a new network, untrained; ``convert(images)`` returns
    images (n, 28, 28), uint8, in the form that this side is given them; ``train(X, y)`` trains
    the network for one more epoch and returns the seconds of it, without what comes before and
    after; ``labels(X)`` returns the likeliest class of each image.

    Converting is never timed.
    """

    def __init__(self, data):
        with np.load(Path(data, FILE)) as arrays:  # images (n, 28, 28), uint8, and labels, int64
            self.X_train, self.y_train = arrays["X_train"], arrays["y_train"]
            self.X_test, self.y_test = arrays["X_test"], arrays["y_test"]

    def n_threads(self):
        """Return how many threads a training uses."""
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

    def prepare(self, network, precision, n_train, n_test):
        """Make the network new, train and predict a little."""
        self.build(network, precision)
        self.X, self.y = (at_most(array, n_train) for array in (self.X_train, self.y_train))
        self.X = self.convert(self.X)
        self.testing = self.convert(at_most(self.X_test, n_test))
        self.train(self.X[:WARM_UP_IMAGES], self.y[:WARM_UP_IMAGES])
        self.labels(self.testing[:WARM_UP_IMAGES])
        self.labels(self.testing[:1])
        return True

    def time_training(self):
        """Train for an epoch; return its seconds, for 60,000 images."""
        return self.train(self.X, self.y) * N_TRAIN / len(self.y)

    def time_prediction(self):
        """Return the seconds that 10,000 images take."""
        return seconds_of(self.labels, self.testing) * N_TEST / len(self.testing)

    def time_single(self, n_calls):
        """Return the seconds that one image takes, each of `n_calls` times."""
        return [seconds_of(self.labels, self.testing[k : k + 1]) for k in range(n_calls)]

    def state(self):
        """Return the accuracy on test images in per cent, and the number of threads."""
        found = np.asarray(self.labels(self.testing))
        correct = found == at_most(self.y_test, len(found))
        return 100 * float(np.mean(correct)), self.n_threads()

    def fit_once(self, network, n_images):
        """Train a new network for an epoch; return the seconds and the memory in MB.

        Peak: of the process since it began. Added: by the training to what there was before.
        """
        X, y = at_most(self.X_train, n_images), at_most(self.y_train, n_images)
        if n_images != len(self.X_train):
            self.X_train = None  # the memory is to be that of `n_images`
        self.build(network, "float32")
        X = self.convert(X)
        earlier_peak = memory("VmHWM")
        Path("/proc/self/clear_refs").write_text(RESET_PEAK)
        before = memory("VmRSS")
        seconds = self.train(X, y)
        peak = memory("VmHWM")
        return seconds, max(peak, earlier_peak), max(0, peak - before)

    def train_together(self, folder, n_processes):
        """Train at the same time as others; return the seconds of an image.

        All begin when all are here, and none ends before all have measured. They tell each other
        by files in `folder`, which is empty at first.
        """
        begin = time.perf_counter()

        def all_have(done):
            Path(folder, f"{done}-{os.getpid()}").touch()
            if time.perf_counter() > begin + SECONDS_TOGETHER:
                raise TimeoutError("another process that trains has not answered")
            return len(list(Path(folder).glob(f"{done}-*"))) == n_processes

        while not all_have("begun"):
            time.sleep(0.001)
        seconds = self.train(self.X, self.y)
        while not all_have("measured"):
            self.train(self.X, self.y)
        return seconds / len(self.y)

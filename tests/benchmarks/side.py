"""Shared by all sides: load the images, time, and share the machine."""

import os
import re
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.networks import BATCH_SIZE, N_TEST, N_TRAIN, at_most

FILE = "images.npz"
WARM_UP_IMAGES = 10 * BATCH_SIZE
SINGLE_CALLS = 100
SECONDS_TOGETHER = 600  # then another process has failed


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
    """A way to train the networks. A subclass defines it in five methods.

    ``build(network, precision)`` makes a new network, untrained; ``convert(images)`` returns
    images (n, 28, 28), uint8, in the form that this side is given them; ``train(X, y)`` trains
    the network for one more epoch and returns the seconds of it, without what comes before and
    after; ``labels(X)`` returns the likeliest class of each image; ``n_threads()`` says how many
    threads a training uses.

    Converting is never timed.
    """

    def __init__(self, data):
        with np.load(Path(data, FILE)) as arrays:  # images (n, 28, 28), uint8, and labels, int64
            self.X_train, self.y_train = arrays["X_train"], arrays["y_train"]
            self.X_test, self.y_test = arrays["X_test"], arrays["y_test"]

    def prepare(self, network, side, n_images):
        """Make the network new, train and predict a little."""
        self.build(network, "bfloat16" if side.endswith("bfloat16") else "float32")
        n_train, n_test = n_images
        self.X, self.y = (
            self.convert(at_most(self.X_train, n_train)),
            at_most(self.y_train, n_train),
        )
        self.testing = self.convert(at_most(self.X_test, n_test))
        self.train(self.X[:WARM_UP_IMAGES], self.y[:WARM_UP_IMAGES])
        self.labels(self.testing[:WARM_UP_IMAGES])
        self.labels(self.testing[:1])

    def time_training(self):
        """Train for an epoch; return its seconds, for 60,000 images."""
        return self.train(self.X, self.y) * N_TRAIN / len(self.y)

    def time_prediction(self):
        """Return the seconds that 10,000 images take."""
        return seconds_of(self.labels, self.testing) * N_TEST / len(self.testing)

    def time_single(self):
        """Return the seconds that one image takes, several times."""
        return [seconds_of(self.labels, self.testing[k : k + 1]) for k in range(SINGLE_CALLS)]

    def state(self):
        """Return the accuracy on test images in per cent, and the number of threads."""
        correct = self.labels(self.testing) == at_most(self.y_test, len(self.testing))
        return 100 * float(np.mean(correct)), self.n_threads()

    def fit_once(self, network, n_images):
        """Train a new network for an epoch; return the seconds, the peak and the MB it added."""
        X, y = at_most(self.X_train, n_images), at_most(self.y_train, n_images)
        if n_images != len(self.X_train):
            self.X_train = None  # the memory is to be that of `n_images`
        self.build(network, "float32")
        X = self.convert(X)
        earlier_peak = memory("VmHWM")
        Path("/proc/self/clear_refs").write_text("5")  # resets the peak
        before = memory("VmRSS")
        seconds = self.train(X, y)
        peak = memory("VmHWM")
        return seconds, max(peak, earlier_peak), max(0, peak - before)

    def train_together(self, folder, n_processes):
        """Train while others do; return the seconds of an image.

        None ends before all have measured, which they tell each other by files in `folder`.
        """
        latest = time.monotonic() + SECONDS_TOGETHER
        seconds = self.train(self.X, self.y)
        Path(folder, str(os.getpid())).touch()
        while len(os.listdir(folder)) < n_processes and time.monotonic() < latest:
            self.train(self.X, self.y)
        return seconds / len(self.y)

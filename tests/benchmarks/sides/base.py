"""What all sides do in the same way: load the images, and look at the clock."""

import sys
import time

import numpy as np

from tests.benchmarks.networks import BATCH_SIZE, N_TRAIN
from tests.benchmarks.sides.images import at_most, load_images
from tests.benchmarks.sides.memory import MemoryMeter
from tests.benchmarks.worker import serve

WARM_UP_IMAGES = 20 * BATCH_SIZE
N_FOR_ACCURACY = 2_000


def seconds_of(action):
    """Return how long a call of `action` takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


class Side:
    """A way to train the networks. A subclass says how, in four methods.

    ``build(network, precision)`` makes a new network, untrained; ``convert(images)`` returns
    images (n, 28, 28), uint8, in the form that this side is given them; ``train(X, y)`` trains
    the network for one more epoch and returns the seconds of it, without what comes before and
    after; ``labels(X)`` returns the likeliest class of each image.

    Converting is never timed.
    """

    def __init__(self, data):
        self.X_train, self.y_train, self.X_test, self.y_test = load_images(data)

    def versions(self):
        """Return {package: version} of what this side needs and this process cannot know."""
        return {}

    def prepare(self, network, precision, n_images):
        """Make the network new, train it on a few batches, and predict once."""
        self.build(network, precision)
        self.training = self.convert(at_most(self.X_train, n_images)), self.y_train[:n_images]
        self.testing = self.convert(self.X_test)
        X, y = self.training
        self.train(X[:WARM_UP_IMAGES], y[:WARM_UP_IMAGES])
        self.labels(self.testing[:WARM_UP_IMAGES])
        self.labels(self.testing[:1])

    def time_training(self):
        """Train for an epoch; return its seconds and those of the whole call, for 60,000 images.

        The latter as measured: what comes before and after does not grow with the images.
        """
        start = time.perf_counter()
        epoch = self.train(*self.training)
        call = time.perf_counter() - start
        scale = N_TRAIN / len(self.training[1])
        return {"seconds": epoch * scale, "around": call - epoch}

    def time_prediction(self):
        """Return the seconds that the test images take."""
        return seconds_of(lambda: self.labels(self.testing))

    def time_single(self, n_calls):
        """Return the seconds that one image takes, each of `n_calls` times."""
        images = [self.testing[k : k + 1] for k in range(n_calls)]
        return [seconds_of(lambda image=image: self.labels(image)) for image in images]

    def accuracy(self):
        """Return the part of some test images that the network gets right."""
        found = self.labels(self.testing[:N_FOR_ACCURACY])
        return float(np.mean(np.asarray(found) == self.y_test[:N_FOR_ACCURACY]))

    def fit_once(self, network, precision, n_images):
        """Make the network new, train it for an epoch; return the seconds and the memory."""
        X, y = at_most(self.X_train, n_images), at_most(self.y_train, n_images)
        if n_images != len(self.X_train):
            self.X_train = None  # the memory is to be that of `n_images`
        self.build(network, precision)
        X = self.convert(X)
        meter = MemoryMeter()
        seconds = self.train(X, y)
        return {"seconds": seconds, **meter.read()}


def run(side_class):
    """Be the worker of a side; the command's argument is the folder of the images."""
    serve(side_class(sys.argv[1]))

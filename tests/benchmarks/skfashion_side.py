"""skfashion: the classifiers with their defaults, given raw uint8 pixels."""

import os
import tempfile
import threading
import time
from contextlib import nullcontext, suppress
from pathlib import Path

import numpy as np
from sklearn.model_selection import GridSearchCV

from skfashion import neural_network, recipes
from tests.benchmarks.networks import N_TRAIN, at_most
from tests.benchmarks.side import SINGLE_CALLS, Side, memory, seconds_of


class TimeIsUp(Exception):
    """A training has had its time."""


class Clock:
    """An augmentation that changes nothing, and stops a training after some seconds."""

    def __init__(self, seconds):
        self.seconds, self.n_images, self.start = seconds, 0, None

    def __call__(self, images):
        self.latest = time.perf_counter()
        self.start = self.start or self.latest
        if self.latest - self.start > self.seconds:
            raise TimeIsUp
        self.n_images += len(images)
        return images

    def speed(self):
        return self.n_images / (self.latest - self.start)


class AnonymousMemory:
    """The most memory in MB that this process has in the block and that is no part of a file."""

    def __enter__(self):
        self.before = self.most = memory("RssAnon")
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.ended.wait(0.02):
            self.most = max(self.most, memory("RssAnon"))

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


class Skfashion(Side):
    """Pixels are scaled, and padded for the LeNets, within the measured time."""

    def n_threads(self):
        return getattr(self.classifier, "n_threads_", None)  # of an older version, not known

    def build(self, network, precision):
        # float32 is the default, and what the benchmark is about is the default
        other = {} if precision == "float32" else {"precision": precision}
        self.classifier = getattr(neural_network, f"{network}Classifier")(
            max_epochs=1, warm_start=True, device="cpu", random_state=0, **other
        )

    def convert(self, images):
        return images.reshape(len(images), -1)

    def train(self, X, y):
        return self.classifier.fit(X, y).epoch_seconds_[-1]

    def whole_training(self, name, random_state, n_images):
        """Train a Pipeline of the recipe; return the accuracy in per cent.

        With fewer images than all, it is trained for one epoch.
        """
        pipeline = recipes.best(random_state)[name]
        if n_images < N_TRAIN:
            pipeline.set_params(classifier__max_epochs=1)
        X, y = (at_most(array, n_images) for array in (self.X_train, self.y_train))
        X_test, y_test = (at_most(array, n_images) for array in (self.X_test, self.y_test))
        pipeline.fit(self.convert(X), y)
        return 100 * float(pipeline.score(self.convert(X_test), y_test))

    def time_part(self, name, n_images):
        """Return the Pipeline's number of epochs, and the seconds of all for 60,000 images.

        As on the other side, the network is made once, and warm when its second epoch is timed.
        """
        # which not every version has
        from skfashion.neural_network._engine.pruning import epoch_sizes

        X, y = (at_most(array, n_images) for array in (self.X_train, self.y_train))
        X, classifier = self.convert(X), recipes.best(0)[name][-1]
        sizes = epoch_sizes(N_TRAIN, classifier.max_epochs, classifier.data_pruning)
        pipelines = vars(self).setdefault("pipelines", {})
        if name not in pipelines:
            pipelines[name] = recipes.best(0)[name]
            pipelines[name].set_params(classifier__max_epochs=1, classifier__warm_start=True)
            pipelines[name].fit(X, y)
        seconds = pipelines[name].fit(X, y)[-1].epoch_seconds_[-1]
        return classifier.max_epochs, seconds * sum(sizes) / n_images

    def search(self, network, n_images, has_memory):
        """Search learning rates and numbers of epochs; return the seconds, and all scores."""
        X, y = (at_most(array, n_images) for array in (self.X_train, self.y_train))
        grid = {"lr": [0.0003, 0.001, 0.003, 0.01], "max_epochs": [2, 4, 6, 8]}
        with tempfile.TemporaryDirectory() as folder:
            classifier = getattr(neural_network, f"{network}Classifier")(
                device="cpu", random_state=0, memory=folder if has_memory else None
            )
            search = GridSearchCV(classifier, grid, cv=2, refit=False, error_score="raise")
            seconds = seconds_of(search.fit, self.convert(X), y)
        return seconds, [search.cv_results_[f"split{k}_test_score"].tolist() for k in range(2)]

    def fit_mapped(self, network, path, n_images, seconds):
        """Train on the first images of a file, for one epoch or at most some seconds of it.

        Return images per second, and the most anonymous memory and what was added to it in MB.
        """
        X = np.memmap(path, np.uint8, "r", shape=(n_images, 28, 28))
        y = np.resize(self.y_train.astype(np.uint8), n_images)
        self.X_train = self.X_test = None
        clock = seconds and Clock(seconds)
        self.build(network, "float32")
        self.classifier.set_params(warm_start=False, augmentation=clock)
        with AnonymousMemory() as memory, suppress(TimeIsUp):
            self.classifier.fit(X, y)
        speed = clock.speed() if clock else n_images / self.classifier.epoch_seconds_[-1]
        return speed, memory.most, memory.most - memory.before

    def search_on_cluster(self, network, n_images, address):
        """Search learning rates; return the seconds, the bytes that were sent, and all scores."""
        import psutil

        from skfashion.cluster import on_dask

        X, y = (at_most(array, n_images) for array in (self.convert(self.X_train), self.y_train))
        classifier = getattr(neural_network, f"{network}Classifier")
        classifier = classifier(max_epochs=1, device="cpu", random_state=0)
        grid = {"lr": [0.0003, 0.001, 0.002, 0.003, 0.005, 0.01]}
        search = GridSearchCV(classifier, grid, cv=2, refit=False, error_score="raise")
        with nullcontext() if address is None else on_dask(address):
            search.fit(X[:200], y[:200])
            before = psutil.net_io_counters().bytes_sent
            seconds = seconds_of(search.fit, X, y)
            n_sent = psutil.net_io_counters().bytes_sent - before
        scores = [search.cv_results_[f"split{k}_test_score"].tolist() for k in range(2)]
        return seconds, n_sent, [score for fold in scores for score in fold]

    def time_exported(self):
        """Return the seconds that single images take here and in onnxruntime, in turn.

        And the largest difference between the probabilities.
        """
        import onnxruntime

        from skfashion.export import to_onnx  # which not every version has

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", 0))  # 0: its choice
        with tempfile.TemporaryDirectory() as folder:
            path = to_onnx(self.classifier, Path(folder, "model.onnx"))
            session = onnxruntime.InferenceSession(path, options)

        def there(X):
            return session.run(["probabilities"], {"X": X})[0]

        here, seconds, apart = (
            self.classifier.predict_proba,
            {"skfashion": [], "onnxruntime": []},
            0,
        )
        for k in range(SINGLE_CALLS):
            X = self.testing[k % len(self.testing)][None]
            apart = max(apart, abs(here(X) - there(X)).max())
            for side, function in (("skfashion", here), ("onnxruntime", there)):
                seconds[side].append(seconds_of(function, X))
        return seconds, float(apart)

    def labels(self, X):
        return self.classifier.predict(X)

"""Keras on TensorFlow, as the article uses it. Runs in an environment of its own."""

import os
import time

import keras
import tensorflow as tf
from keras import layers, ops

from tests.benchmarks.networks import (
    ARTICLE,
    BATCH_SIZE,
    LEARNING_RATE,
    N_TRAIN,
    RBF_GAMMA,
    at_most,
    scaled,
)
from tests.benchmarks.side import Side

EPOCHS_OF_CNN2 = 8


class RBF(layers.Layer):
    """The article's last layer of LeNet-5: ``exp(-gamma * ||x - mu||^2)``."""

    def build(self, shape):
        self.mu = self.add_weight(shape=(shape[-1], 10), initializer="uniform", name="mu")

    def call(self, x):
        difference = ops.expand_dims(x, -1) - self.mu  # (n, inputs, units)
        return ops.exp(-RBF_GAMMA * ops.sum(ops.square(difference), axis=1))


def make_layers(network):
    """Return the article's layers."""
    activation = {"activation": ARTICLE[network].activation}
    # The last layer in float32, as Keras's guide to mixed precision wants it.
    make = {
        "conv": lambda n, size, padding: layers.Conv2D(n, size, padding=padding, **activation),
        "max": lambda: layers.MaxPooling2D(2),
        "average": lambda: layers.AveragePooling2D(2),
        "dropout": layers.Dropout,
        "flatten": layers.Flatten,
        "dense": lambda n: layers.Dense(n, **activation),
        "softmax": lambda: layers.Dense(10, activation="softmax", dtype="float32"),
        "rbf": lambda: RBF(dtype="float32"),
    }
    return [make[kind](*arguments) for kind, *arguments in ARTICLE[network].layers]


class Keras(Side):
    """``model.fit`` and ``model.predict`` with their defaults; one image by the fastest call."""

    def versions(self):
        return f"keras {keras.__version__}, tensorflow {tf.__version__}"

    def n_threads(self):
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return int(os.environ.get("TF_NUM_INTRAOP_THREADS", cores))

    def build(self, network, precision):
        keras.backend.clear_session()
        keras.utils.set_random_seed(0)
        keras.config.set_dtype_policy("float32" if precision == "float32" else "mixed_bfloat16")
        self.network = network
        size = ARTICLE[network].size
        self.model = keras.Sequential([keras.Input((size, size, 1)), *make_layers(network)])
        if self.model.count_params() != ARTICLE[network].n_parameters:
            raise ValueError(f"{network} has {self.model.count_params()} parameters")
        optimizer = keras.optimizers.get(ARTICLE[network].optimizer.lower())
        optimizer.learning_rate = LEARNING_RATE
        self.model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])

    def convert(self, images):
        return scaled(images, self.network)[..., None]

    def train(self, X, y):
        times = []  # of the epoch's begin and end, without what `fit` does before and after

        def note_time(*_):
            times.append(time.perf_counter())

        clock = keras.callbacks.LambdaCallback(on_epoch_begin=note_time, on_epoch_end=note_time)
        self.model.fit(X, y, epochs=1, batch_size=BATCH_SIZE, verbose=0, callbacks=[clock])
        return times[1] - times[0]

    def time_part(self, name, n_images):
        """Return CNN 2's number of epochs in the article, and the seconds of all of 60,000 images.

        The network is made once, and warm when its second epoch is timed.
        """
        X, y = (at_most(array, n_images) for array in (self.X_train, self.y_train))
        if not hasattr(self, "model"):
            self.build("CNN2", "float32")
            self.train(self.convert(X), y)
        seconds = self.train(self.convert(X), y)
        return EPOCHS_OF_CNN2, EPOCHS_OF_CNN2 * seconds * N_TRAIN / n_images

    def labels(self, X):
        if len(X) == 1:
            return self.model.predict_on_batch(X).argmax(1)
        return self.model.predict(X, verbose=0).argmax(1)

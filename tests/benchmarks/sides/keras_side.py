"""Keras on TensorFlow, as the article uses it. Runs in an environment of its own."""

import time

import keras
import tensorflow as tf
from keras import layers, ops

from tests.benchmarks.networks import (
    BATCH_SIZE,
    LEARNING_RATE,
    NETWORKS,
    RBF_GAMMA,
)
from tests.benchmarks.sides.base import Side, run
from tests.benchmarks.sides.images import scaled

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


class RBF(layers.Layer):
    """The article's last layer of LeNet-5: ``exp(-gamma * ||x - mu||^2)``."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.mu = self.add_weight(shape=(shape[-1], self.units), initializer="uniform", name="mu")

    def call(self, x):
        difference = ops.expand_dims(x, -1) - self.mu  # (n, inputs, units)
        return ops.exp(-RBF_GAMMA * ops.sum(ops.square(difference), axis=1))


def softmax():
    # The last layer in float32, as Keras's guide to mixed precision wants it.
    return layers.Dense(10, activation="softmax", dtype="float32")


def conv(n_filters, kernel_size, activation="relu", **settings):
    return layers.Conv2D(n_filters, kernel_size, activation=activation, **settings)


def simple_dense():
    return [
        layers.Flatten(),
        layers.Dense(300, activation="relu"),
        layers.Dense(100, activation="relu"),
        softmax(),
    ]


def cnn1():
    return [
        *(conv(32, 3), layers.MaxPooling2D(2)),
        conv(64, 3),
        *(conv(64, 3), layers.MaxPooling2D(2)),
        *(layers.Flatten(), layers.Dropout(0.5), softmax()),
    ]


def cnn2():
    return [
        conv(32, 3, padding="same", kernel_initializer="he_normal"),
        *(layers.MaxPooling2D(2), layers.Dropout(0.2)),
        *(conv(64, 3, padding="same"), layers.MaxPooling2D(2), layers.Dropout(0.2)),
        *(conv(128, 3, padding="same"), layers.Dropout(0.5)),
        *(layers.Flatten(), layers.Dense(128, activation="relu"), softmax()),
    ]


def lenet5(activation, last_layer):
    return [
        *(conv(6, 5, activation, padding="same"), layers.AveragePooling2D(2)),
        *(conv(16, 5, activation, padding="same"), layers.AveragePooling2D(2)),
        *(conv(120, 5, activation), layers.Flatten()),
        *(layers.Dense(84, activation=activation), last_layer),
    ]


FACTORIES = {
    "Simple dense": simple_dense,
    "LeNet-5": lambda: lenet5("tanh", RBF(10, dtype="float32")),
    "Modified LeNet-5": lambda: lenet5("relu", softmax()),
    "CNN 1": cnn1,
    "CNN 2": cnn2,
}
OPTIMIZERS = {
    "sgd": keras.optimizers.SGD,
    "adam": keras.optimizers.Adam,
    "nadam": keras.optimizers.Nadam,
}


class EpochClock(keras.callbacks.Callback):
    """Takes the seconds of the last epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds = time.perf_counter() - self.start


class KerasSide(Side):
    """``model.fit`` and ``model.predict`` with their defaults; one image by the fastest call."""

    def versions(self):
        return {"keras": keras.__version__, "tensorflow": tf.__version__}

    def build(self, network, precision):
        keras.backend.clear_session()
        keras.utils.set_random_seed(0)
        keras.config.set_dtype_policy(POLICIES[precision])
        self.network = network
        size = NETWORKS[network].size
        shape = (size, size) if network == "Simple dense" else (size, size, 1)
        self.model = keras.Sequential([keras.Input(shape), *FACTORIES[network]()])
        if self.model.count_params() != NETWORKS[network].n_parameters:
            raise ValueError(f"{network} has {self.model.count_params()} parameters")
        self.model.compile(
            optimizer=OPTIMIZERS[NETWORKS[network].optimizer](LEARNING_RATE),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )

    def convert(self, images):
        images = scaled(images, self.network)
        return images if self.network == "Simple dense" else images[..., None]

    def train(self, X, y):
        clock = EpochClock()
        self.model.fit(X, y, epochs=1, batch_size=BATCH_SIZE, verbose=0, callbacks=[clock])
        return clock.seconds

    def labels(self, X):
        if len(X) == 1:
            return self.model.predict_on_batch(X).argmax(1)
        return self.model.predict(X, verbose=0).argmax(1)


if __name__ == "__main__":
    run(KerasSide)

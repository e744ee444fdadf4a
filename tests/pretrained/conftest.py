"""A small network, trained for seconds, and its file."""

import pytest
from sklearn.pipeline import Pipeline

from skfashion import FastResNetClassifier, PixelScaler
from skfashion.datasets import CLASS_NAMES
from skfashion.pretrained._make import make_pretrained


def small_pipeline(**parameters):
    network = FastResNetClassifier(
        **{"widths": (4, 8), "depths": (1, 2), "batch_size": 32, "max_epochs": 3},
        **{"optimizer": "adam", "lr": 0.01, "random_state": 0, **parameters},
    )
    return Pipeline([("scale", PixelScaler(feature_range=None)), ("classifier", network)])


@pytest.fixture(scope="session")
def make(sample):
    """Return a function that trains a small network and writes its file."""

    def make_file(path, pipeline=None, **settings):
        settings = {"class_names": CLASS_NAMES, "n_held_out": 300, **settings}
        return make_pretrained(
            pipeline or small_pipeline(),
            *(sample.data[:900], sample.target[:900]),
            *(sample.data[6000:6300], sample.target[6000:6300]),
            path,
            **settings,
        )

    return make_file


@pytest.fixture(scope="session")
def small_file(make, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    make(path, command="a command")
    return path

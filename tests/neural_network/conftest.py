"""What several files of tests train on."""

import numpy as np
import pytest

from skfashion import SimpleDenseClassifier
from tests.networks import FAST


@pytest.fixture(scope="module")
def data(sample):
    """300 images of all classes, in no order of class."""
    rows = np.random.default_rng(0).permutation(1000)[:300]
    return sample.data[6000:][rows], sample.target[6000:][rows]


@pytest.fixture(scope="module")
def fitted(data):
    return SimpleDenseClassifier(**FAST).fit(*data)

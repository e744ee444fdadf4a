"""A few real images, which every test of the comparison uses."""

import pytest

from skfashion.datasets import load_fashion_sample


@pytest.fixture(scope="module")
def data():
    X_train, y_train = load_fashion_sample(subset="train", return_X_y=True)
    X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)
    return X_train[:400], y_train[:400], X_test[:200], y_test[:200]

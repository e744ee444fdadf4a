"""Small trainings to be plotted, on real images, and no windows."""

import matplotlib
import pytest

matplotlib.use("agg")

from sklearn.pipeline import make_pipeline

from skfashion import ImagePadder, LeNet5Classifier, PixelScaler, SimpleDenseClassifier


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


@pytest.fixture(scope="session")
def images(sample):
    """400 images of all classes and their labels."""
    return sample.data[6000:6400], sample.target[6000:6400]


@pytest.fixture(scope="session")
def dense(images):
    return SimpleDenseClassifier(lr=0.1, max_epochs=4, validation_fraction=0.2, random_state=0).fit(
        *images
    )


@pytest.fixture(scope="session")
def lenet(images):
    """LeNet-5 in a Pipeline whose other steps change the image."""
    X, y = images
    pipeline = make_pipeline(
        ImagePadder(), PixelScaler(), LeNet5Classifier(max_epochs=1, random_state=0)
    )
    return pipeline.fit(X[:100], y[:100])

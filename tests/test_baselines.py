"""The classic classifiers: each learns, is reproducible with a seed, and has the steps it says."""

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skfashion.baselines import classic_baselines
from skfashion.datasets import load_fashion_sample
from skfashion.preprocessing import PixelScaler

NAMES = [
    "Dummy",
    "Gaussian naive Bayes",
    "Logistic regression",
    "Linear SVM",
    "k-NN",
    "Decision tree",
    "Random forest",
    "Extra trees",
    "Histogram gradient boosting",
    "RBF SVM",
    "MLP",
    "HOG + SVM",
]
ON_SCALED_PIXELS = {
    "Gaussian naive Bayes",
    "Logistic regression",
    "Linear SVM",
    "k-NN",
    "RBF SVM",
    "MLP",
}
WITHOUT_RANDOM_STATE = {"Gaussian naive Bayes", "k-NN"}
# What 600 training images are enough for; chance is 0.1.
LEAST_ACCURACY = 0.6


@pytest.fixture(scope="module")
def images():
    X_train, y_train = load_fashion_sample(subset="train", return_X_y=True)
    X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)
    return X_train[:600], y_train[:600], X_test[:300], y_test[:300]


def few_rounds(name, pipeline):
    """Gradient boosting takes half a second per round, whatever the number of images."""
    if name == "Histogram gradient boosting":
        pipeline.set_params(classifier__max_iter=5)
    return pipeline


def test_names():
    assert list(classic_baselines()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_steps(name):
    pipeline = classic_baselines()[name]
    assert pipeline.steps[-1][0] == "classifier"
    has_scaler = any(isinstance(step, PixelScaler) for _, step in pipeline.steps)
    assert has_scaler == (name in ON_SCALED_PIXELS)


@pytest.mark.parametrize("name", NAMES)
def test_random_state_reaches_every_step(name):
    params = classic_baselines(random_state=7)[name].get_params()
    seeds = [value for key, value in params.items() if key.endswith("random_state")]
    assert seeds == ([] if name in WITHOUT_RANDOM_STATE else [7])


def test_random_state_none_is_kept():
    forest = classic_baselines()["Random forest"]
    assert forest["classifier"].random_state is None


def test_each_call_makes_new_pipelines():
    first, second = classic_baselines(), classic_baselines()
    assert all(first[name][-1] is not second[name][-1] for name in NAMES)


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", NAMES)
def test_learns_and_repeats_itself(name, images):
    X_train, y_train, X_test, y_test = images
    pipeline = few_rounds(name, classic_baselines(random_state=0)[name])
    predictions = pipeline.fit(X_train, y_train).predict(X_test)
    if name == "Dummy":
        assert len(np.unique(predictions)) == 1
    else:
        assert np.mean(predictions == y_test) > LEAST_ACCURACY
    again = clone(pipeline).fit(X_train, y_train)
    np.testing.assert_array_equal(again.predict(X_test), predictions)


@pytest.mark.parametrize("name", NAMES)
def test_takes_images_of_any_shape(name, images):
    """Rows and stacks give the same; rectangles and colours work too."""
    X, y, *_ = images
    pipeline = few_rounds(name, classic_baselines(random_state=0)[name])
    stack = X[:200].reshape(-1, 28, 28)
    predictions = clone(pipeline).fit(X[:200], y[:200]).predict(X)
    clone_of_stack = clone(pipeline).fit(stack, y[:200])
    np.testing.assert_array_equal(clone_of_stack.predict(X.reshape(-1, 28, 28)), predictions)
    rgb = np.stack([stack, 255 - stack, stack // 2], axis=-1)[:, 4:-4]
    assert pipeline.fit(rgb, y[:200]).score(rgb, y[:200]) > (0.05 if name == "Dummy" else 0.6)


@pytest.mark.slow
@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", NAMES)
def test_converges_on_the_whole_sample(name):
    X, y = load_fashion_sample(subset="train", return_X_y=True)
    X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)
    pipeline = classic_baselines(random_state=0)[name].fit(X, y)
    assert name == "Dummy" or pipeline.score(X_test, y_test) > 0.65


def test_hog_says_what_to_install(images, monkeypatch):
    X_train, y_train, *_ = images
    monkeypatch.setitem(sys.modules, "skimage.feature", None)
    pipeline = classic_baselines()["HOG + SVM"]
    with pytest.raises(ImportError, match=r'pip install "skfashion\[hog\]"'):
        pipeline.fit(X_train, y_train)


def test_hog_features_do_not_depend_on_brightness(images):
    hog = classic_baselines()["HOG + SVM"]["hog"]
    X = images[0][:20]
    features = hog.transform(X)
    assert features.shape == (20, 1296)
    assert features.dtype == np.float32
    np.testing.assert_allclose(hog.transform(X // 2 * 2.0), hog.transform(X // 2), atol=1e-4)


def test_hog_names_a_row_that_is_not_an_image(images):
    X_train, y_train, *_ = images
    with_label = np.column_stack([X_train, y_train])
    with pytest.raises(ValueError, match="785 pixels"):
        classic_baselines()["HOG + SVM"].fit(with_label, y_train)


def test_hog_features_of_every_form_of_images(images):
    hog = classic_baselines()["HOG + SVM"]["hog"]
    X = images[0][:5]
    features = hog.transform(X)
    for same in (X.reshape(-1, 28, 28), X.reshape(-1, 28, 28, 1), pd.DataFrame(X).astype("UInt8")):
        np.testing.assert_array_equal(hog.transform(same), features)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros(784), "Expected 2D array"),
        (np.zeros((5, 3, 28, 28)), "channels come last"),
        (np.zeros((5, 49)), "at least 8 x 8 pixels; X has 7 x 7"),
        (np.zeros((0, 784)), "0 sample"),
        (np.full((5, 784), np.nan), "contains NaN"),
    ],
)
def test_what_has_no_hog_features(X, message):
    with pytest.raises(ValueError, match=message):
        classic_baselines()["HOG + SVM"]["hog"].transform(X)

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from skfashion import ImageClassifier, ImagePadder, PixelScaler
from skfashion._estimators import (
    activation_maps,
    best_epoch,
    epoch_figures,
    final_step,
    final_step_name,
    last_of_pipeline,
    learning_curves,
    n_parameters,
    overfitting,
    own_image_shape,
    parameters_called,
    plain_labels,
    seconds_in_memory,
    seen_by_final_step,
    validation_in_words,
)
from tests.networks import SmallModule


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[6000:6200], sample.target[6000:6200]


@pytest.fixture(scope="module")
def search(data):
    """A fitted search over a Pipeline in a Pipeline."""
    inner = make_pipeline(PCA(10, random_state=0), GaussianNB())
    pipeline = Pipeline([("same", "passthrough"), ("scale", PixelScaler()), ("model", inner)])
    grid = {"model__gaussiannb__var_smoothing": [0.1, 0.2]}
    return GridSearchCV(pipeline, grid, cv=2).fit(*data)


def test_final_step(search):
    assert final_step(search) is search.best_estimator_["model"]["gaussiannb"]
    assert final_step(make_pipeline(PixelScaler(), search)) is final_step(search)
    assert final_step_name(search) == "GaussianNB"
    alone = GaussianNB()
    assert final_step(alone) is alone


def test_what_the_final_step_sees(search, data):
    X, _ = data
    seen = seen_by_final_step(search, X)
    assert seen.shape == (200, 10)
    np.testing.assert_array_equal(final_step(search).predict(seen), search.predict(X))
    assert seen_by_final_step(final_step(search), X) is X


def test_last_of_a_pipeline_and_the_prefix_of_its_parameters(search):
    pipeline = Pipeline([("a", PixelScaler()), ("b", Pipeline([("c", search)]))])
    assert last_of_pipeline(pipeline) == (search, "b__c__")
    assert last_of_pipeline(search) == (search, "")


def test_parameters_called():
    pipeline = make_pipeline(PCA(random_state=3), LogisticRegression())
    assert parameters_called("random_state", pipeline) == {
        "pca__random_state": 3,
        "logisticregression__random_state": None,
    }
    assert parameters_called("state", pipeline) == {}


def test_shape_of_the_images_in_rows(data):
    X, y = data
    padder = ImagePadder(shape=(20, 60), image_shape=(14, 56))
    pipeline = make_pipeline(PixelScaler(), padder, GaussianNB()).fit(X, y)
    assert own_image_shape(pipeline, 784) == (14, 56, 1)
    assert own_image_shape(pipeline, 20 * 60) is None
    assert own_image_shape(GaussianNB(), 784) is None


def test_curves_and_epochs(data):
    mlp = MLPClassifier((5,), early_stopping=True, max_iter=3, n_iter_no_change=9, random_state=0)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        pipeline = make_pipeline(PixelScaler(), mlp).fit(*data)
    curves = learning_curves(pipeline)
    assert curves == {
        "train_loss": pipeline[-1].loss_curve_,
        "validation_accuracy": pipeline[-1].validation_scores_,
    }
    assert epoch_figures(pipeline) == {"epochs": 3, "seconds_per_epoch": None}
    assert learning_curves(GaussianNB()) == {}
    assert epoch_figures(LogisticRegression(max_iter=9)) == {
        "epochs": None,
        "seconds_per_epoch": None,
    }


def test_seconds_of_epochs_that_were_not_trained():
    class Network:
        epoch_seconds_ = (3.0, 2.0, 1.0)

    assert seconds_in_memory(Network()) == 0
    Network.n_epochs_from_memory_ = 2
    assert seconds_in_memory(Pipeline([("network", Network())])) == 5


class KeepsCurves:
    """Keeps what a network keeps that was fitted with a validation part and then without."""

    loss_curve_ = (0.9, 0.5, 0.4)
    train_scores_ = np.array([0.5, 0.6, 0.7], dtype=np.float32)
    validation_loss_curve_ = (0.8, None, np.float32(0.5))
    validation_scores_ = (None, np.nan, None)


def test_epochs_without_validation_are_nan_and_curves_without_figures_are_left_out():
    curves = learning_curves(KeepsCurves())
    assert list(curves) == ["train_loss", "train_accuracy", "validation_loss"]
    np.testing.assert_array_equal(curves["validation_loss"], [0.8, np.nan, 0.5])
    assert all(type(value) is float for values in curves.values() for value in values)


def test_best_epoch():
    assert best_epoch([0.5, 0.3, np.nan, 0.4], [0.1, 0.2, 0.3, 0.4]) == 2
    assert best_epoch([None, np.inf, 0.3]) == 3
    assert best_epoch([np.nan, np.inf]) == 2
    assert best_epoch(None, [0.1, np.nan, 0.3, 0.2]) == 3
    assert best_epoch([None, np.nan], [0.1, 0.3]) == 2
    assert best_epoch(None) is best_epoch([np.nan, np.nan]) is best_epoch([], [None]) is None


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ((0.5, 0.3, 0.4), (2, True)),
        ((0.5, 0.4, 0.3), (3, False)),
        ((0.1, 0.2), (1, True)),
        ((0.5, 0.3, None), (2, False)),  # of the last epoch, no loss is known
        ((None, 0.3, np.nan, 0.4), (2, True)),
        ((0.3, np.inf), (1, True)),
        ((None, np.nan), (None, None)),
        ((), (None, None)),
    ],
)
def test_overfitting(losses, expected):
    assert overfitting(losses) == expected


@pytest.mark.parametrize(
    ("curves", "words"),
    [
        ({"validation_loss": [0.5, 0.3, 0.4]}, "lowest validation loss: epoch 2 of 3"),
        ({"validation_loss": [0.5, 0.3]}, "lowest validation loss: epoch 2 of 2, the last"),
        (
            {"train_loss": [1.0, 0.5], "validation_accuracy": [0.8, 0.7]},
            "highest validation accuracy: epoch 1 of 2",
        ),
        ({"train_loss": [1.0, 0.5]}, ""),
        ({}, ""),
    ],
)
def test_validation_in_words(curves, words):
    assert validation_in_words(curves) == words


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_n_parameters(data, search):
    X, y = data
    assert n_parameters(LinearSVC(tol=1).fit(X, y)) == 784 * 10 + 10
    assert n_parameters(make_pipeline(LogisticRegression(tol=9)).fit(X, y)) == 784 * 10 + 10
    assert n_parameters(LogisticRegression(tol=9, fit_intercept=False).fit(X, y > 4)) == 784 + 1
    mlp = MLPClassifier((20,), max_iter=1).fit(X, y)
    assert n_parameters(mlp) == 784 * 20 + 20 + 20 * 10 + 10
    assert n_parameters(search) is None


def test_plain_labels():
    assert plain_labels(np.array(["a", "b"], dtype=object)).dtype.kind == "U"
    assert plain_labels([[1], [2]]).tolist() == [1, 2]
    numbers = plain_labels(np.array([9, 10], dtype=object))
    assert numbers.dtype.kind == "i"  # as text, "10" would come before "9"
    assert plain_labels(np.array([9, "10"], dtype=object)).tolist() == ["9", "10"]


def test_activation_maps_through_a_pipeline_that_pads(data):
    X, y = data
    network = ImageClassifier(module=SmallModule, max_epochs=1, random_state=0)
    rgb = np.repeat(X.reshape(-1, 28, 28, 1), 3, axis=3)
    for images in (X.reshape(-1, 28, 28), rgb):
        pipeline = make_pipeline(ImagePadder(shape=(30, 36)), network).fit(images, y)
        maps = activation_maps(pipeline, images[:3])
        padded = pipeline[-1].class_activation_maps(pipeline[:-1].transform(images[:3]))
        np.testing.assert_array_equal(maps, padded[:, 1:29, 4:32])

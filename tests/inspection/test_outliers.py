import numpy as np
import pytest
from sklearn.cluster import DBSCAN
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfashion import PixelScaler, SimpleDenseClassifier
from skfashion.inspection import find_outliers


@pytest.fixture(scope="module")
def images(sample):
    return sample.data[:300], sample.target[:300]


@pytest.fixture(scope="module")
def model(images):
    """A network whose Pipeline changes the images."""
    network = SimpleDenseClassifier(lr=0.1, max_epochs=2, random_state=0)
    return make_pipeline(PixelScaler(feature_range=(-1, 1)), network).fit(*images)


def test_scores_are_those_of_the_detector_on_the_features(images, model):
    X, _ = images
    features = model[-1].features(model[:-1].transform(X))
    found = find_outliers(model, X)
    detector = LocalOutlierFactor().fit(features)
    scores = detector.negative_outlier_factor_
    np.testing.assert_array_equal(found["index"], np.argsort(scores, kind="stable"))
    np.testing.assert_allclose(found["score"], np.sort(scores))
    assert found["is_outlier"].sum() == (scores < detector.offset_).sum()
    assert found["rank"].tolist() == list(range(1, 301))


def test_any_detector(images, model):
    X, _ = images
    detector = IsolationForest(n_estimators=20, random_state=0)
    found = find_outliers(model, X, detector=detector)
    features = model[-1].features(model[:-1].transform(X))
    expected = IsolationForest(n_estimators=20, random_state=0).fit(features)
    np.testing.assert_allclose(found["score"], np.sort(expected.score_samples(features)))
    assert found["is_outlier"].sum() == (expected.predict(features) == -1).sum()
    assert not hasattr(detector, "estimators_")  # a clone was fitted


def test_a_detector_after_other_steps(images, model):
    X, _ = images
    detector = make_pipeline(StandardScaler(), LocalOutlierFactor())
    found = find_outliers(model, X, detector=detector)
    scaled = StandardScaler().fit_transform(model[-1].features(model[:-1].transform(X)))
    expected = LocalOutlierFactor().fit(scaled).negative_outlier_factor_
    np.testing.assert_allclose(found["score"], np.sort(expected))


def test_an_image_of_noise_is_the_most_unusual(images, model):
    X, _ = images
    noise = np.random.default_rng(0).integers(0, 256, size=(1, 784)).astype(np.uint8)
    found = find_outliers(model, np.vstack([X, noise]))
    assert found["index"][0] == 300


def test_few_images(images, model):
    assert len(find_outliers(model, images[0][:3])) == 3


def test_errors_say_what_is_wrong(images, model):
    X, y = images
    with pytest.raises(ValueError, match="GaussianNB has no method features"):
        find_outliers(GaussianNB().fit(X, y), X)
    with pytest.raises(ValueError, match="StandardScaler is not an outlier detector"):
        find_outliers(model, X, detector=StandardScaler())
    with pytest.raises(ValueError, match="outlier detector with novelty=True: leave that"):
        find_outliers(model, X, detector=LocalOutlierFactor(novelty=True))
    with pytest.raises(ValueError, match="DBSCAN has no scores of outliers: give one of"):
        find_outliers(model, X, detector=DBSCAN())
    with pytest.raises(ValueError, match="X has one image: at least two are needed"):
        find_outliers(model, X[:1])
    with pytest.raises(NotFittedError):
        find_outliers(SimpleDenseClassifier(), X)

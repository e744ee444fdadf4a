"""Predictions and pages that the report's tests share."""

import time

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skfashion import SimpleDenseClassifier
from skfashion.comparison import compare
from skfashion.datasets import CLASS_NAMES
from skfashion.report import ConfusionReport

from .browser import SECONDS, Page, on_screen, start_browser

# Text that would be markup if it were ever read as such.
HOSTILE_CLASS = "<script>alert(1)</script>"
HOSTILE_NAME = 'Bayes </script><img src=x onerror="alert(2)">'
HOSTILE_ERROR = "<b onclick='alert(3)'>broken</b>"


class Failing(ClassifierMixin, BaseEstimator):
    """Fails when it is fitted."""

    def fit(self, X, y):
        raise ValueError(HOSTILE_ERROR)


@pytest.fixture(scope="session")
def names():
    """The ten class names, the last one a piece of markup."""
    return [*CLASS_NAMES[:9], HOSTILE_CLASS]


@pytest.fixture(scope="session")
def comparison(sample, names):
    """Six classifiers on real images: one without probabilities, one constant, one that failed."""
    train, test = slice(0, 1500), slice(0, 600)
    X, y = sample.data[:6000], sample.target[:6000]
    X_test, y_test = sample.data[6000:][test], sample.target[6000:][test]
    estimators = {
        "Discriminant": make_pipeline(PCA(20, random_state=0), LinearDiscriminantAnalysis()),
        HOSTILE_NAME: make_pipeline(PCA(20, random_state=0), GaussianNB()),
        "Linear SVM": make_pipeline(PCA(4, random_state=0), LinearSVC(random_state=0)),
        "Simple dense": SimpleDenseClassifier(max_epochs=3, lr=0.1, batch_size=64, random_state=0),
        "Dummy": DummyClassifier(),
        "Failing": Failing(),
    }
    done = compare(
        estimators, X[train], y[train], X_test, y_test, target_names=names, learning_curves=True
    )
    assert done.table["error"].dropna().index.tolist() == ["Failing"]
    return done


def seventeen(sample, X):
    """Return predictions and probabilities of 17 real, different classifiers for images X."""
    pca = PCA(60, random_state=0).fit(sample.data[:2000] / 255)
    train, test = pca.transform(sample.data[:6000] / 255), pca.transform(X / 255)
    predictions, probabilities = {}, {}
    for n in range(17):
        kind = LinearDiscriminantAnalysis if n % 2 else GaussianNB
        k = 4 + 3 * n
        classifier = kind().fit(train[:, :k], sample.target[:6000])
        name = f"{kind.__name__}, {k} components"
        probabilities[name] = classifier.predict_proba(test[:, :k])
        predictions[name] = classifier.classes_[np.argmax(probabilities[name], axis=1)]
    return predictions, probabilities


# A browser


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    driver = start_browser(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def path(comparison, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return ConfusionReport.from_comparison(comparison).save(folder / "report.html")


@pytest.fixture(params=[("desktop", "light"), ("phone", "dark")], ids="-".join)
def page(request, driver, path):
    """The comparison's report, on a screen; fails if anything came to the console."""
    on_screen(driver, *request.param)
    driver.get_log("browser")
    page = Page(driver, path)
    yield page
    assert page.errors() == []
    assert page.is_as_wide_as_the_screen()


@pytest.fixture
def plain_page(driver, path):
    """The same on a desktop's screen alone, where the screen makes no difference."""
    on_screen(driver, "desktop")
    driver.get_log("browser")
    return Page(driver, path)


@pytest.fixture
def downloads(driver, tmp_path):
    driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )

    def wait_for(ending):
        end = time.monotonic() + SECONDS
        while not (found := list(tmp_path.glob(f"*{ending}"))):
            assert time.monotonic() < end, f"no file {ending}"
            time.sleep(0.05)
        return found[0]

    return wait_for

import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skfashion.inspection import find_label_issues


@pytest.fixture(scope="module")
def digits():
    """Digits, the labels given to them, and which of these are wrong."""
    X, y = load_digits(return_X_y=True)
    wrong = np.random.default_rng(0).choice(len(y), 40, replace=False)
    given = y.copy()
    given[wrong] = (y[wrong] + 1) % 10
    return X, given, wrong


@pytest.fixture(scope="module")
def model():
    return KNeighborsClassifier(10)


@pytest.fixture(scope="module")
def proba(digits, model):
    X, y, _ = digits
    return cross_val_predict(model, X, y, cv=5, method="predict_proba")


def test_planted_labels_are_found(digits, model, proba):
    X, y, wrong = digits
    issues = find_label_issues(model, X, y)
    assert np.isin(wrong, issues["index"]).mean() >= 0.9  # nearly all are found
    assert np.isin(issues["index"], wrong).mean() >= 0.6  # by a list that is not much longer
    assert issues["rank"].tolist() == list(range(1, len(issues) + 1))
    assert issues["quality"].is_monotonic_increasing
    index = issues["index"]
    np.testing.assert_array_equal(issues["given_label"], y[index])
    np.testing.assert_array_equal(issues["suggested_label"], proba[index].argmax(axis=1))
    np.testing.assert_allclose(issues["given_probability"], proba[index, y[index]])
    np.testing.assert_allclose(issues["suggested_probability"], proba[index].max(axis=1))
    assert issues.columns.tolist() == [
        "rank", "index", "given_label", "suggested_label", "given_probability",
        "suggested_probability", "quality",
    ]  # fmt: skip


def test_known_probabilities_are_not_computed_again(digits, model, proba):
    X, y, _ = digits
    issues = find_label_issues(None, None, y, proba=proba)
    assert issues.equals(find_label_issues(model, X, y))
    shuffled = StratifiedKFold(3, shuffle=True, random_state=0)
    assert not issues.equals(find_label_issues(model, X, y, cv=shuffled))


def test_labels_may_be_text_in_any_order(digits, proba):
    _, y, _ = digits
    proba = proba + 1e-3 * np.random.default_rng(0).random(proba.shape)  # no ties
    proba /= proba.sum(axis=1, keepdims=True)
    names = np.array([f"digit {9 - k}" for k in range(10)])
    issues = find_label_issues(None, None, names[y], proba=proba[:, ::-1], filter_by=None)
    plain = find_label_issues(None, None, y, proba=proba, filter_by=None)
    assert issues["index"].tolist() == plain["index"].tolist()
    assert issues["suggested_label"].tolist() == names[plain["suggested_label"]].tolist()


def test_numbers_in_an_object_column_are_numbers(digits, model):
    X, y, _ = digits
    y = y + 2  # to 11: as text, "10" would come before "2"
    issues = find_label_issues(model, X, y.astype(object))
    assert issues.equals(find_label_issues(model, X, y))


@pytest.mark.parametrize("missing", [np.nan, None])
def test_missing_labels_are_refused(missing, digits, proba):
    y = digits[1].astype(object)
    y[3] = missing
    with pytest.raises(ValueError, match="y has missing labels"):
        find_label_issues(None, None, y, proba=proba)


def test_filters_and_methods(digits, proba):
    _, y, _ = digits
    everything = find_label_issues(None, None, y, proba=proba, filter_by=None)
    assert len(everything) == len(y)
    confident = find_label_issues(None, None, y, proba=proba, filter_by="confident_learning")
    assert 0 < len(confident) < len(y)
    by_self = find_label_issues(
        None, None, y, proba=proba, filter_by=None, method="self_confidence"
    )
    np.testing.assert_allclose(by_self["quality"], np.sort(proba[np.arange(len(y)), y]))


def test_errors_say_what_is_wrong(digits, model, proba):
    X, y, _ = digits
    with pytest.raises(ValueError, match="LinearSVC has no predict_proba"):
        find_label_issues(make_pipeline(StandardScaler(), LinearSVC()), X, y)
    with pytest.raises(ValueError, match=r"proba has the shape \(5, 10\); with 1,797 labels"):
        find_label_issues(None, None, y, proba=proba[:5])
    for wrong in (proba - 1, np.full_like(proba, np.nan)):
        with pytest.raises(ValueError, match="proba must be probabilities"):
            find_label_issues(None, None, y, proba=wrong)
    with pytest.raises(ValueError, match="method must be one of"):
        find_label_issues(None, None, y, proba=proba, method="best")
    with pytest.raises(ValueError, match="filter_by must be one of"):
        find_label_issues(None, None, y, proba=proba, filter_by="best")
    with pytest.raises(ValueError, match="y has a single class"):
        find_label_issues(model, X, np.zeros(len(X)))


def test_without_cleanlab_it_says_what_to_install_before_it_trains(digits, monkeypatch):
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    X, y, _ = digits

    class Untouched:
        def predict_proba(self, X):
            raise AssertionError("trained in vain")

    with pytest.raises(ImportError, match=r'pip install "skfashion\[inspect\]"'):
        find_label_issues(Untouched(), X, y)

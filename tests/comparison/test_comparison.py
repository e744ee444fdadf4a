import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import confusion_matrix
from sklearn.naive_bayes import GaussianNB

from skfashion.comparison import compare
from skfashion.datasets import CLASS_NAMES
from skfashion.plotting import ComparisonDisplay
from skfashion.report import ConfusionReport
from tests.comparison.estimators import Failing


def test_unknown_names_and_states(data):
    comparison = compare({"Bayes": GaussianNB(), "Bad": Failing()}, *data)
    with pytest.raises(KeyError, match="No estimator 'Tree'"):
        comparison.predictions("Tree")
    with pytest.raises(KeyError, match="No successful fit of 'Bad'"):
        comparison.confusion_matrix("Bad")
    with pytest.raises(KeyError, match="random_state=7"):
        comparison.predictions("Bayes", random_state=7)


def test_confusion_matrix_of_a_comparison(data):
    X_train, y_train, X_test, y_test = data
    comparison = compare({"Bayes": GaussianNB()}, *data, target_names=CLASS_NAMES)
    matrix = confusion_matrix(y_test, GaussianNB().fit(X_train, y_train).predict(X_test))
    np.testing.assert_array_equal(comparison.confusion_matrix("Bayes"), matrix)
    worst = comparison.confused_pairs("Bayes", n=1)[0]
    assert worst.count == (matrix - np.diag(np.diag(matrix))).max()
    assert worst.true in CLASS_NAMES


def test_macro_f1_is_the_same_in_the_table_and_in_the_report_by_class(data):
    X_train, y_train, X_test, y_test = data
    seen = y_test != 3  # in the training data alone
    dummy = DummyClassifier(strategy="constant", constant=0)
    comparison = compare({"Dummy": dummy}, X_train, y_train, X_test[seen], y_test[seen])
    report = comparison.classification_report("Dummy", output_dict=True)
    assert set(report) - {"accuracy", "macro avg", "weighted avg"} == set("0124567") | set("89")
    macro_f1 = comparison.table.loc["Dummy", "macro_f1_mean"]
    assert report["macro avg"]["f1-score"] == pytest.approx(macro_f1, abs=1e-12)
    assert macro_f1 > 0


@pytest.fixture(scope="module")
def two(data):
    return compare({"Bayes": GaussianNB(), "Dummy": DummyClassifier()}, *data)


def test_it_is_shown_as_its_table(two):
    assert repr(two) == repr(two.table)
    assert two._repr_html_() == two.table._repr_html_()
    with pd.option_context("display.notebook_repr_html", False):
        assert two._repr_html_() is None


def test_report_and_plot_are_made_of_it(two):
    report = two.report(title="Two of them", images=False)
    assert isinstance(report, ConfusionReport)
    assert (
        report.summary
        == ConfusionReport.from_comparison(two, title="Two of them", images=False).summary
    )
    ax = plt.figure().subplots()
    display = two.plot(ax=ax, text_kw={"color": "red"})
    assert isinstance(display, ComparisonDisplay)
    assert display.ax_ is ax
    assert [text.get_text().split()[0] for text in display.texts_] == ["Bayes", "Dummy"]
    assert {text.get_color() for text in display.texts_} == {"red"}
    plt.close("all")

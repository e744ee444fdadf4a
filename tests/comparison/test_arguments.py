import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skfashion.comparison import compare, load_comparison
from tests.comparison.estimators import LoggingBayes


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"estimators": {}}, ValueError, "empty"),
        ({"estimators": [GaussianNB()]}, TypeError, "must be a dict"),
        ({"estimators": {"Bayes": GaussianNB}}, TypeError, "an instance of an estimator"),
        ({"estimators": {3: GaussianNB()}}, TypeError, "must be strings"),
        ({"estimators": {" ": GaussianNB()}}, TypeError, "must be strings that are not blank"),
        ({"random_states": []}, ValueError, "one or more integers"),
        ({"random_states": "zero"}, ValueError, "one or more integers"),
        ({"target_names": ["Shirt"]}, ValueError, "1 target_names for 10 classes"),
        ({"y_test": [1, 2]}, ValueError, "inconsistent numbers of samples"),
        (
            {"y_test": np.eye(200)},
            ValueError,
            r"one label per image, shape \(n,\); got \(200, 200\)",
        ),
        ({"y_test": 200 * [b"Bag"]}, TypeError, r"bytes; decode them: y_test.astype\(str\)"),
        ({"y_test": 200 * ["Bag"]}, ValueError, "y_train are numbers and those in y_test str"),
        ({"scoring": "acuracy"}, ValueError, "'acuracy' is not a valid scoring value"),
        ({"scoring": accuracy_score}, ValueError, "metric function rather than a scorer"),
        ({"scoring": ["accuracy"]}, TypeError, "scoring must be the name of a score"),
        ({"reference": [83.86]}, TypeError, "reference must be a dict"),
        ({"reference": {"Bayes": 83.86}}, ValueError, "with keys of accuracy, seconds_per_epoch"),
        ({"reference": {"Bayes": {"acc": 83.86}}}, ValueError, "'Bayes' must be a dict with keys"),
        ({"reference": {"Bayes": {"accuracy": "84 %"}}}, ValueError, "accuracy that is a number"),
        ({"reference": {"Bayes": {"n_train": "all"}}}, ValueError, "n_train that is a positive"),
        ({"reference": {"Bayes": {"n_train": 0}}}, ValueError, "n_train that is a positive"),
        ({"dataset": 1}, TypeError, "dataset must be a str"),
        ({"recipe": ["tuned"]}, TypeError, "recipe must be a str"),
    ],
)
def test_bad_arguments(change, error, message, data, tmp_path):
    names = ("X_train", "y_train", "X_test", "y_test")
    log = tmp_path / "log"
    estimators = {"Bayes": LoggingBayes(log)}
    arguments = {"estimators": estimators, "cv": 2, **dict(zip(names, data, strict=True))}
    with pytest.raises(error, match=message):
        compare(**{**arguments, **change})
    assert not log.exists()


def test_reference_may_be_unknown_or_of_numpy(data, tmp_path):
    figures = {"accuracy": None, "epochs": np.int64(5), "n_train": np.int64(9)}
    reference = {"Bayes": figures, "Dummy": None}
    estimators = {"Bayes": GaussianNB(), "Dummy": DummyClassifier()}
    compare(estimators, *data, reference=reference, out=tmp_path)
    table = load_comparison(tmp_path).table
    assert table["reference_accuracy"].isna().all()
    assert table.loc["Bayes", "reference_epochs"] == 5
    assert table["reference_n_train"].dtype == "Int64"
    assert table.loc["Bayes", "reference_n_train"] == 9
    assert pd.isna(table.loc["Dummy", "reference_n_train"])


def test_random_states_are_in_ascending_order(data, tmp_path):
    tree = {"Tree": DecisionTreeClassifier(max_features=5)}
    made = compare(tree, *data, random_states=(3, 0, 3, 1), out=tmp_path)
    read = load_comparison(tmp_path)
    for comparison in (made, read):
        assert comparison.random_states("Tree") == [0, 1, 3]
        lowest = comparison.predictions("Tree", random_state=0)
        np.testing.assert_array_equal(comparison.predictions("Tree"), lowest)
    np.testing.assert_array_equal(made.predictions("Tree"), read.predictions("Tree"))

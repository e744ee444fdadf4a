import os
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import ShuffleSplit, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skfashion.comparison import compare, load_comparison
from skfashion.datasets import CLASS_NAMES
from tests.comparison.estimators import (
    VARYING,
    Epochs,
    Failing,
    FailingOnAll,
    OddProbabilities,
    Predicting,
    WithoutClasses,
    WithoutClone,
    WithoutParameters,
    WithoutProbabilities,
    lines,
)


def test_scores_are_those_of_scikit_learn(data):
    X_train, y_train, X_test, y_test = data
    table = compare({"Bayes": GaussianNB()}, *data).table
    predictions = GaussianNB().fit(X_train, y_train).predict(X_test)
    assert list(table.index) == ["Bayes"]
    assert table.loc["Bayes", "accuracy_mean"] == accuracy_score(y_test, predictions)
    assert table.loc["Bayes", "macro_f1_mean"] == f1_score(y_test, predictions, average="macro")
    assert table.loc["Bayes", "fit_seconds"] > 0
    assert table.loc["Bayes", "images_per_second"] > 0
    assert pd.isna(table.loc["Bayes", "error"])


def test_mean_and_deviation_over_random_states(data):
    X_train, y_train, X_test, y_test = data
    estimator = make_pipeline(DecisionTreeClassifier(max_features=5))
    table = compare({"Tree": estimator}, *data, random_states=range(3)).table
    accuracies = [
        DecisionTreeClassifier(max_features=5, random_state=state)
        .fit(X_train, y_train)
        .score(X_test, y_test)
        for state in range(3)
    ]
    assert len(set(accuracies)) > 1
    assert table.loc["Tree", "n"] == 3
    assert table.loc["Tree", "accuracy_mean"] == pytest.approx(np.mean(accuracies))
    assert table.loc["Tree", "accuracy_std"] == pytest.approx(np.std(accuracies, ddof=1))
    assert estimator.get_params()["decisiontreeclassifier__random_state"] is None


def test_without_random_state_fitted_once(data):
    table = compare({"Bayes": GaussianNB()}, *data, random_states=(0, 1, 2)).table
    assert table.loc["Bayes", "n"] == 1
    assert pd.isna(table.loc["Bayes", "accuracy_std"])


def test_cross_validation_on_the_training_data(data):
    X_train, y_train, *_ = data
    table = compare({"Bayes": GaussianNB()}, *data, cv=3, scoring="f1_macro").table
    scores = cross_val_score(GaussianNB(), X_train, y_train, cv=3, scoring="f1_macro")
    row = table.loc["Bayes"]
    assert row["cv_mean"] == pytest.approx(scores.mean())
    assert row["cv_std"] == pytest.approx(scores.std(ddof=1))
    assert (row["cv_folds"], row["cv_scoring"]) == (3, "f1_macro")


def own_score(estimator, X, y, weight=1):
    return float(weight)


@pytest.mark.parametrize(
    ("scoring", "name"),
    [("neg_log_loss", "neg_log_loss"), (partial(own_score, weight=2), "own_score")],
)
def test_the_name_of_the_score_is_kept(data, tmp_path, scoring, name):
    made = compare({"Bayes": GaussianNB()}, *data, cv=2, scoring=scoring, out=tmp_path)
    assert made.table.loc["Bayes", "cv_scoring"] == name
    assert load_comparison(tmp_path).table.equals(made.table)


def test_an_iterator_of_splits_serves_every_estimator(data):
    splits = ShuffleSplit(2, random_state=0).split(data[0])
    table = compare({"a": GaussianNB(), "b": DummyClassifier()}, *data, cv=splits).table
    assert table["cv_folds"].tolist() == [2, 2]
    assert table["error"].isna().all()


@pytest.mark.parametrize(
    ("losses", "epoch", "begun"),
    [((0.5, 0.3, 0.4), 2, True), ((0.5, 0.4, 0.3), 3, False), ((0.1, 0.2), 1, True)],
)
def test_overfitting(losses, epoch, begun, data):
    estimator = Pipeline([("same", FunctionTransformer()), ("classifier", Epochs(losses))])
    row = compare({"Net": estimator}, *data).table.loc["Net"]
    assert (row["overfit_epoch"], row["overfit_begun"]) == (epoch, begun)


def test_figures_of_a_network(data):
    row = compare({"Net": Epochs()}, *data).table.loc["Net"]
    assert row["epochs"] == 3
    assert row["seconds_per_epoch"] == 3.0
    assert row["n_parameters"] == 1234
    assert row["threads"] == 1


class OddStatesHaveTwoThreads(Epochs):
    def __init__(self, random_state=None, validation_losses=()):
        super().__init__(validation_losses)
        self.random_state = random_state

    def fit(self, X, y):
        super().fit(X, y)
        self.n_threads_ = 1 + self.random_state % 2
        return self


def test_threads_are_missing_where_fits_had_different_numbers(data):
    network = {"Net": OddStatesHaveTwoThreads(), "Bayes": GaussianNB()}
    table = compare(network, *data, random_states=(1, 3)).table
    assert table["threads"].dtype == "Int64"
    assert table.loc["Net", "threads"] == 2
    assert pd.isna(table.loc["Bayes", "threads"])
    table = compare(network, *data, random_states=(0, 1)).table
    assert pd.isna(table.loc["Net", "threads"])


def test_test_accuracy_is_of_all_training_data_and_curves_are_optional(data, tmp_path):
    log = tmp_path / "log"
    comparison = compare({"Net": Epochs(log=log)}, *data)
    assert lines(log) == ["None", "0.1"]
    curves = comparison.learning_curves("Net")
    assert curves.index.tolist() == [1, 2, 3]
    assert curves["validation_loss"].tolist() == [0.5, 0.3, 0.4]
    comparison = compare({"Net": Epochs(log=log)}, *data, learning_curves=False)
    assert lines(log) == ["None", "0.1", "None"]
    assert comparison.table["overfit_epoch"].isna().all()
    assert list(comparison.learning_curves("Net")) == ["train_loss", "train_accuracy"]


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        ((0.5, 0.3, 0.4), "lowest validation loss: epoch 2 of 3, 0."),
        ((0.5, 0.4, 0.3), "lowest validation loss: epoch 3 of 3, the last, 0."),
    ],
)
def test_one_rise_of_the_loss_is_not_called_overfitting(losses, words, data):
    events = []
    compare({"Net": Epochs(losses)}, *data, on_progress=events.append)
    assert events[-1].message.startswith(words)
    assert not any("overfit" in event.message for event in events)


def test_epochs_without_validation_are_missing(data, tmp_path):
    compare({"Net": Epochs((None, 0.3, float("nan")))}, *data, out=tmp_path)
    comparison = load_comparison(tmp_path)
    row = comparison.table.loc["Net"]
    assert (row["overfit_epoch"], row["overfit_begun"]) == (2, False)
    losses = comparison.learning_curves("Net")["validation_loss"]
    np.testing.assert_array_equal(losses, [np.nan, 0.3, np.nan])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_mlp_has_a_validation_fraction_but_no_second_fit(data):
    events = []
    mlp = MLPClassifier(hidden_layer_sizes=(5,), max_iter=3, early_stopping=True)
    comparison = compare({"MLP": mlp}, *data, on_progress=events.append)
    assert [event.state for event in events] == ["started", "done"]
    assert events[-1].done == events[-1].total == 1
    assert comparison.table.loc["MLP", "epochs"] <= 3
    assert comparison.learning_curves("MLP").columns.tolist() == [
        "train_loss",
        "validation_accuracy",
    ]


def test_a_network_that_holds_out_by_itself_is_fitted_once(data, tmp_path):
    log = tmp_path / "log"
    row = compare({"Net": Epochs(validation_fraction=0.3, log=log)}, *data).table.loc["Net"]
    assert lines(log) == ["0.3"]
    assert (row["overfit_epoch"], row["overfit_begun"]) == (2, True)


def test_learning_curves_need_no_other_fit(data):
    comparison = compare({"Net": FailingOnAll()}, *data)
    assert comparison.table.loc["Net", "n"] == 0
    assert comparison.table.loc["Net", "overfit_epoch"] == 2
    assert comparison.learning_curves("Net")["validation_loss"].tolist() == [0.5, 0.3, 0.4]


def test_no_validation_loss_is_no_error(data):
    events = []
    row = compare({"Net": Epochs(())}, *data, on_progress=events.append).table.loc["Net"]
    assert events[-1].message.startswith("it keeps no validation loss, 0.")
    assert pd.isna(row["overfit_epoch"])
    assert pd.isna(row["error"])


def test_reference_stands_beside(data):
    reference = {"Bayes": {"accuracy": 83.86, "seconds_per_epoch": "< 10", "epochs": 5}}
    table = compare(
        {"Bayes": GaussianNB(), "Dummy": DummyClassifier()}, *data, reference=reference
    ).table
    assert table.loc["Bayes", "reference_accuracy"] == pytest.approx(0.8386)
    assert table.loc["Bayes", "reference_seconds_per_epoch"] == "< 10"
    assert pd.isna(table.loc["Dummy", "reference_accuracy"])


def test_labels_may_be_strings(data, tmp_path):
    X_train, y_train, X_test, y_test = data
    names = np.array(CLASS_NAMES, dtype=object)
    words = (X_train, pd.Series(names[y_train]), X_test, list(names[y_test]))
    numbers = compare({"Bayes": GaussianNB()}, *data)
    compare({"Bayes": GaussianNB()}, *words, out=tmp_path)
    comparison = load_comparison(tmp_path)
    assert comparison.target_names == sorted(CLASS_NAMES)
    order = np.argsort(CLASS_NAMES)
    np.testing.assert_array_equal(
        comparison.confusion_matrix("Bayes"), numbers.confusion_matrix("Bayes")[order][:, order]
    )
    np.testing.assert_array_equal(
        comparison.probabilities("Bayes"), numbers.probabilities("Bayes")[:, order]
    )


def test_test_labels_may_be_of_a_narrower_type(data, tmp_path):
    X_train, y_train, X_test, y_test = data
    for name, few, many in [
        ("numbers", (y_test % 2).astype(np.uint8), 100 * y_train.astype(np.int64)),
        ("strings", np.array(["Bag", "Hat"])[y_test % 2], np.array(CLASS_NAMES)[y_train]),
    ]:
        compare({"Bayes": GaussianNB()}, X_train, many, X_test, few, out=tmp_path / name)
        classes = load_comparison(tmp_path / name).classes
        np.testing.assert_array_equal(classes, np.unique(np.concatenate([few, many])), strict=True)


def test_probabilities_of_a_class_without_training_images_are_zero(data):
    X_train, y_train, X_test, y_test = data
    seen = y_train != 3
    comparison = compare({"B": GaussianNB()}, X_train[seen], y_train[seen], X_test, y_test)
    probabilities = comparison.probabilities("B")
    assert probabilities.shape == (200, 10)
    assert (probabilities[:, 3] == 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_probabilities_are_none_without_predict_proba(data):
    comparison = compare({"SVM": LinearSVC(tol=1)}, *data)
    assert comparison.probabilities("SVM") is None


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_a_failure_is_a_row_and_the_others_go_on(data, error):
    table = compare({"Bad": Failing(error), "Bayes": GaussianNB()}, *data, cv=2).table
    assert list(table.index) == ["Bad", "Bayes"]
    assert f"{error.__name__}: the tea is cold" in table.loc["Bad", "error"]
    assert table.loc["Bad", "n"] == 0
    assert pd.isna(table.loc["Bad", "accuracy_mean"])
    assert table.loc["Bayes", "accuracy_mean"] > 0.3


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(
    ("bad", "reason"),
    [(WithoutParameters(), "RuntimeError: they are mine"), (WithoutClone(), "Cannot clone object")],
)
def test_an_estimator_that_cannot_be_read_is_a_row(data, tmp_path, bad, reason, kept):
    estimators = {"Dummy": DummyClassifier(), "Bad": bad, "Bayes": GaussianNB()}
    events = []
    out = tmp_path if kept else None
    table = compare(estimators, *data, out=out, on_progress=events.append).table
    assert list(table.index) == ["Dummy", "Bad", "Bayes"]
    assert reason in table.loc["Bad", "error"]
    assert table["n"].tolist() == [1, 0, 1]
    assert events[-1].done == events[-1].total == 3


def test_a_fit_outlives_its_probabilities(data, tmp_path):
    estimators = {"Raises": WithoutProbabilities(), "No classes": WithoutClasses()}
    compare(estimators, *data, out=tmp_path)
    comparison = load_comparison(tmp_path)
    for name, reason in (("Raises", "RuntimeError: not today"), ("No classes", "classes_")):
        assert comparison.table.loc[name, "accuracy_mean"] > 0
        assert comparison.table.loc[name, "error"].startswith("no probabilities: ")
        assert reason in comparison.table.loc[name, "error"]
        assert comparison.probabilities(name) is None
        assert comparison.confusion_matrix(name).sum() == 200


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ([np.nan] + 9 * [0.0], "are not finite"),
        ([np.inf] + 9 * [0.0], "are not finite"),
        ([1.1, -0.1] + 8 * [0.0], "are below 0"),
        ([1.1] + 9 * [0.0], "are above 1"),
        ([0.5] + 9 * [0.0], "do not sum to 1"),
        (10 * [0.0], "do not sum to 1"),
    ],
)
def test_values_that_are_not_probabilities_are_an_error_and_are_not_kept(data, tmp_path, row, what):
    compare({"Odd": OddProbabilities(row)}, *data, out=tmp_path)
    comparison = load_comparison(tmp_path)
    assert comparison.table.loc["Odd", "error"] == (
        f"no probabilities: ValueError: predict_proba gave values that {what}, for 1 of 200 images."
    )
    assert comparison.table.loc["Odd", "accuracy_mean"] > 0.3
    assert comparison.probabilities("Odd") is None


def test_probabilities_of_another_shape_are_an_error(data):
    comparison = compare({"Odd": OddProbabilities()}, *data)
    assert "the shape (200, 9) for 200 test images" in comparison.table.loc["Odd", "error"]
    assert comparison.probabilities("Odd") is None


def test_probabilities_may_be_rounded(data):
    row = np.float16(np.full(10, 0.1)) * (1 + 4e-5)
    comparison = compare({"Rounded": OddProbabilities(row)}, *data)
    assert comparison.table["error"].isna().all()
    np.testing.assert_array_equal(comparison.probabilities("Rounded")[3], row)


@pytest.mark.parametrize("label", [10, -1, np.nan, 0.5])
def test_a_label_that_is_not_in_the_data_is_an_error_of_the_fit(data, label):
    table = compare({"Odd": Predicting(label), "Bayes": GaussianNB()}, *data).table
    assert table["n"].tolist() == [0, 1]
    message = f"predict gave labels that are in neither the training nor the test data: {label}."
    assert table.loc["Odd", "error"] == f"ValueError: {message}"


@pytest.mark.slow
def test_real_networks(data, tmp_path):
    from skfashion.recipes import published

    X_train, y_train, X_test, y_test = data
    networks = published(0)
    names = ["Simple dense", "LeNet-5"]
    estimators = {name: networks[name].set_params(classifier__max_epochs=2) for name in names}
    arguments = (estimators, X_train, y_train, X_test, y_test)
    comparison = compare(*arguments, out=tmp_path / "one")
    table = comparison.table
    assert table["error"].isna().all()
    assert table["n_parameters"].tolist() == [266_610, 212_896]
    assert table["epochs"].tolist() == [2, 2]
    assert table["overfit_epoch"].isin([1, 2]).all()
    curves = comparison.learning_curves("LeNet-5")
    assert curves.shape == (2, 4)
    assert not curves.isna().any(axis=None)
    two = compare(*arguments, out=tmp_path / "two", n_jobs=2).table
    pd.testing.assert_frame_equal(table.drop(columns=VARYING), two.drop(columns=VARYING))
    assert (two["threads"] <= max(1, os.cpu_count() // 2)).all()

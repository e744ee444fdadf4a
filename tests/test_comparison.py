import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from threading import Lock

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from sklearn.model_selection import ShuffleSplit, StratifiedKFold, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skfashion._comparison._measure import model_bytes
from skfashion._comparison._run import longest_first, plan
from skfashion._comparison._units import Job, fingerprint, fingerprint_of_data
from skfashion._files import atomic_write
from skfashion.comparison import (
    ConfusedPair,
    compare,
    confused_pairs,
    load_comparison,
    run_comparison,
)
from skfashion.datasets import CLASS_NAMES, load_fashion_sample

# Not the same twice: times; and pickles, in which strings and dtypes may be shared or not.
VARYING = ["fit_seconds", "images_per_second", "seconds_per_epoch", "model_bytes"]


@pytest.fixture(scope="module")
def data():
    X_train, y_train = load_fashion_sample(subset="train", return_X_y=True)
    X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)
    return X_train[:400], y_train[:400], X_test[:200], y_test[:200]


class LoggingBayes(GaussianNB):
    """Says in a file that it was fitted."""

    def __init__(self, log=None, random_state=None, priors=None, var_smoothing=1e-9):
        super().__init__(priors=priors, var_smoothing=var_smoothing)
        self.log = log
        self.random_state = random_state

    def fit(self, X, y):
        with open(self.log, "a") as file:
            file.write(f"{self.random_state}\n")
        return super().fit(X, y)


class Failing(ClassifierMixin, BaseEstimator):
    def __init__(self, error=RuntimeError, text="the tea is cold", only_state=None):
        self.error = error
        self.text = text
        self.only_state = only_state

    def fit(self, X, y):
        raise self.error(self.text)


class FailingOnce(GaussianNB):
    """Fails unless a file is there."""

    def __init__(self, cure=None, priors=None, var_smoothing=1e-9):
        super().__init__(priors=priors, var_smoothing=var_smoothing)
        self.cure = cure

    def fit(self, X, y):
        if not self.cure.exists():
            raise RuntimeError("not yet cured\nsecond line")
        return super().fit(X, y)


class Epochs(ClassifierMixin, BaseEstimator):
    """Keeps curves as the networks do; counts the images that it was fitted on."""

    def __init__(
        self, validation_losses=(0.5, 0.3, 0.4), validation_fraction=None, log=None, max_epochs=3
    ):
        self.validation_losses = validation_losses
        self.validation_fraction = validation_fraction
        self.log = log
        self.max_epochs = max_epochs

    def fit(self, X, y):
        if self.log:
            with open(self.log, "a") as file:
                file.write(f"{self.validation_fraction}\n")
        self.model_ = GaussianNB().fit(X, y)
        self.classes_ = self.model_.classes_
        self.n_iter_ = len(self.validation_losses)
        self.loss_curve_ = [1 / (i + 1) for i in range(self.n_iter_)]
        self.train_scores_ = [0.5] * self.n_iter_
        self.validation_loss_curve_ = None
        self.validation_scores_ = None
        if self.validation_fraction:
            self.validation_loss_curve_ = list(self.validation_losses)
            self.validation_scores_ = [0.4] * self.n_iter_
        self.epoch_seconds_ = [1.0, 2.0, 6.0][: self.n_iter_]
        self.n_parameters_ = 1234
        return self

    def predict(self, X):
        return self.model_.predict(X)


class FailingOnAll(Epochs):
    """Fails unless something is held out."""

    def fit(self, X, y):
        if self.validation_fraction is None:
            raise RuntimeError("nothing held out")
        return super().fit(X, y)


class WithoutProbabilities(GaussianNB):
    def predict_proba(self, X):
        raise RuntimeError("not today")


class WithoutClasses(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.most_ = np.bincount(y).argmax()
        return self

    def predict(self, X):
        return np.full(len(X), self.most_)

    def predict_proba(self, X):
        return np.full((len(X), 10), 0.1)


class WithoutParameters(GaussianNB):
    def get_params(self, deep=True):
        raise RuntimeError("they are mine")


class WithoutClone(GaussianNB):
    def __init__(self, priors=None, var_smoothing=1e-9):
        super().__init__(priors=priors, var_smoothing=2 * var_smoothing)


def lines(path):
    return path.read_text().split() if path.exists() else []


# The row of an estimator


def test_scores_are_those_of_scikit_learn(data):
    X_train, y_train, X_test, y_test = data
    table = compare({"Bayes": GaussianNB()}, *data)
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
    table = compare({"Tree": estimator}, *data, random_states=range(3))
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
    table = compare({"Bayes": GaussianNB()}, *data, random_states=(0, 1, 2))
    assert table.loc["Bayes", "n"] == 1
    assert pd.isna(table.loc["Bayes", "accuracy_std"])


def test_cross_validation_on_the_training_data(data):
    X_train, y_train, *_ = data
    table = compare({"Bayes": GaussianNB()}, *data, cv=3, scoring="f1_macro")
    scores = cross_val_score(GaussianNB(), X_train, y_train, cv=3, scoring="f1_macro")
    row = table.loc["Bayes"]
    assert row["cv_mean"] == pytest.approx(scores.mean())
    assert row["cv_std"] == pytest.approx(scores.std(ddof=1))
    assert (row["cv_folds"], row["cv_scoring"]) == (3, "f1_macro")


def test_an_iterator_of_splits_serves_every_estimator(data):
    splits = ShuffleSplit(2, random_state=0).split(data[0])
    table = compare({"a": GaussianNB(), "b": DummyClassifier()}, *data, cv=splits)
    assert table["cv_folds"].tolist() == [2, 2]
    assert table["error"].isna().all()


@pytest.mark.parametrize(
    ("losses", "epoch", "begun"),
    [((0.5, 0.3, 0.4), 2, True), ((0.5, 0.4, 0.3), 3, False), ((0.1, 0.2), 1, True)],
)
def test_overfitting(losses, epoch, begun, data):
    estimator = Pipeline([("same", FunctionTransformer()), ("classifier", Epochs(losses))])
    row = compare({"Net": estimator}, *data).loc["Net"]
    assert (row["overfit_epoch"], row["overfit_begun"]) == (epoch, begun)


def test_figures_of_a_network(data):
    row = compare({"Net": Epochs()}, *data).loc["Net"]
    assert row["epochs"] == 3
    assert row["seconds_per_epoch"] == 3.0
    assert row["n_parameters"] == 1234


def test_test_accuracy_is_of_all_training_data_and_curves_are_optional(data, tmp_path):
    log = tmp_path / "log"
    comparison = run_comparison({"Net": Epochs(log=log)}, *data)
    assert lines(log) == ["None", "0.1"]
    curves = comparison.learning_curves("Net")
    assert curves.index.tolist() == [1, 2, 3]
    assert curves["validation_loss"].tolist() == [0.5, 0.3, 0.4]
    comparison = run_comparison({"Net": Epochs(log=log)}, *data, learning_curves=False)
    assert lines(log) == ["None", "0.1", "None"]
    assert comparison.table["overfit_epoch"].isna().all()
    assert list(comparison.learning_curves("Net")) == ["train_loss", "train_accuracy"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_mlp_has_a_validation_fraction_but_no_second_fit(data):
    events = []
    mlp = MLPClassifier(hidden_layer_sizes=(5,), max_iter=3, early_stopping=True)
    comparison = run_comparison({"MLP": mlp}, *data, on_progress=events.append)
    assert [event.state for event in events] == ["started", "done"]
    assert events[-1].done == events[-1].total == 1
    assert comparison.table.loc["MLP", "epochs"] <= 3
    assert comparison.learning_curves("MLP").columns.tolist() == [
        "train_loss",
        "validation_accuracy",
    ]


def test_a_network_that_holds_out_by_itself_is_fitted_once(data, tmp_path):
    log = tmp_path / "log"
    row = compare({"Net": Epochs(validation_fraction=0.3, log=log)}, *data).loc["Net"]
    assert lines(log) == ["0.3"]
    assert (row["overfit_epoch"], row["overfit_begun"]) == (2, True)


def test_learning_curves_need_no_other_fit(data):
    comparison = run_comparison({"Net": FailingOnAll()}, *data)
    assert comparison.table.loc["Net", "n"] == 0
    assert comparison.table.loc["Net", "overfit_epoch"] == 2
    assert comparison.learning_curves("Net")["validation_loss"].tolist() == [0.5, 0.3, 0.4]


def test_no_validation_loss_is_no_error(data):
    events = []
    row = compare({"Net": Epochs(())}, *data, on_progress=events.append).loc["Net"]
    assert events[-1].message == "it keeps no validation loss"
    assert pd.isna(row["overfit_epoch"])
    assert pd.isna(row["error"])


def test_model_bytes_is_the_size_of_the_pickle(data):
    tree = DecisionTreeClassifier().fit(*data[:2])
    assert model_bytes(tree) == len(pickle.dumps(tree, protocol=pickle.HIGHEST_PROTOCOL))
    assert model_bytes(FunctionTransformer(lambda X: X)) is None


def test_reference_stands_beside(data):
    reference = {"Bayes": {"accuracy": 83.86, "seconds_per_epoch": "< 10", "epochs": 5}}
    table = compare({"Bayes": GaussianNB(), "Dummy": DummyClassifier()}, *data, reference=reference)
    assert table.loc["Bayes", "reference_accuracy"] == pytest.approx(0.8386)
    assert table.loc["Bayes", "reference_seconds_per_epoch"] == "< 10"
    assert pd.isna(table.loc["Dummy", "reference_accuracy"])


def test_reference_may_be_unknown_or_of_numpy(data, tmp_path):
    reference = {"Bayes": {"accuracy": None, "epochs": np.int64(5)}, "Dummy": None}
    estimators = {"Bayes": GaussianNB(), "Dummy": DummyClassifier()}
    compare(estimators, *data, reference=reference, out=tmp_path)
    table = load_comparison(tmp_path).table
    assert table["reference_accuracy"].isna().all()
    assert table.loc["Bayes", "reference_epochs"] == 5


def test_labels_may_be_strings(data, tmp_path):
    X_train, y_train, X_test, y_test = data
    names = np.array(CLASS_NAMES, dtype=object)
    words = (X_train, pd.Series(names[y_train]), X_test, list(names[y_test]))
    numbers = run_comparison({"Bayes": GaussianNB()}, *data)
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
    comparison = run_comparison({"B": GaussianNB()}, X_train[seen], y_train[seen], X_test, y_test)
    probabilities = comparison.probabilities("B")
    assert probabilities.shape == (200, 10)
    assert (probabilities[:, 3] == 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_probabilities_are_none_without_predict_proba(data):
    comparison = run_comparison({"SVM": LinearSVC(tol=1)}, *data)
    assert comparison.probabilities("SVM") is None


# Failures


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_a_failure_is_a_row_and_the_others_go_on(data, error):
    table = compare({"Bad": Failing(error), "Bayes": GaussianNB()}, *data, cv=2)
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
    table = compare(estimators, *data, out=out, on_progress=events.append)
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


def test_keyboard_interrupt_stops_and_keeps(data, tmp_path):
    log = tmp_path / "log"
    estimators = {
        "Bayes": LoggingBayes(log),
        "Stop": Failing(KeyboardInterrupt),
        "Dummy": DummyClassifier(),
    }
    with pytest.raises(KeyboardInterrupt):
        compare(estimators, *data, out=tmp_path / "out")
    assert load_comparison(tmp_path / "out").names == ["Bayes"]
    estimators["Stop"] = GaussianNB()
    table = compare(estimators, *data, out=tmp_path / "out")
    assert list(table.index) == ["Bayes", "Stop", "Dummy"]
    assert lines(log) == ["0"]


def test_errors_are_kept_and_tried_again(data, tmp_path):
    estimators = {"Bayes": FailingOnce(tmp_path / "cure")}
    out = tmp_path / "out"
    compare(estimators, *data, out=out)
    table = pd.read_csv(out / "table.csv", index_col="estimator")
    assert table.loc["Bayes", "error"] == "RuntimeError: not yet cured"
    (tmp_path / "cure").touch()
    table = compare(estimators, *data, out=out)
    assert table["error"].isna().all()
    assert load_comparison(out).table["error"].isna().all()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"estimators": {}}, ValueError, "empty"),
        ({"estimators": [GaussianNB()]}, TypeError, "must be a dict"),
        ({"estimators": {"Bayes": GaussianNB}}, TypeError, "an instance"),
        ({"estimators": {3: GaussianNB()}}, TypeError, "must be strings"),
        ({"estimators": {" ": GaussianNB()}}, TypeError, "must be strings that say something"),
        ({"random_states": []}, ValueError, "one or more integers"),
        ({"random_states": "zero"}, ValueError, "one or more integers"),
        ({"target_names": ["Shirt"]}, ValueError, "1 target_names do not go with 10 classes"),
        ({"y_test": [1, 2]}, ValueError, "inconsistent numbers of samples"),
        (
            {"y_test": np.eye(200)},
            ValueError,
            r"one label an image, shape \(n,\); got \(200, 200\)",
        ),
        ({"y_test": 200 * [b"Bag"]}, TypeError, r"bytes; decode them: y_test.astype\(str\)"),
        ({"y_test": 200 * ["Bag"]}, ValueError, "y_train are numbers, those in y_test strings"),
        ({"scoring": "acuracy"}, ValueError, "'acuracy' is not a valid scoring value"),
        ({"scoring": accuracy_score}, ValueError, "metric function rather than a scorer"),
        ({"scoring": ["accuracy"]}, TypeError, "scoring must be the name of a score"),
        ({"reference": [83.86]}, TypeError, "reference must be a dict"),
        ({"reference": {"Bayes": 83.86}}, ValueError, "with keys of accuracy, seconds_per_epoch"),
        ({"reference": {"Bayes": {"acc": 83.86}}}, ValueError, "'Bayes' must be a dict with keys"),
        ({"reference": {"Bayes": {"accuracy": "84 %"}}}, ValueError, "accuracy as a number"),
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


def test_parameters_without_pickle_are_refused_only_with_out(data, tmp_path):
    unnamed = make_pipeline(FunctionTransformer(lambda X: X), GaussianNB())
    estimators = {"Unnamed": unnamed, "Bayes": GaussianNB()}
    assert compare(estimators, *data)["error"].isna().all()
    table = compare(estimators, *data, out=tmp_path)
    assert "cannot be pickled" in table.loc["Unnamed", "error"]
    assert table["n"].tolist() == [0, 1]
    assert load_comparison(tmp_path).names == ["Bayes"]


def test_settings_are_those_of_the_folder(data, tmp_path):
    table = compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    (folder,) = (tmp_path / "estimators").iterdir()
    assert folder.name == f"bayes-{table.loc['Bayes', 'settings']}"
    assert compare({"Bayes": GaussianNB()}, *data)["settings"].isna().all()


def test_unknown_names_and_states(data):
    comparison = run_comparison({"Bayes": GaussianNB(), "Bad": Failing()}, *data)
    with pytest.raises(KeyError, match="No estimator 'Tree'"):
        comparison.predictions("Tree")
    with pytest.raises(KeyError, match="No successful fit of 'Bad'"):
        comparison.confusion_matrix("Bad")
    with pytest.raises(KeyError, match="random_state=7"):
        comparison.predictions("Bayes", random_state=7)


# The folder


def test_the_folder_gives_back_what_was_computed(data, tmp_path):
    estimators = {
        "Tree": DecisionTreeClassifier(max_features=5),
        "Net": make_pipeline(Epochs()),
        "Bayes": GaussianNB(),
    }
    made = run_comparison(
        estimators, *data, cv=2, random_states=(0, 1), out=tmp_path, target_names=CLASS_NAMES
    )
    read = load_comparison(tmp_path)
    pd.testing.assert_frame_equal(read.table, made.table.sort_index())
    assert read.target_names == list(CLASS_NAMES)
    assert read.classes.dtype == made.classes.dtype
    assert read.random_states("Tree") == [0, 1]
    np.testing.assert_array_equal(read.y_test, data[3])
    for state in (0, 1):
        np.testing.assert_array_equal(
            read.predictions("Tree", random_state=state),
            made.predictions("Tree", random_state=state),
        )
    np.testing.assert_array_equal(read.probabilities("Bayes"), made.probabilities("Bayes"))
    pd.testing.assert_frame_equal(read.learning_curves("Net"), made.learning_curves("Net"))
    (environment,) = read.environments.values()
    assert environment["packages"]["scikit-learn"]
    assert environment["cores"] == os.cpu_count()
    assert not list(tmp_path.rglob("*.tmp"))


def test_files_for_people(data, tmp_path):
    comparison = run_comparison({"Net 1": Epochs()}, *data, out=tmp_path, target_names=CLASS_NAMES)
    (folder,) = (tmp_path / "estimators").iterdir()
    assert folder.name.startswith("net-1-")
    matrix = pd.read_csv(folder / "confusion_matrix.csv", index_col="true")
    np.testing.assert_array_equal(matrix, comparison.confusion_matrix("Net 1"))
    assert matrix.columns.tolist() == list(CLASS_NAMES)
    report = (folder / "classification_report.txt").read_text()
    assert report == comparison.classification_report("Net 1")
    assert "Ankle boot" in report
    pairs = (folder / "confused_pairs.txt").read_text().splitlines()
    assert pairs == [str(pair) for pair in comparison.confused_pairs("Net 1", n=None)]
    assert " taken for " in pairs[0]
    curves = pd.read_csv(folder / "learning_curves.csv", index_col="epoch")
    pd.testing.assert_frame_equal(curves, comparison.learning_curves("Net 1"))
    table = pd.read_csv(tmp_path / "table.csv", index_col="estimator")
    assert table.loc["Net 1", "accuracy_mean"] == comparison.table.loc["Net 1", "accuracy_mean"]


def test_the_test_images_are_kept_once(data, tmp_path):
    X_test = data[2]
    made = run_comparison({"Bayes": GaussianNB()}, *data, out=tmp_path)
    kept = tmp_path / "X_test.npz"
    written = kept.stat().st_mtime_ns
    compare({"Dummy": DummyClassifier()}, *data, out=tmp_path)
    assert kept.stat().st_mtime_ns == written
    for images in (made.X_test, load_comparison(tmp_path).X_test):
        np.testing.assert_array_equal(images, X_test, strict=True)
    assert kept.stat().st_size < X_test.nbytes
    kept.unlink()  # as in a folder of an earlier version
    assert load_comparison(tmp_path).X_test is None
    compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    assert kept.exists()
    kept.write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"X_test\.npz is damaged; remove"):
        load_comparison(tmp_path)


def test_test_data_that_are_no_images_are_not_kept(data, tmp_path, monkeypatch):
    X_train, y_train, X_test, y_test = data
    frames = (pd.DataFrame(X_train), y_train, pd.DataFrame(X_test), y_test)
    compare({"Bayes": GaussianNB()}, *frames, out=tmp_path / "frames")
    np.testing.assert_array_equal(load_comparison(tmp_path / "frames").X_test, X_test)
    sparse = (csr_array(X_train), y_train, csr_array(X_test), y_test)
    comparison = run_comparison({"Dummy": DummyClassifier()}, *sparse, out=tmp_path / "sparse")
    assert comparison.X_test is load_comparison(tmp_path / "sparse").X_test is None
    monkeypatch.setattr("skfashion._comparison._measure.LARGEST_DATA", X_test.nbytes - 1)
    assert run_comparison({"Bayes": GaussianNB()}, *data).X_test is None


def test_what_is_done_is_not_done_again(data, tmp_path):
    log = tmp_path / "log"
    estimators = {"Bayes": LoggingBayes(log)}
    first = compare(estimators, *data, random_states=(0, 1), cv=2, out=tmp_path / "out")
    assert lines(log) == ["0", "1", "0", "0"]
    events = []
    again = compare(
        estimators,
        *data,
        random_states=(0, 1, 2),
        cv=2,
        out=tmp_path / "out",
        on_progress=events.append,
    )
    assert lines(log)[4:] == ["2"]
    assert [event.state for event in events] == ["kept"] * 3 + ["started", "done"]
    assert (first["n"].item(), again["n"].item()) == (2, 3)
    compare(estimators, *data, cv=StratifiedKFold(3), out=tmp_path / "out")
    assert lines(log)[5:] == ["0", "0", "0"]


def test_changed_parameters_are_not_mixed(data, tmp_path):
    compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    table = compare({"Bayes": GaussianNB(var_smoothing=0.1)}, *data, out=tmp_path)
    assert table.index.tolist() == ["Bayes"]
    both = load_comparison(tmp_path).table
    assert len(both) == 2
    assert all(label.startswith("Bayes [") for label in both.index)
    assert both["settings"].nunique() == 2
    assert table["accuracy_mean"].item() in both["accuracy_mean"].tolist()
    assert both["accuracy_mean"].nunique() == 2


def test_estimators_of_several_calls_come_together(data, tmp_path):
    reference = {"Bayes": {"accuracy": 50.0}}
    compare(
        {"Bayes": GaussianNB()}, *data, out=tmp_path, reference=reference, target_names=CLASS_NAMES
    )
    table = compare({"Dummy": DummyClassifier()}, *data, out=tmp_path)
    assert table.index.tolist() == ["Dummy"]
    comparison = load_comparison(tmp_path)
    assert comparison.names == ["Bayes", "Dummy"]
    assert comparison.table.loc["Bayes", "reference_accuracy"] == 0.5
    assert comparison.target_names == list(CLASS_NAMES)


def test_other_data_are_refused(data, tmp_path):
    X_train, y_train, X_test, y_test = data
    compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    with pytest.raises(ValueError, match=r"other data \(400 training and 200 test images\)"):
        compare({"Bayes": GaussianNB()}, X_train[:-1], y_train[:-1], X_test, y_test, out=tmp_path)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


def test_any_name_makes_a_folder_of_its_own(data, tmp_path):
    names = ["Bayes 1", "bayes-1", "貝", "..", "...", "../a/b\\c", 300 * "x", 299 * "x" + "y"]
    compare(dict.fromkeys(names, DummyClassifier()), *data, out=tmp_path / "out")
    assert set(load_comparison(tmp_path / "out").names) == set(names)
    assert len(list((tmp_path / "out" / "estimators").iterdir())) == len(names)
    assert os.listdir(tmp_path) == ["out"]


def test_a_file_is_no_folder(data, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("mine")
    with pytest.raises(NotADirectoryError, match="is a file; out= takes the name of a folder"):
        compare({"Bayes": GaussianNB()}, *data, out=path)
    assert path.read_text() == "mine"


def test_damaged_file_is_named(data, tmp_path):
    compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    (result,) = tmp_path.rglob("fit.json")
    result.write_text("{")
    with pytest.raises(ValueError, match=r"fit\.json is not readable JSON; remove"):
        load_comparison(tmp_path)
    result.unlink()
    compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    result.with_suffix(".npz").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"fit\.npz is damaged; remove"):
        load_comparison(tmp_path)
    result.with_suffix(".npz").unlink()
    compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    assert load_comparison(tmp_path).predictions("Bayes").shape == (200,)


def test_no_comparison_in_the_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no comparison in"):
        load_comparison(tmp_path / "nowhere")


def test_atomic_write_leaves_the_old_file_when_it_fails(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write():
        with atomic_write(path) as file:
            file.write("half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_fingerprint_sees_parameters_and_nothing_else(data):
    tree = make_pipeline(DecisionTreeClassifier(max_depth=3))
    same = fingerprint(tree)
    assert fingerprint(clone(tree).fit(*data[:2])) == same
    assert fingerprint(clone(tree).set_params(decisiontreeclassifier__random_state=7)) == same
    assert fingerprint(clone(tree).set_params(decisiontreeclassifier__max_depth=4)) != same
    assert fingerprint(DecisionTreeClassifier(max_depth=3)) != same
    # The same object twice, or two equal ones, say the same.
    pair = (1000, 2000)
    assert fingerprint({"a": pair, "b": pair}) == fingerprint(
        {"a": (1000, 2000), "b": tuple([1000, 2000])}  # noqa: C409
    )
    assert fingerprint(data[0]) == fingerprint(np.asfortranarray(data[0]))
    assert fingerprint(data[0]) != fingerprint(data[0].astype(float))


def test_fingerprint_of_data_sees_values_and_nothing_else(data):
    X, y = data[0][:50], data[1][:50]
    assert fingerprint_of_data(X, y) == fingerprint(X, y)
    assert fingerprint_of_data(X.tolist(), y.tolist()) == fingerprint_of_data(X.astype(int), y)
    frame = pd.DataFrame(X)
    columns = pd.concat([frame[[column]] for column in frame], axis=1)  # the pixels one by one
    assert fingerprint_of_data(columns) == fingerprint_of_data(frame)
    assert fingerprint_of_data(frame.rename(columns={0: "first"})) != fingerprint_of_data(frame)
    sparse = csr_array(X)
    same = fingerprint_of_data(sparse)
    assert sparse.has_canonical_format  # looking at it leaves a mark in it
    assert fingerprint_of_data(sparse) == same != fingerprint_of_data(csr_array(X[::-1]))


def test_lists_are_hashed_at_once(data, monkeypatch):
    calls = []
    original = joblib.hash
    monkeypatch.setattr(joblib, "hash", lambda *a, **k: calls.append(a) or original(*a, **k))
    fingerprint_of_data(data[0].tolist(), data[1].tolist())
    assert len(calls) == 3  # images, labels, and the two together


def test_fingerprint_is_the_same_in_another_process():
    code = """
        from sklearn.pipeline import make_pipeline
        from sklearn.tree import DecisionTreeClassifier
        from skfashion._comparison._units import fingerprint
        print(fingerprint("Tree", make_pipeline(DecisionTreeClassifier(max_depth=3))))
    """
    printed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONHASHSEED": "5"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    here = fingerprint("Tree", make_pipeline(DecisionTreeClassifier(max_depth=3)))
    assert printed.strip() == here


KILLED = """
import sys, time
from pathlib import Path
from sklearn.naive_bayes import GaussianNB
from skfashion.comparison import compare
from skfashion.datasets import load_fashion_sample

folder = Path(sys.argv[1])


class Logging(GaussianNB):
    def __init__(self, name=None, folder=None, random_state=None):
        super().__init__()
        self.name = name
        self.folder = folder
        self.random_state = random_state

    def fit(self, X, y):
        with open(self.folder / "log", "a") as file:
            file.write(f"{self.name}-{self.random_state}\\n")
        while self.name == "c" and not (self.folder / "go").exists():
            time.sleep(0.05)
        return super().fit(X, y)


X_train, y_train = load_fashion_sample(subset="train", return_X_y=True)
X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)
compare(
    {name: Logging(name, folder) for name in "abcd"},
    X_train[:300], y_train[:300], X_test[:100], y_test[:100],
    random_states=(0, 1), cv=2, out=folder / "out",
)
"""


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(KILLED)
    command = [sys.executable, str(script), str(tmp_path)]
    log = tmp_path / "log"
    process = subprocess.Popen(command)
    deadline = time.monotonic() + 120
    while "c-0" not in lines(log):
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    once = ["0", "1", "0", "0"]  # two fits, two folds
    of = lambda name: [line[2:] for line in lines(log) if line.startswith(name)]  # noqa: E731
    assert (of("a"), of("b"), of("c"), of("d")) == (once, once, ["0"], [])
    assert load_comparison(tmp_path / "out").names == ["a", "b"]
    table = pd.read_csv(tmp_path / "out" / "table.csv", index_col="estimator")
    assert table["n"].tolist() == [2, 2]

    (tmp_path / "go").touch()
    subprocess.run(command, check=True)
    assert (of("a"), of("b"), of("c"), of("d")) == (once, once, ["0", *once], once)
    assert load_comparison(tmp_path / "out").names == ["a", "b", "c", "d"]


# In several processes


def test_two_jobs_give_what_one_gives(data, tmp_path):
    estimators = {
        "Tree": DecisionTreeClassifier(max_features=5),
        "Bayes": GaussianNB(),
        "SVM": LinearSVC(C="wrong"),
    }
    settings = {"random_states": (0, 1), "cv": 2}
    one = compare(estimators, *data, **settings, out=tmp_path / "one")
    events = []
    two = compare(
        estimators,
        *data,
        **settings,
        out=tmp_path / "two",
        n_jobs=2,
        on_progress=events.append,
    )
    pd.testing.assert_frame_equal(one.drop(columns=VARYING), two.drop(columns=VARYING))
    assert "InvalidParameterError" in two.loc["SVM", "error"]
    assert [event.done for event in events] == list(range(1, 9))
    assert {event.state for event in events} == {"done", "failed"}
    assert load_comparison(tmp_path / "two").names == ["Bayes", "SVM", "Tree"]


def test_what_takes_long_starts_first(data, tmp_path):
    log = tmp_path / "log"
    estimators = {
        "Bayes": LoggingBayes(log),
        "Short": Epochs(log=log, max_epochs=2),
        "Long": make_pipeline(Epochs(log=log, validation_losses=(0.1,), max_epochs=8)),
    }
    job = Job(data, cv=StratifiedKFold(2))
    units, _ = plan(estimators, (0, 1), job, True, keyed=False)
    assert [f"{unit.name} {unit.kind}" for unit in longest_first(units, estimators)] == [
        "Long cv", "Long fit", "Long curves", "Short cv", "Short fit", "Short curves",
        "Bayes cv", "Bayes fit", "Bayes fit",
    ]  # fmt: skip
    with joblib.parallel_config("threading", n_jobs=2):
        compare(estimators, *data)
    assert set(lines(log)[:2]) == {"None", "0.1"}  # a network's two fits; "0" would be Bayes
    compare(estimators, *data)
    assert lines(log)[5] == "0"  # one after the other: in the order given


def test_a_backend_that_keeps_its_results_is_refused_before_any_work(data, tmp_path):
    with (
        joblib.parallel_config("multiprocessing", n_jobs=2),
        pytest.raises(ValueError, match=r"does not hand out results.*parallel_config\(\"loky\"\)"),
    ):
        compare({"Bayes": GaussianNB()}, *data, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with joblib.parallel_config("multiprocessing", n_jobs=1):
        assert compare({"Bayes": GaussianNB()}, *data).loc["Bayes", "n"] == 1


def test_a_process_that_dies_is_a_row_and_the_others_go_on(data, tmp_path):
    class Dying(GaussianNB):  # a local class: pickled whole
        def fit(self, X, y):
            os.kill(os.getpid(), signal.SIGKILL)

    estimators = {"Bayes": GaussianNB(), "Bad": Dying(), "Dummy": DummyClassifier()}
    events = []
    options = {"random_states": (0, 1), "out": tmp_path, "n_jobs": 2}
    table = compare(estimators, *data, **options, on_progress=events.append)
    assert table["n"].to_dict() == {"Bayes": 1, "Bad": 0, "Dummy": 2}
    assert table["error"].notna().tolist() == [False, True, False]
    assert "TerminatedWorkerError" in table.loc["Bad", "error"]
    assert [event.done for event in events] == [1, 2, 3, 4]
    assert load_comparison(tmp_path).table.loc["Bad", "error"] == table.loc["Bad", "error"]


def test_what_cannot_be_sent_to_a_process_is_a_row(data):
    locked = FunctionTransformer(kw_args={"lock": Lock()})
    estimators = {"Bad": make_pipeline(locked, GaussianNB()), "Bayes": GaussianNB()}
    table = compare(estimators, *data, n_jobs=2)
    assert table["n"].to_dict() == {"Bad": 0, "Bayes": 1}
    assert "pickle" in table.loc["Bad", "error"]


# Words


def test_confused_pairs_in_words():
    matrix = [[880, 20, 100], [104, 896, 0], [100, 0, 900]]
    pairs = confused_pairs(matrix, ["T-shirt/top", "Shirt", "Coat"], n=None)
    assert pairs[0] == ConfusedPair("Shirt", "T-shirt/top", 104, 1000)
    assert str(pairs[0]) == "Shirt taken for T-shirt/top: 104 of 1,000 (10.4 %)"
    assert [(p.true, p.predicted, p.count) for p in pairs[1:]] == [
        ("T-shirt/top", "Coat", 100),
        ("Coat", "T-shirt/top", 100),
        ("T-shirt/top", "Shirt", 20),
    ]
    assert confused_pairs(matrix, ["T-shirt/top", "Shirt", "Coat"], n=1) == pairs[:1]
    assert confused_pairs(np.diag([3, 4]), ["a", "b"]) == []


def test_confused_pairs_wants_a_name_for_each_class():
    with pytest.raises(ValueError, match="3 class names"):
        confused_pairs([[1, 2], [3, 4]], ["a", "b", "c"])


def test_confusion_matrix_of_a_comparison(data):
    X_train, y_train, X_test, y_test = data
    comparison = run_comparison({"Bayes": GaussianNB()}, *data, target_names=CLASS_NAMES)
    matrix = confusion_matrix(y_test, GaussianNB().fit(X_train, y_train).predict(X_test))
    np.testing.assert_array_equal(comparison.confusion_matrix("Bayes"), matrix)
    worst = comparison.confused_pairs("Bayes", n=1)[0]
    assert worst.count == (matrix - np.diag(np.diag(matrix))).max()
    assert worst.true in CLASS_NAMES


def test_imports_no_torch():
    code = "import sys, skfashion.comparison; print({'torch', 'skorch'} & set(sys.modules))"
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == "set()"


@pytest.mark.slow
def test_real_networks(tmp_path):
    from skfashion.recipes import published

    X_train, y_train = load_fashion_sample(subset="train", return_X_y=True)
    X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)
    networks = published(0)
    names = ["Simple dense", "LeNet-5"]
    estimators = {name: networks[name].set_params(classifier__max_epochs=2) for name in names}
    arguments = (estimators, X_train, y_train, X_test, y_test)
    comparison = run_comparison(*arguments, out=tmp_path / "one")
    table = comparison.table
    assert table["error"].isna().all()
    assert table["n_parameters"].tolist() == [266_610, 212_896]
    assert table["epochs"].tolist() == [2, 2]
    assert table["overfit_epoch"].isin([1, 2]).all()
    curves = comparison.learning_curves("LeNet-5")
    assert curves.shape == (2, 4)
    assert not curves.isna().any(axis=None)
    two = compare(*arguments, out=tmp_path / "two", n_jobs=2)
    pd.testing.assert_frame_equal(table.drop(columns=VARYING), two.drop(columns=VARYING))
    for path in (tmp_path / "two").rglob("fit-*.json"):
        threads = json.loads(path.read_text())["values"]["threads"]
        assert threads <= max(1, os.cpu_count() // 2)

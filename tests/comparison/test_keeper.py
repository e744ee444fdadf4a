import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skfashion.comparison import compare, load_comparison
from skfashion.comparison._result_folder import ResultFolder
from skfashion.datasets import CLASS_NAMES
from tests.comparison.estimators import Epochs, Failing, FailingOnce, LoggingBayes, lines


def test_files_for_people(data, tmp_path):
    comparison = compare({"Net 1": Epochs()}, *data, out=tmp_path, target_names=CLASS_NAMES)
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


def test_what_is_done_is_not_done_again(data, tmp_path):
    log = tmp_path / "log"
    estimators = {"Bayes": LoggingBayes(log)}
    first = compare(estimators, *data, random_states=(0, 1), cv=2, out=tmp_path / "out").table
    assert lines(log) == ["0", "1", "0", "0"]
    events = []
    again = compare(
        estimators,
        *data,
        random_states=(0, 1, 2),
        cv=2,
        out=tmp_path / "out",
        on_progress=events.append,
    ).table
    assert lines(log)[4:] == ["2"]
    assert [event.state for event in events] == ["kept"] * 3 + ["started", "done"]
    assert (first["n"].item(), again["n"].item()) == (2, 3)
    compare(estimators, *data, cv=StratifiedKFold(3), out=tmp_path / "out")
    assert lines(log)[5:] == ["0", "0", "0"]


def test_errors_are_kept_and_tried_again(data, tmp_path):
    estimators = {"Bayes": FailingOnce(tmp_path / "cure")}
    out = tmp_path / "out"
    compare(estimators, *data, out=out)
    table = pd.read_csv(out / "table.csv", index_col="estimator")
    assert table.loc["Bayes", "error"] == "RuntimeError: not yet cured"
    (tmp_path / "cure").touch()
    table = compare(estimators, *data, out=out).table
    assert table["error"].isna().all()
    assert load_comparison(out).table["error"].isna().all()


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
    table = compare(estimators, *data, out=tmp_path / "out").table
    assert list(table.index) == ["Bayes", "Stop", "Dummy"]
    assert lines(log) == ["0"]


def test_only_the_new_result_is_written_and_nothing_is_read_again(data, tmp_path, monkeypatch):
    estimators = {"Bayes": GaussianNB(), "Tree": DecisionTreeClassifier()}
    compare(estimators, *data, random_states=(0, 1), out=tmp_path)
    read = []
    original = ResultFolder.read
    monkeypatch.setattr(
        ResultFolder, "read", lambda self, path, **k: read.append(path) or original(self, path, **k)
    )
    compare(estimators, *data, random_states=(2, 3, 4), out=tmp_path)
    # Before: three files, and Bayes, who needs no random state, to hand it out. After: six.
    assert len(read) == 3 + 1 + 6
    table = pd.read_csv(tmp_path / "table.csv", index_col="estimator")
    assert table["n"].to_dict() == {"Bayes": 1, "Tree": 5}


def test_the_table_grows_with_each_result(data, tmp_path):
    tables = []

    def look(event):
        if event.state == "done":
            tables.append(pd.read_csv(tmp_path / "table.csv", index_col="estimator"))

    estimators = {"Tree": DecisionTreeClassifier(), "Bayes": GaussianNB()}
    compare(estimators, *data, random_states=(0, 1), out=tmp_path, on_progress=look)
    assert [table["n"].to_dict() for table in tables] == [
        {"Tree": 1},
        {"Tree": 2},
        {"Bayes": 1, "Tree": 2},
    ]


def test_results_of_another_call_that_runs_meanwhile_are_in_the_table(data, tmp_path):
    def other_call(event):
        compare({"Dummy": DummyClassifier()}, *data, out=tmp_path)

    compare({"Bayes": GaussianNB()}, *data, out=tmp_path, on_progress=other_call)
    table = pd.read_csv(tmp_path / "table.csv", index_col="estimator")
    assert table.index.tolist() == ["Bayes", "Dummy"]


def test_files_for_people_are_of_the_lowest_random_state(data, tmp_path):
    tree = {"Tree": DecisionTreeClassifier(max_features=5)}
    for states in [(3,), (1, 5), (2,)]:
        compare(tree, *data, random_states=states, out=tmp_path)
    (report,) = tmp_path.rglob("classification_report.txt")
    comparison = load_comparison(tmp_path)
    assert comparison.random_states("Tree") == [1, 2, 3, 5]
    assert report.read_text() == comparison.classification_report("Tree", random_state=1)
    others = [comparison.classification_report("Tree", random_state=s) for s in (2, 3, 5)]
    assert report.read_text() not in others

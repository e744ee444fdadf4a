import os
import signal
import subprocess
import sys
import time
from threading import Lock

import joblib
import pandas as pd
import pytest
from joblib.parallel import ThreadingBackend, register_parallel_backend
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skfashion.comparison import compare, load_comparison
from skfashion.comparison._plan import longest_first, plan
from skfashion.comparison._result_folder import ResultFolder
from tests.comparison.estimators import VARYING, Epochs, LoggingBayes, lines

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
    random_states=(0, 1), cv=2, out=folder / "out", n_jobs=int(sys.argv[2]),
)
"""
ONCE = ["0", "1", "0", "0"]  # two fits, two folds


def until(condition, process=None):
    """Wait for something to become true, as long as a process runs that is to bring it about."""
    deadline = time.monotonic() + 120
    while not condition():
        assert process is None or process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(KILLED)
    command = [sys.executable, str(script), str(tmp_path), "1"]
    log = tmp_path / "log"
    process = subprocess.Popen(command)
    until(lambda: "c-0" in lines(log), process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    of = lambda name: [line[2:] for line in lines(log) if line.startswith(name)]  # noqa: E731
    assert (of("a"), of("b"), of("c"), of("d")) == (ONCE, ONCE, ["0"], [])
    assert load_comparison(tmp_path / "out").names == ["a", "b"]
    table = pd.read_csv(tmp_path / "out" / "table.csv", index_col="estimator")
    assert table["n"].tolist() == [2, 2]

    (tmp_path / "go").touch()
    subprocess.run(command, check=True)
    assert (of("a"), of("b"), of("c"), of("d")) == (ONCE, ONCE, ["0", *ONCE], ONCE)
    assert load_comparison(tmp_path / "out").names == ["a", "b", "c", "d"]


@pytest.mark.slow
def test_a_killed_run_of_several_processes_loses_what_is_under_way_alone(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(KILLED)
    command = [sys.executable, str(script), str(tmp_path), "2"]
    log, table = tmp_path / "log", tmp_path / "out" / "table.csv"

    def n_fits():
        return pd.read_csv(table, index_col="estimator")["n"].to_dict() if table.exists() else {}

    process = subprocess.Popen(command)
    # "c" keeps a process busy with its folds, and then the other one with its fit.
    until(lambda: n_fits() == {"a": 2, "b": 2, "d": 0} and lines(log).count("c-0") == 2, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = len(lines(log))
    (tmp_path / "go").touch()
    subprocess.run(command, check=True)
    again = [line for line in lines(log)[before:] if line[0] != "c"]
    assert sorted(again) == ["d-0", "d-1"]
    assert n_fits() == dict.fromkeys("abcd", 2)


def test_two_jobs_give_what_one_gives(data, tmp_path):
    estimators = {
        "Tree": DecisionTreeClassifier(max_features=5),
        "Bayes": GaussianNB(),
        "SVM": LinearSVC(C="wrong"),
    }
    settings = {"random_states": (0, 1), "cv": 2}
    one = compare(estimators, *data, **settings, out=tmp_path / "one").table
    events = []
    two = compare(
        estimators,
        *data,
        **settings,
        out=tmp_path / "two",
        n_jobs=2,
        on_progress=events.append,
    ).table
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
    units, _ = plan(estimators, (0, 1), cv=StratifiedKFold(2))
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
        pytest.raises(ValueError, match=r"does not return results.*parallel_config\(\"loky\"\)"),
    ):
        compare({"Bayes": GaussianNB()}, *data, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with joblib.parallel_config("multiprocessing", n_jobs=1):
        assert compare({"Bayes": GaussianNB()}, *data).table.loc["Bayes", "n"] == 1


def test_a_process_that_dies_is_a_row_and_the_others_go_on(data, tmp_path):
    class Dying(GaussianNB):  # a local class: pickled whole
        def fit(self, X, y):
            os.kill(os.getpid(), signal.SIGKILL)

    estimators = {"Bayes": GaussianNB(), "Bad": Dying(), "Dummy": DummyClassifier()}
    events = []
    options = {"random_states": (0, 1), "out": tmp_path, "n_jobs": 2}
    table = compare(estimators, *data, **options, on_progress=events.append).table
    assert table["n"].to_dict() == {"Bayes": 1, "Bad": 0, "Dummy": 2}
    assert table["error"].notna().tolist() == [False, True, False]
    assert "TerminatedWorkerError" in table.loc["Bad", "error"]
    assert [event.done for event in events] == [1, 2, 3, 4]
    assert load_comparison(tmp_path).table.loc["Bad", "error"] == table.loc["Bad", "error"]


class LockedScore:
    def __init__(self):
        self.lock = Lock()

    def __call__(self, estimator, X, y):
        return 1.0


def test_a_score_that_cannot_be_sent_to_a_process_is_an_error_of_every_row(data):
    estimators = {"Bayes": GaussianNB(), "Dummy": DummyClassifier()}
    table = compare(estimators, *data, cv=2, scoring=LockedScore(), n_jobs=2).table
    assert table["error"].str.contains("pickle").all()


def test_what_cannot_be_sent_to_a_process_is_a_row(data):
    locked = FunctionTransformer(kw_args={"lock": Lock()})
    estimators = {"Bad": make_pipeline(locked, GaussianNB()), "Bayes": GaussianNB()}
    table = compare(estimators, *data, n_jobs=2).table
    assert table["n"].to_dict() == {"Bad": 0, "Bayes": 1}
    assert "pickle" in table.loc["Bad", "error"]


class Dying(GaussianNB):
    """Ends its process when there is a file, and says so by another one."""

    def __init__(self, after=None, tells=None, priors=None, var_smoothing=1e-9):
        super().__init__(priors=priors, var_smoothing=var_smoothing)
        self.after = after
        self.tells = tells

    def fit(self, X, y):
        until(self.after.exists)
        time.sleep(1)  # until what the other process has sent is in the queue
        self.tells.touch()
        os.kill(os.getpid(), signal.SIGKILL)


class Telling(LoggingBayes):
    """Waits for a file, and makes one when it has said its last."""

    def __init__(self, log=None, after=None, tells=None, random_state=None):
        super().__init__(log, random_state)
        self.after = after
        self.tells = tells

    def fit(self, X, y):
        until(self.after.exists)
        return super().fit(X, y)

    def predict_proba(self, X):
        self.tells.touch()
        return super().predict_proba(X)


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, False])
def test_what_has_arrived_outlives_a_process_that_dies(data, tmp_path, kept):
    first, second, dead, log = (tmp_path / name for name in ("first", "second", "dead", "log"))
    estimators = {
        "First": LoggingBayes(log),
        "Second": Telling(log, after=first, tells=second),
        "Bad": Dying(after=second, tells=dead),
    }

    def look(event):
        # While this process looks at the first result, the second one comes, and the third dies.
        if event.unit.startswith("First"):
            first.touch()
            until(dead.exists)
            time.sleep(0.5)

    out = tmp_path / "out" if kept else None
    table = compare(estimators, *data, n_jobs=3, out=out, on_progress=look).table
    assert table["n"].to_dict() == {"First": 1, "Second": 1, "Bad": 0}
    assert lines(log) == ["0", "0"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:1 tasks have been successfully executed")  # they are kept
def test_what_has_arrived_outlives_an_interrupt(data, tmp_path):
    first, second, log = (tmp_path / name for name in ("first", "second", "log"))
    estimators = {"First": LoggingBayes(log), "Second": Telling(log, after=first, tells=second)}

    def interrupt(event):
        first.touch()
        until(second.exists)
        time.sleep(0.5)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(estimators, *data, n_jobs=2, out=tmp_path / "out", on_progress=interrupt)
    assert load_comparison(tmp_path / "out").names == ["First", "Second"]


def test_only_the_parent_writes_into_the_folder(data, tmp_path, monkeypatch):
    written = []
    original = ResultFolder.write
    monkeypatch.setattr(  # here, and not in the other processes
        ResultFolder, "write", lambda self, r: written.append(r.unit) or original(self, r)
    )
    estimators = {"Tree": DecisionTreeClassifier(), "Bayes": GaussianNB()}
    compare(estimators, *data, random_states=(0, 1), cv=2, n_jobs=2, out=tmp_path)
    assert len(written) == len(set(written)) == 5
    assert len(list(tmp_path.glob("estimators/*/*.json"))) == 5


class Recording(ThreadingBackend):
    """Notes the arguments of each call that joblib hands to a backend."""

    calls = []  # noqa: RUF012

    def submit(self, func, callback=None):
        self.calls += [args for _, args, _ in func.items]
        return super().submit(func, callback)

    def apply_async(self, func, callback=None):  # its name before joblib 1.5
        self.calls += [args for _, args, _ in func.items]
        return super().apply_async(func, callback)


def test_the_data_are_direct_arguments(data):
    register_parallel_backend("recording", Recording)
    Recording.calls.clear()
    with joblib.parallel_config("recording", n_jobs=2):
        compare({"Bayes": GaussianNB(), "Dummy": DummyClassifier()}, *data, cv=2)
    assert len(Recording.calls) == 4
    for args in Recording.calls:
        assert all(any(arg is part for arg in args) for part in data)


class SaysWhatItGets(GaussianNB):
    def __init__(self, log=None, priors=None, var_smoothing=1e-9):
        super().__init__(priors=priors, var_smoothing=var_smoothing)
        self.log = log

    def fit(self, X, y):
        with open(self.log, "a") as file:
            file.write(f"{type(X).__name__}\n")
        return super().fit(X, y)


def test_large_arrays_are_mapped_into_the_memory_of_other_processes(data, tmp_path):
    X_train, *rest = data
    log = tmp_path / "log"
    estimators = {name: SaysWhatItGets(log) for name in "ab"}
    compare(estimators, X_train.astype(float), *rest, n_jobs=2)
    assert lines(log) == ["memmap", "memmap"]

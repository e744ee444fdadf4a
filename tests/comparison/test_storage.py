"""What is written and read whatever happens: odd texts, full disks, killed runs."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB

from skfashion.comparison import compare, load_comparison
from skfashion.comparison._storage import read_json
from tests.comparison.estimators import VARYING, Epochs, Failing, lines

LONE = "tea \ud800 cold"


class WithoutMessage(Exception):
    def __str__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_lone_surrogate_in_an_error_ends_nothing(data, tmp_path, n_jobs):
    estimators = {"Odd": Failing(text=LONE), "Bayes": GaussianNB()}
    events = []
    for _ in range(2):  # and the same folder again
        options = {"out": tmp_path, "n_jobs": n_jobs, "on_progress": events.append}
        table = compare(estimators, *data, **options).table
        assert table["n"].to_dict() == {"Odd": 0, "Bayes": 1}
        assert table.loc["Odd", "error"] == r"RuntimeError: tea \ud800 cold"
    comparison = load_comparison(tmp_path)
    assert comparison.table.loc["Odd", "error"] == r"RuntimeError: tea \ud800 cold"
    assert r"tea \ud800 cold" in (tmp_path / "table.csv").read_text(encoding="utf-8")
    for event in events:
        f"{event.unit}: {event.message}".encode()
    comparison.report(images=False).save(tmp_path / "report.html")


def test_names_of_classes_and_data_are_printable(data, tmp_path):
    X_train, y_train, X_test, y_test = data
    words = np.array([f"class \udcff {k}" for k in range(10)])
    options = {"dataset": LONE, "recipe": LONE, "out": tmp_path}
    compare({"Bayes": GaussianNB()}, X_train, words[y_train], X_test, words[y_test], **options)
    comparison = load_comparison(tmp_path)
    assert comparison.target_names[3] == r"class \udcff 3"
    assert comparison.provenance.startswith(r"tea \ud800 cold: 400 training")
    assert comparison.confusion_matrix("Bayes").sum() == 200
    again = compare({"Bayes": GaussianNB()}, *data, target_names=words)
    assert again.target_names == comparison.target_names


def test_a_name_that_cannot_be_encoded_is_refused(data):
    with pytest.raises(ValueError, match=r"UTF-8 cannot encode the name 'tea \\ud800 cold'"):
        compare({LONE: GaussianNB()}, *data)


def test_an_exception_without_a_message_is_a_row(data):
    bad = Failing(error=WithoutMessage)
    table = compare({"Bad": bad, "Bayes": GaussianNB()}, *data).table
    assert table["n"].tolist() == [0, 1]
    assert table.loc["Bad", "error"] == "WithoutMessage: its message cannot be read"


ESTIMATORS = {"Bayes": GaussianNB(), "Net": Epochs()}


class FullDisk:
    """In place of os.fsync: from the k-th call on, the disk is full, until `full` is false."""

    def __init__(self, k):
        self.n_left = k
        self.full = True

    def __call__(self, descriptor):
        self.n_left -= 1
        if self.full and self.n_left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")


def n_writes(data, tmp_path, monkeypatch):
    disk = FullDisk(10**6)
    monkeypatch.setattr("skfashion._files.os.fsync", disk)
    compare(ESTIMATORS, *data, out=tmp_path / "counted")
    return 10**6 - disk.n_left


def test_a_full_disk_says_what_is_kept_and_the_same_call_goes_on(data, tmp_path, monkeypatch):
    whole = compare(ESTIMATORS, *data).table.drop(columns=VARYING)
    for k in range(n_writes(data, tmp_path, monkeypatch)):
        out = tmp_path / f"full-{k}"
        disk = FullDisk(k)
        monkeypatch.setattr("skfashion._files.os.fsync", disk)
        with pytest.raises(OSError, match=r"could not be written: the disk is full\. ") as caught:
            compare(ESTIMATORS, *data, out=out)
        assert caught.value.errno == errno.ENOSPC
        assert not list(out.rglob("*.tmp"))
        results = list(out.glob("estimators/*/*.json"))
        n = f"{len(results)} result{' is' if len(results) == 1 else 's are'} kept in {out}"
        assert str(caught.value).endswith(f"{n}; free some space and run again to go on from them.")
        for path in out.rglob("*.json"):
            json.loads(path.read_text())
        if (out / "comparison.json").exists():
            assert len(load_comparison(out).results) == len(results)
        before = {path: path.stat().st_mtime_ns for path in results}
        disk.full = False
        after = compare(ESTIMATORS, *data, out=out).table
        pd.testing.assert_frame_equal(
            after.drop(columns=[*VARYING, "settings"]), whole.drop(columns="settings")
        )
        assert before == {path: path.stat().st_mtime_ns for path in before}


LIMITED = """
import resource, sys
import numpy as np
from sklearn.naive_bayes import GaussianNB
from skfashion.comparison import compare

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
X = np.arange(2000.0).reshape(1000, 2)
y = np.arange(1000) % 2
try:
    compare({"Bayes": GaussianNB()}, X, y, X, y, out=sys.argv[1])
except OSError as error:
    print(error)
"""


@pytest.mark.parametrize(("limit", "name"), [(4096, "y_test.npy"), (9000, "fit.npz")])
def test_a_limit_of_the_file_size_is_not_a_full_disk(tmp_path, limit, name):
    command = [sys.executable, "-c", LIMITED, str(tmp_path), str(limit)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"{name} could not be written: it would exceed the file size limit of this" in said
    assert f"0 results are kept in {tmp_path}; raise it (ulimit -f) and run again" in said


def test_a_full_disk_does_not_hide_an_interrupt(data, tmp_path, monkeypatch):
    from skfashion.comparison._run import Run

    def full(self):
        raise OSError("it is full")

    monkeypatch.setattr(Run, "_arrived", full)
    with (
        pytest.warns(UserWarning, match="Not all results could be kept: it is full"),
        pytest.raises(KeyboardInterrupt),
    ):
        compare({"Stop": Failing(KeyboardInterrupt)}, *data, out=tmp_path)


KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from sklearn.naive_bayes import GaussianNB
from skfashion import _files
from skfashion.comparison import compare
import numpy as np

n_left = int(sys.argv[2])


def fsync(descriptor):
    global n_left
    n_left -= 1
    if n_left < 0:
        os.kill(os.getpid(), signal.SIGKILL)


_files.os.fsync = fsync
X = np.arange(200.0).reshape(100, 2)
compare({"Bayes": GaussianNB()}, X, np.arange(100) % 2, X, np.arange(100) % 2, out=sys.argv[1])
"""


@pytest.mark.slow
def test_drafts_of_killed_runs_are_removed_and_others_stay(tmp_path):
    out = tmp_path / "out"
    foreign = out / "estimators" / "notes.tmp"
    foreign.parent.mkdir(parents=True)
    foreign.touch()
    for n_left in (1, 7):
        command = [sys.executable, "-c", KILLED_WHILE_WRITING, str(out), str(n_left)]
        assert subprocess.run(command, check=False).returncode == -9
        assert len(list(out.rglob(".*.tmp"))) == 1
    subprocess.run([*command[:-1], "1000"], check=True)
    assert list(out.rglob("*.tmp")) == [foreign]
    assert load_comparison(out).names == ["Bayes"]
    assert lines(foreign) == []


def test_the_last_table_has_what_another_call_has_just_written(data, tmp_path, monkeypatch):
    """The other call writes a result and its table between our last look and our last table."""
    from skfashion.comparison._keeper import Keeper

    calls = []
    original = Keeper.write_table

    def write_table(self):
        calls.append(1)
        if len(calls) == 3:  # at the start, with the result, and now at the end
            monkeypatch.setattr(Keeper, "write_table", original)
            compare({"Dummy": DummyClassifier()}, *data, out=tmp_path)
        original(self)

    monkeypatch.setattr(Keeper, "write_table", write_table)
    compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    table = pd.read_csv(tmp_path / "table.csv", index_col="estimator")
    assert table.index.tolist() == ["Bayes", "Dummy"]


def test_an_error_of_the_machine_is_not_a_damaged_file(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    path.write_text("{}")

    def too_many_open_files(*args, **kwargs):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "read_text", too_many_open_files)
    with pytest.raises(OSError, match="Too many open files") as caught:
        read_json(path, dict)
    assert caught.value.errno == errno.EMFILE

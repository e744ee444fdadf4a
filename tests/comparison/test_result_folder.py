import errno
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from skfashion.comparison import _result_folder, compare, load_comparison
from skfashion.datasets import CLASS_NAMES
from tests.comparison.estimators import Epochs


def test_parameters_without_pickle_are_refused_only_with_out(data, tmp_path):
    unnamed = make_pipeline(FunctionTransformer(lambda X: X), GaussianNB())
    estimators = {"Unnamed": unnamed, "Bayes": GaussianNB()}
    assert compare(estimators, *data).table["error"].isna().all()
    table = compare(estimators, *data, out=tmp_path).table
    assert "cannot be pickled" in table.loc["Unnamed", "error"]
    assert table["n"].tolist() == [0, 1]
    assert load_comparison(tmp_path).names == ["Bayes"]


def test_settings_are_those_of_the_folder(data, tmp_path):
    table = compare({"Bayes": GaussianNB()}, *data, out=tmp_path).table
    (folder,) = (tmp_path / "estimators").iterdir()
    assert folder.name == f"bayes-{table.loc['Bayes', 'settings']}"
    assert compare({"Bayes": GaussianNB()}, *data).table["settings"].isna().all()


def test_the_folder_gives_back_what_was_computed(data, tmp_path):
    estimators = {
        "Tree": DecisionTreeClassifier(max_features=5),
        "Net": make_pipeline(Epochs()),
        "Bayes": GaussianNB(),
    }
    made = compare(
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


def test_images_of_a_run_that_was_killed_before_it_began_do_not_stay(data, tmp_path):
    X_train, y_train, X_test, y_test = data
    compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    for path in tmp_path.iterdir():  # as if it had been killed when it had written the images
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "X_test.npz":
            path.unlink()
    compare({"Bayes": GaussianNB()}, X_train, y_train, 255 - X_test, y_test, out=tmp_path)
    np.testing.assert_array_equal(load_comparison(tmp_path).X_test, 255 - X_test)


def test_the_test_images_are_kept_once(data, tmp_path):
    X_test = data[2]
    made = compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    kept = tmp_path / "X_test.npz"
    written = kept.stat().st_mtime_ns
    compare({"Dummy": DummyClassifier()}, *data, out=tmp_path)
    assert kept.stat().st_mtime_ns == written
    for images in (made.X_test, load_comparison(tmp_path).X_test):
        np.testing.assert_array_equal(images, X_test, strict=True)
    assert kept.stat().st_size < X_test.nbytes
    kept.unlink()
    assert load_comparison(tmp_path).X_test is None
    compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    assert kept.exists()
    kept.write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"X_test\.npz is damaged: .*; remove"):
        load_comparison(tmp_path)


def test_test_data_that_are_no_images_are_not_kept(data, tmp_path, monkeypatch):
    X_train, y_train, X_test, y_test = data
    frames = (pd.DataFrame(X_train), y_train, pd.DataFrame(X_test), y_test)
    compare({"Bayes": GaussianNB()}, *frames, out=tmp_path / "frames")
    np.testing.assert_array_equal(load_comparison(tmp_path / "frames").X_test, X_test)
    sparse = (csr_array(X_train), y_train, csr_array(X_test), y_test)
    comparison = compare({"Dummy": DummyClassifier()}, *sparse, out=tmp_path / "sparse")
    assert comparison.X_test is load_comparison(tmp_path / "sparse").X_test is None
    monkeypatch.setattr("skfashion.comparison._measure.LARGEST_DATA", X_test.nbytes - 1)
    assert compare({"Bayes": GaussianNB()}, *data).X_test is None


def test_changed_parameters_are_not_mixed(data, tmp_path):
    compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    table = compare({"Bayes": GaussianNB(var_smoothing=0.1)}, *data, out=tmp_path).table
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
    table = compare({"Dummy": DummyClassifier()}, *data, out=tmp_path).table
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


def test_no_comparison_in_the_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no comparison in"):
        load_comparison(tmp_path / "nowhere")


def test_out_must_say_something(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r'out= is empty; name a folder, "\." for the current one'):
        compare({"Bayes": GaussianNB()}, *data, out="")
    with pytest.raises(ValueError, match="out= is empty"):
        load_comparison("")
    assert os.listdir(tmp_path) == []
    compare({"Bayes": GaussianNB()}, *data, out=".")
    assert load_comparison(".").names == load_comparison(tmp_path).names == ["Bayes"]


BEGIN = """
import sys, time
from pathlib import Path
import numpy as np
from sklearn.tree import DecisionTreeClassifier
from skfashion.comparison import compare

place, name, recipe, are_other_data = Path(sys.argv[1]), *sys.argv[2:]
# so many test images that the calls that write them overlap
X, y = np.random.default_rng(0).integers(0, 256, (4000, 784), dtype=np.uint8), np.arange(4000) % 2
data = X[:100], y[:100], X, 1 - y if are_other_data else y
(place / f"{name} is ready").touch()
while len(list(place.glob("* is ready"))) < 2:
    time.sleep(0.001)
tree, reference = DecisionTreeClassifier(max_depth=2), {name: {"accuracy": 90}}
try:
    compare({name: tree}, *data, out=place / "out", recipe=recipe, reference=reference)
except ValueError as error:
    print(error)
else:
    print("done")
"""


def at_once(place, *others):
    """Begin two comparisons in a new folder at the same moment; return what they say, sorted."""
    calls = [
        subprocess.Popen(
            [sys.executable, "-c", BEGIN, place, *arguments], stdout=subprocess.PIPE, text=True
        )
        for arguments in (("A", "published", ""), others)
    ]
    return sorted(call.communicate(timeout=120)[0].strip() for call in calls)


def test_two_calls_that_begin_at_once_keep_what_both_know(tmp_path):
    assert at_once(tmp_path, "B", "tuned", "") == ["done", "done"]
    comparison = load_comparison(tmp_path / "out")
    assert comparison.names == ["A", "B"]
    assert sorted(comparison.recipes) == ["published", "tuned"]
    assert comparison.table["reference_accuracy"].tolist() == [0.9, 0.9]


def test_of_two_calls_with_other_data_that_begin_at_once_one_is_refused(tmp_path):
    refused, done = sorted(at_once(tmp_path, "B", "tuned", "other data"), key="done".__eq__)
    assert done == "done"
    assert "holds results for other data" in refused
    comparison = load_comparison(tmp_path / "out")
    (name,) = comparison.names
    accuracy = (comparison.predictions(name) == comparison.y_test).mean()
    assert accuracy == comparison.table.loc[name, "accuracy_mean"]


def test_a_lock_that_is_left_behind_does_no_harm(data, tmp_path):
    compare({"Bayes": GaussianNB()}, *data, out=tmp_path / "out")
    assert (tmp_path / "out/.lock").read_bytes() == b""
    shutil.copytree(tmp_path / "out", tmp_path / "copy")
    (tmp_path / "new").mkdir()
    (tmp_path / "new/.lock").touch()  # of a call that was killed
    for name in ("out", "copy", "new"):
        compare({"Dummy": DummyClassifier()}, *data, out=tmp_path / name)
        assert "Dummy" in load_comparison(tmp_path / name).names


def test_a_lock_that_another_process_does_not_release(data, tmp_path, monkeypatch):
    monkeypatch.setattr(_result_folder, "LOCK_TIMEOUT", 0.1)
    # another thread is as good as a process
    with _result_folder.FileLock(tmp_path / ".lock"), ThreadPoolExecutor(1) as pool:
        call = pool.submit(compare, {"Bayes": GaussianNB()}, *data, out=tmp_path)
        with pytest.raises(TimeoutError, match=r"\.lock was locked by another process for 0\.00"):
            call.result(timeout=60)
    assert os.listdir(tmp_path) == [".lock"]


@pytest.mark.parametrize("error", [OSError(errno.ENOLCK, "No locks"), NotImplementedError()])
def test_a_file_system_without_locks_is_warned_of(data, tmp_path, monkeypatch, error):
    def acquire(self):
        raise error

    monkeypatch.setattr(_result_folder.FileLock, "acquire", acquire)
    with pytest.warns(UserWarning, match=f"file system of {tmp_path} has no locks"):
        compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    assert load_comparison(tmp_path).names == ["Bayes"]


def test_a_lock_that_cannot_be_written_is_named(data, tmp_path):
    (tmp_path / ".lock").mkdir()
    with pytest.raises(OSError, match=r"\.lock is a folder, not a file\. 0 results are kept"):
        compare({"Bayes": GaussianNB()}, *data, out=tmp_path)

import os
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import ParameterGrid

from skfashion._files import this_machine
from skfashion.cli._grid_search import table_of
from skfashion.cli._search import memory_of
from skfashion.memory import TrainingMemory


def test_search_wants_values(run):
    result = run("search", "Simple dense")
    assert result.exit_code == 2
    assert "--lr" in result.stderr


def test_search_finds_the_better_rate(run, small_data, tmp_path):
    result = run(
        "search", "simple-dense", "--lr", 0.1, "--lr", 0.000001, "--max-epochs", 1,
        "--max-epochs", 2, "--cv", 2, "--data", small_data, "--out", "grid.csv",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    results = pd.read_csv(tmp_path / "grid.csv")
    assert len(results) == 4
    best = results.loc[results["mean_test_score"].idxmax(), "param_classifier__lr"]
    assert best == 0.1
    marked = [line for line in result.stdout.splitlines() if "*" in line]
    assert len(marked) == 1
    assert marked[0].split()[0] == "0.1"
    row = results.loc[results["mean_test_score"].idxmax()]
    n = row["param_classifier__max_epochs"]
    share = f"{100 * row['mean_test_score']:.1f} ± {100 * row['std_test_score']:.1f} % (2 folds)"
    last = result.stdout.splitlines()[-1]
    assert last == f"Best: learning rate 0.1, {n} epoch{'s' if n > 1 else ''}: {share}"


@pytest.mark.parametrize("option", [("--lr", 0), ("--lr", "nan"), ("--lr", 1, "--jobs", 0)])
def test_search_refuses_what_cannot_work(run, option):
    result = run("search", "simple", "--max-epochs", 1, *option)
    assert result.exit_code == 2


def test_search_says_why_settings_failed(run, small_data):
    rates = ["--lr", 0.1, "--lr", 1e30]
    options = ["--max-epochs", 1, "--cv", 2, "--data", small_data]
    result = run("search", "simple-dense", *rates, *options)
    assert result.exit_code == 3
    assert "failed" in result.stdout
    assert "Lower the learning rate (--lr 1e+30)" in result.stderr
    result = run("search", "simple-dense", *rates[2:], *options)
    assert result.exit_code == 1
    for text in (result.stdout, result.stderr):
        assert "Traceback" not in text


@pytest.fixture
def with_a_failed_fold(monkeypatch):
    """Let one fold of each setting fail, without any training."""

    def search(pipeline, grid, X, y, **options):
        figures = np.array([[0.5, np.nan], [np.nan, 0.7]])
        names = ("fit_time", "score_time", "test_score")
        return table_of(list(ParameterGrid(grid)), dict.fromkeys(names, figures)), ["lr=0.1: no"]

    monkeypatch.setattr("skfashion.cli._grid_search.grid_search", search)


@pytest.mark.usefixtures("with_a_failed_fold")
def test_search_tells_that_every_setting_has_a_failed_fold(run, small_data, tmp_path):
    rates = ["--lr", 0.1, "--lr", 0.2]
    result = run("search", "lenet-5", *rates, "--cv", 2, "--data", small_data, "--out", "grid.csv")
    assert result.exit_code == 1
    assert result.stdout.count("failed") == 2
    assert "Best" not in result.stdout
    assert "--lr 0.1: no" in result.stderr
    assert "2 failed; nothing is done." in result.stderr
    results = pd.read_csv(tmp_path / "grid.csv")
    assert results["split0_test_score"].tolist()[:1] == [0.5]
    assert results["mean_test_score"].isna().all()


def test_search_checks_the_file_first(run, tmp_path):
    result = run("search", "simple-dense", "--lr", 0.1, "--out", tmp_path)
    assert result.exit_code == 2
    assert "--out takes the name" in " ".join(result.stderr.replace("│", " ").split())


def test_search_for_networks_alone(run):
    result = run("search", "random-forest", "--lr", 0.1)
    assert result.exit_code == 2
    said = " ".join(result.stderr.replace("│", " ").split())
    assert "'Random forest' is a classic classifier" in said
    assert "GridSearchCV" in said


GRID = ("--lr", 0.1, "--lr", 0.01, "--max-epochs", 1, "--max-epochs", 3, "--cv", 2)


def scores_and_times(path):
    results = pd.read_csv(path)
    is_time = results.columns.str.endswith("_time")
    return results.loc[:, ~is_time], results["mean_fit_time"]


def test_search_trains_common_epochs_once(run, small_data, tmp_path, epochs):
    arguments = ("search", "simple-dense", *GRID, "--data", small_data, "--out", "grid.csv")
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    assert sum(epochs) == 2 * 2 * 3  # 3 for each rate and fold
    scores, seconds = scores_and_times(tmp_path / "grid.csv")
    assert (seconds.to_numpy()[1::2] > seconds[::2]).all()  # 3 epochs take longer than 1
    assert {path.name for path in tmp_path.iterdir()} == {"grid.csv"}

    epochs.clear()
    assert run(*arguments, "--memory", "kept").exit_code == 0
    assert sum(epochs) == 12
    assert run(*arguments, "--memory", "kept").exit_code == 0
    assert sum(epochs) == 12
    pd.testing.assert_frame_equal(scores_and_times(tmp_path / "grid.csv")[0], scores)
    assert TrainingMemory(tmp_path / "kept").size() > 0


def test_the_folder_of_the_memory_is_checked_first(run, tmp_path):
    (tmp_path / "file").touch()
    result = run("search", "simple-dense", "--lr", 0.1, "--memory", "file")
    assert result.exit_code == 2
    assert "file cannot be made a folder" in " ".join(result.stderr.replace("│", " ").split())


def test_folders_of_killed_searches_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    machine, other = this_machine(), "0123abcd"
    names = [f"{machine}-{os.getpid()}-a", f"{other}-{ended.pid}-b", f"{machine}-{ended.pid}-c"]
    for name in names:
        (tmp_path / f"skfashion-search-{name}" / "skfashion-trainings").mkdir(parents=True)
    with memory_of(None, is_cluster=False) as memory:
        now = {path.name for path in tmp_path.iterdir()}
        kept = {f"skfashion-search-{name}" for name in names[:2]}
        assert now == {*kept, os.path.basename(memory.location)}
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_completing_a_word_makes_no_folder(command, tmp_path):
    words = "skfashion search lenet-5 --memory kept --l"
    variables = {"_SKFASHION_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": words}
    done = command(cwd=tmp_path, env={**os.environ, **variables})
    assert "--lr" in done.stdout
    assert not list(tmp_path.iterdir())


def are_running(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_the_processes_of_a_killed_search_end(small_data, tmp_path):
    arguments = ["search", "lenet-5", "--lr", "0.01", "--max-epochs", "1000", "--cv", "2"]
    arguments += ["--data", small_data, "--jobs", "2", "--memory", "kept"]
    process = subprocess.Popen(
        [sys.executable, "-m", "skfashion", *arguments], cwd=tmp_path, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while len({path.parent for path in tmp_path.rglob("epoch-*.npz")}) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while are_running(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    if are_running(process.pid):
        os.killpg(process.pid, signal.SIGKILL)
        pytest.fail("its workers go on")


@pytest.mark.slow
def test_a_killed_search_goes_on_from_its_last_epoch(run, small_data, tmp_path, kill, epochs):
    arguments = ("search", "lenet-5", "--lr", 0.001, "--lr", 0.01, "--max-epochs", 12)
    arguments = (*arguments, "--cv", 2, "--data", small_data)
    n_kept = kill(*arguments, "--memory", "kept", folder=tmp_path / "kept", n_epochs=15)
    assert 15 <= n_kept < 48
    assert run(*arguments, "--memory", "kept", "--out", "killed.csv").exit_code == 0
    assert sum(epochs) == 48 - n_kept
    assert run(*arguments, "--out", "undisturbed.csv").exit_code == 0
    found = [scores_and_times(tmp_path / f"{name}.csv")[0] for name in ("killed", "undisturbed")]
    pd.testing.assert_frame_equal(*found)

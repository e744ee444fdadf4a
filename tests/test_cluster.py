"""Trainings on a Dask cluster of real processes, some of which are killed."""

import os
import signal
import sys
import threading
import time

import joblib
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from typer.testing import CliRunner

from skfashion import SimpleDenseClassifier, compare
from skfashion.cli import app
from skfashion.cluster import on_dask
from tests.dask_cluster import Deadly, Slow, dask_cluster, until

NOWHERE = "tcp://127.0.0.1:1"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with dask_cluster(tmp_path_factory.mktemp("cluster")) as address:
        yield address


@pytest.fixture(scope="module")
def bare_cluster(tmp_path_factory):
    """Workers that nobody starts again: one for each test that kills one, and one more."""
    folder = tmp_path_factory.mktemp("bare")
    with dask_cluster(folder, n_workers=3, has_nanny=False) as address:
        yield address


@pytest.fixture(params=["cluster", "bare_cluster"])
def any_cluster(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:300], sample.target[:300], sample.data[6000:6100], sample.target[6000:6100]


@pytest.fixture
def killing(tmp_path):
    """A folder of `Slow`; the first process that says that it fits is killed there."""
    folder = tmp_path / "processes"
    folder.mkdir()

    def kill():
        first = until(lambda: list(folder.iterdir()))[0]
        time.sleep(0.2)  # in the middle of its fit
        os.kill(int(first.name), signal.SIGKILL)
        (tmp_path / "killed").touch()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    yield folder
    thread.join()
    assert (tmp_path / "killed").exists()
    assert len(list(folder.iterdir())) >= 2  # another one did the rest


def scores_of(search):
    names = [name for name in search.cv_results_ if name.endswith("test_score")]
    return {name: search.cv_results_[name].tolist() for name in names}


def steady(comparison):
    table = comparison.table
    columns = [name for name in table if name.startswith(("accuracy", "cv_", "n", "error"))]
    return table[columns].astype(str).to_dict()  # NaN is not equal to itself


@pytest.mark.slow
def test_scores_are_those_of_this_machine(cluster, data):
    from distributed import Client

    X, y, *_ = data
    network = SimpleDenseClassifier(batch_size=4, max_epochs=1, random_state=0)  # one thread
    search = GridSearchCV(network, {"lr": [0.01, 0.1]}, cv=2, refit=False)

    def measure():
        scores = cross_val_score(network, X, y, cv=2).tolist()
        table = steady(compare({"Network": network, "Bayes": GaussianNB()}, *data, cv=2))
        return scores_of(search.fit(X, y)), scores, table

    here = measure()
    with on_dask(cluster):
        assert measure() == here
    with Client(cluster), joblib.parallel_config(backend="dask"):
        assert measure() == here


@pytest.mark.slow
def test_data_are_sent_once_per_worker(cluster, data):
    import psutil

    X, y = np.tile(data[0], (100, 1)), np.tile(data[1], 100)  # 24 MB
    models = {str(k): GaussianNB(var_smoothing=10.0**-k) for k in range(1, 7)}

    def moved(call):
        before = psutil.net_io_counters().bytes_sent
        call()
        return psutil.net_io_counters().bytes_sent - before

    grid = {"var_smoothing": [10.0**-k for k in range(1, 7)]}
    with on_dask(cluster):
        search = GridSearchCV(GaussianNB(), grid, cv=2, refit=False)
        for call in (
            lambda: search.fit(X, y),
            lambda: compare(models, X, y, *data[2:], learning_curves=False),
        ):
            # to the scheduler, to the first worker, and to the second
            assert moved(call) < 4 * X.nbytes


@pytest.mark.slow
def test_a_killed_worker_costs_no_result_of_a_search(any_cluster, data, killing):
    X, y, *_ = data
    search = GridSearchCV(Slow(killing), {"var_smoothing": [1e-9, 1e-2, 1]}, cv=2, refit=False)
    with on_dask(any_cluster):
        found = scores_of(search.fit(X, y))
    here = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-2, 1]}, cv=2, refit=False)
    assert found == scores_of(here.fit(X, y))


@pytest.mark.slow
def test_a_killed_worker_costs_no_result_of_a_comparison(any_cluster, data, killing, tmp_path):
    smoothing = {"a": 1e-9, "b": 1e-2, "c": 1}
    slow = {name: Slow(killing, var_smoothing=value) for name, value in smoothing.items()}
    with on_dask(any_cluster):
        found = compare(slow, *data, cv=2, out=tmp_path / "out")
    fast = {name: GaussianNB(var_smoothing=value) for name, value in smoothing.items()}
    here = compare(fast, *data, cv=2)
    assert steady(found) == steady(here)
    for name in fast:
        np.testing.assert_array_equal(found.probabilities(name), here.probabilities(name))


@pytest.mark.slow
def test_an_estimator_that_kills_its_workers(cluster, data):
    """A row of a comparison, and an error of a search, which joblib would wait for forever."""
    from distributed import KilledWorker

    with on_dask(cluster):
        table = compare({"Deadly": Deadly(), "Dummy": DummyClassifier()}, *data).table
        assert table["n"].to_dict() == {"Deadly": 0, "Dummy": 1}
        assert "KilledWorker" in table.loc["Deadly", "error"]
        with pytest.raises(KilledWorker):
            GridSearchCV(Deadly(), {"var_smoothing": [1e-9, 1]}, cv=2).fit(*data[:2])


def call_on_dying_cluster(folder, condition, call):
    """Call a function on a cluster whose scheduler is killed when a condition is true."""

    def kill(pid):
        until(condition)
        os.kill(pid, signal.SIGKILL)

    with dask_cluster(folder, n_workers=1) as address, on_dask(address) as client:
        pid = client.run_on_scheduler(os.getpid)
        threading.Thread(target=kill, args=[pid], daemon=True).start()
        call()


LOST = "connection to the Dask cluster is lost: .* Start it again"


@pytest.mark.slow
def test_a_scheduler_that_ends_is_an_error_and_results_are_kept(data, tmp_path):
    slow = {str(k): Slow(tmp_path, var_smoothing=10.0**-k) for k in range(1, 9)}
    out = tmp_path / "out"
    with pytest.raises(ConnectionError, match=LOST):
        call_on_dying_cluster(
            tmp_path / "cluster",
            lambda: list(out.rglob("fit*.json")),
            lambda: compare(slow, *data, out=out),
        )
    assert 0 < len(list(out.rglob("fit*.json"))) < len(slow)


@pytest.mark.slow
def test_a_search_whose_scheduler_ends_is_an_error(data, tmp_path):
    folder = tmp_path / "processes"
    folder.mkdir()
    grid = {"var_smoothing": [10.0**-k for k in range(1, 9)]}
    search = GridSearchCV(Slow(folder), grid, cv=2)
    with pytest.raises(ConnectionError, match=LOST):
        call_on_dying_cluster(
            tmp_path / "cluster", lambda: list(folder.iterdir()), lambda: search.fit(*data[:2])
        )


@pytest.mark.slow
def test_commands_use_the_cluster(cluster, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    options = ["--dask", cluster, "--data", "sample", "--quiet"]
    commands = (
        ["compare", "--only", "simple-dense", "--no-curves", "--out", "run"],
        ["search", "simple-dense", "--max-epochs", "1", "--cv", "2", "--out", "grid.csv"],
    )
    monkeypatch.setattr(SimpleDenseClassifier, "fit", None)  # here, and not in the workers
    for command in commands:
        result = CliRunner().invoke(app, [*command, *options])
        assert result.exit_code == 0, result.output
    assert "Simple dense" in (tmp_path / "run" / "table.csv").read_text()


@pytest.mark.slow
def test_scores_on_ray_are_those_of_this_machine(data):
    import ray
    from ray.util.joblib import register_ray

    X, y, *_ = data
    network = SimpleDenseClassifier(batch_size=4, max_epochs=1, random_state=0)  # one thread
    search = GridSearchCV(network, {"lr": [0.01, 0.1]}, cv=2, refit=False)
    here = scores_of(search.fit(X, y)), cross_val_score(network, X, y, cv=2).tolist()
    memory = 100_000_000
    ray.init(num_cpus=2, object_store_memory=memory, include_dashboard=False, logging_level="ERROR")
    try:
        register_ray()
        with joblib.parallel_config(backend="ray", n_jobs=2):
            found = scores_of(search.fit(X, y)), cross_val_score(network, X, y, cv=2).tolist()
            with pytest.raises(ValueError, match="does not return results as they come"):
                compare({"Network": network}, *data)
    finally:
        ray.shutdown()
    assert found == here


def test_a_scheduler_that_does_not_answer_is_an_error_within_seconds(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    defaults = on_dask.__wrapped__.__kwdefaults__
    assert defaults["timeout"] <= 5
    monkeypatch.setitem(defaults, "timeout", 0.2)
    for address in ("nothing", NOWHERE):
        start = time.monotonic()
        message = f"No Dask scheduler answers at {address}. Start one with dask scheduler"
        with pytest.raises(ConnectionError, match=message), on_dask(address):
            pass
        assert time.monotonic() - start < 30
    command = ["search", "simple-dense", "--max-epochs", "1", "--dask", NOWHERE]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_without_dask_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"skfashion\[cluster\]"), on_dask(NOWHERE):
        pass

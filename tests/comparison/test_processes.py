"""Real processes, killed and interrupted: nothing is lost, nothing stays behind."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from skfashion.comparison import load_comparison
from tests.comparison.estimators import VARYING

pytestmark = pytest.mark.slow
PATIENCE = 120  # seconds, on a machine that others use too

SCRIPT = """
import os, sys, time
from pathlib import Path
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from skfashion.comparison import compare


class Waiting(GaussianNB):
    def fit(self, X, y):
        (Path(sys.argv[1]) / f"worker-{os.getpid()}").touch()
        time.sleep(600)


X = np.random.default_rng(0).normal(size=(300, 20))
y = np.arange(300) % 3
data = X[:200], y[:200], X[200:], y[200:]
if sys.argv[2] == "wait":
    compare({"a": Waiting(), "b": Waiting(var_smoothing=1e-8)}, *data, n_jobs=3)
else:
    names = sys.argv[3].split(",")
    forests = {n: RandomForestClassifier(5 + k) for k, n in enumerate("abcdef") if n in names}
    compare(forests, *data, random_states=range(4), cv=2, out=Path(sys.argv[1]) / sys.argv[2])
"""


@pytest.fixture
def command(tmp_path):
    """The command that runs the script above in a folder."""
    (tmp_path / "script.py").write_text(SCRIPT)
    return [sys.executable, str(tmp_path / "script.py"), str(tmp_path)]


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_workers_end_when_their_parent_is_killed(command, tmp_path):
    process = subprocess.Popen([*command, "wait"])
    until(lambda: len(list(tmp_path.glob("worker-*"))) == 2)
    workers = workers_of(process.pid)
    assert len(workers) == 3  # one of them never gets any work
    assert all(map(is_running, workers))
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: not any(map(is_running, workers)))


def children(pid):
    """Return the processes that another one has started, and how each was called."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = path.read_text().rpartition(")")[2].split()[1]
            if int(parent) == pid:
                found[int(path.parent.name)] = (path.parent / "cmdline").read_bytes()
        except OSError:  # it has just ended
            continue
    return found


def workers_of(pid):
    return [child for child, words in children(pid).items() if b"popen_loky" in words]


@pytest.mark.parametrize("delay", [0, 0.2, 1])
def test_ctrl_c_while_workers_start_is_one_sentence(tmp_path, delay):
    command = [sys.executable, "-m", "skfashion", "compare", "--jobs", "2", "--no-baselines"]
    process = subprocess.Popen(
        [*command, "--only", "simple dense", "--only", "lenet-5", "--out", str(tmp_path / "out")],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a terminal sends a Ctrl-C to all of a group
    )
    until(lambda: workers_of(process.pid) or process.poll() is not None)
    workers = workers_of(process.pid)
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert stderr.strip().startswith("skfashion: Interrupted.")
    assert len(stderr.strip().splitlines()) == 1
    until(lambda: not any(map(is_running, workers)))


def contents(folder):
    """Return what a folder holds of results, without times: bytes of arrays, values of others."""
    found = {}
    for path in sorted((folder / "estimators").glob("*/*")):
        key = str(path.relative_to(folder))
        found[key] = path.read_bytes()
        if path.suffix == ".json":
            values = json.loads(found[key])["values"]
            times = {*VARYING, "predict_seconds", "seconds", "finished", "environment"}
            found[key] = {name: value for name, value in values.items() if name not in times}
    return found


def test_a_run_that_is_killed_five_times_gives_the_same_bytes(command, tmp_path):
    subprocess.run([*command, "whole", "a,b,c,d,e,f"], check=True)
    whole = contents(tmp_path / "whole")
    assert len(whole) == 6 * (4 * 2 + 1 + 3)  # fits with arrays, folds, files for people
    killed = [*command, "killed", "a,b,c,d,e,f"]
    table = tmp_path / "killed" / "table.csv"
    moment = random.Random(0)

    def n_results():
        return len(list(tmp_path.glob("killed/estimators/*/*.json")))

    def is_far_enough(process, goal):
        return (table.exists() and n_results() >= goal) or process.poll() is not None

    for n_more in (0, 1, 2, 3, 4):
        process = subprocess.Popen(killed)
        until(partial(is_far_enough, process, n_results() + n_more))
        time.sleep(moment.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if n_results():
            load_comparison(tmp_path / "killed")
    subprocess.run(killed, check=True)
    assert contents(tmp_path / "killed") == whole
    assert not list(tmp_path.rglob("*.tmp"))


def test_three_calls_at_once_on_one_folder_give_the_same_bytes(command, tmp_path):
    subprocess.run([*command, "whole", "a,b,c,d,e,f"], check=True)
    calls = [[*command, "shared", names] for names in ("a,b,c,d", "c,d,e,f", "f,a,b")]
    processes = [subprocess.Popen(call) for call in calls]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert contents(tmp_path / "shared") == contents(tmp_path / "whole")
    comparison = load_comparison(tmp_path / "shared")
    assert comparison.names == list("abcdef")
    table = (tmp_path / "shared" / "table.csv").read_text()
    assert [line.partition(",")[0] for line in table.splitlines()[1:]] == list("abcdef")
    assert table == comparison.table.to_csv()
    assert not list(tmp_path.rglob("*.tmp"))

"""Each campaign runs on few cases, in a process of its own; what counts faults is tested too."""

import os
import re
import subprocess
import sys
import time
from email.message import Message
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import strategies as st

from tests.campaigns import load, long_use, supply
from tests.campaigns.__main__ import main
from tests.campaigns.children import Hang, memory_limit, time_limit
from tests.campaigns.damage import Place, fault_of, remove_later_states
from tests.campaigns.figures import Figures
from tests.campaigns.fuzz import Target, attempt, fuzz, unclear, undocumented
from tests.campaigns.fuzz_calls import is_quick
from tests.campaigns.load import Kind, Together
from tests.campaigns.long_use import growth
from tests.campaigns.supply import advisories_of, licences, needed

pytestmark = pytest.mark.any_version
ROOT = Path(__file__).parents[2]


def run_campaign(*arguments):
    """Run a campaign in a process of its own, which has no other threads; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.campaigns", *arguments],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def n_parts(text):
    """Return how many lines of figures there are; fail unless each has cases and no faults."""
    lines = [line for line in text.splitlines() if "cases/s" in line]
    assert all(re.search(r": [1-9][\d,]* cases, 0 faults", line) for line in lines), text
    return len(lines)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "n_cases", "n"), [("fuzz", 200, 11), ("faults", 6, 12)])
def test_a_campaign_finds_nothing(name, n_cases, n):
    assert n_parts(run_campaign(name, "--cases", str(n_cases))) == n


@pytest.mark.slow
def test_a_random_state_gives_one_model():
    assert n_parts(run_campaign("determinism", "--cases", "1", "--only", "SimpleDense")) == 1


@pytest.mark.slow
def test_all_at_once_gives_the_same_results():
    (figures,) = load.run(minutes=0.02)
    assert not figures.faults
    assert figures.cases >= load.N_FITS + load.N_PREDICTING + 1


@pytest.mark.slow
def test_threads_and_files_do_not_grow():
    # four fits are not enough for the memory, which grows while all is used for the first time
    (figures,) = long_use.run(n_cases=4)
    assert figures.notes["threads per fit"] <= 0
    assert figures.notes["open files per fit"] <= 0


def test_supply_lists_licences():
    text = run_campaign("supply")
    assert re.search(r"^torch 2\.\S+: .*BSD", text, re.MULTILINE)
    assert "licences: " in text
    assert "advisories: " in text
    assert ("torch", ()) in needed("skfashion")
    assert set(licences(["numpy", "not-there"])) == {"numpy"}


def test_an_unknown_licence_is_none(monkeypatch):
    metadata = Message()
    metadata["License"] = "UNKNOWN"
    package = SimpleNamespace(metadata=metadata, files=[])
    monkeypatch.setattr(supply, "distribution", lambda name: package)
    assert supply.licence("some") is None
    metadata.replace_header("License", "BSD")
    assert supply.licence("some") == "BSD"


def test_packages_that_the_audit_does_not_know_are_not_audited():
    known = [{"name": "good", "vulns": []}, {"name": "bad", "vulns": [{"id": "X-1"}]}]
    unknown = [{"name": "other", "skip_reason": "not found"}]
    told = "2 packages audited, 1 unknown to pip-audit"
    assert advisories_of(known + unknown) == ({"bad": ["X-1"]}, told)
    assert advisories_of(unknown)[0] is None


def test_figures_count_and_keep_the_shortest_example():
    figures = Figures("part")
    for fault, example in [(None, ""), ("bad", "a long one"), ("bad", "short"), ("bad", "longer")]:
        figures.case(fault, example)
    figures.notes["more"] = 3
    assert re.match(r"part: 4 cases, 3 faults, 0\.\d s, .* cases/s, more 3\n", figures.report())
    assert figures.report().splitlines()[1:] == ["  3 x bad", "      short"]


def raised(error):
    def check(_):
        raise error

    return check


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ValueError("X is empty: pass images."), None),
        (OSError(2, "No such file or directory", "a/b"), None),
        (OSError("Cannot write to a/b: the disk is full."), None),
        (OSError("no"), "names no path"),
        (ValueError(""), "says nothing"),
        (KeyError("a"), "KeyError"),
        (MemoryError(), "MemoryError"),
        (AssertionError("sums"), "wrong answer: sums"),
    ],
)
def test_what_is_a_documented_error(error, fault):
    found, is_documented = attempt(raised(error), 0)
    assert is_documented == (fault is None)
    assert found is None if fault is None else fault in found


def test_an_error_of_python_in_our_code_is_unclear():
    source = "def f():\n    raise TypeError(\"'int' object is not iterable\")"
    code = compile(source, "/skfashion/x", "exec")
    names = {}
    exec(code, names)
    with pytest.raises(TypeError) as caught:
        names["f"]()
    assert undocumented(caught.value).startswith("unclear: TypeError at x:2")
    assert "does not name the file" in unclear(ValueError("odd"), "a.npz")
    assert unclear(ValueError("a.npz is damaged"), "a.npz") is None


def test_hangs_and_bombs_are_found():
    assert attempt(lambda _: time.sleep(10), 0, seconds=0.05) == ("took more than 0.05 s", False)
    with memory_limit(10**8):
        fault, _ = attempt(lambda _: bytes(10**9), 0)
    assert fault.startswith("MemoryError")
    with pytest.raises(Hang), time_limit(0.05):
        time.sleep(10)


def test_fuzzing_goes_on_after_a_fault():
    def check(number):
        assert number % 2, "even"

    figures = fuzz(Target("numbers", st.integers(0, 10**6), check, share=1), 50, seed_=0)
    assert figures.cases == 50
    assert 0 < figures.faults["wrong answer: even"] < 50
    again = fuzz(Target("numbers", st.integers(0, 10**6), check, share=1), 50, seed_=0)
    assert again.faults == figures.faults


def test_growth_is_a_slope():
    noise = np.random.default_rng(0).normal(scale=20, size=300)
    slopes, faults = growth([(1000 + x, 10**6 + x, 4, 8) for x in noise])
    assert np.all(np.abs(slopes) < 1)
    assert faults == []
    rows = [(1000 + 50 * k, 10**6 + 100 * k, 4 + k, 8 + k) for k in range(300)]
    assert growth(rows)[1] == [
        "kB in use: 50.00 more per fit",
        "blocks of Python: 100.00 more per fit",
        "threads: 1.00 more per fit",
        "open files: 1.00 more per fit",
    ]


def test_memory_in_use_is_what_was_allocated():
    before = long_use.in_use()
    kept = [np.ones(10_000) for _ in range(10)] + [np.ones(10**6)]
    assert 8.8e6 <= long_use.in_use() - before < 9e6
    del kept
    assert abs(long_use.in_use() - before) < 1e5


def test_load_finds_other_results_and_errors():
    results = {"good": "same", "bad": "other"}
    kinds = [Kind(name, lambda k, r=result: r, 1) for name, result in results.items()]
    kinds += [Kind("fails", raised(ValueError("no")), 1)]
    for kind in kinds:
        kind.expected[0] = "same"
    figures = Figures("load")
    Together(kinds, figures).run(0.05)
    assert set(figures.faults) >= {"another result of bad"}
    assert any(fault.startswith("fails: ValueError") for fault in figures.faults)
    assert not any("good" in fault for fault in figures.faults)


FORKS = """
import os, signal, time
from tests.campaigns.children import fork, kill_after, wait
assert wait(fork(lambda: None), 10) == 0
assert wait(fork(lambda: 1 / 0, "log"), 10) == 1
assert "ZeroDivisionError" in open("log").read()
assert kill_after(fork(lambda: time.sleep(60)), 0.05) == -signal.SIGKILL
assert kill_after(fork(lambda: None), 5) == 0
"""


KILLS = """
import time
from pathlib import Path
from tests.campaigns.kills import fault_of, killed
from tests.campaigns.work import Work

folder, log = Path("work"), Path("log")

def work(do, check=bool):
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    (folder / "part").write_text("done")
    return Work("work", do, lambda f: (f / "result").read_text(), check,
        lambda f: 1, lambda f, kept: [] if (f / "part").exists() else ["part"], "work")

def fault(*arguments):
    return fault_of(work(*arguments), folder, log, "right")

def right(folder):
    (folder / "result").write_text("right")

def again(folder):
    (folder / "part").unlink()
    right(folder)

def leaving(folder):
    (folder / ".draft.tmp").touch()
    right(folder)

assert fault(right) is None
assert fault(lambda f: (f / "result").write_text("wrong")) == "another result after a kill"
assert fault(again) == "does again what was done: 1 of work"
assert fault(lambda f: 1 / 0).startswith("fails after a kill: ZeroDivisionError")
assert fault(right, lambda f: 1 / 0).startswith("half-written: ZeroDivisionError")
assert fault(leaving) == "leaves 1 drafts of killed processes"
assert killed(work(lambda f: time.sleep(60)), folder, log, 0.05) == (None, False)
assert killed(work(right), folder, log, 9) == (None, True)
fault, _ = killed(work(lambda f: 1 / 0), folder, log, 9)
assert fault.startswith("fails before it is killed: ZeroDivisionError")
"""
DISKS = """
from pathlib import Path
from tests.campaigns.disks import trial
from tests.campaigns.work import Work

state = {}

def condition(folder, n_bytes):
    state["is_on"] = True
    return lambda: state.update(is_on=False)

def outcome(under_condition):
    def do(folder):
        (folder / "result").write_text(under_condition() if state["is_on"] else "right")

    folder = Path("work")
    folder.mkdir(exist_ok=True)
    work = Work("work", do, lambda f: (f / "result").read_text(), bool, bool, bool, "inner")
    try:
        return trial(work, folder, condition, 0, "right")
    finally:
        (folder / "inner").rmdir()

def fail():
    raise OSError(28, "No space left on device", "work/inner/a")

assert outcome(lambda: "right") == ("done", None)
assert outcome(lambda: "wrong") == ("done", "another result under the condition")
assert outcome(fail) == ("error", None)
"""


@pytest.mark.parametrize(
    "code",
    [
        FORKS,
        pytest.param(KILLS, marks=pytest.mark.slow),
        pytest.param(DISKS, marks=pytest.mark.slow),
    ],
    ids=["children", "kills", "disks"],
)
def test_forked_processes_end_as_told(tmp_path, code):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_damaged_file_is_read_and_repaired_where_that_is_promised(tmp_path):
    for k in range(1, 4):
        (tmp_path / f"epoch-{k}.npz").touch()
    remove_later_states(tmp_path / "epoch-2.npz")
    assert {path.name for path in tmp_path.iterdir()} == {"epoch-1.npz", "epoch-2.npz"}
    path = tmp_path / "epoch-2.npz"
    place = Place("states", tmp_path, raised(ValueError(f"{path.name} is damaged")))
    place.act = partial(place.act, None)
    assert fault_of(place, path, "") == (None, "error")
    place.is_repaired = True
    assert "an error where a repair is promised" in fault_of(place, path, "")[0]


def test_arguments_that_are_not_tried_are_no_cases():
    assert is_quick(["compare", "--only", "dummy"])
    for words in (["compare"], ["show", "--open"], ["search", "lenet-5"]):
        assert not is_quick(words)


def test_a_name_that_no_part_has_is_an_error(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["determinism", "--only", "Simple dense"])
    assert "no part of determinism has a name with 'Simple dense'" in capsys.readouterr().err

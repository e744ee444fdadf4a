"""How long it takes until skfashion is there."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.progress import say
from tests.benchmarks.results import rows_of
from tests.benchmarks.summary import in_turn, shown
from tests.benchmarks.table import Table
from tests.benchmarks.worker import ROOT

RUNS_A_REPEAT = 2  # a run takes a fraction of a second
CLOCKED_IMPORT = (
    "import time; start = time.perf_counter(); import skfashion; print(time.perf_counter() - start)"
)


def run_python(*arguments):
    """Run a new Python and return what it prints."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def seconds_of_import():
    """Return the seconds of the import alone, by the clock of the process that imports."""
    return float(run_python("-c", CLOCKED_IMPORT))


def seconds_of_process(*arguments):
    """Return the seconds from starting a new Python until it has ended."""
    start = time.perf_counter()
    run_python(*arguments)
    return time.perf_counter() - start


def help_arguments():
    """Return how Python runs the `skfashion` command: its script, or else the module."""
    script = Path(sys.executable).with_name("skfashion" + (".exe" if os.name == "nt" else ""))
    is_python = script.exists() and script.suffix != ".exe"
    return (str(script), "--help") if is_python else ("-m", "skfashion", "--help")


MEASURED = {
    "import skfashion": seconds_of_import,
    "skfashion --help": lambda: seconds_of_process(*help_arguments()),
    "python -c pass": lambda: seconds_of_process("-c", "pass"),
}


def measure(settings):
    """Yield a row for each command, run in turn."""
    say("starting: import and help")
    seconds = {what: [] for what in MEASURED}
    for what in MEASURED:
        MEASURED[what]()  # the files are in the system's cache from now on
    for what in in_turn(tuple(MEASURED), RUNS_A_REPEAT * settings.repeats):
        seconds[what].append(MEASURED[what]())
    for what, values in seconds.items():
        yield {"what": what, "seconds": values}


def tables(results):
    """Return the table."""
    rows = [
        [row["what"], shown(row["seconds"], "{:.3f}"), str(len(row["seconds"]))]
        for row in rows_of(results, "starting")
    ]
    notes = [
        "New processes, median ± half the interquartile range. The import by the process's own "
        "clock; the others from start to end, Python's own start (the last line) included."
    ]
    return [Table("Starting: seconds", ["", "seconds", "n"], rows, notes)]

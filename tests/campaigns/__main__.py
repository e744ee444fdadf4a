"""The command of the campaigns: ``python -m tests.campaigns NAME``."""

import inspect
import os
import sys
from argparse import ArgumentParser
from importlib import import_module

PARTS = {  # of each campaign, the modules that it runs
    "fuzz": ["fuzz"],
    "faults": ["kills", "damage", "disks"],
    **{name: [name] for name in ("kills", "damage", "disks", "determinism", "long_use", "load")},
    "supply": ["supply"],
}


def main(arguments):
    """Run a campaign and print its figures; return the exit code: 1 if there were faults."""
    parser = ArgumentParser(
        prog="python -m tests.campaigns",
        description="Try many cases, and print a line of figures for each part: cases, faults, "
        "seconds. Faults are printed below it.",
    )
    parser.add_argument("name", choices=PARTS, metavar="NAME", help=", ".join(PARTS))
    parser.add_argument("--cases", type=int, metavar="N", help="of all parts of a module together")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--minutes", type=float, default=10, help="of load")
    parser.add_argument("--only", metavar="WORDS", help="parts of fuzz and determinism by name")
    options = parser.parse_args(arguments)
    n_faults, n_parts = 0, 0
    for part in PARTS[options.name]:
        run = import_module(f"tests.campaigns.{part}").run
        given = {"seed": options.seed, "minutes": options.minutes, "only": options.only}
        if options.cases is not None:
            given["n_cases"] = options.cases
        known = inspect.signature(run).parameters
        for figures in run(**{name: value for name, value in given.items() if name in known}):
            print(figures.report(), flush=True)
            n_faults += sum(figures.faults.values())
            n_parts += 1
    if not n_parts:
        parser.error(f"no part of {options.name} has a name with {options.only!r}.")
    return 1 if n_faults else 0


if __name__ == "__main__":
    # one thread: forked processes may begin from this one, and sums are added in one order
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    sys.exit(main(sys.argv[1:]))

"""The command of the benchmark: ``python -m tests.benchmarks``."""

import os
import platform
import re
import sys
import tempfile
from argparse import ArgumentParser
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markdown import Markdown

from skfashion import fetch_fashion_mnist, load_fashion_sample
from skfashion._compat import cpu_has_bfloat16
from tests.benchmarks.networks import N_TRAIN, package_networks
from tests.benchmarks.page import load_results, table, write
from tests.benchmarks.parts import AGAINST, PARTS, SIDES, SIZES, SKFASHION, Settings
from tests.benchmarks.side import FILE
from tests.benchmarks.worker import ROOT

OUT = ROOT / "docs" / "benchmarks"
QUICK_IMAGES, RUNS_A_REPEAT = 160, 4
PACKAGES = ("skfashion", "numpy", "scikit-learn", "torch", "skorch")


def read_settings(arguments):
    """Return the options of the command, and the values derived from them."""
    parser = ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure skfashion and what else one could use, side by side. A part replaces "
        "the earlier one, and says on which machine it was measured.",
    )
    networks = package_networks()
    add = parser.add_argument
    add("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    add("--network", action="append", choices=networks, dest="networks", help="may be repeated")
    add("--side", action="append", choices=list(SIDES), dest="sides", help="may be repeated")
    add("--repeats", type=int, default=5, help="rounds in which all sides run in turn")
    add("--size", action="append", choices=SIZES, dest="sizes", help="to train whole; S if none")
    add("--threads", type=int, help="of every side; by default each side's own choice")
    add("--keras", type=Path, help="the Python of an environment with keras and tensorflow")
    add("--against", type=Path, help="another skfashion's Python: train in turn, write nothing")
    add("--images", type=int, default=600_000, dest="mapped_images", help="of beyond_memory's file")
    add("--quick", action="store_true", help="one round of few images: does it run at all?")
    settings = parser.parse_args(arguments, namespace=Settings())
    if unknown := set(settings.parts) - set(PARTS):
        parser.error(f"not a part: {', '.join(unknown)}; choose from {', '.join(PARTS)}")
    settings.parts = ["training"] if settings.against else settings.parts or list(PARTS)
    settings.images = QUICK_IMAGES if settings.quick else N_TRAIN
    settings.mapped_images = 10 * QUICK_IMAGES if settings.quick else settings.mapped_images
    settings.repeats = 1 if settings.quick else settings.repeats
    # Trainings are short, as the speed of the machine changes within seconds.
    settings.runs = 1 if settings.quick else RUNS_A_REPEAT * settings.repeats
    settings.networks = settings.networks or networks
    settings.sizes = settings.sizes or SIZES[:1]  # XL takes more than an hour
    # Not resolved: the link in an environment is what makes it that environment's Python.
    pythons = {"Keras": settings.keras, AGAINST: settings.against}
    settings.pythons = {side: str(path.absolute()) for side, path in pythons.items() if path}
    settings.sides = [side for side in settings.sides or SIDES if can_run(side, settings)]
    return settings


def can_run(side, settings):
    """Return whether the side was requested and can run: its Python, bfloat16 if it needs it."""
    name, comma, _ = side.partition(", bfloat16")
    has_python = name in settings.pythons or name not in ("Keras", AGAINST)
    is_wanted = not settings.against or SIDES[side] == SKFASHION
    return has_python and is_wanted and (not comma or cpu_has_bfloat16())


def prepare_images(folder):
    """Save real images where the workers find them; return the name of their source."""
    try:
        load = partial(fetch_fashion_mnist, download_if_missing=False)
        train, test = load(subset="train"), load(subset="test")
    except FileNotFoundError:
        train, test = load_fashion_sample(subset="train"), load_fashion_sample(subset="test")
    arrays = {"X_train": train.images, "X_test": test.images}
    np.savez(Path(folder, FILE), y_train=train.target, y_test=test.target, **arrays)
    repeated = "" if len(train.target) == N_TRAIN else ", repeated where more are needed"
    return f"{len(train.target):,} + {len(test.target):,} real images{repeated}"


def machine(images):
    """Return, as a sentence, what a part was measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search("model name.*: (.*)", cpuinfo.read_text()) if cpuinfo.exists() else None
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{found[1] if found else platform.machine()}, {os.cpu_count()} cores; "
        f"{platform.system()}; Python {platform.python_version()}, {versions}; {images}."
    )


def how(settings, arguments):
    """Return, as a sentence, how a part is measured; paths are valid on this machine only."""
    words = ["PATH" if os.sep in word else word for word in arguments]
    text = f"`{' '.join(['python -m tests.benchmarks', *words])}`, {datetime.now(UTC):%Y-%m-%d}"
    if "Keras" in settings.sides:
        with settings.start("Keras") as worker:
            text += f", {worker.call('versions')}"
    return f"{text}."


def main(arguments):
    """Measure and write; return the exit code: 1 if something failed."""
    settings, n_errors = read_settings(arguments), 0
    with tempfile.TemporaryDirectory() as settings.data:
        results, where = load_results(OUT), machine(prepare_images(settings.data))
        for name in settings.parts:
            settings.errors = []
            told, rows = how(settings, arguments), list(PARTS[name](settings))
            measured = {"how": told, "machine": where, "errors": settings.errors, "rows": rows}
            results["parts"][name] = measured
            Console().print(Markdown(table(name, rows)))
            print(*settings.errors, sep="\n")
            n_errors += len(settings.errors)
            if not settings.against:
                write(results, OUT)
    return 1 if n_errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

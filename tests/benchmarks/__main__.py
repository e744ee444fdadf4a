"""The command of the benchmark: ``python -m tests.benchmarks``."""

import os
import platform
import sys
import tempfile
from argparse import ArgumentParser
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markdown import Markdown

from skfashion import load_fashion_sample
from tests.benchmarks.networks import package_networks
from tests.benchmarks.page import all_tables, load_results, save_results, write_page
from tests.benchmarks.parts import AGAINST, PARTS, SIDES, Settings
from tests.benchmarks.side import FILE
from tests.benchmarks.worker import ROOT

QUICK_REPEATS, QUICK_IMAGES = 2, 1_280
PACKAGES = ("skfashion", "numpy", "scikit-learn", "torch", "skorch")
COMPARED = [side for side in SIDES if side != AGAINST]


def read_settings(arguments):
    """Return the options of the command, and what follows from them."""
    parser = ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure skfashion and what else one could use, side by side, on the real "
        "images. A part that is measured again replaces what the results have of it.",
    )
    add = parser.add_argument
    add("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    add("--network", action="append", choices=list(package_networks()), help="may be repeated")
    add("--side", action="append", choices=COMPARED, help="may be repeated; all by default")
    add("--repeats", type=int, default=5, help="rounds in which all sides run in turn")
    add("--images", type=int, help="images in a timed run, at most")
    add("--threads", type=int, help="of every side; by default each side's own choice")
    add("--keras", type=Path, help="the Python of an environment with keras and tensorflow")
    add(
        "--against",
        type=Path,
        help="the Python of an environment with another version of skfashion: train in turn with "
        "that one alone, print the ratios and write nothing",
    )
    add("--out", type=Path, default=ROOT / "docs" / "benchmarks", help="folder of the page")
    add("--quick", action="store_true", help="few repeats and images: does it run at all?")
    settings = parser.parse_args(arguments, namespace=Settings())
    if unknown := set(settings.parts) - set(PARTS):
        parser.error(f"not a part: {', '.join(unknown)}; choose from {', '.join(PARTS)}")
    settings.parts = ["training"] if settings.against else settings.parts or list(PARTS)
    if settings.quick:
        settings.repeats, settings.images = QUICK_REPEATS, QUICK_IMAGES
    settings.networks = settings.network or list(package_networks())
    sides = ["skfashion", AGAINST] if settings.against else settings.side or COMPARED
    settings.sides = [side for side in sides if side != "Keras" or settings.keras]
    # Not resolved: the link in an environment is what makes it that environment's Python.
    pythons = {"Keras": settings.keras, AGAINST: settings.against}
    settings.pythons = {side: str(path.absolute()) for side, path in pythons.items() if path}
    return settings


def prepare_images(folder):
    """Save the real images that come with the package where the workers find them."""
    arrays = {}
    for subset in ("train", "test"):
        data = load_fashion_sample(subset=subset)
        arrays |= {f"X_{subset}": data.images, f"y_{subset}": data.target.astype("int64")}
    np.savez(Path(folder, FILE), **arrays)


def circumstances(settings, arguments):
    """Return, as a sentence, what the times depend on; paths are of this machine alone."""
    versions = {name: version(name) for name in PACKAGES}
    if "Keras" in settings.sides:
        with settings.start("Keras") as worker:
            versions |= worker.call("versions")
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    words = ["PATH" if os.sep in word else word for word in arguments]
    return (
        f"`{' '.join(['python -m tests.benchmarks', *words])}`, {datetime.now(UTC):%Y-%m-%d}; "
        f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores; "
        f"{platform.system()}; Python {platform.python_version()}; "
        f"{', '.join(f'{name} {number}' for name, number in versions.items())}."
    )


def measure_part(name, settings, described):
    """Return what a part has measured; if it fails, what it had until then, and why."""
    measured = {"circumstances": described, "rows": []}
    try:
        for row in PARTS[name](settings):
            measured["rows"].append(row)
    except Exception as error:  # the other parts go on
        measured["error"] = f"{type(error).__name__}: {error}"
    return measured


def main(arguments):
    """Measure and write; return the exit code: 1 if something failed."""
    settings = read_settings(arguments)
    results = {} if settings.against else load_results(settings.out)
    with tempfile.TemporaryDirectory() as settings.data:
        prepare_images(settings.data)
        described = circumstances(settings, arguments)
        for name in settings.parts:
            results[name] = measure_part(name, settings, described)
            if not settings.against:
                save_results(results, settings.out)
                write_page(results, settings.out)
    console = Console()
    console.print(Markdown("\n".join(all_tables(results))))
    failed = [name for name in settings.parts if "error" in results[name]]
    for name in failed:
        console.print(f"FAILED: {name}: {results[name]['error']}", markup=False, highlight=False)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

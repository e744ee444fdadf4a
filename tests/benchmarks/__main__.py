"""The command of the benchmark: ``python -m tests.benchmarks``."""

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import joblib
import typer
from rich.console import Console

from skfashion import fetch_fashion_mnist
from tests.benchmarks.machine import circumstances, keras_versions
from tests.benchmarks.networks import NETWORKS
from tests.benchmarks.page import PAGE, all_tables, write_page
from tests.benchmarks.parts import PARTS
from tests.benchmarks.progress import say
from tests.benchmarks.results import failures, load_results, save_results
from tests.benchmarks.settings import Settings
from tests.benchmarks.sides.images import save_images
from tests.benchmarks.worker import ROOT

QUICK_REPEATS, QUICK_IMAGES = 2, 1_280


def prepare_images(folder):
    """Save the real images where the workers find them."""
    arrays = []
    for subset in ("train", "test"):
        data = fetch_fashion_mnist(subset=subset)
        arrays += [data.images, data.target.astype("int64")]
    save_images(folder, arrays)


def measure_part(name, settings, packages):
    """Return what a part has measured; if it fails, what it had until then, and why."""
    measured = {"circumstances": circumstances(settings), "rows": []}
    measured["circumstances"]["packages"] |= packages
    try:
        for row in PARTS[name].measure(settings):
            measured["rows"].append(row)
    except Exception as error:  # the other parts go on
        measured["error"] = f"{type(error).__name__}: {error}"
        say(f"{name} failed: {measured['error']}")
    return measured


def judged(value, known, what):
    """Raise typer's error if one of the values is not known."""
    for name in value or []:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is no {what}; choose from {', '.join(known)}")
    return value


Parts = Annotated[
    list[str] | None,
    typer.Argument(
        callback=lambda value: judged(value, PARTS, "part"),
        help=f"What to measure, of {', '.join(PARTS)}; all by default.",
    ),
]
Networks = Annotated[
    list[str] | None,
    typer.Option(
        "--network",
        callback=lambda value: judged(value, NETWORKS, "network"),
        help="Measure this network, may be repeated; all by default.",
    ),
]
Repeats = Annotated[int, typer.Option(min=1, help="Rounds in which all sides run in turn.")]
Images = Annotated[
    int | None,
    typer.Option(min=640, help="Images in a run, at most; what `networks.py` says by default."),
]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Threads of every side; as many as cores by default.")
]
Keras = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="The Python of an environment that has keras and tensorflow.",
    ),
]
Out = Annotated[Path, typer.Option(file_okay=False, help="Folder of the results and the page.")]
Quick = Annotated[
    bool,
    typer.Option(help=f"{QUICK_REPEATS} repeats, {QUICK_IMAGES:,} images: does it run at all?"),
]
PageOnly = Annotated[bool, typer.Option(help="Measure nothing; write the page again.")]


def main(
    parts: Parts = None,
    network: Networks = None,
    repeats: Repeats = 5,
    images: Images = None,
    threads: Threads = None,
    keras: Keras = None,
    out: Out = ROOT / "docs" / "benchmarks",
    quick: Quick = False,
    page_only: PageOnly = False,
):
    """Measure skfashion and what else one could use, side by side, on the real images.

    A part that is measured again replaces what the results have of it; the others stay.
    """
    results = load_results(out)
    failed = []
    with tempfile.TemporaryDirectory() as data:
        settings = Settings(
            data=Path(data),
            threads=threads or joblib.cpu_count(),
            repeats=QUICK_REPEATS if quick else repeats,
            images=QUICK_IMAGES if quick else images,
            # not resolved: the link in an environment is what makes it that environment's Python
            keras=None if keras is None else str(keras.absolute()),
            networks=tuple(network or NETWORKS),
        )
        chosen = [] if page_only else [name for name in PARTS if name in (parts or PARTS)]
        if chosen:
            prepare_images(data)
            packages = keras_versions(settings)
        for name in chosen:
            results[name] = measure_part(name, settings, packages)
            save_results(results, out)
            failed += failures({name: results[name]})
    write_page(results, out)
    console = Console()
    for table in all_tables(results):
        table.print_to(console)
    for sentence in failed:
        console.print(f"FAILED: {sentence}", markup=False, highlight=False)
    console.print(f"Written: {out / PAGE}", highlight=False, soft_wrap=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    typer.run(main)

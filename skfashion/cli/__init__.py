"""The `skfashion` command: compare, report, search, inspect, fetch, show, predict, playground.

A thin layer: the work is done by `skfashion.comparison`, scikit-learn and the loaders. There is one
file per command, and files for what they share: options (``_options``), the names that a user may
type (``_names``, ``_classifiers``), data and files (``_data``), progress (``_progress``), tables
(``_tables``), and errors in a user's words (``_errors``). Whatever is slow to import is imported
inside the functions, so that ``skfashion --help`` answers at once.

Results go to the standard output; progress, remarks and errors to the standard error.
"""

from typing import Annotated

import typer

from skfashion._version import __version__
from skfashion.cli._compare import compare
from skfashion.cli._errors import EXIT_CODES, TRACEBACK_VARIABLE
from skfashion.cli._fetch import fetch
from skfashion.cli._inspect import inspect
from skfashion.cli._names import BASELINES, as_typed, network_names
from skfashion.cli._playground import playground
from skfashion.cli._predict import predict
from skfashion.cli._report import report
from skfashion.cli._search import search
from skfashion.cli._show import show

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}
EXAMPLES = {
    "compare": (
        "skfashion compare",
        "skfashion compare --only lenet-5 --only k-nn --cv 5",
        "skfashion compare --data full --recipe tuned --no-baselines --seeds 5",
        "skfashion compare --data pictures --image-size 32 --class-weight balanced",
    ),
    "report": ("skfashion report runs/compare --open",),
    "search": (
        "skfashion search cnn-1 --lr 0.001 --lr 0.003 --max-epochs 8",
        "skfashion search lenet-5 --lr 0.01 --max-epochs 3 --max-epochs 6 --out search.csv",
    ),
    "inspect": (
        "skfashion inspect",
        "skfashion inspect --data full --network cnn-1 --cv 3 --top 20",
    ),
    "fetch": ("skfashion fetch", "skfashion fetch --data-home data"),
    "predict": (
        "skfashion predict shoe.jpg",
        "skfashion predict wardrobe/ --format csv > answers.csv",
        "cat shirt.png | skfashion predict - --format json",
    ),
    "playground": ("skfashion playground -o page.html --open",),
    "show": ("skfashion show --open", "skfashion show --data full --columns 20 --output all.svg"),
}


NAMES = (
    f"Networks: {as_typed(network_names())}.",
    f"Classic classifiers: {as_typed(BASELINES)}.",
    "Case, spaces and hyphens do not matter in names.",
)


def epilog(command):
    """Return what is below the options of a command: names, examples and exit codes."""
    names = NAMES if command == "compare" else ()
    examples = [f"$ {line}" for line in EXAMPLES[command]]
    return "\n\n".join([*names, "Examples:", *examples, EXIT_CODES])


app = typer.Typer(
    help="Train, compare and use classifiers of small images, such as those of Fashion-MNIST.",
    epilog=f"{EXIT_CODES} Set {TRACEBACK_VARIABLE}=1 to see where an error comes from.",
    context_settings=HELP_OPTIONS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (compare, report, search, inspect, fetch, show, predict, playground):
    app.command(epilog=epilog(command.__name__), context_settings=HELP_OPTIONS)(command)


def print_version(wanted: bool):
    if wanted:
        typer.echo(f"skfashion {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=print_version, is_eager=True),
    ] = False,
):
    pass


def main():
    """Run the command line."""
    app(prog_name="skfashion")

"""The `skfashion` command: compare, report, search, fetch, show.

Thin: the work is done by `skfashion.comparison`, scikit-learn and the loaders. Here are the options
(`_options`), the progress (`_progress`), the tables (`_tables`), and one file for each command.
Imports of all that is slow to load are inside the functions, so that ``skfashion --help`` answers
at once.

Results go to the standard output; progress, remarks and errors to the standard error.
"""

from typing import Annotated

import typer

from skfashion._version import __version__
from skfashion.cli._compare import compare
from skfashion.cli._errors import EXIT_CODES, TRACEBACK_VARIABLE
from skfashion.cli._fetch import fetch
from skfashion.cli._report import report
from skfashion.cli._search import search
from skfashion.cli._show import show

app = typer.Typer(
    help="Classifiers for small images, compared on Fashion-MNIST.",
    epilog=f"{EXIT_CODES} Set {TRACEBACK_VARIABLE}=1 to see where an error comes from.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (compare, report, search, fetch, show):
    app.command(epilog=EXIT_CODES)(command)


def print_version(wanted: bool):
    if wanted:
        typer.echo(f"skfashion {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Say the version.", callback=print_version, is_eager=True),
    ] = False,
):
    pass


def main():
    """Run the command line."""
    app(prog_name="skfashion")

"""``skfashion report``"""

from pathlib import Path
from typing import Annotated

import typer

from skfashion.cli._console import say
from skfashion.cli._data import check_file
from skfashion.cli._errors import errors_as_sentences
from skfashion.cli._options import QuietOption

PAGES = (".html", ".htm")
REPORT = "report.html"  # in the folder of a comparison


def report(
    run: Annotated[
        Path,
        typer.Argument(help="The folder of a comparison: runs/compare, or what --out has named."),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE.html", help="By default report.html in the folder."
        ),
    ] = None,
    view: Annotated[bool, typer.Option("--open", help="Open the page when it is made.")] = False,
    quiet: QuietOption = False,
):
    """Make a page of a comparison: confusion matrices to click, the images behind them, curves."""
    with errors_as_sentences(quiet):
        from skfashion.comparison import load_comparison

        output = output or run / REPORT
        if output.suffix not in PAGES:
            raise typer.BadParameter(f"{output}: give a file ending in {' or '.join(PAGES)}.")
        comparison = load_comparison(run)
        check_file(output, "--output")
        if not write_report(comparison, output):
            raise ValueError(f"No classifier in {run} was fitted: there is nothing to report.")
        if comparison.X_test is None:
            say("The page has no images: the comparison has kept none.", quiet)
        typer.echo(output)
        if view:
            typer.launch(str(output))


def write_report(comparison, path):
    """Write a comparison's page and return its path, or None if there is nothing to write."""
    if not any(comparison.random_states(name) for name in comparison.names):
        return None
    return comparison.report().save(path)

"""``skfashion report``"""

from pathlib import Path
from typing import Annotated

import typer

from skfashion.cli._console import say
from skfashion.cli._data import RUN_OF_SAMPLE, check_file, check_suffix, open_file
from skfashion.cli._errors import errors_as_sentences
from skfashion.cli._options import OpenOption, QuietOption

PAGES = (".html", ".htm")
REPORT = "report.html"  # in the folder of a comparison


def report(
    context: typer.Context,
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="Folder of a comparison, as given to skfashion compare --out."
        ),
    ] = RUN_OF_SAMPLE,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "--out",
            "-o",
            metavar="FILE.html",
            help="Page to write; by default report.html in the folder.",
        ),
    ] = None,
    view: OpenOption = False,
    quiet: QuietOption = False,
):
    """Write a comparison's page: interactive confusion matrices, mistakes, learning curves."""
    with errors_as_sentences(context, quiet):
        from skfashion.comparison import load_comparison

        if run.is_file():
            raise typer.BadParameter(
                f"{run} is a file: give the folder of a comparison.", param_hint="'RUN'"
            )
        output = output or run / REPORT
        check_suffix(output, "--output", PAGES)
        comparison = load_comparison(run)
        check_file(output, "--output")
        if not write_report(comparison, output):
            raise ValueError(
                f"{run} has no successful fit of any classifier: there is nothing to report."
            )
        if comparison.X_test is None:
            say("The page has no images, because the folder has none.", quiet)
        typer.echo(output)
        if view:
            open_file(output)


def write_report(comparison, path):
    """Write a comparison's page and return its path, or None if there is nothing to write."""
    if not any(comparison.random_states(name) for name in comparison.names):
        return None
    return comparison.report().save(path)

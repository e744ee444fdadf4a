"""``skfashion fetch``"""

from pathlib import Path
from typing import Annotated

import typer

from skfashion.cli._console import say
from skfashion.cli._errors import errors_as_sentences
from skfashion.cli._options import QuietOption
from skfashion.cli._progress import download_bar


def fetch(
    context: typer.Context,
    data_home: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Look for the data in DIR/fashion_mnist, and download them there. By default DIR "
            "is scikit-learn's data folder: $SCIKIT_LEARN_DATA or ~/scikit_learn_data.",
        ),
    ] = None,
    quiet: QuietOption = False,
):
    """Download the full Fashion-MNIST unless it is there, and print its folder."""
    with errors_as_sentences(context, quiet):
        if data_home and data_home.is_file():
            raise typer.BadParameter(
                f"{data_home} is a file: give the name of a folder.", param_hint="'--data-home'"
            )
        from skfashion.datasets._fashion_mnist import locate

        say("Looking for Fashion-MNIST; it is downloaded (31 MB) if it is not there.", quiet)
        with download_bar(quiet) as bar:
            paths = locate(data_home, progressbar=bar)
        say("All four files are there, with the right checksums, in", quiet)
        for folder in dict.fromkeys(path.parent for path in paths.values()):
            typer.echo(folder)

"""``skfashion fetch``"""

from pathlib import Path
from typing import Annotated

import typer

from skfashion.cli._console import say
from skfashion.cli._errors import errors_as_sentences
from skfashion.cli._options import QuietOption
from skfashion.cli._progress import download_bar


def fetch(
    data_home: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where to look and to download to, in its folder fashion_mnist; by default "
            "scikit-learn's data folder, $SCIKIT_LEARN_DATA or ~/scikit_learn_data.",
        ),
    ] = None,
    quiet: QuietOption = False,
):
    """Bring the full Fashion-MNIST, and say where it is."""
    with errors_as_sentences(quiet):
        from skfashion.datasets._fashion_mnist import locate

        say("Looking for Fashion-MNIST; it is downloaded (31 MB) if it is not here.", quiet)
        with download_bar(quiet) as bar:
            paths = locate(data_home, progressbar=bar)
        say("All four files, checked, in", quiet)
        for folder in dict.fromkeys(path.parent for path in paths.values()):
            typer.echo(folder)

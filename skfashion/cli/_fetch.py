"""``skfashion fetch``"""

import shlex
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
            "is scikit-learn's data folder: $SCIKIT_LEARN_DATA or ~/scikit_learn_data. For the "
            "other commands, set SCIKIT_LEARN_DATA to DIR.",
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
        from skfashion.datasets._fashion_mnist import default_folder, locate

        say("Looking for Fashion-MNIST; it is downloaded (31 MB) if it is not there.", quiet)
        with download_bar(quiet) as bar:
            paths = locate(data_home, progressbar=bar)
        say("All four files are there, with the right checksums, in", quiet)
        folders = dict.fromkeys(path.parent for path in paths.values())
        for folder in folders:
            typer.echo(folder)
        if data_home and default_folder(data_home) in {*folders} - {default_folder(None)}:
            say(
                "The other commands and fetch_fashion_mnist() read them there if the environment "
                f"has {in_environment(data_home)}",
                quiet,
            )


def in_environment(data_home):
    """Return the setting of the environment with which the data are looked for in a folder."""
    return f"SCIKIT_LEARN_DATA={shlex.quote(str(data_home.expanduser().absolute()))}"

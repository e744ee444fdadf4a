"""``skfashion playground``"""

from pathlib import Path
from typing import Annotated

import typer

from skfashion.cli._data import check_file, check_suffix, open_file
from skfashion.cli._errors import errors_as_sentences
from skfashion.cli._options import ModelOption, OpenOption, QuietOption
from skfashion.cli._report import PAGES


def playground(
    context: typer.Context,
    output: Annotated[
        Path,
        typer.Option("--output", "--out", "-o", metavar="FILE.html", help="Page to write."),
    ] = Path("playground.html"),
    model: ModelOption = None,
    view: OpenOption = False,
    quiet: QuietOption = False,
):
    """Write a page to try the trained network: drag in a picture or draw one; it works offline."""
    with errors_as_sentences(context, quiet):
        from skfashion.playground import Playground

        check_suffix(output, "--output", PAGES)
        check_file(output, "--output")
        page = Playground.from_pretrained(model) if model else Playground.from_pretrained()
        typer.echo(page.save(output))
        if view:
            open_file(output)

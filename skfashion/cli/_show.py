"""``skfashion show``"""

from pathlib import Path
from typing import Annotated

import typer

from skfashion.cli._console import say
from skfashion.cli._data import check_file, load_data
from skfashion.cli._errors import errors_as_sentences
from skfashion.cli._options import DataOption, QuietOption

PICTURES = (".png", ".svg", ".pdf")


def show(
    data: DataOption = "sample",
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="PNG, SVG or PDF."),
    ] = Path("skfashion-images.png"),
    columns: Annotated[int, typer.Option(min=1, help="Images of each class.")] = 10,
    view: Annotated[bool, typer.Option("--open", help="Open the picture when it is made.")] = False,
    quiet: QuietOption = False,
):
    """Make a picture of sample images, one row per class."""
    with errors_as_sentences(quiet):
        if output.suffix not in PICTURES:
            raise typer.BadParameter(f"{output}: give a file ending in {', '.join(PICTURES)}.")
        check_file(output, "--output")
        train, _, names = load_data(data)
        say("One row per class, the first training images of each:", quiet)
        draw_images(train.images, train.target, names, columns, output)
        typer.echo(output)
        if view:
            typer.launch(str(output))


def draw_images(images, y, names, n_columns, path):
    """Save a picture of the first images of each class, one row per class."""
    import matplotlib

    from skfashion._files import atomic_write
    from skfashion.plotting import ImageGridDisplay

    matplotlib.use("agg")  # a file is all that is wanted; there may be no screen
    display = ImageGridDisplay.from_images(images, y, n_columns=n_columns, target_names=names)
    with atomic_write(path, "wb") as file:
        display.figure_.savefig(file, dpi=150, format=path.suffix.removeprefix("."))

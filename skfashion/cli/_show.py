"""``skfashion show``"""

from pathlib import Path
from typing import Annotated

import typer

from skfashion.cli._console import say
from skfashion.cli._data import check_file, check_suffix, load_data, open_file
from skfashion.cli._errors import errors_as_sentences
from skfashion.cli._options import DataOption, ImageSizeOption, OpenOption, QuietOption

PICTURES = (".png", ".svg", ".pdf")
MOST_COLUMNS = 500  # matplotlib draws no more than 65,536 pixels across


def show(
    context: typer.Context,
    data: DataOption = "sample",
    image_size: ImageSizeOption = None,
    output: Annotated[
        Path,
        typer.Option("--output", "--out", "-o", metavar="FILE", help="PNG, SVG or PDF to write."),
    ] = Path("skfashion-images.png"),
    columns: Annotated[
        int, typer.Option(min=1, max=MOST_COLUMNS, metavar="N", help="Images of each class.")
    ] = 10,
    view: OpenOption = False,
    quiet: QuietOption = False,
):
    """Draw the first training images of each class, one row per class."""
    with errors_as_sentences(context, quiet):
        check_suffix(output, "--output", PICTURES)
        check_file(output, "--output")
        train, _, names = load_data(data, image_size, quiet)
        draw_images(train.images, train.target, names, columns, output)
        say("One row per class, with its first training images:", quiet)
        typer.echo(output)
        if view:
            open_file(output)


def draw_images(images, y, names, n_columns, path):
    """Save a picture of the first images of each class, one row per class."""
    import matplotlib

    from skfashion._files import atomic_write
    from skfashion.plotting import ImageGridDisplay

    matplotlib.use("agg")  # only a file is written: there may be no screen
    display = ImageGridDisplay.from_images(images, y, n_columns=n_columns, target_names=names)
    with atomic_write(path, "wb") as file:
        display.figure_.savefig(file, dpi=150, format=path.suffix.lower().removeprefix("."))

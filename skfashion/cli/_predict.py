"""``skfashion predict``"""

import csv
import io
import json
import os
import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from skfashion._files import printable
from skfashion.cli._console import say, say_error
from skfashion.cli._errors import errors_as_sentences, fail_if_some_failed, in_words
from skfashion.cli._options import ModelOption, QuietOption

STDIN = "-"
HEADERS = ("Most likely", "2nd", "3rd")
N_LIKELIEST = len(HEADERS)
BATCH_SIZE = 64  # pictures at a time; nothing else of them is kept
PART = 2**20  # bytes of the standard input at a time
AS_THE_DATASET = {"tolerance": 0.05, "resample": "subsample", "sharpen": True}
REMARKS = {"not sure": "yellow", "unlike the dataset": "red"}


class Background(StrEnum):
    """How a piece is told from its background, as `PhotoConverter` says."""

    CORNER = "corner"
    BORDER = "border"


class Format(StrEnum):
    """How answers are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def predict(
    context: typer.Context,
    pictures: Annotated[
        list[str],
        typer.Argument(
            metavar="PICTURE...",
            help="Files (PNG, JPEG, WebP, GIF, BMP) of any size, folders of them, or - for a "
            "picture on the standard input.",
            show_default=False,
        ),
    ],
    background: Annotated[
        Background,
        typer.Option(
            help="How the piece is told from the background: corner, as for the dataset, by the "
            "colour of the corners; border, by that of a frame, all else becoming black."
        ),
    ] = Background.CORNER,
    invert: Annotated[
        bool | None,
        typer.Option(
            "--invert/--no-invert",
            help="Whether pictures are negated; by default those with a light background.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", "-f", help="How to print the answers.")] = (
        Format.TABLE
    ),
    model: ModelOption = None,
    quiet: QuietOption = False,
):
    """Say which piece of clothing a picture shows, with a network that is trained already.

    A photograph should show one piece on a plain background. The three most likely classes are
    printed with their probabilities; "not sure" and "unlike the dataset" say when not to rely on
    them.
    """
    with errors_as_sentences(context, quiet):
        from skfashion.pretrained import PictureClassifier

        classifier = PictureClassifier(model) if model else PictureClassifier()
        settings = {
            "size": classifier.network.image_shape[0],
            "background": background.value,
            "invert": "auto" if invert is None else invert,
        }
        rows = list(answers(classifier, files_of(pictures), settings, quiet))
        errors = [row["error"] for row in rows if "error" in row]
        for error in errors:
            say_error(error)
        PRINTERS[form](rows)
        fail_if_some_failed(len(errors), len(rows) - len(errors))


def files_of(pictures):
    """Return the files that are named, and for each folder those in it and its folders, sorted."""
    files = []
    for picture in pictures:
        is_folder = picture != STDIN and Path(picture).is_dir()
        files += pictures_in(picture) if is_folder else [picture]
    return files


def pictures_in(folder):
    """Return the picture files in a folder and its folders, sorted, without hidden ones."""
    from skfashion._pictures import SUFFIXES, is_listed

    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = filter(is_listed, folders)
        found += [Path(place, name) for name in names if is_listed(name)]
    found = [str(path) for path in sorted(found) if path.suffix.lower() in SUFFIXES]
    if not found:
        raise typer.BadParameter(
            f"{folder} has no pictures ({', '.join(sorted(SUFFIXES))}).", param_hint="'PICTURE'"
        )
    return found


def answers(classifier, files, settings, quiet):
    """Yield a dict for each file, in order: its answer, or an error in words."""
    import numpy as np

    for start in range(0, len(files), BATCH_SIZE):
        rows, images = [], []
        for file in files[start : start + BATCH_SIZE]:
            row = {"picture": printable(file)}
            try:
                images.append(convert(file, settings, quiet))
            except (OSError, ValueError) as error:
                row["error"] = printable(in_words(error))
            rows.append(row)
        found = iter(classifier.answers(np.stack(images)) if images else ())
        for row in rows:
            yield row if "error" in row else {**row, **as_dict(next(found))}


def convert(file, settings, quiet):
    """Return a picture as an image like those of the dataset; say if it is not like them."""
    # not `convert_photo`, whose module imports scikit-learn
    from skfashion._pictures import MAX_PIXELS
    from skfashion.preprocessing._photo import convert_pixels, pixels_of, unlike_dataset

    photo = read_standard_input() if file == STDIN else file
    image = convert_pixels(pixels_of(photo, MAX_PIXELS), **AS_THE_DATASET, **settings)
    if fault := unlike_dataset(image, settings["invert"]):
        say(f"{printable(file)}: the converted picture is {fault}.", quiet)
    return image


def read_standard_input():
    """Return the picture on the standard input, through a file: its size is checked first.

    What is larger than a picture may be is not read to its end, which it might not have.
    """
    from skfashion._pictures import MAX_PIXELS, decode_rgb, most_bytes

    with tempfile.TemporaryFile() as file:
        while file.tell() <= most_bytes(MAX_PIXELS) and (part := sys.stdin.buffer.read(PART)):
            file.write(part)
        file.seek(0)
        return decode_rgb(file, "The standard input")


def as_dict(answer):
    """Return an answer as plain values."""
    likeliest = [
        {"class": name, "probability": round(probability, 4)}
        for name, probability in answer.likeliest(N_LIKELIEST)
    ]
    return {
        "verdict": answer.verdict,
        "classes": likeliest,
        "distance": round(answer.distance, 2),
    }


def print_table(rows):
    """Print the answers, and nothing of pictures that have none."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    answered = [row for row in rows if "error" not in row]
    cells = [
        [f"{found['class']} {100 * found['probability']:.0f} %" for found in row["classes"]]
        for row in answered
    ]
    view = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    view.add_column("Picture", overflow="fold")
    for k, header in enumerate(HEADERS):
        # a long path is wrapped, not the answers
        width = max([len(header), *(len(texts[k]) for texts in cells if k < len(texts))])
        view.add_column(header, no_wrap=True, min_width=width)
    view.add_column("Remark")
    for row, texts in zip(answered, cells, strict=True):
        colour = REMARKS.get(row["verdict"])
        remark = f"[{colour}]{row['verdict']}[/]" if colour else ""
        texts = [*map(escape, texts), *[""] * (N_LIKELIEST - len(texts))]
        view.add_row(escape(row["picture"]), *texts, remark)
    if cells:
        Console().print(view)


def print_json(rows):
    """Print a list with one object per picture."""
    typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))


def print_csv(rows):
    """Print one line per picture."""
    numbers = range(1, N_LIKELIEST + 1)
    header = ["picture", "verdict"]
    header += [f"{name}_{k}" for k in numbers for name in ("class", "probability")]
    text = io.StringIO()
    table = csv.DictWriter(text, [*header, "distance", "error"], lineterminator="\n")
    table.writeheader()
    for row in rows:
        row = dict(row)
        for k, found in enumerate(row.pop("classes", ()), start=1):
            row |= {f"{name}_{k}": value for name, value in found.items()}
        table.writerow(row)
    typer.echo(text.getvalue(), nl=False)


PRINTERS = {Format.TABLE: print_table, Format.JSON: print_json, Format.CSV: print_csv}

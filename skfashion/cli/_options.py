"""Options that several commands have."""

from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from skfashion.cli._names import RECIPES, complete_data, completing


class ClassWeight(StrEnum):
    """The values of --class-weight."""

    none = "none"
    balanced = "balanced"


def check_jobs(jobs: int):
    """Return a number of jobs; wrong usage if it is 0."""
    if jobs == 0:
        raise typer.BadParameter(
            "The number of jobs cannot be 0: give 1 or more, or -1 for one per core."
        )
    return jobs


def check_memory(context: typer.Context, folder: Path | None):
    """Make the folder of --memory, and return its absolute path; wrong usage if it cannot be."""
    if folder is None or context.resilient_parsing:  # which is the completion of words by Tab
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(
            f"{folder} cannot be made a folder: {error.strerror}. Give another one."
        ) from error
    return folder.absolute()


def cluster(address):
    """Return a context in which fits run on a Dask cluster, or on this machine without address."""
    if address is None:
        return nullcontext()
    from skfashion.cluster import on_dask

    return on_dask(address)


DataOption = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="DATA",
        help="sample, the 7,000 images that come with the package; full, all 70,000; a folder with "
        "the four IDX files of another dataset, FOLDER/PREFIX if their names have a prefix; or a "
        "folder with a sub-folder of PNG, JPEG or WebP files for each class, or with folders train "
        "and test that have these.",
        autocompletion=complete_data,
    ),
]
ImageSizeOption = Annotated[
    int | None,
    typer.Option(
        min=8,
        metavar="PIXELS",
        help="Height and width to which pictures in files are resized. By default, they are used "
        "as they are if they have one size of at most 64 pixels a side; else it is 32.",
    ),
]
ClassWeightOption = Annotated[
    ClassWeight,
    typer.Option(
        help="balanced: all classes have the same total weight in training; "
        "for classifiers that have class weights.",
    ),
]
RecipeOption = Annotated[
    str,
    typer.Option(
        metavar="RECIPE",
        help="Networks and their settings: published and tuned have the article's, best has "
        "deeper ones.",
        autocompletion=completing(RECIPES),
    ),
]
JobsOption = Annotated[
    int,
    typer.Option(
        metavar="J",
        help="Number of fits at the same time; -1 is one per core.",
        callback=check_jobs,
    ),
]
MemoryOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder in which networks keep the state of the training after each epoch. If the "
        "command is killed, the same command goes on from the last epoch. On a cluster, all "
        "machines must reach it.",
        callback=check_memory,
    ),
]
DaskOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Fit on a Dask cluster whose scheduler has this address, such as tcp://host:8786; "
        "--jobs is ignored then.",
    ),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print only the result, without progress and remarks.")
]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the file when it is written.")]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="FILE",
        help="Weights written by python -m skfashion.pretrained, in place of the package's.",
    ),
]

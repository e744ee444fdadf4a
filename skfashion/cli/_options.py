"""Options that several commands have."""

from enum import StrEnum
from typing import Annotated

import typer


class Recipe(StrEnum):
    """The functions of `skfashion.recipes`, by name."""

    published = "published"
    tuned = "tuned"


def check_jobs(jobs: int):
    """Return a number of jobs; wrong usage if it is 0."""
    if jobs == 0:
        raise typer.BadParameter("0 jobs do nothing: give 1 or more, or -1 for every core.")
    return jobs


DataOption = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="sample|full|FOLDER",
        help="The 7,000 images that come with the package, all 70,000, or a folder with the four "
        "IDX files of another dataset.",
    ),
]
RecipeOption = Annotated[
    Recipe, typer.Option(help="The networks as the article has them, or with better settings.")
]
JobsOption = Annotated[
    int,
    typer.Option(
        metavar="J",
        help="How much is done at the same time; -1 is every core.",
        callback=check_jobs,
    ),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="The result alone: no progress, no remarks.")
]

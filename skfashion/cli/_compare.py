"""``skfashion compare``"""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from skfashion.cli._classifiers import select_classifiers
from skfashion.cli._data import default_folder, load_data
from skfashion.cli._errors import errors_as_sentences, fail_if_some_failed
from skfashion.cli._options import DataOption, JobsOption, QuietOption, Recipe, RecipeOption
from skfashion.cli._progress import watching
from skfashion.cli._report import REPORT, write_report
from skfashion.cli._tables import print_comparison

OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Only this classifier; may be repeated. Case, spaces and hyphens do not matter.",
    ),
]
SeedsOption = Annotated[
    int, typer.Option(min=1, metavar="N", help="Random states 0 to N - 1 for each.")
]
FoldsOption = Annotated[
    int | None,
    typer.Option(min=2, metavar="K", help="Also K-fold cross-validation on the training data."),
]
CurvesOption = Annotated[
    bool,
    typer.Option(
        help="Fit each network once more, a tenth of the training data held out, to see where "
        "overfitting starts."
    ),
]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Where everything is kept as it comes; started again, an interrupted run goes on. "
        "By default runs/compare, runs/compare-full or, for a FOLDER, one with its name.",
    ),
]


def compare(
    context: typer.Context,
    data: DataOption = "sample",
    only: OnlyOption = None,
    recipe: RecipeOption = Recipe.published,
    networks: Annotated[bool, typer.Option(help="The neural networks.")] = True,
    baselines: Annotated[bool, typer.Option(help="The classic classifiers.")] = True,
    seeds: SeedsOption = 1,
    cv: FoldsOption = None,
    curves: CurvesOption = True,
    jobs: JobsOption = 1,
    out: FolderOption = None,
    quiet: QuietOption = False,
):
    """Train classifiers and measure them side by side."""
    with errors_as_sentences(quiet, "What is done is kept; the same command goes on from there."):
        from skfashion.comparison import compare as compare_classifiers
        from skfashion.comparison import load_comparison

        estimators, reference = select_classifiers(recipe, networks, baselines, only)
        train, test, target_names = load_data(data)
        out = out or default_folder(data)
        with watching(f"{len(estimators)} classifiers", quiet) as watch:
            done = compare_classifiers(
                estimators,
                train.images,
                train.target,
                test.images,
                test.target,
                cv=cv,
                n_jobs=jobs,
                random_states=range(seeds),
                out=out,
                learning_curves=curves,
                reference=reference,
                target_names=target_names,
                on_progress=watch,
            )
        comparison = load_comparison(out)
        print_comparison(comparison)
        page = write_report(comparison, out / REPORT)
        if not quiet:
            print_paths(out, page)
            if data == "sample":
                typer.echo(f"\nThe same on all 70,000 images:\n{full_data_command(context)}")
        fail_if_some_failed(n_failed=done.table["error"].count(), n_done=done.table["n"].sum())


def print_paths(out, page):
    """Say what was written where; `page` is the report's path, or None."""
    clicks = f"  {page}  open it: confusion matrices to click, with the images behind\n"
    typer.echo(
        f"\nWritten to {out}:\n"
        f"{clicks if page else ''}"
        f"  {out / 'table.csv'}  every figure of every classifier\n"
        f"  {out / 'estimators'}  a folder each: predictions, confusions, report, curves\n"
        f"  {out / 'environments'}  machine and versions"
    )


def full_data_command(context):
    """Return this command with the options it was given, for the full data and a new folder."""
    program = "skfashion"
    if Path(sys.argv[0]).name == program and not shutil.which(program):
        program = sys.argv[0]  # called by its path, in a .venv that is not active
    words = [program, context.command.name]
    for option in context.command.params:
        given = context.get_parameter_source(option.name).name == "COMMANDLINE"
        if not given or option.name in ("data", "out"):
            continue
        value = context.params[option.name]
        if isinstance(value, bool):
            words.append((option.opts if value else option.secondary_opts)[0])
        else:
            for item in value if isinstance(value, list | tuple) else [value]:
                words += [option.opts[0], str(item)]
    return shlex.join([*words, "--data", "full", "--out", str(default_folder("full"))])

"""``skfashion compare``"""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from skfashion.cli._classifiers import (
    PUBLISHED,
    adapt,
    are_of_recipe,
    select_classifiers,
    set_memory,
)
from skfashion.cli._data import NAMES, dataset_name, default_folder, load_data
from skfashion.cli._errors import errors_as_sentences, fail_if_some_failed
from skfashion.cli._names import BASELINES, completing, network_names
from skfashion.cli._options import (
    ClassWeight,
    ClassWeightOption,
    DaskOption,
    DataOption,
    ImageSizeOption,
    JobsOption,
    MemoryOption,
    QuietOption,
    RecipeOption,
    cluster,
)
from skfashion.cli._progress import watching
from skfashion.cli._report import REPORT, write_report
from skfashion.cli._tables import print_comparison

OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Only this classifier, such as lenet-5 or k-nn; repeat for more. All names are below.",
        autocompletion=completing(lambda: [*network_names(), *BASELINES]),
    ),
]
SeedsOption = Annotated[
    int, typer.Option(min=1, metavar="N", help="Fit each with the random states 0 to N - 1.")
]
FoldsOption = Annotated[
    int | None,
    typer.Option(min=2, metavar="K", help="Also K-fold cross-validation on the training data."),
]
CurvesOption = Annotated[
    bool,
    typer.Option(
        help="Fit each network once more with a tenth of the training data held out, to find the "
        "epoch with the lowest validation loss."
    ),
]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder to write results to as they arrive: the same command resumes an interrupted "
        "run. By default runs/compare, runs/compare-full or, for a FOLDER, one with its name.",
    ),
]


def compare(
    context: typer.Context,
    data: DataOption = "sample",
    image_size: ImageSizeOption = None,
    only: OnlyOption = None,
    recipe: RecipeOption = PUBLISHED,
    networks: Annotated[bool, typer.Option(help="Include the neural networks.")] = True,
    baselines: Annotated[bool, typer.Option(help="Include the classic classifiers.")] = True,
    seeds: SeedsOption = 1,
    cv: FoldsOption = None,
    curves: CurvesOption = True,
    class_weight: ClassWeightOption = ClassWeight.none,
    jobs: JobsOption = 1,
    dask: DaskOption = None,
    out: FolderOption = None,
    memory: MemoryOption = None,
    quiet: QuietOption = False,
):
    """Train classifiers on the same data and compare them: table, report, all predictions."""
    resume = "What is done is kept; the same command resumes from there."
    with errors_as_sentences(context, quiet, resume):
        from skfashion.comparison import compare as compare_classifiers
        from skfashion.comparison._comparison import load_readable

        estimators, reference = select_classifiers(recipe, networks, baselines, only)
        train, test, target_names = load_data(data, image_size, quiet)
        adapt(estimators, train.images, class_weight, quiet)
        set_memory(estimators, memory)
        out = out or default_folder(data, image_size)
        with cluster(dask), watching(f"{len(estimators)} classifiers", quiet) as watch:
            done = compare_classifiers(
                estimators,
                train.images,
                train.target,
                test.images,
                test.target,
                cv=cv,
                n_jobs=-1 if dask else jobs,
                random_states=range(seeds),
                out=out,
                learning_curves=curves,
                reference=reference if data in NAMES else None,  # for Fashion-MNIST alone
                target_names=target_names,
                dataset=dataset_name(data),
                recipe=recipe if are_of_recipe(recipe, estimators) else None,
                test_index=test.index,
                on_progress=watch,
            )
        comparison = load_readable(out)  # results of earlier calls may be damaged
        comparison.X_test = done.X_test
        print_comparison(comparison)
        page = write_report(comparison, out / REPORT)
        if not quiet:
            print_paths(out, page)
            if data == "sample":
                typer.echo(f"\nThe same with all 70,000 images:\n{full_data_command(context)}")
        fail_if_some_failed(n_failed=done.table["error"].count(), n_done=done.table["n"].sum())


def print_paths(out, page):
    """Say what was written where; `page` is the report's path, or None."""
    contents = {
        page: "interactive confusion matrices: open it in a browser",
        out / "table.csv": "all figures of all classifiers",
        out / "estimators": "one folder each: predictions, confusions, report, curves",
        out / "environments": "machine and versions",
    }
    contents.pop(None, None)
    width = max(len(str(path)) for path in contents)
    typer.echo(f"\nWritten to {out}:")
    for path, content in contents.items():
        typer.echo(f"  {path!s:{width}}  {content}")


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

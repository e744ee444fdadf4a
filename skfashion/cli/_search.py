"""``skfashion search``"""

import math
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from skfashion._files import is_running, this_machine
from skfashion.cli._classifiers import (
    CLASSIFIER_STEP,
    PUBLISHED,
    adapt,
    named_network,
    set_memory,
)
from skfashion.cli._console import say, say_error
from skfashion.cli._data import check_file, load_data
from skfashion.cli._errors import errors_as_sentences, fail_if_some_failed, with_options
from skfashion.cli._names import as_typed, completing, network_names
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
from skfashion.cli._progress import counting
from skfashion.cli._tables import print_grid

LARGEST_TEMPORARY = 10**9  # bytes
TEMPORARY = "skfashion-search-{machine}-{process}-"  # what the name of the folder begins with


def check_rates(values):
    """Return learning rates, each above zero and finite; wrong usage otherwise."""
    for value in values or []:
        if not 0 < value < math.inf:
            raise typer.BadParameter(f"{value:g} is not a learning rate: give a number above zero.")
    return values


NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help=f"A network: {as_typed(network_names())}.",
        autocompletion=completing(network_names),
    ),
]
RatesOption = Annotated[
    list[float] | None,
    typer.Option(
        metavar="RATE", help="Learning rate, above zero; repeat for more.", callback=check_rates
    ),
]
EpochsOption = Annotated[
    list[int] | None,
    typer.Option(min=1, metavar="N", help="Number of epochs; repeat for more."),
]


def search(
    context: typer.Context,
    name: NameArgument,
    lr: RatesOption = None,
    max_epochs: EpochsOption = None,
    recipe: RecipeOption = PUBLISHED,
    cv: Annotated[int, typer.Option(min=2, metavar="K", help="Number of folds.")] = 3,
    data: DataOption = "sample",
    image_size: ImageSizeOption = None,
    class_weight: ClassWeightOption = ClassWeight.none,
    jobs: JobsOption = 1,
    dask: DaskOption = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="File to write all results to.")
    ] = None,
    memory: MemoryOption = None,
    quiet: QuietOption = False,
):
    """Try learning rates and numbers of epochs by cross-validation on the training data.

    Epochs that settings have in common are trained once, which needs a constant learning rate; on a
    cluster, only with --memory.
    """
    with errors_as_sentences(context, quiet):
        from skfashion.cli._grid_search import grid_search

        if not lr and not max_epochs:
            raise typer.BadParameter("Give values to try: --lr, --max-epochs or both.")
        name, pipeline = named_network(recipe, name)
        grid = grid_of(pipeline, lr=lr, max_epochs=max_epochs)
        if out:
            check_file(out, "--out")
        train, *_ = load_data(data, image_size, quiet)
        adapt({name: pipeline}, train.images, class_weight, quiet)
        n_fits = cv * math.prod(len(values) for values in grid.values())
        n_jobs = -1 if dask else jobs
        with (
            cluster(dask),
            memory_of(memory, dask is not None) as kept,
            counting("Grid search", n_fits, quiet) as count,
        ):
            set_memory({name: pipeline}, kept)
            results, reasons = grid_search(
                pipeline, grid, train.images, train.target, cv=cv, n_jobs=n_jobs, on_progress=count
            )
        try:
            if out:
                write_csv(results, out)
                say(f"All results: {out}", quiet)
        finally:  # neither is lost if the other cannot be written
            print_grid(name, results, CLASSIFIER_STEP, cv)
        tell_failures(context, results, reasons)


@contextmanager
def memory_of(folder, is_cluster):
    """Give the memory in a folder, or one that lasts as long as the block and is bounded.

    Without a folder, a cluster has none: its machines need not share a file system.
    """
    from skfashion.memory import TrainingMemory

    if folder is not None or is_cluster:
        yield folder
        return
    remove_folders_of_killed()
    prefix = TEMPORARY.format(machine=this_machine(), process=os.getpid())
    # workers that an interrupt ends may be writing there
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as temporary:
        yield TrainingMemory(temporary, max_bytes=LARGEST_TEMPORARY)


def remove_folders_of_killed():
    """Remove the temporary folders of searches on this machine that were killed."""
    begin = TEMPORARY.format(machine=this_machine(), process=r"(\d+)")
    for folder in Path(tempfile.gettempdir()).iterdir():
        match = re.match(begin, folder.name)
        if match and not is_running(int(match[1])):
            shutil.rmtree(folder, ignore_errors=True)


def tell_failures(context, results, reasons):
    """Say why settings failed, and end with the exit code for it if any did."""
    for reason in reasons:
        say_error(with_options(reason, context))
    scores = results["mean_test_score"]
    fail_if_some_failed(n_failed=scores.isna().sum(), n_done=scores.count())


def grid_of(pipeline, **values):
    """Return the sorted values of parameters of the classifier; its own for a None."""
    settings = pipeline.get_params()
    paths = {name: f"{CLASSIFIER_STEP}__{name}" for name in values}
    return {path: sorted(set(values[name] or [settings[path]])) for name, path in paths.items()}


def write_csv(results, path):
    from skfashion._files import atomic_write

    with atomic_write(path) as file:
        results.to_csv(file, index=False)

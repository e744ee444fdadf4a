"""The `skfashion` command: compare, report, search, fetch, show.

Thin: the work is done by `skfashion.comparison`, scikit-learn's GridSearchCV and the loaders; here
are the options, the progress and the tables. Imports of all that stand inside the functions, so
that ``skfashion --help`` answers at once.

Results go to the standard output; progress, remarks and errors to the standard error.
"""

import hashlib
import math
import os
import shlex
import shutil
import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from skfashion._console import (
    counting,
    download_bar,
    print_comparison,
    print_grid,
    print_paths,
    say,
    say_error,
    short_warnings,
    watching,
)
from skfashion._version import __version__

EXIT_CODES = (
    "Exit codes: 0 all went well; 1 an error, in a sentence on the standard error; 2 wrong usage; "
    "3 some estimators or settings failed and the others are done; 130 interrupted by Ctrl-C."
)
TRACEBACK_VARIABLE = "SKFASHION_TRACEBACK"
SOME_FAILED = 3
CLASSIFIER_STEP = "classifier"  # of every recipe
PICTURES = (".png", ".svg", ".pdf")
PAGES = (".html", ".htm")
REPORT = "report.html"  # in the folder of a comparison

app = typer.Typer(
    help="Classifiers for small images, compared on Fashion-MNIST.",
    epilog=f"{EXIT_CODES} Set {TRACEBACK_VARIABLE}=1 to see where an error comes from.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Recipe(StrEnum):
    published = "published"
    tuned = "tuned"


def positive(values):
    """Return learning rates, each above zero and finite; wrong usage otherwise."""
    for value in values or []:
        if not 0 < value < math.inf:
            raise typer.BadParameter(f"{value:g} is no learning rate: give a number above zero.")
    return values


def not_zero(jobs: int):
    """Return a number of jobs; wrong usage if it is none."""
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
JobsOption = Annotated[
    int,
    typer.Option(
        metavar="J", help="How much is done at the same time; -1 is every core.", callback=not_zero
    ),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="The result alone: no progress, no remarks.")
]


def main():
    """Run the command line."""
    app(prog_name="skfashion")


def print_version(wanted: bool):
    if wanted:
        typer.echo(f"skfashion {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Say the version.", callback=print_version, is_eager=True),
    ] = False,
):
    pass


@app.command(epilog=EXIT_CODES)
def compare(
    context: typer.Context,
    data: DataOption = "sample",
    only: OnlyOption = None,
    recipe: RecipeOption = Recipe.published,
    networks: Annotated[bool, typer.Option(help="The five networks.")] = True,
    baselines: Annotated[bool, typer.Option(help="The classic classifiers.")] = True,
    seeds: SeedsOption = 1,
    cv: FoldsOption = None,
    curves: CurvesOption = True,
    jobs: JobsOption = 1,
    out: FolderOption = None,
    quiet: QuietOption = False,
):
    """Train classifiers and measure them side by side."""
    with plainly(quiet, "What is done is kept; the same command goes on from there."):
        from skfashion import comparison as comparing

        estimators, reference = gather(recipe, networks, baselines, only)
        train, test, target_names = load_data(data)
        out = out or default_folder(data)
        with watching(f"{len(estimators)} classifiers", quiet) as watch:
            done = comparing.compare(
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
        comparison = comparing.load_comparison(out)
        print_comparison(comparison)
        page = write_report(comparison, out / REPORT)
        if not quiet:
            print_paths(out, page)
            if data == "sample":
                typer.echo(f"\nThe same on all 70,000 images:\n{full_data_command(context)}")
        fail_if_some_failed(n_failed=done.table["error"].count(), n_done=done.table["n"].sum())


@app.command(epilog=EXIT_CODES)
def report(
    run: Annotated[
        Path,
        typer.Argument(help="The folder of a comparison: runs/compare, or what --out has named."),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE.html", help="By default report.html in the folder."
        ),
    ] = None,
    view: Annotated[bool, typer.Option("--open", help="Open the page when it is made.")] = False,
    quiet: QuietOption = False,
):
    """Make a page of a comparison: confusion matrices to click, the images behind them, curves."""
    with plainly(quiet):
        from skfashion.comparison import load_comparison

        output = output or run / REPORT
        if output.suffix not in PAGES:
            raise typer.BadParameter(f"{output}: give a file ending in {' or '.join(PAGES)}.")
        comparison = load_comparison(run)
        check_file(output, "--output")
        if not write_report(comparison, output):
            raise ValueError(f"No classifier in {run} was fitted: there is nothing to report.")
        if comparison.X_test is None:
            say("The page has no images: the comparison has kept none.", quiet)
        typer.echo(output)
        if view:
            typer.launch(str(output))


@app.command(epilog=EXIT_CODES)
def search(
    name: Annotated[str, typer.Argument(help="A network: lenet5, cnn1, 'Simple dense', ...")],
    lr: Annotated[
        list[float] | None,
        typer.Option(help="Learning rate, above zero; repeat for more.", callback=positive),
    ] = None,
    max_epochs: Annotated[
        list[int] | None, typer.Option(min=1, help="Number of epochs; repeat for more.")
    ] = None,
    recipe: RecipeOption = Recipe.published,
    cv: Annotated[int, typer.Option(min=2, metavar="K", help="Folds.")] = 3,
    data: DataOption = "sample",
    jobs: JobsOption = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Write all results there.")
    ] = None,
    quiet: QuietOption = False,
):
    """Search learning rate and number of epochs by cross-validation on the training data."""
    with plainly(quiet):
        from skfashion._search import grid_search

        if not lr and not max_epochs:
            raise typer.BadParameter("Give values to try: --lr, --max-epochs or both.")
        name, pipeline = named_network(recipe, name)
        settings = pipeline.get_params()
        grid = {
            f"{CLASSIFIER_STEP}__lr": sorted(set(lr or [settings[f"{CLASSIFIER_STEP}__lr"]])),
            f"{CLASSIFIER_STEP}__max_epochs": sorted(
                set(max_epochs or [settings[f"{CLASSIFIER_STEP}__max_epochs"]])
            ),
        }
        if out:
            check_file(out, "--out")
        train, *_ = load_data(data)
        n_fits = cv * math.prod(len(values) for values in grid.values())
        with counting("Grid search", n_fits, quiet) as count:
            results, reasons = grid_search(
                pipeline, grid, train.images, train.target, cv=cv, n_jobs=jobs, on_progress=count
            )
        print_grid(name, results, CLASSIFIER_STEP, cv)
        if out:
            from skfashion._files import atomic_write

            with atomic_write(out) as file:
                results.to_csv(file, index=False)
            say(f"All results: {out}", quiet)
        for reason in reasons:
            say_error(reason)
        scores = results["mean_test_score"]
        fail_if_some_failed(n_failed=scores.isna().sum(), n_done=scores.count())


@app.command(epilog=EXIT_CODES)
def fetch(
    data_home: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where to look and to download to, in its folder fashion_mnist; by default "
            "scikit-learn's data folder, $SCIKIT_LEARN_DATA or ~/scikit_learn_data.",
        ),
    ] = None,
    quiet: QuietOption = False,
):
    """Bring the full Fashion-MNIST, and say where it is."""
    with plainly(quiet):
        from skfashion.datasets._fashion_mnist import locate

        say("Looking for Fashion-MNIST; it is downloaded (31 MB) if it is not here.", quiet)
        with download_bar(quiet) as bar:
            paths = locate(data_home, progressbar=bar)
        say("All four files, checked, in", quiet)
        for folder in dict.fromkeys(path.parent for path in paths.values()):
            typer.echo(folder)


@app.command(epilog=EXIT_CODES)
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
    """Make a picture of sample images, a row a class."""
    with plainly(quiet):
        if output.suffix not in PICTURES:
            raise typer.BadParameter(f"{output}: give a file ending in {', '.join(PICTURES)}.")
        check_file(output, "--output")
        train, _, names = load_data(data)
        say("A row a class, the first training images of each:", quiet)
        draw_images(train.images, train.target, names, columns, output)
        typer.echo(output)
        if view:
            typer.launch(str(output))


@contextmanager
def plainly(quiet, when_interrupted=""):
    """End the program with a sentence and an exit code in place of a traceback.

    Warnings become a line; `quiet` leaves them out.
    """
    try:
        with short_warnings(quiet):
            yield
    except KeyboardInterrupt:
        say_error(f"Interrupted. {when_interrupted}")
        raise typer.Exit(130) from None
    except Exception as error:
        # typer's own are no failures: an exit, or wrong usage, which it reports itself
        if isinstance(error, typer.Exit | typer.Abort | typer.BadParameter):
            raise
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        say_error(in_words(error))
        raise typer.Exit(1) from None


def in_words(error):
    """Return what an exception says, as a sentence."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}. Give another path, or mend this one."
    text = " ".join(str(error).split())
    expected = isinstance(error, OSError | ValueError | ImportError)
    return text if expected and text else f"{type(error).__name__}: {text}"


def check_file(path, option):
    """Make the folder for a file before the work whose result it is to hold."""
    if path.is_dir():
        raise typer.BadParameter(f"{path} is a folder: {option} takes the name of a file.")
    path.parent.mkdir(parents=True, exist_ok=True)


def fail_if_some_failed(n_failed, n_done):
    """Say how many failed and end with the exit code for that, if any did."""
    if n_failed:
        say_error(f"{n_failed} failed; {'the others are' if n_done else 'nothing is'} done.")
        raise typer.Exit(SOME_FAILED if n_done else 1)


def write_report(comparison, path):
    """Write a comparison's page and return its path, or None if there is nothing to write."""
    from skfashion.report import ConfusionReport

    if not any(comparison.random_states(name) for name in comparison.names):
        return None
    return ConfusionReport.from_comparison(comparison).save(path)


def load_data(data):
    """Return training and test Bunch, and the names of the classes; None for the labels."""
    from skfashion.datasets import CLASS_NAMES, fetch_fashion_mnist, load_fashion_sample, load_idx

    if data in ("sample", "full"):
        load = load_fashion_sample if data == "sample" else fetch_fashion_mnist
        return load(subset="train"), load(subset="test"), CLASS_NAMES
    if not Path(data).is_dir():
        raise typer.BadParameter(f"{data!r} is neither sample, full nor a folder.")
    return load_idx(data, subset="train"), load_idx(data, subset="test"), None


def default_folder(data):
    """Return the folder for the results: a folder belongs to one dataset."""
    if data in ("sample", "full"):
        return Path("runs", "compare" if data == "sample" else "compare-full")
    path = Path(data).resolve()
    # Folders of one name in two places are two datasets.
    place = hashlib.sha256(str(path).encode()).hexdigest()[:6]
    return Path("runs", f"compare-{path.name[:50]}-{place}")


def simple(name):
    """Return a name without case, spaces, hyphens and other signs."""
    return "".join(c for c in name.lower() if c.isalnum())


def find_name(wanted, names):
    """Return the one of `names` that is meant; wrong usage if none is."""
    from difflib import get_close_matches

    by_simple_name = {simple(name): name for name in names}
    by_simple_name |= {simple(name.removesuffix(" (tuned)")): name for name in names}
    if simple(wanted) in by_simple_name:
        return by_simple_name[simple(wanted)]
    nearest = get_close_matches(simple(wanted), by_simple_name, n=1, cutoff=0.5)
    guess = f" Did you mean {by_simple_name[nearest[0]]!r}?" if nearest else ""
    raise typer.BadParameter(f"There is no {wanted!r}.{guess} There are: {', '.join(names)}.")


def network_recipes(recipe):
    from skfashion import recipes

    return (recipes.tuned if recipe is Recipe.tuned else recipes.published)(random_state=0)


def named_network(recipe, name):
    """Return name and Pipeline of the network that is meant."""
    pipelines = network_recipes(recipe)
    name = find_name(name, list(pipelines))
    return name, pipelines[name]


def gather(recipe, networks, baselines, only):
    """Return the estimators by name, and the article's figures by the same names."""
    pipelines, reference = {}, {}
    if networks:
        from skfashion.recipes import ARTICLE

        # Both recipes may come into one folder, and one table.
        ending = " (tuned)" if recipe is Recipe.tuned else ""
        pipelines = {f"{name}{ending}": net for name, net in network_recipes(recipe).items()}
        reference = {f"{name}{ending}": figures for name, figures in ARTICLE.items()}
    if baselines:
        from skfashion.baselines import classic_baselines

        pipelines |= classic_baselines(random_state=0)
    if not pipelines:
        raise typer.BadParameter("--no-networks and --no-baselines leave nothing to compare.")
    if only:
        # in the order of the pipelines, each once
        wanted = {find_name(name, list(pipelines)) for name in only}
        pipelines = {name: pipeline for name, pipeline in pipelines.items() if name in wanted}
    return pipelines, {name: reference[name] for name in pipelines if name in reference}


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


def draw_images(images, y, names, n_columns, path):
    """Save a picture of the first images of each class, a row a class."""
    import matplotlib

    from skfashion._files import atomic_write
    from skfashion.plotting import ImageGridDisplay

    matplotlib.use("agg")  # a file is all that is wanted; there may be no screen
    display = ImageGridDisplay.from_images(images, y, n_columns=n_columns, target_names=names)
    with atomic_write(path, "wb") as file:
        display.figure_.savefig(file, dpi=150, format=path.suffix.removeprefix("."))

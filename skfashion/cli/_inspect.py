"""``skfashion inspect``"""

from pathlib import Path
from typing import Annotated

import typer

from skfashion._files import check_writable
from skfashion.cli._classifiers import adapt, find_name, network_recipes, other_networks
from skfashion.cli._console import say
from skfashion.cli._data import dataset_name, default_folder, load_data
from skfashion.cli._errors import errors_as_sentences
from skfashion.cli._names import completing, network_names
from skfashion.cli._options import (
    ClassWeight,
    DataOption,
    ImageSizeOption,
    JobsOption,
    QuietOption,
    RecipeOption,
)
from skfashion.cli._progress import counting
from skfashion.cli._report import REPORT
from skfashion.cli._tables import print_frame

TITLES = {"labels": "Labels", "outliers": "Outliers", "duplicates": "Duplicates"}  # on the page
HEADINGS = {
    "labels": "Labels that may be wrong, the worst first",
    "outliers": "Images unlike all others",
    "duplicates": "Training images that are there twice",
    "in_both_parts": "Test images that are in the training part too",
}


def inspect(
    context: typer.Context,
    data: DataOption = "sample",
    image_size: ImageSizeOption = None,
    network: Annotated[
        str,
        typer.Option(
            "--network",
            "--only",
            metavar="NAME",
            help="The network that is trained on the images.",
            autocompletion=completing(network_names),
        ),
    ] = "modified-lenet-5",
    recipe: RecipeOption = "tuned",
    cv: Annotated[int, typer.Option(min=2, metavar="K", help="Number of folds.")] = 5,
    top: Annotated[
        int, typer.Option("--top", "-n", min=1, metavar="N", help="Rows of each table to print.")
    ] = 10,
    jobs: JobsOption = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder to write to. By default runs/inspect, runs/inspect-full or, for a FOLDER, "
            "one with its name.",
        ),
    ] = None,
    quiet: QuietOption = False,
):
    """Find training images whose labels may be wrong, outliers and duplicates.

    Of a folder of pictures without folders train and test, all are inspected.
    """
    with errors_as_sentences(context, quiet):
        from skfashion.inspection import find_label_issues, find_outliers
        from skfashion.inspection._label_issues import load_cleanlab

        load_cleanlab()  # an error now, and not after the training
        pipelines = network_recipes(recipe) | other_networks(recipe)
        name = find_name(network, list(pipelines), recipe, option="--network")
        pipeline = pipelines[name]
        train, test, names = load_data(data, image_size, quiet, hold_out=False)
        adapt({name: pipeline}, train.images, ClassWeight.none, quiet)
        out = out or default_folder(data, image_size, command="inspect")
        check_writable(out / REPORT)
        with counting(f"{name}, {cv} folds and once more", cv + 1, quiet) as count:
            proba, fitted = predicted_and_fitted(pipeline, train, cv, jobs, count)
        lists = {
            "labels": find_label_issues(None, None, train.target, proba=proba),
            "outliers": find_outliers(fitted, train.images, n_jobs=jobs),
            **duplicates_of(train, test),
        }
        numbered = as_numbered(lists, train, test)
        for key, frame in numbered.items():
            print_frame(HEADINGS[key], with_names(frame, names), top)
        write_lists(numbered, out)
        page = write_page(lists, train, proba, names, f"{dataset_name(data)}, inspected", out)
        if not quiet:
            say_where(out, lists, page)


def predicted_and_fitted(pipeline, train, cv, jobs, count):
    """Return out-of-fold probabilities and a Pipeline fitted on all training images."""
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_predict

    X, y = train.images, train.target
    proba = cross_val_predict(pipeline, X, y, cv=cv, n_jobs=jobs, method="predict_proba")
    count(cv)
    fitted = clone(pipeline).fit(X, y)
    count(cv + 1)
    return proba, fitted


def duplicates_of(train, test):
    """Return the duplicates within the training part, and those of a test part in it."""
    from skfashion.inspection import find_duplicates

    lists = {"duplicates": find_duplicates(train.images)}
    if test is not None:
        lists["in_both_parts"] = find_duplicates(test.images, train.images)
    return lists


def as_numbered(lists, train, test):
    """Return the lists with the images' numbers in the whole dataset in place of positions."""
    numbered = {}
    for key, frame in lists.items():
        part = test if key == "in_both_parts" else train
        frame = frame.assign(index=part.index[frame["index"]])
        for column in ("duplicate_of", "other_index"):
            if column in frame:
                frame[column] = train.index[frame[column]]
        numbered[key] = frame
    return numbered


def with_names(frame, names):
    """Return a list with the names of the classes in place of labels."""
    if names is None:
        return frame
    labels = [column for column in frame if column.endswith("label")]
    return frame.assign(**{column: [names[label] for label in frame[column]] for column in labels})


def write_lists(lists, folder):
    """Write each list to a CSV file."""
    from skfashion._files import atomic_write

    for key, frame in lists.items():
        with atomic_write(folder / f"{key}.csv") as file:
            frame.to_csv(file, index=False)


def write_page(lists, train, proba, names, title, folder):
    """Write the report on the out-of-fold predictions, with the lists; return its path."""
    import numpy as np

    from skfashion.report import ConfusionReport

    classes = np.unique(train.target)
    report = ConfusionReport.from_predictions(
        train.target,
        classes[proba.argmax(axis=1)],
        proba=proba,
        images=train.images,
        labels=classes,
        target_names=None if names is None else [names[label] for label in classes],
        name="Out-of-fold predictions",
        title=title,
        index=train.index,
        inspection={TITLES[key]: lists[key] for key in TITLES},
    )
    return report.save(folder / REPORT)


def say_where(folder, lists, page):
    """Say how long the lists are, and where they are."""
    say(f"\nWritten to {folder}:", quiet=False)
    for key, frame in lists.items():
        say(f"  {key}.csv: {len(frame):,} rows", quiet=False)
    say(f"  {page.name}: the images, to be opened in a browser", quiet=False)

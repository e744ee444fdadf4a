"""The data that a command reads, and the files and folders that it writes."""

import hashlib
from pathlib import Path

import typer

from skfashion.cli._console import say_error

RUN_OF_SAMPLE = Path("runs", "compare")
NAMES = {"sample": "Fashion-MNIST sample", "full": "Fashion-MNIST"}


def load_data(data):
    """Return training and test Bunch, and the names of the classes; None for the labels."""
    from skfashion.datasets import CLASS_NAMES, fetch_fashion_mnist, load_fashion_sample, load_idx

    if data in NAMES:
        load = load_fashion_sample if data == "sample" else fetch_fashion_mnist
        return load(subset="train"), load(subset="test"), CLASS_NAMES
    folder, prefix = folder_and_prefix(data)
    return *(load_idx(folder, prefix=prefix, subset=part) for part in ("train", "test")), None


def folder_and_prefix(data):
    """Return the folder of IDX files, and what their names begin with; wrong usage if not there."""
    path = Path(data)
    if path.is_dir():
        return path, ""
    others = path.parent.iterdir() if path.parent.is_dir() else ()
    if any(file.name.startswith(path.name) and "idx" in file.name for file in others):
        return path.parent, path.name
    raise typer.BadParameter(
        f"{data!r} is neither sample, full nor a folder of IDX files.", param_hint="'--data'"
    )


def dataset_name(data):
    """Return the name under which results for the data are shown."""
    return NAMES.get(data) or Path(data).resolve().name.rstrip("-_")


def default_folder(data, command="compare"):
    """Return the folder for the results of a command: a folder belongs to one dataset."""
    if data in NAMES:
        return Path("runs", command if data == "sample" else f"{command}-full")
    path = Path(data).resolve()
    # folders of the same name in two places are two datasets
    place = hashlib.sha256(str(path).encode()).hexdigest()[:6]
    return Path("runs", f"{command}-{path.name[:50]}-{place}")


def check_suffix(path, option, suffixes):
    """Raise wrong usage unless the name of a file ends in one of the suffixes, in any case."""
    if path.suffix.lower() not in suffixes:
        *others, last = suffixes
        raise typer.BadParameter(
            f"{path}: give a file name that ends in {' or '.join([', '.join(others), last])}.",
            param_hint=f"'{option}'",
        )


def check_file(path, option):
    """Make the folder of a file before the work that fills it; wrong usage if it is a folder."""
    if path.is_dir():
        raise typer.BadParameter(
            f"{path} is a folder: {option} takes the name of a file.", param_hint=f"'{option}'"
        )
    path.parent.mkdir(parents=True, exist_ok=True)


def open_file(path):
    """Open a file in the program for its kind, or say that there is none."""
    if typer.launch(str(path)):
        say_error(f"{path} is written, but no program to open it was found: open it yourself.")

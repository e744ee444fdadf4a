"""The data a command works on, and the files and folders it writes."""

import hashlib
from pathlib import Path

import typer


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


def check_file(path, option):
    """Make the folder for a file before the work whose result it is to hold."""
    if path.is_dir():
        raise typer.BadParameter(f"{path} is a folder: {option} takes the name of a file.")
    path.parent.mkdir(parents=True, exist_ok=True)

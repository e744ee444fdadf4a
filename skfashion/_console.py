"""What the `skfashion` command shows: progress, remarks, tables.

Progress, remarks and errors go to the standard error, results to the standard output.
"""

import warnings
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape


def say_error(text):
    Console(stderr=True).print(
        f"[red]skfashion:[/] {escape(text)}", highlight=False, soft_wrap=True
    )


def say(text, quiet):
    if not quiet:
        Console(stderr=True).print(escape(text), highlight=False, soft_wrap=True)


@contextmanager
def watching(title, quiet):
    """Give a function that takes `Progress` and shows it: a bar and a line a unit of work."""
    if quiet:
        yield None
        return
    console = Console(stderr=True)
    with progress_bar(console) as bar:
        task = bar.add_task(title, total=None)
        kept = 0

        def watch(progress):
            nonlocal kept
            kept += progress.state == "kept"
            # Kept ones took no time: they would make the time left look short.
            bar.update(task, total=progress.total - kept, completed=progress.done - kept)
            if progress.state == "started":
                bar.update(task, description=escape(progress.unit))
            else:
                count = f"[{progress.done}/{progress.total}]"
                what = "done before" if progress.state == "kept" else progress.message
                line = f"{escape(count)} {escape(progress.unit)}: {escape(what)}"
                failed = progress.state == "failed"
                console.print(f"[red]{line}[/]" if failed else line, highlight=False)

        yield watch


@contextmanager
def counting(title, total, quiet):
    """Give a function that takes a number and shows it as a bar, out of `total`."""
    with progress_bar(Console(stderr=True, quiet=quiet)) as bar:
        task = bar.add_task(title, total=total)
        yield lambda completed: bar.update(task, completed=completed)


@contextmanager
def progress_bar(console):
    """Give a rich Progress with the time left; nothing of it is seen but on a terminal."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        speed_estimate_period=24 * 3600,  # a unit may take an hour
    ) as bar:
        yield bar


class DownloadBar:
    """The bar of a download, with the methods that pooch calls."""

    def __init__(self, bar):
        self.bar = bar
        self.task = bar.add_task("Downloading", total=None, visible=False)
        self.total = 0  # bytes of a file, set by pooch

    def update(self, n_bytes):
        self.bar.update(self.task, advance=n_bytes, total=self.total, visible=True)

    def reset(self):
        self.bar.reset(self.task, visible=False)

    def close(self):
        self.bar.update(self.task, visible=False)


@contextmanager
def download_bar(quiet):
    """Give what shows the bytes and the time left of a download, on a terminal."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, quiet=quiet)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(
        *columns,
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        yield DownloadBar(bar)


@contextmanager
def short_warnings(quiet):
    """Let warnings be a line, without file and source; or nothing at all."""

    def format_warning(message, category, *_, **__):
        return f"{category.__name__}: {' '.join(str(message).split())}\n"

    original = warnings.formatwarning
    warnings.formatwarning = format_warning
    try:
        with warnings.catch_warnings():
            if quiet:
                warnings.simplefilter("ignore")
            yield
    finally:
        warnings.formatwarning = original


def percent(value):
    import pandas as pd

    return "" if pd.isna(value) else f"{100 * value:.2f}"


def figures(row):
    """Return a row of the comparison as the texts of the terminal's columns."""
    import pandas as pd

    def number(value, form="{:.1f}"):
        return "" if pd.isna(value) else form.format(value)

    deviation = "" if pd.isna(row["accuracy_std"]) else f" ± {percent(row['accuracy_std'])}"
    overfit = ""
    if not pd.isna(row["overfit_epoch"]):
        overfit = f"{'' if row['overfit_begun'] else '> '}{row['overfit_epoch']}"
    return {
        "Accuracy": percent(row["accuracy_mean"]) + deviation,
        "Article": percent(row["reference_accuracy"]),
        "F1": percent(row["macro_f1_mean"]),
        "CV": percent(row["cv_mean"]),
        "Fit s": number(row["fit_seconds"]),
        "s/epoch": number(row["seconds_per_epoch"]),
        "Epochs": number(row["epochs"], "{:g}"),
        "Overfit": overfit,
    }


def print_comparison(comparison):
    """Print the table, the best first, and what the best classifier confuses."""
    from rich import box
    from rich.table import Table

    table = comparison.table.sort_values("accuracy_mean", ascending=False, na_position="last")
    rows = {name: figures(row) for name, row in table.iterrows()}
    # A column nobody has anything in is left out.
    headers = [h for h in next(iter(rows.values())) if any(row[h] for row in rows.values())]
    console = Console()
    view = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    view.add_column("Classifier", overflow="fold")
    for header in headers:
        view.add_column(header, justify="right", no_wrap=True)
    for name, row in rows.items():
        view.add_row(escape(name), *(row[header] for header in headers))
    console.print(view)
    legend = f"Accuracy and F1 (macro) in per cent, on {len(comparison.y_test):,} test images."
    if "CV" in headers:
        legend += " CV: accuracy in per cent, cross-validated on the training images."
    if "Overfit" in headers:
        legend += " Overfit: the epoch with the lowest validation loss; > 8: not within 8 epochs."
    console.print(legend, highlight=False)
    for name, error in table["error"].dropna().items():
        console.print(f"[red]{escape(name)}[/]: {escape(error)}", highlight=False)
    best = table.index[0]
    if comparison.random_states(best):
        console.print(f"\nWhat {escape(best)} confuses most:", highlight=False)
        for pair in comparison.confused_pairs(best):
            console.print(f"  {escape(str(pair))}", highlight=False)


def print_paths(out):
    """Say what was written where."""
    typer.echo(
        f"\nWritten to {out}:\n"
        f"  {out / 'table.csv'}  every figure of every classifier\n"
        f"  {out / 'estimators'}  a folder each: predictions, confusions, report, curves\n"
        f"  {out / 'environments'}  machine and versions"
    )


def print_grid(name, results, step, cv):
    """Print the mean scores, learning rates down, epochs across, the best one marked."""
    import pandas as pd
    from rich import box
    from rich.table import Table

    rate, epochs = (f"param_{step}__{key}" for key in ("lr", "max_epochs"))
    means, deviations = (
        results.pivot(index=rate, columns=epochs, values=value)
        for value in ("mean_test_score", "std_test_score")
    )
    best = results["mean_test_score"].max()
    title = f"{escape(name)}: accuracy in per cent, {cv} folds, mean ± deviation"
    view = Table(box=box.SIMPLE_HEAD)
    view.add_column("lr \\ epochs", no_wrap=True)
    for n_epochs in means.columns:
        view.add_column(str(n_epochs), justify="right", no_wrap=True)
    for lr in means.index:
        cells = []
        for mean, deviation in zip(means.loc[lr], deviations.loc[lr], strict=True):
            text = "failed" if pd.isna(mean) else f"{percent(mean)} ± {percent(deviation)}"
            cells.append(f"[bold green]{text} *[/]" if mean == best else text)
        view.add_row(f"{lr:g}", *cells)
    console = Console()
    console.print(title, highlight=False)
    console.print(view)

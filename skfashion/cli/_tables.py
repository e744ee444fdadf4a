"""The tables that commands print, on the standard output."""

from rich.console import Console
from rich.markup import escape

LOWEST = "Lowest val. loss"


def percent(value):
    import pandas as pd

    return "" if pd.isna(value) else f"{100 * value:.2f}"


def number(value, form="{:.1f}"):
    import pandas as pd

    return "" if pd.isna(value) else form.format(value)


def cross_validated(row):
    """Return the mean score of a row: accuracy in per cent, another score with its name."""
    if row["cv_scoring"] == "accuracy":
        return percent(row["cv_mean"])
    return number(row["cv_mean"], f"{{:.4g}} {row['cv_scoring']}")


def figures(row, n_curve=None, n_train=None):
    """Return a row of the comparison as the texts of the terminal's columns.

    Parameters
    ----------
    row : Series or dict
    n_curve : int or None
        Number of epochs of the learning curves.
    n_train : int or None
        Number of training images. Published figures for another number are left out.
    """
    import pandas as pd

    from skfashion._estimators import epoch_in_words

    deviation = "" if pd.isna(row["accuracy_std"]) else f" ± {percent(row['accuracy_std'])}"
    is_comparable = pd.isna(row["reference_n_train"]) or row["reference_n_train"] == n_train
    lowest = ""
    if not pd.isna(row["overfit_epoch"]):
        lowest = epoch_in_words(row["overfit_epoch"], n_curve).removeprefix("epoch ")
    return {
        "Accuracy": percent(row["accuracy_mean"]) + deviation,
        "Article": percent(row["reference_accuracy"]) if is_comparable else "",
        "F1": percent(row["macro_f1_mean"]),
        "CV": cross_validated(row),
        "Fit s": number(row["fit_seconds"]),
        "s/epoch": number(row["seconds_per_epoch"]),
        "Epochs": number(row["epochs"], "{:g}"),
        LOWEST: lowest,
    }


def print_comparison(comparison):
    """Print the table, the best first, and what the best classifier confuses."""
    from rich import box
    from rich.table import Table

    table = comparison.table.sort_values("accuracy_mean", ascending=False, na_position="last")
    rows = {}
    for name, row in table.iterrows():
        curves = comparison.learning_curves(name)
        rows[name] = figures(row, None if curves is None else len(curves), comparison.n_train)
    # a column without a single figure is left out
    headers = [h for h in next(iter(rows.values())) if any(row[h] for row in rows.values())]
    console = Console()
    view = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    view.add_column("Classifier", overflow="fold")
    for header in headers:
        view.add_column(header, justify="right", no_wrap=header != LOWEST)
    for name, row in rows.items():
        view.add_row(escape(name), *(row[header] for header in headers))
    console.print(view)
    notes = [
        comparison.provenance + ".",
        legend(headers, len(comparison.y_test)),
        article_note(table["reference_n_train"].dropna(), comparison.n_train),
        threads_note(table["threads"].dropna().to_dict()),
    ]
    for note in filter(None, notes):
        console.print(escape(note), highlight=False)
    for name, error in table["error"].dropna().items():
        console.print(f"[red]{escape(name)}[/]: {escape(error)}", highlight=False)
    best = table.index[0]
    if comparison.random_states(best):
        console.print(f"\nWhat {escape(best)} confuses most:", highlight=False)
        for pair in comparison.confused_pairs(best):
            console.print(f"  {escape(str(pair))}", highlight=False)


def legend(headers, n_test):
    """Return what the columns mean."""
    text = f"Accuracy and F1 (macro) in per cent, on {n_test:,} test images."
    if "CV" in headers:
        text += " CV: accuracy in per cent, cross-validated on the training images."
    if LOWEST in headers:
        text += f" {LOWEST}: the epoch with the lowest validation loss, and the number of epochs."
    return text


def article_note(n_published, n_train):
    """Return why published figures are not shown: they are for other numbers of images; or ""."""
    others = sorted({int(n) for n in n_published if n != n_train})
    if not others:
        return ""
    counts = " and ".join(f"{n:,}" for n in others)
    return f"The article's figures are not shown: they are for {counts} training images."


def threads_note(n_threads):
    """Return a sentence on the {network: number of threads} of a table, "" if there are none."""
    names = {}
    for name, n in n_threads.items():
        names.setdefault(n, []).append(name)
    if not names:
        return ""
    counts = {n: f"{n} thread{'s' if n > 1 else ''}" for n in sorted(names)}
    if len(names) == 1:
        said = f"{counts.popitem()[1]} each"
    else:
        said = " and ".join(f"{count} ({', '.join(names[n])})" for n, count in counts.items())
    return (
        f"The networks were trained with {said}. Another number of threads, or another machine, "
        "changes the figures slightly."
    )


def print_grid(name, results, step, cv):
    """Print the mean scores as rates by epochs, with the best marked, and the best in words.

    A setting of which a fold failed has no mean.
    """
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
    if pd.notna(best):  # not every setting failed
        row = results.loc[results["mean_test_score"].idxmax()]
        console.print(best_in_words(row[rate], row[epochs], best, row["std_test_score"], cv))


def best_in_words(lr, n_epochs, mean, deviation, cv):
    """Return the best setting of a search as a sentence."""
    return (
        f"Best: learning rate {lr:g}, {n_epochs} epoch{'s' if n_epochs > 1 else ''}: "
        f"{100 * mean:.1f} ± {100 * deviation:.1f} % ({cv} folds)"
    )


def print_frame(title, frame, n_rows):
    """Print the first rows of a table, with its number of rows."""
    from rich import box
    from rich.table import Table

    console = Console()
    console.print(f"{escape(title)}: {len(frame):,}", highlight=False)
    if len(frame):
        view = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        for name in frame:
            is_number = frame[name].dtype.kind in "iuf"
            header = name.replace("_", " ").capitalize()
            view.add_column(header, justify="right" if is_number else "left", overflow="fold")
        for row in frame.head(n_rows).itertuples(index=False):
            view.add_row(*(escape(in_cell(value)) for value in row))
        console.print(view)


def in_cell(value):
    """Return a value as the text of a cell: a number with fractions to four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)

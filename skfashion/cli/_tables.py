"""The tables that commands print, on the standard output."""

from rich.console import Console
from rich.markup import escape


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
    console.print(legend(headers, len(comparison.y_test)), highlight=False)
    if note := threads_note(table["threads"].dropna().to_dict()):
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
    if "Overfit" in headers:
        text += " Overfit: the epoch with the lowest validation loss; > 8: not within 8 epochs."
    return text


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
        f"The networks were trained with {said}: another number of threads, like another machine, "
        "changes the last digits."
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

"""Progress bars, on the standard error; nothing of them is seen but on a terminal."""

from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape


@contextmanager
def watching(title, quiet):
    """Give a function that takes `Progress` and shows it: a bar, and one line per unit of work."""
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
    """Give a rich Progress with the time left."""
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
    """Give what shows the bytes and the time left of a download."""
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

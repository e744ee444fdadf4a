"""Progress bars, on the standard error; they are shown on a terminal only."""

from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape


class Bars:
    """A bar of the units of work and, while a network trains, one of its epochs."""

    def __init__(self, progress, title, total):
        self.progress = progress
        self.units = progress.add_task(title, total=total)
        progress.advance(self.units, 0)  # the clock: else the first unit would be without time left
        self.epochs = progress.add_task("", visible=False)

    def update(self, **options):
        """Update the bar of the units, and hide the epochs of the one before."""
        self.progress.update(self.units, **options)
        self.progress.update(self.epochs, visible=False)

    def show_epoch(self, epoch, n_epochs):
        """Show how many epochs of a training are done; 0 starts the clock."""
        if epoch == 0:
            self.progress.reset(self.epochs, total=n_epochs, description="  epochs of this fit")
            self.progress.advance(self.epochs, 0)
        self.progress.update(self.epochs, completed=epoch, visible=True)


@contextmanager
def watching(title, quiet):
    """Give a function that takes `Progress` and shows it: bars, and one line per unit of work."""
    if quiet:
        yield None
        return
    console = Console(stderr=True)
    with progress_bar(console) as progress:
        bars = Bars(progress, title, total=None)
        kept = 0

        def watch(told):
            nonlocal kept
            if told.state == "epoch":
                bars.show_epoch(told.epoch, told.n_epochs)
                return
            kept += told.state == "kept"
            # kept ones took no time: they would make the time left look short
            bars.update(total=told.total - kept, completed=told.done - kept)
            if told.state == "started":
                bars.update(description=escape(told.unit))
                return
            what = "done before" if told.state == "kept" else told.message
            line = escape(f"[{told.done}/{told.total}] {told.unit}: {what}")
            console.print(f"[red]{line}[/]" if told.state == "failed" else line, highlight=False)

        yield watch


@contextmanager
def counting(title, total, quiet):
    """Give a function that takes a number and shows it as a bar, out of `total`.

    While networks train in this process, their epochs are shown too.
    """
    from skfashion._epochs import listening

    with progress_bar(Console(stderr=True, quiet=quiet)) as progress:
        bars = Bars(progress, title, total)
        with listening(bars.show_epoch):
            yield lambda completed: bars.update(completed=completed)


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
    ) as progress:
        yield progress


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

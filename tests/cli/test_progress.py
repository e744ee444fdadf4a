"""Progress on a terminal, which is made believe."""

import io

import pytest
from rich.console import Console

from skfashion import SimpleDenseClassifier, compare
from skfashion.cli import _progress


@pytest.fixture
def terminal(monkeypatch):
    """What is drawn on the standard error, as if that were a terminal of 100 columns."""
    screen = io.StringIO()

    def console(**options):
        options.pop("stderr")
        return Console(file=screen, force_terminal=True, width=100, **options)

    monkeypatch.setattr(_progress, "Console", console)
    return screen


def test_epochs_have_a_bar_of_their_own(terminal, sample):
    data = (sample.data[:60], sample.target[:60], sample.data[60:99], sample.target[60:99])
    seen = []
    with _progress.watching("1 classifier", quiet=False) as watch:

        def watch_and_look(told):
            watch(told)
            seen.append((told.state, told.epoch, told.n_epochs))
            bars = watch.__closure__ and next(
                cell.cell_contents
                for cell in watch.__closure__
                if isinstance(cell.cell_contents, _progress.Bars)
            )
            tasks = bars.progress.tasks
            visible = told.state == "epoch"
            assert tasks[1].visible is visible
            if visible:
                assert (tasks[1].completed, tasks[1].total) == (told.epoch, told.n_epochs)

        compare({"net": SimpleDenseClassifier(max_epochs=2)}, *data, on_progress=watch_and_look)
    epochs = [("epoch", k, 2) for k in range(3)]
    fit = [("started", None, None), *epochs, ("done", None, None)]
    assert seen == 2 * fit  # once for the learning curves
    assert "lowest validation loss: epoch" in terminal.getvalue()


def test_time_left_is_known_from_the_first_epoch_on(terminal):
    with _progress.progress_bar(_progress.Console(stderr=True)) as progress:
        bars = _progress.Bars(progress, "Grid search", total=2)
        units, epochs = progress.tasks
        for n_done, is_known in [(0, False), (1, True), (2, True)]:
            bars.show_epoch(n_done, 2)
            assert (epochs.time_remaining is not None) is is_known
        bars.update(completed=1)
        assert units.time_remaining is not None
        bars.show_epoch(0, 2)  # of the next fit, whose clock starts
        assert epochs.time_remaining is None
        bars.show_epoch(1, 2)
        assert epochs.time_remaining is not None


def test_fits_of_a_search_have_epochs_too(terminal, sample):
    with _progress.counting("Grid search", 1, quiet=False) as count:
        SimpleDenseClassifier(max_epochs=2).fit(sample.data[:60], sample.target[:60])
        count(1)
    assert "Grid search" in terminal.getvalue()


def test_quiet_shows_nothing(terminal):
    with _progress.watching("1 classifier", quiet=True) as watch:
        assert watch is None
    with _progress.counting("Grid search", 1, quiet=True) as count:
        count(1)
    assert terminal.getvalue() == ""

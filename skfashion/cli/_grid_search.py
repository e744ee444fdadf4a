"""The grid search of `skfashion search`, its progress told by the fit."""

import re
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pandas as pd
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline


class CountedPipeline(Pipeline):
    """A Pipeline that adds a byte to a file after each fit, failed or not, in any process."""

    def __init__(self, steps, *, counter):
        super().__init__(steps)
        self.counter = counter

    def fit(self, X, y=None):
        try:
            return super().fit(X, y)
        finally:
            with open(self.counter, "ab") as file:
                file.write(b".")


@contextmanager
def telling(counter, on_progress):
    """Call a function with the size of a file twice a second, and once more at the end.

    GridSearchCV itself says nothing until it ends.
    """
    ended = Event()

    def watch():
        while not ended.wait(0.5):
            on_progress(counter.stat().st_size)
        on_progress(counter.stat().st_size)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def reasons_of(text):
    """Return what the exceptions say in GridSearchCV's text about failed fits, each once."""
    # the last line of a traceback: "ValueError: what it says"
    return list(dict.fromkeys(re.findall(r"^[\w.]+: (.+)", text, re.MULTILINE)))


def grid_search(pipeline, grid, X, y, *, cv, n_jobs, on_progress):
    """Cross-validate a Pipeline with every setting of a grid.

    Parameters
    ----------
    on_progress : callable
        Called with the number of fits that are done, from another thread.

    Returns
    -------
    results : DataFrame
        GridSearchCV's.
    reasons : list of str
        Why settings failed that have no score.

    Raises
    ------
    ValueError
        If not one setting worked.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always", FitFailedWarning)
        warnings.filterwarnings("ignore", "One or more of the test scores are non-finite")
        counter = Path(folder, "count")
        counter.touch()
        counted = CountedPipeline(pipeline.steps, counter=counter)
        search = GridSearchCV(counted, grid, cv=cv, n_jobs=n_jobs, refit=False)
        try:
            with telling(counter, on_progress):
                search.fit(X, y)
        except ValueError as error:
            reasons = reasons_of(str(error))
            raise ValueError(" ".join(reasons) or str(error)) from None
    texts = [str(w.message) for w in caught if issubclass(w.category, FitFailedWarning)]
    return pd.DataFrame(search.cv_results_), reasons_of("\n".join(texts))

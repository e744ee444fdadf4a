"""The progress of a comparison."""

from typing import NamedTuple

import numpy as np

from skfashion._estimators import validation_in_words


class Progress(NamedTuple):
    """What ``on_progress`` is called with: the start, an epoch or the end of a unit of work.

    Starts and epochs are reported only with ``n_jobs=1``: other processes send nothing but their
    results. Only the networks of this package report epochs, in a cross-validation for each fold.

    Attributes
    ----------
    done : int
        Number of finished units of work, including failed ones and those found in the folder.
    total : int
        Number of all units of work.
    unit : str
        The unit in words: "LeNet-5, learning curves, random state 0".
    state : {"kept", "started", "epoch", "done", "failed"}
        "kept": the result is from an earlier run. "epoch": a training started or finished an epoch.
    message : str
        The error where there is one, else the test accuracy, the mean score or nothing.
    epoch : int or None
        Number of epochs that the current training has finished; None unless `state` is "epoch".
    n_epochs : int or None
        Maximum number of epochs of the current training.
    """

    done: int
    total: int
    unit: str
    state: str
    message: str = ""
    epoch: int | None = None
    n_epochs: int | None = None


def in_a_few_words(result):
    """Return a result in a few words, for `Progress.message`."""
    if result.error:
        return result.error
    values = result.values
    if result.unit.kind == "cv":
        return f"{values['scoring']} {np.mean(values['scores']):.4f}, {values['seconds']:.1f} s"
    if result.unit.kind == "fit":
        text = f"test accuracy {values['accuracy']:.4f}, {values['fit_seconds']:.1f} s"
        return "; ".join(filter(None, [text, values.get("probabilities_error")]))
    words = validation_in_words(values["curves"]) or "it keeps no validation loss"
    return f"{words}, {values['seconds']:.1f} s"

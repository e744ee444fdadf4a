"""The progress of a comparison."""

from typing import NamedTuple

import numpy as np

from skfashion._estimators import validation_in_words


class Progress(NamedTuple):
    """What ``on_progress`` is told of a unit of work: its start, its epochs, and its end.

    Start and epochs are told with ``n_jobs=1`` only: other processes send their results alone.
    Epochs are those of the networks of this package; a cross-validation has those of each fold.

    Attributes
    ----------
    done : int
        Units of work that are finished, failed ones and those found in the folder included.
    total : int
        Units of work in all.
    unit : str
        The unit in words: "LeNet-5, learning curves, random state 0".
    state : {"kept", "started", "epoch", "done", "failed"}
        "kept": a former run did it. "epoch": a training has started, or finished an epoch.
    message : str
        The error where there is one, else the test accuracy, the mean score or nothing.
    epoch : int or None
        Number of epochs that the training under way has finished; None unless that is told.
    n_epochs : int or None
        Number of epochs that it has at most.
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

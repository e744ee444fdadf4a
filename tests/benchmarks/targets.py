"""What was to be reached, in ratios to the other side of the same run or in plain figures."""

from dataclasses import dataclass

import numpy as np

from tests.benchmarks.networks import NETWORKS
from tests.benchmarks.results import find_row
from tests.benchmarks.summary import median, paired_ratio, quartiles
from tests.benchmarks.table import Table

OURS = {"side": "skfashion", "precision": "float32"}
OURS_BFLOAT16 = {"side": "skfashion", "precision": "bfloat16"}
KERAS = {"side": "Keras", "precision": "float32"}
KERAS_BFLOAT16 = {"side": "Keras", "precision": "bfloat16"}
TUNED = {"side": "PyTorch, tuned", "precision": "float32"}

LENETS = ("LeNet-5", "Modified LeNet-5")
TO_KERAS = {"Simple dense": 0.30, **dict.fromkeys(LENETS, 0.45), "CNN 1": 0.60, "CNN 2": 0.55}
BFLOAT16_TO_KERAS = {**dict.fromkeys(LENETS, 0.35), "CNN 1": 0.45, "CNN 2": 0.35}
TO_TUNED = {"Simple dense": 1.0, **dict.fromkeys(LENETS, 0.9), "CNN 1": 0.9, "CNN 2": 0.75}
TRAINING = (
    ("float32 / Keras float32", OURS, KERAS, TO_KERAS),
    ("bfloat16 / Keras float32", OURS_BFLOAT16, KERAS, BFLOAT16_TO_KERAS),
    ("bfloat16 / Keras bfloat16", OURS_BFLOAT16, KERAS_BFLOAT16, BFLOAT16_TO_KERAS),
    ("float32 / PyTorch, tuned", OURS, TUNED, TO_TUNED),
)
PREDICTION_TO_KERAS = 0.5
SINGLE_MILLISECONDS = 1.0
MEMORY_MEGABYTES = 600
STARTING_SECONDS = {"import skfashion": 0.1, "skfashion --help": 0.4}


@dataclass
class Verdict:
    """A target and what was measured.

    Parameters
    ----------
    what : str
    measured : float or None
        None if it was not measured.
    target : float
        Not more than that.
    detail : str
        The quartiles of what was measured.
    """

    what: str
    measured: float | None
    target: float
    detail: str = ""

    @property
    def outcome(self):
        """Return "met", "missed" or "not measured"."""
        if self.measured is None:
            return "not measured"
        return "met" if self.measured <= self.target else "missed"


def ratio_verdict(results, part, network, what, ours, theirs, target):
    """Return the verdict on the seconds of one side in relation to those of another."""
    us, them = (find_row(results, part, network=network, **side) for side in (ours, theirs))
    if us is None or them is None:
        return Verdict(what, None, target)
    ratios = np.divide(us["seconds"], them["seconds"])
    detail = "{:.2f} to {:.2f}".format(*quartiles(ratios))
    return Verdict(what, paired_ratio(us["seconds"], them["seconds"]), target, detail)


def plain_verdict(what, row, value, target):
    """Return the verdict on a figure, ``value(row)``."""
    return Verdict(what, None if row is None else value(row), target)


def verdicts(results):
    """Yield the verdicts on all targets."""
    for what, ours, theirs, targets in TRAINING:
        for network, target in targets.items():
            text = f"{network}, training: {what}"
            yield ratio_verdict(results, "training", network, text, ours, theirs, target)
    for network in NETWORKS:
        what = f"{network}, prediction of 10,000: float32 / Keras float32"
        yield ratio_verdict(results, "prediction", network, what, OURS, KERAS, PREDICTION_TO_KERAS)
    for network in NETWORKS:
        yield plain_verdict(
            f"{network}, one image: ms",
            find_row(results, "prediction", network=network, **OURS),
            lambda row: 1000 * row["single_median"],
            SINGLE_MILLISECONDS,
        )
    for network in NETWORKS:
        yield plain_verdict(
            f"{network}, memory of a fit: MB",
            find_row(results, "memory", what="fit", network=network, **OURS),
            lambda row: row["peak_bytes"] / 1e6,
            MEMORY_MEGABYTES,
        )
    for what, target in STARTING_SECONDS.items():
        row = find_row(results, "starting", what=what)
        yield plain_verdict(f"{what}: s", row, lambda row: median(row["seconds"]), target)


def targets_table(results):
    """Return the table of the targets."""
    rows = []
    for v in verdicts(results):
        measured = "" if v.measured is None else f"{v.measured:.3g}"
        rows.append([v.what, measured, v.detail, f"{v.target:g}", v.outcome])
    headers = ["lower is better", "measured", "quartiles", "target", ""]
    notes = ["Ratios are the median of those of the runs, in which the sides took turns."]
    return Table("Targets", headers, rows, notes)

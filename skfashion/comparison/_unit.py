"""A unit of work, its result, and the function that does it in any process."""

import traceback
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from skfashion.comparison._measure import (
    measure_curves,
    measure_cv,
    measure_fit,
    with_random_state,
)
from skfashion.comparison._text import in_a_line, printable


@dataclass(frozen=True)
class Unit:
    """One piece of work: an estimator, a random state, and what is done with them.

    Attributes
    ----------
    kind : {"fit", "cv", "curves"}
    name : str
        The caller's name for the estimator.
    settings : str
        Fingerprint of name and parameters; empty if results are not kept.
    random_state : int or None
        None for an estimator that has no such parameter.
    scheme : str
        Fingerprint of folds and scoring for "cv", else empty.
    """

    kind: str
    name: str
    settings: str = ""
    random_state: int | None = None
    scheme: str = ""

    def __str__(self):
        what = {"fit": "", "cv": ", cross-validation", "curves": ", learning curves"}[self.kind]
        state = "" if self.random_state is None else f", random state {self.random_state}"
        return f"{self.name}{what}{state}"


@dataclass
class Result:
    """The result of a unit: `values` that JSON can hold, an error among them, and `arrays`."""

    unit: Unit
    values: dict
    arrays: dict = field(default_factory=dict)

    @property
    def error(self):
        return self.values.get("error")

    def to_json(self):
        return {**asdict(self.unit), "values": self.values}


def do_unit(
    unit, estimator, X_train, y_train, X_test, y_test, *, cv=None, scoring=None, environment=""
):
    """Do one unit of work; an exception becomes a result, but KeyboardInterrupt is raised.

    The data are separate arguments, so that joblib's backends see that they are the same in every
    call: loky maps large arrays into the memory of its processes, Dask sends each of them once.

    Returns
    -------
    Result
    """
    arrays = {}
    try:
        estimator = with_random_state(estimator, unit.random_state)
        if unit.kind == "fit":
            values, arrays = measure_fit(estimator, X_train, y_train, X_test, y_test)
        elif unit.kind == "cv":
            values = measure_cv(estimator, X_train, y_train, cv, scoring)
        else:
            values = measure_curves(estimator, X_train, y_train)
    except (Exception, SystemExit) as error:  # of any kind: it belongs in the row of this estimator
        return failure(unit, error, environment)
    return Result(unit, {**values, **_stamp(environment)}, arrays)


def failure(unit, error, environment):
    """Return the result of a unit that failed."""
    trace = printable("".join(traceback.format_exception(error)))
    values = {"error": in_a_line(error), "traceback": trace, **_stamp(environment)}
    return Result(unit, values)


def _stamp(environment):
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"finished": now, "environment": environment}

"""A unit of work, what comes of it, and the fingerprints that tell one from another."""

import traceback
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pickle import PicklingError

import joblib
import numpy as np
from scipy.sparse import issparse

from skfashion._comparison import _measure
from skfashion._comparison._measure import in_a_line


@dataclass(frozen=True)
class Unit:
    """One piece of work: an estimator and a random state, and what is done with them.

    Attributes
    ----------
    kind : {"fit", "cv", "curves"}
    name : str
        The caller's name for the estimator.
    settings : str
        Fingerprint of name and parameters; empty where nothing is kept.
    random_state : int or None
        None for an estimator that has no such parameter.
    scheme : str
        Fingerprint of folds and scoring, for "cv"; else empty.
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
    """What came of a unit: `values` fit for JSON and `arrays`; or an error among the values."""

    unit: Unit
    values: dict
    arrays: dict = field(default_factory=dict)

    @property
    def error(self):
        return self.values.get("error")

    def to_json(self):
        return {**asdict(self.unit), "values": self.values}


@dataclass(frozen=True)
class Job:
    """All that the units of one call share; travels to the worker processes."""

    data: tuple  # X_train, y_train, X_test, y_test
    cv: object = None
    scoring: object = None
    environment: str = ""


def _describe(value):
    """Return a value that is hashed by what it says, whatever objects it shares with others.

    Estimators are described by class and parameters: a fitted one and its clone are the same,
    and so are those of two scikit-learn versions.
    """
    if hasattr(value, "get_params") and not isinstance(value, type):
        parameters = value.get_params(deep=False)
        described = {
            name: None if name == "random_state" else _describe(parameter)
            for name, parameter in parameters.items()
        }
        kind = type(value)
        return (f"{kind.__module__}.{kind.__qualname__}", sorted(described.items()))
    if isinstance(value, list | tuple):
        return (type(value).__name__, [_describe(item) for item in value])
    if isinstance(value, dict):
        return ("dict", [(str(key), _describe(item)) for key, item in value.items()])
    if isinstance(value, np.ndarray):
        value = np.ascontiguousarray(value)
    try:
        return joblib.hash(value, coerce_mmap=True)
    except (PicklingError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{value!r} cannot be pickled, so results for it cannot be kept in a folder and "
            f"found again; put functions at the top level of a module, or leave out= away."
        ) from error


def fingerprint(*values):
    """Return 10 hex digits that stand for the values: equal for equal ones, in any process."""
    return joblib.hash([_describe(value) for value in values])[:10]


def fingerprint_of_data(*data):
    """Return a fingerprint of the values alone, however they lie in memory."""
    return fingerprint(*map(_values_of, data))


def _values_of(data):
    """Return data as an array, which is hashed at once; a DataFrame with its column names."""
    if issparse(data):
        data = data.tocsr(copy=True)
        data.sum_duplicates()  # sorts, too
        return (data.shape, data.indptr, data.indices, data.data)
    try:
        values = np.asarray(data)
    except ValueError:  # rows of different lengths
        return data
    columns = getattr(data, "columns", None)
    return values if columns is None else (np.asarray(columns, dtype=str), values)


def run_unit(unit, estimator, job):
    """Do one unit of work; an exception becomes a result that tells it, KeyboardInterrupt rises.

    Returns
    -------
    Result
    """
    X_train, y_train, X_test, y_test = job.data
    arrays = {}
    try:
        estimator = _measure.with_random_state(estimator, unit.random_state)
        if unit.kind == "fit":
            values, arrays = _measure.measure_fit(estimator, X_train, y_train, X_test, y_test)
        elif unit.kind == "cv":
            values = _measure.measure_cv(estimator, X_train, y_train, job.cv, job.scoring)
        else:
            values = _measure.measure_curves(estimator, X_train, y_train)
    except (Exception, SystemExit) as error:  # whatever it is, it is this estimator's own row
        return failure(unit, error, job)
    return Result(unit, {**values, **_stamp(job)}, arrays)


def failure(unit, error, job):
    """Return the result of a unit that came to nothing."""
    trace = "".join(traceback.format_exception(error))
    return Result(unit, {"error": in_a_line(error), "traceback": trace, **_stamp(job)})


def _stamp(job):
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"finished": now, "environment": job.environment}

"""Fingerprints of estimators, of cross-validations and of data.

The fingerprint of an estimator is that of its class and of the parameters that differ from their
defaults. So a version that adds a parameter finds the results of an earlier version: at its
default, the new parameter is not part of the fingerprint. A version that changes a default must not
find them. Therefore `Fingerprints` records the defaults with which a class was first used in a
folder: if ``lr=0.01`` was the default then and ``lr=0.1`` is the default now, ``Net()`` is treated
as ``Net(lr=0.1)`` and has a fingerprint of its own, and ``Net(lr=0.01)`` finds the earlier results.
"""

import inspect
from pickle import PicklingError

import joblib
import numpy as np
from scipy.sparse import issparse

# Results are kept by the random state beside the fingerprint; where steps or trainings are cached
# changes no result.
IGNORED = ("random_state", "memory")


def fingerprint(*values):
    """Return 10 hex digits that stand for the values: equal for equal ones, in any process."""
    return Fingerprints().of(*values)


class Fingerprints:
    """Makes fingerprints, given the recorded defaults of classes.

    Parameters
    ----------
    defaults : dict of {str: dict of {str: str}}, default=None
        Hashes of the default values, by class and parameter. Those of a class that is missing are
        added when it is first used.
    """

    def __init__(self, defaults=None):
        self.defaults = {} if defaults is None else defaults

    def of(self, *values):
        """Return 10 hex digits that stand for the values: equal for equal ones, in any process."""
        return joblib.hash([self._describe(value) for value in values])[:10]

    def _describe(self, value):
        """Return what stands for a value: equal for equal values, whatever objects they share."""
        if hasattr(value, "get_params") and not isinstance(value, type):
            return self._describe_estimator(value)
        if isinstance(value, list | tuple):
            return (type(value).__name__, [self._describe(item) for item in value])
        if isinstance(value, dict):
            return ("dict", [(str(key), self._describe(item)) for key, item in value.items()])
        if isinstance(value, np.ndarray):
            value = np.ascontiguousarray(value)
        try:
            return joblib.hash(value, coerce_mmap=True)
        except (PicklingError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{value!r} cannot be pickled, so results for it cannot be kept in a folder and "
                f"found again; put functions at the top level of a module, or do not pass out=."
            ) from error

    def _describe_estimator(self, estimator):
        """Return class and parameters: the same for a fitted estimator and its clone."""
        kind = f"{type(estimator).__module__}.{type(estimator).__qualname__}"
        defaults = self._defaults_of(type(estimator), kind)
        described = {
            name: self._describe(value)
            for name, value in estimator.get_params(deep=False).items()
            if name not in IGNORED
        }
        told = {
            name: description
            for name, description in described.items()
            if joblib.hash(description) != defaults.get(name)  # has none: it counts
        }
        return (kind, sorted(told.items()))

    def _defaults_of(self, cls, kind):
        """Return {parameter: hash of its default}, recorded or as the class has it now."""
        known = self.defaults.setdefault(kind, {})
        for name, parameter in _signature(cls).items():
            if name in known or name in IGNORED or parameter.default is parameter.empty:
                continue
            try:
                known[name] = joblib.hash(self._describe(parameter.default))
            except ValueError:  # it cannot be hashed: every value counts
                continue
        return known


def _signature(cls):
    """Return {name: inspect.Parameter} of the constructor; {} if it is not known."""
    try:
        return inspect.signature(cls).parameters
    except (TypeError, ValueError):
        return {}


def fingerprint_of_data(*data):
    """Return a fingerprint of the values, whatever their layout in memory."""
    return fingerprint(*map(_values_of, data))


def _values_of(data):
    """Return data as arrays that can be hashed; a DataFrame with its column names."""
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

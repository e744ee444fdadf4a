"""Fingerprints that tell one estimator, one way of cross-validation, one set of data from another.

An estimator is its class and the parameters that differ from their defaults. So a version that
adds a parameter finds what an earlier one has computed: at its default, the new parameter is not
in the fingerprint. A version that changes a default must not find it, and this is what
`Fingerprints` has its record for: a default is what it was when the class was first met in a
folder. If ``lr=0.01`` was the default then and ``lr=0.1`` is now, ``Net()`` is from now on
``Net(lr=0.1)``, with a fingerprint of its own, and ``Net(lr=0.01)`` is what was computed then.
"""

import inspect
from pickle import PicklingError

import joblib
import numpy as np
from scipy.sparse import issparse

IGNORED = "random_state"  # results are kept by the random state beside the fingerprint


def fingerprint(*values):
    """Return 10 hex digits that stand for the values: equal for equal ones, in any process."""
    return Fingerprints().of(*values)


class Fingerprints:
    """Makes fingerprints, with the defaults of classes that are on record.

    Parameters
    ----------
    defaults : dict of {str: dict of {str: str}}, default=None
        Hashes of the default values, by class and parameter. What is missing is added when a class
        is met: the defaults that it has now.
    """

    def __init__(self, defaults=None):
        self.defaults = {} if defaults is None else defaults

    def of(self, *values):
        """Return 10 hex digits that stand for the values: equal for equal ones, in any process."""
        return joblib.hash([self._describe(value) for value in values])[:10]

    def _describe(self, value):
        """Return a value that is hashed by what it says, whatever objects it shares with others."""
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
        """Return class and parameters: a fitted estimator and its clone are the same."""
        kind = f"{type(estimator).__module__}.{type(estimator).__qualname__}"
        defaults = self._defaults_of(type(estimator), kind)
        described = {
            name: self._describe(value)
            for name, value in estimator.get_params(deep=False).items()
            if name != IGNORED
        }
        told = {
            name: description
            for name, description in described.items()
            if joblib.hash(description) != defaults.get(name)  # has none: it always counts
        }
        return (kind, sorted(told.items()))

    def _defaults_of(self, cls, kind):
        """Return {parameter: hash of its default}: on record, or else as the class has it now."""
        known = self.defaults.setdefault(kind, {})
        for name, parameter in _signature(cls).items():
            if name in known or name == IGNORED or parameter.default is parameter.empty:
                continue
            try:
                known[name] = joblib.hash(self._describe(parameter.default))
            except ValueError:  # it cannot be hashed: every value counts
                continue
        return known


def _signature(cls):
    """Return {name: inspect.Parameter} of the constructor; {} if Python cannot tell."""
    try:
        return inspect.signature(cls).parameters
    except (TypeError, ValueError):
        return {}


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

"""Which units of work there are, and the doing of them."""

from concurrent.futures.process import BrokenProcessPool
from pickle import PicklingError
from typing import NamedTuple

import joblib
import numpy as np
from joblib.externals.loky import get_reusable_executor
from sklearn.utils.parallel import Parallel, delayed

from skfashion._comparison._measure import max_epochs, validation_parameter
from skfashion._comparison._result import write_reports, write_summary
from skfashion._comparison._table import overfitting_of
from skfashion._comparison._units import Unit, failure, fingerprint, run_unit
from skfashion._estimators import parameters_called


class Progress(NamedTuple):
    """What ``on_progress`` is told of a unit of work: when it starts, and when it is finished.

    The start is told with ``n_jobs=1`` only; of several processes, nobody knows it.

    Attributes
    ----------
    done : int
        Units of work that are finished, failed ones and those found in the folder included.
    total : int
        Units of work in all.
    unit : str
        The unit in words: "LeNet-5, learning curves, random state 0".
    state : {"kept", "started", "done", "failed"}
        "kept": a former run did it.
    message : str
        The error where there is one, else the test accuracy, the mean score or nothing.
    """

    done: int
    total: int
    unit: str
    state: str
    message: str = ""


def plan(estimators, random_states, job, learning_curves, *, keyed):
    """Return what there is to do; `keyed` asks for the fingerprints by which results are kept.

    Returns
    -------
    units : list of Unit
    failures : list of Result
        Of those units that stand for an estimator whose parameters cannot be read.
    """
    scheme = fingerprint(job.cv, job.scoring) if keyed and job.cv is not None else ""
    units, failures = [], []
    for name, estimator in estimators.items():
        try:
            settings = fingerprint(name, estimator) if keyed else ""
            has_state = parameters_called("random_state", estimator)
            has_curves = learning_curves and validation_parameter(estimator)
        except Exception as error:  # whatever it is, it is this estimator's own row
            failures.append(failure(Unit("fit", name), error, job))
            units.append(failures[-1].unit)
            continue
        states = random_states if has_state else [None]
        units += [Unit("fit", name, settings, state) for state in states]
        if job.cv is not None:
            units.append(Unit("cv", name, settings, states[0], scheme))
        if has_curves:
            units.append(Unit("curves", name, settings, states[0]))
    return units, failures


def longest_first(units, estimators):
    """Return the units in an order in which no long one is the last, with the other cores idle.

    How long one takes is a guess: the more epochs the longer, and longer with several folds.
    """

    def length(unit):
        return max_epochs(estimators[unit.name]), unit.kind == "cv"

    return sorted(units, key=length, reverse=True)


class Run:
    """Does units of work, keeps what comes of them, tells how far it is."""

    def __init__(self, estimators, job, folder, n_jobs, on_progress):
        self.estimators = estimators
        self.job = job
        self.folder = folder
        self.n_jobs = n_jobs
        self.on_progress = on_progress
        self.results = {}
        self.total = 0

    def do(self, units, failures=()):
        """Return the results, in the order of the units; `failures` are there already."""
        self.total = len(units)
        for result in failures:
            self._add(result)
        if self.folder:
            for unit in units:
                if result := self._kept(unit):
                    self._add(result, "kept")
            write_summary(self.folder)
        for result in self._outcomes(self._waiting(units)):
            self._add(result)
            if self.folder:
                write_reports(self.folder, result.unit)
                write_summary(self.folder)
        return [self.results[unit] for unit in units]

    def _kept(self, unit):
        """Return what the folder has of a unit, or None; errors are tried again."""
        result = self.folder.find(unit) if self.folder else None
        return None if result is None or result.error else result

    def _waiting(self, units):
        return [unit for unit in units if unit not in self.results]

    def _add(self, result, state=None):
        self.results[result.unit] = result
        message = "" if state else _message(result)
        self._tell(result.unit, state or ("failed" if result.error else "done"), message)

    def _outcomes(self, units):
        """Return an iterator of results, which come in this process or from others."""
        if joblib.effective_n_jobs(self.n_jobs) == 1:
            return self._one_by_one(units)
        return self._from_processes(longest_first(units, self.estimators))

    def _one_by_one(self, units):
        for unit in units:
            self._tell(unit, "started")
            yield _do_and_keep(unit, self.estimators[unit.name], self.job, self.folder)

    def _from_processes(self, units):
        """Yield results from other processes.

        When one of them dies, all end, and which unit was the cause is not known. Those that were
        under way are done again with nothing beside them; then the others go on.
        """
        if not units:
            return
        begun = []
        try:
            yield from self._in_parallel(units, begun)
            return
        except (BrokenProcessPool, PicklingError) as error:  # the latter: it cannot be sent there
            reason = error
        if len(units) == 1:
            yield _keep(failure(units[0], reason, self.job), self.folder)
            return
        for unit in self._waiting(begun):
            get_reusable_executor().shutdown()  # so that the next process is a new one
            kept = self._kept(unit)
            yield from [kept] if kept else self._from_processes([unit])
        yield from self._from_processes(self._waiting(units))

    def _in_parallel(self, units, begun):
        """Yield results in the order in which they come; append to `begun` what is handed out."""

        def calls():
            for unit in units:
                begun.append(unit)
                estimator = self.estimators[unit.name]
                yield delayed(_do_and_keep)(unit, estimator, self.job, self.folder)

        # A batch of one: a result must not wait for others to be kept.
        options = {"return_as": "generator_unordered", "batch_size": 1, "pre_dispatch": "n_jobs"}
        yield from Parallel(self.n_jobs, **options)(calls())

    def _tell(self, unit, state, message=""):
        if self.on_progress:
            self.on_progress(Progress(len(self.results), self.total, str(unit), state, message))


def _do_and_keep(unit, estimator, job, folder):
    """Do a unit of work where the result is at hand: it is kept even if the parent is gone."""
    return _keep(run_unit(unit, estimator, job), folder)


def _keep(result, folder):
    if folder:
        folder.write(result)
    return result


def _message(result):
    """Return the result in a few words."""
    if result.error:
        return result.error
    values = result.values
    if result.unit.kind == "cv":
        return f"{values['scoring']} {np.mean(values['scores']):.4f}, {values['seconds']:.1f} s"
    if result.unit.kind == "fit":
        text = f"test accuracy {values['accuracy']:.4f}, {values['fit_seconds']:.1f} s"
        return "; ".join(filter(None, [text, values.get("probabilities_error")]))
    epoch, begun = overfitting_of([result])
    if epoch is None:
        return "it keeps no validation loss"
    return f"overfitting {'at' if begun else 'after'} epoch {epoch}, {values['seconds']:.1f} s"

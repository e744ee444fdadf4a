"""Which units of work there are, and the doing of them."""

from dataclasses import replace
from typing import NamedTuple

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from skfashion._comparison._measure import random_state_parameters, validation_parameter
from skfashion._comparison._result import write_reports, write_summary
from skfashion._comparison._units import Unit, fingerprint, run_unit


class Progress(NamedTuple):
    """What ``on_progress`` is told, once before the first unit of work and after each.

    Attributes
    ----------
    done : int
        Units of work that are finished, failed ones and those found in the folder included.
    total : int
        Units of work in all.
    unit : str
        The unit in words: "LeNet-5, learning curves, random state 0".
    state : {"kept", "started", "done", "failed", "left out"}
        "kept": a former run did it. "started" is told only where one unit follows the other
        (``n_jobs=1``). "left out": learning curves of an estimator that keeps none.
    message : str
        The error where there is one, else the test accuracy, the mean score or nothing.
    """

    done: int
    total: int
    unit: str
    state: str
    message: str = ""


def plan(estimators, random_states, cv_scoring, learning_curves, *, keyed):
    """Return the units of work; `keyed` asks for the fingerprints by which they are kept."""
    cv, scoring = cv_scoring
    scheme = fingerprint(cv, scoring) if keyed and cv is not None else ""
    units = []
    for name, estimator in estimators.items():
        settings = fingerprint(name, clone(estimator)) if keyed else ""
        states = random_states if random_state_parameters(estimator) else [None]
        units += [Unit("fit", name, settings, state) for state in states]
        if cv is not None:
            units.append(Unit("cv", name, settings, states[0], scheme))
        if learning_curves and validation_parameter(estimator):
            units.append(Unit("curves", name, settings, states[0]))
    return units


class Run:
    """Does units of work, keeps what comes of them, tells how far it is."""

    def __init__(self, estimators, job, folder, n_jobs, on_progress):
        self.estimators = estimators
        self.job = job
        self.folder = folder
        self.n_jobs = n_jobs
        self.on_progress = on_progress
        self.results = {}
        self.left_out = 0
        self.total = 0

    def do(self, units):
        """Return the results, in the order of the units."""
        self.total = len(units)
        if self.folder:
            self._take_kept(units)
        self._work([unit for unit in units if unit.kind != "curves"])
        curves = [unit for unit in units if unit.kind == "curves"]
        wanted = [unit for unit in curves if unit in self.results or self._keeps_curves(unit)]
        for unit in curves:
            if unit not in wanted:
                self.left_out += 1
                self._tell(unit, "left out")
        self._work(wanted)
        return [self.results[unit] for unit in units if unit in self.results]

    def _keeps_curves(self, unit):
        """Tell from the fit on all data whether a fit for the learning curves is of use."""
        fit = self.results[replace(unit, kind="fit")]
        return bool(fit.values.get("has_validation_curve"))

    def _take_kept(self, units):
        for unit in units:
            result = self.folder.find(unit)
            if result and not result.error:
                self.results[unit] = result
                self._tell(unit, "kept")
        write_summary(self.folder)

    def _work(self, units):
        """Do what is not yet done of the units."""
        units = [unit for unit in units if unit not in self.results]
        for result in self._outcomes(units):
            self.results[result.unit] = result
            if self.folder:
                write_reports(self.folder, result.unit)
                write_summary(self.folder)
            self._tell(result.unit, "failed" if result.error else "done", _message(result))

    def _outcomes(self, units):
        """Yield results as they come, in this process or from others."""
        if joblib.effective_n_jobs(self.n_jobs) == 1:
            for unit in units:
                self._tell(unit, "started")
                yield _do_and_keep(unit, self.estimators[unit.name], self.job, self.folder)
        elif units:
            # A batch of one: a result must not wait for others to be kept.
            parallel = Parallel(self.n_jobs, return_as="generator_unordered", batch_size=1)
            yield from parallel(
                delayed(_do_and_keep)(unit, self.estimators[unit.name], self.job, self.folder)
                for unit in units
            )

    def _tell(self, unit, state, message=""):
        if self.on_progress:
            done = len(self.results) + self.left_out
            self.on_progress(Progress(done, self.total, str(unit), state, message))


def _do_and_keep(unit, estimator, job, folder):
    """Do a unit of work where the result is at hand: it is kept even if the parent is gone."""
    result = run_unit(unit, estimator, job)
    if folder:
        folder.write(result)
    return result


def _message(result):
    """Return the result in a few words."""
    if result.error:
        return result.error
    values = result.values
    if result.unit.kind == "fit":
        return f"test accuracy {values['accuracy']:.4f}, {values['fit_seconds']:.1f} s"
    if result.unit.kind == "cv":
        return f"{values['scoring']} {np.mean(values['scores']):.4f}, {values['seconds']:.1f} s"
    sign = "at epoch" if values["overfit_begun"] else "after epoch"
    return f"overfitting {sign} {values['overfit_epoch']}, {values['seconds']:.1f} s"

"""Runs the units of work, in this process or in others."""

import warnings
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pickle import PicklingError

import joblib
from joblib.externals.loky import get_reusable_executor
from sklearn.utils.parallel import delayed

from skfashion._dask import DaskCalls, active_client, sent
from skfashion._epochs import listening
from skfashion.comparison._parallel import KeepingParallel, goes_by_pickle, why_not_sent
from skfashion.comparison._plan import longest_first
from skfashion.comparison._progress import Progress, in_a_few_words
from skfashion.comparison._unit import do_unit, failure


class Run:
    """Runs units of work, keeps their results, reports progress.

    Only this process writes: the others, which may be on other machines, send their results.

    Parameters
    ----------
    estimators : dict of {str: estimator}
    data : tuple
        X_train, y_train, X_test, y_test.
    options : dict
        Further arguments of `do_unit`.
    keeper : Keeper or None
        Keeps results in a folder; None to keep them in memory only.
    n_jobs : int or None
    on_progress : callable or None
    """

    def __init__(self, estimators, data, options, keeper, n_jobs, on_progress):
        self.estimators = estimators
        self.data = data
        self.options = options
        self.keeper = keeper
        self.n_jobs = n_jobs
        self.on_progress = on_progress
        self.parallel = None
        self.results = {}
        self.total = 0

    def do(self, units, failures=()):
        """Return the results, in the order of the units; `failures` have been found before."""
        self.total = len(units)
        for result in failures:
            self._add(result)
        if self.keeper:
            for result in filter(None, map(self.keeper.find, units)):
                self._add(result, "kept")
            self.keeper.write_table()
        try:
            for result in self._outcomes(self._waiting(units)):
                self._keep(result)
                self._add(result)
        except BaseException:
            self._keep_arrived()
            raise
        if self.keeper:
            self.keeper.read_again()
        return [self.results[unit] for unit in units]

    def _keep_arrived(self):
        """Keep what has arrived when a run stops; an error in this does not hide its reason."""
        try:
            for result in self._arrived():
                self._keep(result)
        except OSError as error:
            warnings.warn(f"Not all results could be kept: {error}", stacklevel=2)

    def _keep(self, result):
        if self.keeper:
            self.keeper.keep(result)

    def _add(self, result, state=None):
        self.results[result.unit] = result
        message = "" if state else in_a_few_words(result)
        self._tell(result.unit, state or ("failed" if result.error else "done"), message)

    def _tell(self, unit, state, message="", **epochs):
        if self.on_progress:
            progress = Progress(len(self.results), self.total, str(unit), state, message, **epochs)
            self.on_progress(progress)

    def _tell_epoch(self, unit, epoch, n_epochs):
        self._tell(unit, "epoch", epoch=epoch, n_epochs=n_epochs)

    def _waiting(self, units):
        return [unit for unit in units if unit not in self.results]

    def _outcomes(self, units):
        """Yield results, of this process or of others."""
        if joblib.effective_n_jobs(self.n_jobs) == 1:
            yield from self._one_by_one(units)
            return
        reasons = {}
        if goes_by_pickle():  # Dask would wait forever for a call that cannot be sent
            names = dict.fromkeys(unit.name for unit in units)
            reasons = {name: why_not_sent(self.estimators[name]) for name in names}
        for unit in units:
            if reason := reasons.get(unit.name):
                yield failure(unit, reason, self.options["environment"])
        units = longest_first(self._waiting(units), self.estimators)
        yield from self._from_dask(units) if active_client() else self._from_processes(units)

    def _one_by_one(self, units):
        for unit in units:
            self._tell(unit, "started")
            with listening(self.on_progress and partial(self._tell_epoch, unit)):
                result = do_unit(*self._arguments(unit), **self.options)
            yield result

    def _arguments(self, unit):
        return unit, self.estimators[unit.name], *self.data

    def _from_dask(self, units):
        """Yield results from a Dask cluster, which repeats the units of a worker that dies.

        A unit whose workers die again and again has failed, and so has one that they cannot load.
        """
        self.parallel = DaskCalls(client := active_client())
        data = [sent(client, part) for part in self.data]
        calls = {
            unit: (do_unit, (unit, self.estimators[unit.name], *data), self.options)
            for unit in units
        }
        for unit, outcome in self.parallel(calls):
            is_error = isinstance(outcome, BaseException)
            yield failure(unit, outcome, self.options["environment"]) if is_error else outcome

    def _from_processes(self, units):
        """Yield results from other processes.

        When a process dies, joblib stops and does not say which unit was the cause. The units that
        were under way are run again one at a time; then the others go on.
        """
        if not units:
            return
        begun = []
        try:
            yield from self._in_parallel(units, begun)
            return
        except (BrokenProcessPool, PicklingError) as error:  # PicklingError: a call cannot be sent
            reason = error
        yield from self._arrived()
        if len(units) == 1:
            yield failure(units[0], reason, self.options["environment"])
            return
        for unit in self._waiting(begun):
            if isinstance(reason, BrokenProcessPool):
                get_reusable_executor().shutdown()  # so that the next process is a new one
            yield from self._from_processes([unit])
        yield from self._from_processes(self._waiting(units))

    def _in_parallel(self, units, begun):
        """Yield results in the order in which they come; append the started units to `begun`."""

        def calls():
            for unit in units:
                begun.append(unit)
                yield delayed(do_unit)(*self._arguments(unit), **self.options)

        self.parallel = KeepingParallel(self.n_jobs)
        yield from self.parallel(calls())

    def _arrived(self):
        """Return the results that other processes have sent and that were not yet retrieved."""
        return self.parallel.arrived() if self.parallel else []

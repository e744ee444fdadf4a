"""joblib's Parallel, from which nothing that has arrived is lost when it is stopped by an error."""

from joblib.externals.loky.backend.reduction import dumps
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel

from skfashion._compat import finished_calls, results_of


def goes_by_pickle():
    """Return whether joblib's backend pickles what it hands out: not if it is threads."""
    backend, _ = get_active_backend()
    return not getattr(backend, "supports_sharedmem", False)


def why_not_sent(value):
    """Return the exception that says why a value cannot be sent to another process, or None."""
    try:
        dumps(value)
    except Exception as error:  # pickling runs the value's own code
        return error
    return None


class KeepingParallel(Parallel):
    """Hands out results as they arrive, and gives back those that arrived before it was stopped.

    joblib stops at once when a process dies or an interrupt comes, and would throw away what other
    processes have sent by then and nobody has asked for yet.
    """

    def __init__(self, n_jobs):
        # A batch of one: a result must not wait for others.
        super().__init__(
            n_jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs"
        )
        self.finished = ()

    def __call__(self, calls):
        results = super().__call__(calls)
        self.finished = finished_calls(self)
        return results

    def arrived(self):
        """Return the results that have arrived and were not handed out, each once."""
        return results_of(self.finished)

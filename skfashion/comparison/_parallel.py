"""joblib's Parallel, changed so that results that have arrived survive an error that stops it.

Its worker processes ignore Ctrl-C, because this process ends them, and exit by themselves if this
process is killed.
"""

import os
import signal
import threading
import time
import warnings
from contextlib import contextmanager
from multiprocessing import resource_tracker

from joblib.externals.loky.backend import resource_tracker as loky_tracker
from joblib.externals.loky.backend.reduction import dumps
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel

from skfashion._compat import call_in_workers, finished_calls, results_of

SECONDS_BETWEEN_LOOKS = 1


def goes_by_pickle():
    """Return whether joblib's backend pickles calls: true for processes, false for threads."""
    backend, _ = get_active_backend()
    return not getattr(backend, "supports_sharedmem", False)


def why_not_sent(value):
    """Return the exception that says why a value cannot be sent to another process, or None."""
    try:
        dumps(value)
    except Exception as error:  # pickling runs the value's own code
        return error
    return None


def end_with(parent):
    """Start a thread that ends this process soon after its parent, whatever it is doing.

    Without it, workers whose parent was killed would finish their work, and wait for more until
    joblib ends those that are idle for five minutes.

    Parameters
    ----------
    parent : int
        Id of the process that waits for the results.
    """

    def watch():
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os._exit(1)  # nobody waits for the result, and no file that is read can be half-written

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def without_ctrl_c():
    """Delay SIGINT until the end of the block; processes started inside never receive it.

    Ctrl-C goes to all processes of a terminal. Workers that are importing would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    for tracker in (resource_tracker, loky_tracker):  # as they start, they change the mask
        tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class KeepingParallel(Parallel):
    """Returns results as they arrive, and afterwards those that arrived before it was stopped.

    joblib stops at once when a process dies or an interrupt comes, and would discard results that
    other processes have sent but that were not yet retrieved.
    """

    def __init__(self, n_jobs):
        # A batch of one: a result must not wait for others.
        super().__init__(
            n_jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs"
        )
        call_in_workers(self, end_with, os.getpid())  # also in those that never get any work
        self.finished = ()

    def __call__(self, calls):
        results = None
        try:
            with without_ctrl_c():  # the processes start here
                results = super().__call__(calls)
        except KeyboardInterrupt:
            if results:
                with warnings.catch_warnings(action="ignore"):  # how many calls it cancels
                    results.close()
            raise
        self.finished = finished_calls(self)
        return results

    def arrived(self):
        """Return the results that have arrived and were not retrieved, each once."""
        return results_of(self.finished)

"""joblib's Parallel, from which no result that has arrived is lost when an error stops it.

The processes that it starts leave a Ctrl-C to this process, which ends them, and end by themselves
if this process is killed.
"""

import os
import signal
import threading
import time
import warnings
from contextlib import contextmanager
from functools import cache
from multiprocessing import resource_tracker

from joblib.externals.loky.backend import resource_tracker as loky_tracker
from joblib.externals.loky.backend.reduction import dumps
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel

from skfashion._compat import finished_calls, is_worker_of_loky, results_of

SECONDS_BETWEEN_LOOKS = 1


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


def in_worker(function, parent, *args, **kwargs):
    """Return ``function(*args, **kwargs)``; a process of joblib's loky ends with its parent.

    Parameters
    ----------
    function : callable
    parent : int
        Process id of the one that waits for the result.
    *args, **kwargs
        Of the function.
    """
    if is_worker_of_loky():
        end_with(parent)
    return function(*args, **kwargs)


@cache
def end_with(parent):
    """Let a thread end this process, whatever it is doing, when its parent has another id.

    Without it, processes whose parent was killed would finish their work, and then wait for more.
    """

    def watch():
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os._exit(1)  # nobody waits for the result, and nothing here is on its way to a file

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def without_ctrl_c():
    """Block SIGINT: it comes when the block ends, and to processes started here not at all.

    A Ctrl-C goes to all processes of a terminal. Those that are importing would show a traceback.
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
        """Return the results that have arrived and were not handed out, each once."""
        return results_of(self.finished)

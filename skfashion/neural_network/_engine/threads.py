"""The number of threads of a training, and how trainings share a processor.

OpenMP's threads meet at the end of every layer, some sixty times in a batch, and spin while they
wait for each other. That is fast as long as all of them run. Where two trainings, or a training and
another busy program, want the same cores, one thread spins while the thread that it waits for has
no core. This was measured to take ten times as long. Two things prevent it here:

- Trainings with several threads take turns of half a second each, by shared locks.
- When a training that uses all cores has to wait for them in its turn, because another program
  runs, each of its threads is kept on a core of its own. The kernel might put two of them on one
  core, where the one would spin for its whole time slice while the other waits.

Neither changes the result: a training uses the same number of threads from beginning to end.
"""

import os
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import joblib
import torch
from filelock import FileLock, Timeout

from skfashion._compat import is_worker_of_loky

IMAGES_PER_THREAD = 4  # fewer small images do not pay for a thread
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
GRACE = 0.1  # seconds without turns at the beginning; most short trainings end within that time
FIRST_TURN = 0.1  # seconds, after which a training may find that others want its cores
TURN = 0.5  # seconds: long compared with the 16 ms for which idle threads spin, short for a person
POLL = 0.003  # seconds between two looks at a lock
LOCK_TIMEOUT = 15  # seconds: a longer turn means that its process was stopped
CROWDED = 0.05  # part of a turn in which a thread waited for a core


class CallersThreads:
    """Torch's number of threads as the caller has it, while trainings use numbers of their own.

    In torch, each thread of Python has a number of its own, and begins with the one that any of
    them set last: threads that train at the same time must not take each other's for the caller's.
    """

    def __init__(self):
        self.lock, self.n_users, self.number = threading.Lock(), 0, None
        self.this_thread = threading.local()  # its number while it trains or predicts

    def get(self):
        """Return the caller's number."""
        with self.lock:
            return self.number if self.n_users else torch.get_num_threads()

    def current(self):
        """Return the number that the calling thread has to compute with at the moment."""
        return getattr(self.this_thread, "number", None) or self.get()

    @contextmanager
    def replaced_by(self, n_threads):
        """Compute with another number, and then with the one before."""
        before, outer = self.current(), getattr(self.this_thread, "number", None)
        with self.lock:
            if not self.n_users:
                self.number = before
            self.n_users += 1
        self.this_thread.number = n_threads
        torch.set_num_threads(n_threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)
            self.this_thread.number = outer
            with self.lock:
                self.n_users -= 1


callers = CallersThreads()


@contextmanager
def threads(n_threads):
    """Compute with that many threads of torch; afterwards it is as many as before."""
    # torch's number in a new thread of Python is the one that was set last, in whatever thread
    if n_threads == torch.get_num_threads() == callers.current():
        yield
        return
    with callers.replaced_by(n_threads):
        yield


def is_torchs_default(n_threads):
    """Return whether that is probably torch's own default.

    torch uses all logical cores or, where each core runs two threads, one thread per core.
    """
    counts = {os.cpu_count(), len(usable_cores())}
    if n_threads in counts | {n // 2 for n in counts}:
        return True
    return n_threads == joblib.cpu_count(only_physical_cores=True)


def n_threads_for(batch_size):
    """Return the number of threads for batches of that many images.

    What the caller has set wins: ``OMP_NUM_THREADS`` or ``MKL_NUM_THREADS`` in the environment, or
    `torch.set_num_threads`. Otherwise it is torch's default, but at most the number of cores that
    this process may use, by its affinity and the quota of its container, and at most one for every
    four images of a batch. All cores, or half of them, count as torch's default, whoever set them;
    so does the share of the cores that joblib gives its workers.

    Parameters
    ----------
    batch_size : int
        Images in a batch.
    """
    n_threads = callers.get()
    if n_threads == 1:
        return 1
    if not is_worker_of_loky():
        is_set = any(os.environ.get(name) for name in THREAD_VARIABLES)
        if is_set or not is_torchs_default(n_threads):
            return n_threads
    most = batch_size // IMAGES_PER_THREAD
    return min(n_threads, most, joblib.cpu_count()) if most > 1 else 1


def usable_cores():
    """Return the cores that the calling thread may run on; an empty list where not known."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def thread_times():
    """Return {thread: (seconds it ran, seconds it waited for a core)}; empty where not known."""
    times = {}
    with suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            with suppress(OSError, ValueError):  # it may have ended
                ran, waited, _ = Path(f"/proc/self/task/{thread}/schedstat").read_text().split()
                times[int(thread)] = int(ran) / 1e9, int(waited) / 1e9
    return times


def busy_threads(before, now, seconds):
    """Return the threads that ran or waited for a core most of the time, and how long they waited.

    Parameters
    ----------
    before, now : dict of {int: tuple of float}
        As `thread_times` returns them.
    seconds : float
        Between the two.

    Returns
    -------
    waits : dict of {int: float}
        Part of the time that each thread waited for a core.
    """
    waits = {}
    for thread, (ran, waited) in now.items():
        ran_before, waited_before = before.get(thread, (0, 0))
        ran, waited = ran - ran_before, waited - waited_before
        if ran + waited > seconds / 2:
            waits[thread] = waited / seconds
    return waits


def place_threads(cores_of):
    """Keep threads on cores, as {thread: set of cores} says."""
    for thread, cores in cores_of.items():
        with suppress(OSError):  # it may have ended
            os.sched_setaffinity(thread, cores)


class Turns:
    """A training's turns on cores that others want too.

    `go_on` is called before each batch, `end` after the last one and before anything that may take
    a long time. There is one lock per core, and a turn takes one lock per thread of the training.

    Parameters
    ----------
    n_threads : int
        Number of threads of the training. A single thread takes no turns.
    folder : path-like, default=None
        Folder of the locks; None for the system's folder of temporary files.
    """

    def __init__(self, n_threads, folder=None):
        self.cores = usable_cores()
        self.n_threads = n_threads
        self.pinned = []  # threads that are kept on a core in each turn
        self._start = None  # time when the turn began
        self._length = FIRST_TURN
        self._ends = time.perf_counter() + GRACE if n_threads > 1 else float("inf")
        self._queue, self._locks = None, []
        if n_threads > 1:
            self._make_locks(Path(folder or tempfile.gettempdir()))

    def _make_locks(self, folder):
        # Trainings of one user share the locks if they share their cores.
        user = os.getuid() if hasattr(os, "getuid") else ""
        name = sha256(f"{user} {self.cores}".encode()).hexdigest()[:12]
        # The next in line holds the queue, and so precedes the training whose turn has just ended.
        self._queue = FileLock(folder / f"skfashion-{name}-queue.lock")
        n_cores = joblib.cpu_count()
        self._locks = [FileLock(folder / f"skfashion-{name}-{k}.lock") for k in range(n_cores)]

    def go_on(self):
        """Return at once during a turn; after it, wait for the next one."""
        if time.perf_counter() < self._ends:
            return
        self.end()
        if self._queue is not None:
            self._take_locks()
        self._times, self._start = thread_times(), time.perf_counter()
        self._ends = self._start + self._length
        self._length = TURN
        self._keep_on_cores()

    def _take_locks(self):
        """Wait for a turn; where turns are not possible, do without them."""
        try:
            is_turn = wait_in(self._queue) and take(self._locks, self.n_threads)
        except OSError:  # no file can be made
            is_turn = False
        finally:
            self._queue.release()
        if not is_turn:  # a process was stopped during its turn: continue without turns
            self._release()
            self._queue = None

    def end(self):
        """End the turn: others may take theirs, and threads may run on any core."""
        if self._start is not None:
            self._let_run_anywhere()
            if not self.pinned and len(self.cores) == self.n_threads:
                self._find_threads_that_waited()
            self._start, self._ends = None, 0.0
        self._release()

    @contextmanager
    def anywhere(self):
        """Let threads run on any core during a callback."""
        self._let_run_anywhere()
        try:
            yield
        finally:
            self._keep_on_cores()

    def _release(self):
        for lock in self._locks:
            if lock.is_locked:
                lock.release()

    def _find_threads_that_waited(self):
        waits = busy_threads(self._times, thread_times(), time.perf_counter() - self._start)
        if len(waits) == self.n_threads and max(waits.values()) > CROWDED:
            self.pinned = sorted(waits)

    def _keep_on_cores(self):
        if self.pinned and self._start is not None:
            place_threads({t: {core} for t, core in zip(self.pinned, self.cores, strict=True)})

    def _let_run_anywhere(self):
        if self.pinned:
            place_threads(dict.fromkeys(self.pinned, self.cores))


def wait_in(queue):
    """Take the lock of a queue and return True; False if it has not moved for too long."""
    begun = time.perf_counter()
    while True:
        with suppress(Timeout):
            queue.acquire(blocking=False)
            os.utime(queue.lock_file)  # it has moved
            return True
        is_late = time.perf_counter() - begun > LOCK_TIMEOUT
        if is_late and time.time() - os.stat(queue.lock_file).st_mtime > LOCK_TIMEOUT:
            return False
        time.sleep(POLL)


def take(locks, n):
    """Acquire `n` of the locks, whichever are free first; return whether that worked in time."""
    give_up = time.perf_counter() + LOCK_TIMEOUT
    free = list(locks)
    n_free = max(0, len(locks) - n)  # so many are left to others
    while time.perf_counter() < give_up:
        for lock in list(free):
            with suppress(Timeout):
                lock.acquire(blocking=False)
                free.remove(lock)
            if len(free) == n_free:
                return True
        time.sleep(POLL)
    return False

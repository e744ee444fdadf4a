"""How many threads a training uses, and how trainings share a processor.

OpenMP's threads meet at the end of every layer, some sixty times in a batch, and spin while they
wait for each other. That is fast as long as all of them run. Where two trainings, or a training and
another busy program, want the same cores, one thread spins while the thread that it waits for has
no core: measured, ten times slower, and not twice. Two things prevent that here:

- Trainings of several threads take turns, of half a second each, by a lock that they share.
- When a training that uses all cores has to wait for them in its turn, because another program
  runs, each of its threads is kept on a core of its own. The kernel might put two of them on one
  core, where the one would spin for its whole time slice while the other waits.

Neither changes a result: a training uses the same number of threads from beginning to end.
"""

import os
import tempfile
import time
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import joblib
import torch
from filelock import FileLock, Timeout

IMAGES_PER_THREAD = 4  # fewer small images are not worth a thread
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
TURN = 0.5  # seconds: long beside the 16 ms for which idle threads spin, short for a person
FIRST_TURN = 0.1  # after which a training may find that others want its cores
GRACE = 0.1  # seconds without turns at the beginning: most short trainings end within them
POLL = 0.003  # seconds between two looks at a lock
PATIENCE = 15  # seconds: a turn that lasts so long is of a process that was stopped
CROWDED = 0.05  # part of a turn in which a thread waited for a core


def n_threads_for(batch_size):
    """Return the number of threads for batches of that many images.

    What the caller has set wins: ``OMP_NUM_THREADS`` or ``MKL_NUM_THREADS`` in the environment, or
    `torch.set_num_threads`. Otherwise it is torch's default, but at most the number of cores that
    this process may use, by its affinity and the quota of its container, and at most one for every
    four images of a batch. All cores, or half of them, count as torch's default, whoever set them.

    Parameters
    ----------
    batch_size : int
        Images in a batch.
    """
    n_threads = torch.get_num_threads()
    counts = {os.cpu_count(), len(usable_cores())}
    is_default = n_threads in counts | {n // 2 for n in counts}  # of a core's two, torch takes one
    if not is_default or any(os.environ.get(name) for name in THREAD_VARIABLES):
        return n_threads
    most = batch_size // IMAGES_PER_THREAD
    return min(n_threads, most, joblib.cpu_count()) if most > 1 else 1


@contextmanager
def threads(n_threads):
    """Compute with that many threads of torch; afterwards it is as many as before."""
    before = torch.get_num_threads()
    if n_threads == before:
        yield
        return
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


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
    """Return {thread: part of the time it waited for a core} of those that wanted one throughout.

    Parameters
    ----------
    before, now : dict of {int: tuple of float}
        As `thread_times` returns them.
    seconds : float
        Between the two.
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
    long. As many trainings have a turn at the same time as there are cores for all their threads.

    Parameters
    ----------
    n_threads : int
        Of the training. One thread waits for no other, and takes no turns.
    folder : path-like, default=None
        Of the locks; None for the system's folder of temporary files.
    """

    def __init__(self, n_threads, folder=None):
        self.cores = usable_cores()
        self.n_threads = n_threads
        self.pinned = []  # threads that are kept on a core in each turn
        self._held = None  # the lock of this turn
        self._start = None  # time of its beginning
        self._length = FIRST_TURN
        self._ends = time.perf_counter() + GRACE if n_threads > 1 else float("inf")
        self._queue, self._places = None, []
        if n_threads > 1:
            self._make_locks(Path(folder or tempfile.gettempdir()))

    def _make_locks(self, folder):
        # Trainings of one user share the locks if they share their cores.
        user = os.getuid() if hasattr(os, "getuid") else ""
        name = sha256(f"{user} {self.cores}".encode()).hexdigest()[:12]
        # Who waits for a turn holds the queue, and so is before the one whose turn has just ended.
        self._queue = FileLock(folder / f"skfashion-{name}-queue.lock")
        n_places = max(1, joblib.cpu_count() // self.n_threads)
        self._places = [FileLock(folder / f"skfashion-{name}-{k}.lock") for k in range(n_places)]

    def go_on(self):
        """Return at once while the turn lasts; after it, when the next one comes."""
        if time.perf_counter() < self._ends:
            return
        self.end()
        if self._places:
            self._held = self._next_place()
        self._start, self._times = time.perf_counter(), thread_times()
        self._ends = self._start + self._length
        self._length = TURN
        if self.pinned:
            place_threads({t: {core} for t, core in zip(self.pinned, self.cores, strict=True)})

    def _next_place(self):
        """Wait for a turn and return its lock; None where turns cannot be taken."""
        give_up = time.perf_counter() + PATIENCE
        try:
            with self._queue.acquire(timeout=PATIENCE, poll_interval=POLL):
                while time.perf_counter() < give_up:
                    for place in self._places:
                        with suppress(Timeout):
                            place.acquire(blocking=False)
                            return place
                    time.sleep(POLL)
        except (Timeout, OSError):  # an OSError where no file can be made
            pass
        self._places = []  # some process was stopped in its turn: go on without
        return None

    def end(self):
        """End the turn: others may have theirs, and threads may run anywhere."""
        if self._start is None:
            return
        if self.pinned:
            place_threads(dict.fromkeys(self.pinned, self.cores))
        elif len(self.cores) == self.n_threads:
            self._find_threads_that_waited()
        if self._held is not None:
            self._held.release()
        self._held, self._start, self._ends = None, None, 0.0

    def _find_threads_that_waited(self):
        waits = busy_threads(self._times, thread_times(), time.perf_counter() - self._start)
        if len(waits) == self.n_threads and max(waits.values()) > CROWDED:
            self.pinned = sorted(waits)

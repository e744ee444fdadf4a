"""Limits of time and memory, and forked processes that end as they like."""

import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from contextlib import chdir, contextmanager, suppress
from pathlib import Path


class Hang(BaseException):
    """A case took longer than it may."""


def _raise_hang(*_):
    raise Hang


@contextmanager
def time_limit(seconds):
    """Raise `Hang` in the block after so many seconds.

    If the block is in C code for ten times as long, the whole process ends by SIGPROF.
    """
    before = signal.signal(signal.SIGALRM, _raise_hang)
    signal.setitimer(signal.ITIMER_PROF, 10 * seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def scratch(name):
    """Work in an empty folder, in memory where there is such a place; it is removed at the end."""
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=where) as place, chdir(place):
        yield Path(place)


def address_space():
    """Return the bytes of virtual memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


@contextmanager
def memory_limit(n_bytes):
    """Let the block have so many bytes more than the process has now; more is a MemoryError."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (address_space() + n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def n_threads():
    """Return the number of threads of this process."""
    return len(os.listdir("/proc/self/task"))


def fork(function, log=os.devnull):
    """Call a function in a copy of this process; return the copy's identifier.

    It ends with code 0, or 1 if the function raised; what it says goes to the file `log`. There
    must be no other thread in this process: a copy has none, but the locks that they hold.
    """
    if n_threads() > 1:
        raise RuntimeError(f"{n_threads()} threads run, so that a fork could hang.")
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setpgid(0, 0)
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        function()
        code = 0
    except BaseException:
        with suppress(BaseException):
            os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def wait(pid, seconds):
    """Return the exit code of a forked process, negative for a signal; kill it if it hangs.

    Raises
    ------
    Hang
        If it has not ended after so many seconds.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    kill(pid)
    raise Hang


def kill(pid):
    """Kill a forked process with all that it started, and wait for its end; return its code."""
    for send, target in ((os.killpg, pid), (os.kill, pid)):
        try:
            send(target, signal.SIGKILL)
        except ProcessLookupError:
            continue
        break
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill_after(pid, seconds):
    """Kill a forked process after so many seconds; return its exit code, 0 if it was faster."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(min(left, 0.0005))
    return kill(pid)

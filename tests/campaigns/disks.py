"""A full disk, a limit of the file size, a read-only folder, no permission: an error or no harm.

Each case does a piece of `work` under such a condition, in a forked process. It ends with the right
result, or with an error that names the folder, and no file is half-written. Then the condition is
lifted, the work goes on, and its result must be equal to an undisturbed one.

A full disk is a small tmpfs and a read-only folder a mount, both in a namespace of the process's
own, which takes root; others get the limit of the file size and the permissions only.
"""

import ctypes
import os
import random
import resource
import shutil
import warnings
from contextlib import suppress
from itertools import cycle, islice

from tests.campaigns.children import Hang, fork, scratch, wait
from tests.campaigns.figures import Figures, kind_of
from tests.campaigns.fuzz import unclear
from tests.campaigns.kills import SECONDS, undisturbed
from tests.campaigns.work import WORKS, Mirror, empty

CLONE_NEWNS = 0x20000
READ_ONLY, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 32, 4096, 1 << 14, 1 << 18
NOBODY = 65534
SHARES = (0.4, 0.2, 0.4)


def mount(source, target, kind, flags, options=""):
    """Call mount(2); raise OSError if it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    words = (str(word).encode() for word in (source, target, kind))
    if libc.mount(*words, flags, options.encode()):
        raise OSError(ctypes.get_errno(), f"mount {target}")


def own_namespace():
    """Give this process mounts of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    mount("none", "/", "", RECURSIVE | PRIVATE)


# Each condition begins on a folder with some share of the room that the work takes, and returns a
# function that lifts it.


def no_room(folder, n_bytes):
    own_namespace()
    mount("tmpfs", folder, "tmpfs", 0, f"size={max(4096, n_bytes)}")
    return lambda: mount("tmpfs", folder, "tmpfs", REMOUNT, "size=1g")


def read_only(folder, n_bytes):
    own_namespace()
    mount(folder, folder, "", BIND)
    mount(folder, folder, "", BIND | REMOUNT | READ_ONLY)
    return lambda: mount(folder, folder, "", BIND | REMOUNT)


def small_files(folder, n_bytes):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(100, n_bytes // 4), before[1]))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)


def no_permission(folder, n_bytes):
    """Let a folder, or what is in it, be read alone; or let it not even be entered."""
    mode = (0o000, 0o500, 0o555)[n_bytes % 3]
    folder.chmod(mode)
    is_root = os.geteuid() == 0
    if is_root:  # whom permissions do not bind
        os.seteuid(NOBODY)

    def lift():
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)

    return lift


def a_file(folder, n_bytes):
    """Put a file where the folder should be."""
    shutil.rmtree(folder)
    folder.write_bytes(b"x" * (n_bytes % 3))

    def lift():
        folder.unlink()
        folder.mkdir()

    return lift


CONDITIONS = [small_files, no_permission, a_file]
FOR_ROOT = [no_room, no_room, read_only]


def trial(work, folder, condition, n_bytes, expected):
    """Do the work under a condition and then without.

    Returns
    -------
    outcome : str
        "error" or "done", whichever the condition led to.
    fault : str or None
        What is wrong.
    """
    inner = folder / work.inner
    inner.mkdir()
    lift = condition(inner, n_bytes)
    outcome, fault = "done", None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            work.do(folder)
        except Exception as error:
            outcome, fault = "error", unclear(error, os.sep + work.inner)
        lift()
        try:
            if outcome == "done" and work.result(folder) != expected:
                return outcome, "another result under the condition"
            work.check(folder)
        except Exception as error:
            return outcome, f"half-written: {kind_of(error)}"
        try:
            work.do(folder)
            if work.result(folder) != expected:
                return outcome, "another result when the condition is lifted"
        except Exception as error:
            return outcome, f"fails when the condition is lifted: {kind_of(error)}"
    return outcome, fault


def disks(work, n_cases, seed, place):
    """Return the figures of a piece of work under so many conditions."""
    figures, rng = Figures(f"disks of {work.name}"), random.Random(f"{work.name} {seed}")
    folder, log, verdict = place / "work", place / "log", place / "verdict"
    work.do(empty(folder))
    expected, _ = undisturbed(work, folder, log)
    full = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    can_mount = os.geteuid() == 0
    figures.notes |= {"errors": 0, "root": can_mount}
    conditions = cycle(CONDITIONS + FOR_ROOT * can_mount)
    for k, condition in enumerate(islice(conditions, n_cases)):
        n_bytes = int(1.1 * full * (k + rng.random()) / n_cases)
        empty(folder)
        verdict.write_text("")
        told = os.open(verdict, os.O_WRONLY)  # also where nothing can be opened any more

        def tell(condition=condition, n_bytes=n_bytes, told=told):
            outcome, fault = trial(work, folder, condition, n_bytes, expected)
            os.write(told, f"{outcome} {fault or ''}".encode())

        try:
            code = wait(fork(tell, log), SECONDS)
            fault = f"ends with {code}: {log.read_text()[-300:]}"
            if not code:
                outcome, _, fault = verdict.read_text().partition(" ")
                figures.notes["errors"] += outcome == "error"
        except Hang:
            fault = "hangs"
        os.close(told)
        with suppress(FileNotFoundError, NotADirectoryError):
            (folder / work.inner).chmod(0o755)
        figures.case(
            f"{condition.__name__}: {fault}" if fault else None, f"{n_bytes:,} of {full:,} bytes"
        )
    return figures


def run(n_cases=100, seed=0):
    """Yield the figures of each piece of work."""
    with scratch("disks") as place, Mirror():
        place.chmod(0o755)  # for the user nobody
        for work, share in zip(WORKS, SHARES, strict=True):
            yield disks(work, max(1, round(n_cases * share)), seed, place)

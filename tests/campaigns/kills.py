"""SIGKILL at moments spread over a run, again and again; then the work goes on.

Each case kills a forked process that does a piece of `work`, and checks that no file is
half-written. Another process then does the same work in the same folder. Its result must be equal
to that of an undisturbed run, and nothing that was done before may be done again. Some are killed
twice before that.
"""

import random
import signal
import time

from tests.campaigns.children import Hang, fork, kill_after, n_threads, scratch, wait
from tests.campaigns.figures import Figures, kind_of
from tests.campaigns.work import WORKS, Mirror, empty

SECONDS = 120  # that a piece of work may take
SHARES = (0.4, 0.4, 0.2)
TWICE = 4  # every fourth case is killed once more


def undisturbed(work, folder, log):
    """Return the result of a piece of work, and the seconds that it takes in a forked process."""
    seconds = []
    for _ in range(2):  # the first fills caches
        empty(folder)
        start = time.perf_counter()
        code = wait(fork(lambda: work.do(folder), log), SECONDS)
        seconds.append(time.perf_counter() - start)
        if code:
            raise RuntimeError(f"{work.name} fails without any kill: {log.read_text()}")
    return work.result(folder), min(seconds)


def killed(work, folder, log, seconds):
    """Kill the work after so many seconds; return what is wrong or None, and if it was too late."""
    code = kill_after(fork(lambda: work.do(folder), log), seconds)
    if code in (0, -signal.SIGKILL):
        return None, code == 0
    return f"fails before it is killed: {last_line(log)}", False


def last_line(log):
    """Return the last line that a forked process said."""
    return log.read_text().strip().rpartition("\n")[2][:200]


def fault_of(work, folder, log, expected):
    """Do the work, which was killed in this folder; return what is wrong, or None."""
    try:
        work.check(folder)
        kept = work.kept(folder)
    except Exception as error:
        return f"half-written: {kind_of(error)}"
    try:
        code = wait(fork(lambda: work.do(folder), log), SECONDS)
    except Hang:
        return "hangs after a kill"
    if code:
        return f"fails after a kill: {last_line(log)}"
    try:
        same, lost = work.result(folder) == expected, work.lost(folder, kept)
    except Exception as error:
        return f"unreadable after a kill: {kind_of(error)}"
    if not same:
        return "another result after a kill"
    if lost:
        return f"does again what was done: {len(lost)} of {work.name}"
    drafts = [path for path in folder.rglob(".*.tmp") if path.is_file()]
    return f"leaves {len(drafts)} drafts of killed processes" if drafts else None


def kills(work, n_cases, seed, place):
    """Return the figures of so many kills of a piece of work."""
    figures, rng = Figures(f"kills of {work.name}"), random.Random(f"{work.name} {seed}")
    folder, log = place / "work", place / "log"
    work.do(empty(folder))  # here, so that all is imported, and each copy begins warm
    if n_threads() > 1:
        raise RuntimeError(f"{work.name} has left {n_threads() - 1} threads.")
    expected, longest = undisturbed(work, folder, log)
    figures.notes |= {"seconds undisturbed": round(longest, 2), "kills": 0, "too late": 0}
    seconds = longest

    def kill_within(share):
        """Kill the work after a share of its time; return a fault or None, and whether it ran."""
        fault, is_too_late = killed(work, folder, log, share * seconds)
        figures.notes["too late" if is_too_late else "kills"] += 1
        return fault, not is_too_late

    for k in range(n_cases):
        share, fault, was_running = (k + rng.random()) / n_cases, None, False
        while not (fault or was_running):
            empty(folder)
            fault, was_running = kill_within(share)
            # a machine may become faster or slower meanwhile
            seconds = min(longest, seconds * (1.02 if was_running else 0.9))
        moment = share * seconds
        if k % TWICE == TWICE - 1 and not fault:
            fault, _ = kill_within(rng.random())
        figures.case(fault or fault_of(work, folder, log, expected), f"killed after {moment:.3f} s")
    return figures


def run(n_cases=200, seed=0):
    """Yield the figures of each piece of work."""
    with scratch("kills") as place, Mirror():
        for work, share in zip(WORKS, SHARES, strict=True):
            yield kills(work, max(1, round(n_cases * share)), seed, place)

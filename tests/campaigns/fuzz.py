"""Fuzzing: random inputs, after which there is a documented error or a right answer.

A target is a strategy of hypothesis and a function that tries one case. It raises what skfashion
raises; an `AssertionError` is a wrong answer. hypothesis only generates: a fault does not stop the
campaign, and the shortest example of each kind is kept.

Errors are documented if they are a ValueError (NotFittedError is one), a TypeError or an OSError
that names a path, with a sentence that was written for a reader. A case has a limit of time, and
all of them together have one of memory.
"""

import io
import os
import re
import traceback
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.campaigns.children import Hang, memory_limit, scratch, time_limit
from tests.campaigns.figures import Figures, kind_of

SECONDS_EACH = 60  # the machine may be busy
MEMORY = 2 * 10**9  # bytes above what the process has when it begins
PIECE = 1000  # examples that hypothesis remembers
# what Python says of a mistake in a program, not of an input
UNCLEAR = re.compile(
    r"object is not|object cannot be|unsupported operand|not supported between|has no attribute"
    r"|NoneType|invalid literal for|out of bounds|unhashable|index out of range|cannot reshape"
    r"|positional argument|too many values|not enough values|can only be converted"
)


@dataclass
class Target:
    """What is fuzzed.

    Attributes
    ----------
    name : str
    strategy : hypothesis strategy
        Of one case.
    check : callable
        Tries a case.
    share : float
        Part of all cases of the campaign.
    prepare : callable
        Called before the cases: what it raises is a fault of the campaign.
    seconds : float
        That a case may take.
    """

    name: str
    strategy: object
    check: object
    share: float
    prepare: object = bool
    seconds: float = SECONDS_EACH


def undocumented(error):
    """Return what is wrong with an exception, or None if it is a documented one."""
    text = str(error)
    if isinstance(error, OSError):
        named = error.filename is not None or os.sep in text
        return None if named else f"names no path: {kind_of(error)}"
    if not isinstance(error, ValueError | TypeError):
        return kind_of(error)
    if not text.strip():
        return f"says nothing: {kind_of(error)}"
    last = traceback.extract_tb(error.__traceback__)[-1:]
    is_ours = any(f"{os.sep}skfashion{os.sep}" in frame.filename for frame in last)
    return f"unclear: {kind_of(error)}" if is_ours and UNCLEAR.search(text) else None


def unclear(error, name):
    """Return what is wrong with an exception that should name a file, or None."""
    text = " ".join(f"{error} {getattr(error, 'filename', '')}".split())
    if str(error).startswith("exit code"):  # of the command, see `work.run`
        fault = None if "skfashion: " in text else f"no sentence: {text[:150]}"
    else:
        fault = undocumented(error)
    if fault is None and name not in text:
        fault = f"an error does not name the file: {text[:150]}"
    return fault


def attempt(check, case, seconds=SECONDS_EACH):
    """Return the fault of a case or None, and whether there was a documented error."""
    try:
        with time_limit(seconds), warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            check(case)
    except Hang:
        return f"took more than {seconds} s", False
    except AssertionError as error:
        return f"wrong answer: {(str(error) or kind_of(error)).splitlines()[0]}", False
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        fault = undocumented(error)
        return fault, fault is None
    return None, False


def fuzz(target, n_cases, seed_):
    """Try so many cases of a target; return its `Figures`."""
    target.prepare()
    figures, n_errors = Figures(target.name), 0
    while figures.cases < n_cases:
        n_now = min(PIECE, n_cases - figures.cases)

        @seed(f"{seed_} {figures.cases}")
        @settings(
            database=None,
            deadline=None,
            max_examples=n_now,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(target.strategy)
        def run(case):
            nonlocal n_errors
            fault, is_error = attempt(target.check, case, target.seconds)
            n_errors += is_error
            figures.case(fault, repr(case) if fault else "")

        before = figures.cases
        run()
        if figures.cases - before < n_now // 10:  # all that there are
            break
    figures.notes["documented errors"] = n_errors
    return figures


def targets():
    """Return all targets, in a fixed order."""
    from tests.campaigns import fuzz_calls, fuzz_files

    return [*fuzz_files.TARGETS, *fuzz_calls.TARGETS]


def run(n_cases=100_000, seed=0, only=None):
    """Yield the figures of each target; `only` is a part of the names of those that are tried."""
    with scratch("fuzz"), memory_limit(MEMORY):
        for target in targets():
            if only is None or only in target.name:
                yield fuzz(target, max(1, round(n_cases * target.share)), seed)

"""The figures of a campaign, and what it found."""

import time
import traceback
from collections import Counter


class Figures:
    """Counts the cases of one part of a campaign, and its faults by what they are.

    Parameters
    ----------
    name : str
        Of the part.

    Attributes
    ----------
    cases : int
    faults : collections.Counter
        How often each fault was found. It is called by its kind, a short text.
    examples : dict of str
        The shortest description of a case for each fault.
    notes : dict
        Other figures, shown in the line.
    """

    def __init__(self, name):
        self.name, self.cases = name, 0
        self.faults, self.examples, self.notes = Counter(), {}, {}
        self._start, self.seconds = time.perf_counter(), 0.0

    def case(self, fault=None, example=""):
        """Count a case; `fault` is None if nothing was wrong."""
        self.cases += 1
        self.seconds = time.perf_counter() - self._start
        if fault:
            self.faults[fault] += 1
            if len(example) < len(self.examples.get(fault, example + " ")):
                self.examples[fault] = example

    def line(self):
        """Return the figures in one line."""
        rate = self.cases / self.seconds if self.seconds else 0
        notes = "".join(f", {name} {value}" for name, value in self.notes.items())
        return (
            f"{self.name}: {self.cases:,} cases, {sum(self.faults.values())} faults, "
            f"{self.seconds:.1f} s, {rate:.1f} cases/s{notes}"
        )

    def report(self):
        """Return the line of figures, and one line for each fault and its example."""
        found = [
            f"  {count} x {fault}\n      {self.examples[fault][:1000]}"
            for fault, count in self.faults.most_common()
        ]
        return "\n".join([self.line(), *found])


def kind_of(error):
    """Return a short text for an exception that should not have come: its type, words and place."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/skfashion/" in frame.filename] or frames
    place = f"{ours[-1].filename.rpartition('/')[2]}:{ours[-1].lineno}" if ours else "nowhere"
    words = " ".join(str(error).split())[:80]
    return f"{type(error).__name__} at {place}: {words}"

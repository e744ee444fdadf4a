"""Hundreds of fits and predictions in one process: memory, threads and open files do not grow.

After a warm-up, growth is the slope of a line through what the process has after each fit. Memory
is what is in use: blocks of the C library's allocator, for arrays and tensors, and those of
Python's own. What the process holds (resident) is shown too, but does not measure leaks: the
allocator keeps what was freed, and grows in rare steps of some MB where no free block fits.
"""

import ctypes
import gc
import os
import resource
import sys
from pathlib import Path

import numpy as np

from skfashion import CNN2Classifier, SimpleDenseClassifier
from skfashion.datasets import load_fashion_sample
from tests.campaigns.children import n_threads, scratch
from tests.campaigns.figures import Figures

WARM_UP = 0.3  # of all fits
KB_PER_FIT = 2  # a batch of images has 100, and one network weights of 1,000
BLOCKS_PER_FIT = 20  # of Python; the figures of a fit, which are kept here, are some five
NAMES = ("kB in use", "blocks of Python", "threads", "open files")
MOST = (KB_PER_FIT, BLOCKS_PER_FIT, 0.01, 0.01)  # per fit


class Mallinfo2(ctypes.Structure):
    """What glibc's mallinfo2 returns."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks"),
            *("uordblks", "fordblks", "keepcost"),
        )
    ]


def in_use():
    """Return the bytes that this process has allocated and not freed, mapped blocks included."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = Mallinfo2
    info = mallinfo2()
    return info.uordblks + info.hblkhd


def held():
    """Return what of `NAMES` this process has now."""
    n_files = len(os.listdir("/proc/self/fd"))
    return in_use() / 1000, sys.getallocatedblocks(), n_threads(), n_files


def resident():
    """Return the MB that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 1e6)


def fit_and_predict(k, X, y):
    """Do one of several kinds of work in turn."""
    if k % 4 == 3:
        network = CNN2Classifier(max_epochs=1, random_state=k)
    else:
        memory = "kept" if k % 4 == 2 else None
        options = {"early_stopping": k % 4 == 1, "memory": memory, "random_state": k % 20}
        network = SimpleDenseClassifier(max_epochs=2, **options)
    network.fit(X, y)
    network.predict_proba(X)
    network.predict(X[:1])
    network.partial_fit(X[:32], y[:32])


def growth(rows):
    """Return the growth per fit of each column, by least squares, and what grows too much."""
    slopes = np.polyfit(np.arange(len(rows)), np.array(rows, dtype=float), 1)[0]
    found = zip(NAMES, slopes, MOST, strict=True)
    return slopes, [
        f"{name}: {slope:.2f} more per fit" for name, slope, most in found if slope > most
    ]


def run(n_cases=500, seed=0):
    """Yield the figures: a fault is growth of memory, threads or files."""
    part = load_fashion_sample(subset="train")
    X, y = part.data[:100], part.target[:100]
    figures, rows, sizes = Figures("long use"), [], []
    with scratch("long-use"):
        for k in range(n_cases):
            fit_and_predict(k + seed, X, y)
            gc.collect()
            rows.append(held())
            sizes.append(resident())
            figures.case()
    first = int(WARM_UP * n_cases)
    slopes, faults = growth(rows[first:])
    figures.notes |= {
        f"{name} per fit": round(float(k), 2) for name, k in zip(NAMES, slopes, strict=True)
    }
    figures.notes["resident MB"] = f"{sizes[0]}, {sizes[first]}, {sizes[-1]}"
    for fault in faults:
        figures.faults[fault] += 1
        figures.examples[fault] = f"from {rows[0]} to {rows[-1]}"
    yield figures

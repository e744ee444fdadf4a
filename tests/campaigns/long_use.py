"""Hundreds of fits and predictions in one process: memory, threads and open files do not grow.

After a warm-up, growth is the slope of a line through what the process has after each fit. Memory
is what the process holds (resident), so a leak of a few batches per fit would show.
"""

import gc
import os
import resource
from pathlib import Path

import numpy as np

from skfashion import CNN2Classifier, SimpleDenseClassifier
from skfashion.datasets import load_fashion_sample
from tests.campaigns.children import n_threads, scratch
from tests.campaigns.figures import Figures

WARM_UP = 0.3  # of all fits
KB_PER_FIT = 30  # the allocator grows in rare steps of 2 MB; one network has weights of 1 MB


def held():
    """Return resident kB, threads and open files of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1000, n_threads(), len(os.listdir("/proc/self/fd"))


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
    kB, threads, files = np.polyfit(np.arange(len(rows)), np.array(rows, dtype=float), 1)[0]
    faults = {
        f"memory grows by {kB:.1f} kB per fit": kB > KB_PER_FIT,
        "the number of threads grows": threads > 0.01,
        "the number of open files grows": files > 0.01,
    }
    return kB, [fault for fault, is_found in faults.items() if is_found]


def run(n_cases=500, seed=0):
    """Yield the figures: a fault is growth of memory, threads or files."""
    part = load_fashion_sample(subset="train")
    X, y = part.data[:100], part.target[:100]
    figures, rows = Figures("long use"), []
    with scratch("long-use"):
        for k in range(n_cases):
            fit_and_predict(k + seed, X, y)
            gc.collect()
            rows.append(held())
            figures.case()
    kB, faults = growth(rows[int(WARM_UP * n_cases) :])
    figures.notes |= {
        "kB per fit": round(float(kB), 2),
        "threads": f"{rows[0][1]} to {rows[-1][1]}",
        "files": f"{rows[0][2]} to {rows[-1][2]}",
    }
    for fault in faults:
        figures.faults[fault] += 1
        figures.examples[fault] = f"from {rows[0]} to {rows[-1]}"
    yield figures

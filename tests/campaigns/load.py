"""Four fits, eight threads that predict and a comparison at once: nothing wrong, no deadlock.

All of it runs in this process until the time is up: four threads that fit, each a training of its
own; eight that predict with one shared network; and a thread that calls `compare`. Each fit and
each comparison must be equal to the reference bit for bit, and each prediction to that of the same
call alone.

Throughput is measured as work, in seconds that the same work takes alone, per second. Each of the
three kinds is first run alone, in one thread, which gives the seconds per item, t. With n items of
each kind done together in T seconds, the throughput is sum(n * t) / T: 1 is one at a time. It must
not be below `LEAST`.
"""

import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB

from skfashion import LeNet5Classifier, SimpleDenseClassifier
from skfashion.comparison import compare
from skfashion.datasets import load_fashion_sample
from tests.campaigns.children import scratch
from tests.campaigns.figures import Figures, kind_of
from tests.campaigns.work import VARYING, digest
from tests.networks import weights

N_FITS, N_PREDICTING = 4, 8
LEAST = 0.5  # of the throughput of one at a time
PATIENCE = 120  # seconds that the last item may take when the time is up


@dataclass
class Kind:
    """A kind of work.

    Attributes
    ----------
    name : str
    do : callable
        Does item k; returns what is equal whenever the same item is done.
    n_threads : int
    seconds : float
        Of an item alone.
    n_done : int
    """

    name: str
    do: object
    n_threads: int
    seconds: float = 0.0
    n_done: int = 0
    expected: dict = field(default_factory=dict)


def kinds():
    """Return the three kinds of work."""
    train, test = load_fashion_sample(subset="train"), load_fashion_sample(subset="test")
    X, y = train.data[:500], train.target[:500]
    shared = LeNet5Classifier(max_epochs=1, random_state=0).fit(X, y)
    parts = [test.data[k * 50 : k * 50 + 50] for k in range(N_PREDICTING)]

    def fit(k):
        network = SimpleDenseClassifier if k % 2 else LeNet5Classifier
        return digest(weights(network(max_epochs=1, random_state=k).fit(X, y)).tobytes())

    def predict(k):
        return digest(shared.predict_proba(parts[k]).tobytes())

    def compare_some(k):
        out = Path(f"run-{k}")
        shutil.rmtree(out, ignore_errors=True)
        networks = {"Dense": SimpleDenseClassifier(max_epochs=1)}
        classic = {"Bayes": GaussianNB(), "Dummy": DummyClassifier()}
        found = compare(networks | classic, X, y, test.data[:100], test.target[:100], out=out)
        return found.table.drop(columns=list(VARYING), errors="ignore").to_csv()

    return [
        Kind("fits", fit, N_FITS),
        Kind("predictions", predict, N_PREDICTING),
        Kind("comparisons", compare_some, 1),
    ]


def measure_alone(kind, seconds):
    """Do each item of a kind alone, as the reference, and again for some seconds, for the time."""
    for k in range(kind.n_threads):
        kind.expected[k] = kind.do(k)
    start, n_done = time.perf_counter(), 0
    while n_done < kind.n_threads or time.perf_counter() - start < seconds:
        kind.do(n_done % kind.n_threads)
        n_done += 1
    kind.seconds = (time.perf_counter() - start) / n_done


class Together:
    """Threads that work at once until a time.

    Parameters
    ----------
    all_kinds : list of Kind
    figures : Figures
        Counts each item.
    """

    def __init__(self, all_kinds, figures):
        self.kinds, self.figures = all_kinds, figures
        self._lock, self._stop = threading.Lock(), threading.Event()

    def _work(self, kind, k):
        while not self._stop.is_set():
            try:
                found = kind.do(k)
                fault = None if found == kind.expected[k] else f"another result of {kind.name}"
            except Exception as error:
                fault = f"{kind.name}: {kind_of(error)}"
            with self._lock:
                kind.n_done += 1
                self.figures.case(fault, f"item {k}")

    def run(self, seconds):
        """Work for some seconds; return those it took until the last item was done."""
        threads = [
            threading.Thread(target=self._work, args=(kind, k), daemon=True)
            for kind in self.kinds
            for k in range(kind.n_threads)
        ]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        self._stop.wait(seconds)
        self._stop.set()
        deadline = time.monotonic() + PATIENCE
        for thread in threads:
            thread.join(max(0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            self.figures.case(
                "a deadlock", f"{sum(t.is_alive() for t in threads)} threads are left"
            )
        return time.perf_counter() - start


def run(n_cases=None, seed=0, minutes=10):
    """Yield the figures of all together; the number of cases is a matter of the time."""
    with scratch("load"):
        all_kinds = kinds()
        for kind in all_kinds:
            measure_alone(kind, min(20, 6 * minutes))
        figures = Figures("load")
        seconds = Together(all_kinds, figures).run(60 * minutes)
    throughput = sum(kind.n_done * kind.seconds for kind in all_kinds) / seconds
    figures.notes |= {kind.name: kind.n_done for kind in all_kinds}
    figures.notes["throughput"] = f"{throughput:.2f} of one at a time"
    idle = [kind.name for kind in all_kinds if not kind.n_done]
    if throughput < LEAST or idle:
        figures.faults[f"throughput {np.round(throughput, 2)}, none of {idle}"] += 1
        figures.examples.setdefault(f"throughput {np.round(throughput, 2)}, none of {idle}", "")
    yield figures

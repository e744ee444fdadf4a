"""The same random state, the same model: bit for bit, however often and wherever it is trained.

Each network is trained once, which is the reference; then again in this process, after other work
in it, in two processes of joblib and in one, and in a fresh process. A case is one training. All of
them have one thread: with another number, the order of sums is another one, and so are digits.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed
from sklearn.ensemble import RandomForestClassifier

from skfashion.datasets import load_fashion_sample
from tests.campaigns.figures import Figures
from tests.campaigns.work import digest
from tests.networks import NETWORKS, make_network, weights

ROOT = Path(__file__).parents[2]
N_IMAGES = 64
IN_FRESH = "from tests.campaigns.determinism import print_model; print_model({name!r}, {seed})"


def images(n=N_IMAGES):
    part = load_fashion_sample(subset="train")
    return part.data[:n], part.target[:n] % 3


def model(name, seed):
    """Train a network of a name; return a digest of its weights, curves and probabilities."""
    network = make_network(next(cls for cls in NETWORKS if cls.__name__ == name))
    network.set_params(max_epochs=2, random_state=seed, validation_fraction=0.2)
    X, y = images()
    network.fit(X, y)
    curves = repr([network.loss_curve_, network.train_scores_, network.validation_loss_curve_])
    probabilities = network.predict_proba(X)
    return digest(weights(network).tobytes() + probabilities.tobytes() + curves.encode())


def print_model(name, seed):
    torch.set_num_threads(1)
    print(model(name, seed))


def other_work(k):
    """Do what uses and changes random states, threads and settings of this process."""
    torch.manual_seed(k)
    np.random.seed(k)  # noqa: NPY002 - the global state is what is to be changed
    torch.rand(1000 * (k + 1)) @ torch.rand(1000 * (k + 1))
    X, y = images(32)
    RandomForestClassifier(5, random_state=k).fit(X, y)
    make_network(NETWORKS[k % len(NETWORKS)], max_epochs=1).fit(X, y)
    torch.set_grad_enabled(k % 2 == 0)


def models(name, seed, n_repeats):
    """Yield, in each way of training a network, the way and a digest."""
    for _ in range(n_repeats):
        yield "in the same process", model(name, seed)
    for k in range(2):
        other_work(k)
        yield "after other work", model(name, seed)
        torch.set_grad_enabled(True)
    for n_jobs in (1, 2):
        found = Parallel(n_jobs=n_jobs)(delayed(model)(name, seed) for _ in range(2))
        yield from ((f"n_jobs={n_jobs}", each) for each in found)
    command = [sys.executable, "-c", IN_FRESH.format(name=name, seed=seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    yield "in a fresh process", done.stdout.strip()


def run(n_cases=20, seed=0, only=None):
    """Yield the figures of each network, which is trained again so often in the same process."""
    for cls in NETWORKS:
        name = cls.__name__
        if only is None or only in name:
            figures, expected = Figures(f"determinism of {name}"), model(name, seed)
            for way, found in models(name, seed, n_cases):
                figures.case(None if found == expected else f"another model {way}", name)
            yield figures

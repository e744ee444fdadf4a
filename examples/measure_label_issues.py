"""Measure how useful finding wrong labels is
==========================================

A program for the command line, which uses the full data.

These commands count how many labels that were made wrong on purpose are among the first ones found,
and print the ranks of the images that [1]_ and its repository name as mislabelled (five fits)::

    python examples/measure_label_issues.py --noise 0.05 --out-of-fold runs/noise-5.npz
    python examples/measure_label_issues.py --out-of-fold runs/as-published.npz

This one measures the accuracy on the test images after training without the first images found, and
after training without the same number of images drawn at random::

    python examples/measure_label_issues.py --out-of-fold runs/as-published.npz \\
        --without 0 500 1000 2000 --random-states 5

The out-of-fold probabilities are saved in the file, and read from it the next time.

.. [1] N. M. Müller and K. Markert, "Identifying Mislabeled Instances in Classification Datasets",
   2019. https://arxiv.org/abs/1912.05283
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.model_selection import cross_val_predict

from skfashion.datasets import fetch_fashion_mnist
from skfashion.inspection import find_label_issues
from skfashion.recipes import best, tuned

# Training images named in the paper's first pages, the authors' report to the publisher and the
# README of their repository; its table 7 has 64.
KNOWN = [45592, 16691, 28264, 33982, 40513, 42018, 22264]
# What each class is taken for: T-shirt for shirt, trouser for dress, and so on.
LIKE = np.array([6, 3, 4, 4, 2, 7, 0, 9, 6, 7])


def with_noise(y, share, rng):
    """Return labels of which a share is wrong, and the indices of those."""
    wrong = rng.choice(len(y), round(share * len(y)), replace=False)
    noisy = y.copy()
    noisy[wrong] = LIKE[y[wrong]]
    return noisy, wrong


def model_of(name, random_state):
    """Return a Pipeline of a recipe."""
    return {**tuned(random_state), **best(random_state)}[name]


def out_of_fold(name, X, y, cv, path, n_jobs):
    """Return out-of-fold probabilities, from the file if it is there."""
    if path.exists():
        with np.load(path) as kept:
            if not np.array_equal(kept["y"], y):
                raise SystemExit(f"{path} is for other labels: give the name of a new file.")
            return kept["proba"]
    model = model_of(name, random_state=0)
    proba = cross_val_predict(model, X, y, cv=cv, n_jobs=n_jobs, method="predict_proba")
    proba = proba.astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, proba=proba, y=y)
    return proba


def precision_and_recall(order, wrong):
    """Return a table of how many of the first images are among the wrong ones."""
    hits = np.isin(order, wrong)
    numbers = [n for n in (100, 500, 1000, len(wrong)) if n <= len(order)] + [len(order)]
    rows = [
        {"first": n, "precision": hits[:n].mean(), "recall": hits[:n].sum() / len(wrong)}
        for n in numbers
    ]
    return pd.DataFrame(rows)


def accuracy_without(name, train, test, left_out, random_state):
    """Return the test accuracy in per cent of a training without some images."""
    kept = np.setdiff1d(np.arange(len(train.target)), left_out)
    model = model_of(name, random_state).fit(train.data[kept], train.target[kept])
    return 100 * model.score(test.data, test.target)


def accuracies_without(name, train, test, order, numbers, random_states, n_jobs):
    """Return a table of test accuracies without the first images of the list, and without others.

    The others are as many, drawn at random for each random state.
    """
    trainings = []
    for n in numbers:
        for random_state in range(random_states):
            others = np.random.default_rng(random_state).permutation(len(order))[:n]
            trainings.append(("first of the list", n, order[:n], random_state))
            if n:
                trainings.append(("random", n, others, random_state))
    scores = Parallel(n_jobs=n_jobs, verbose=5)(
        delayed(accuracy_without)(name, train, test, left_out, random_state)
        for _, _, left_out, random_state in trainings
    )
    rows = pd.DataFrame(trainings, columns=["left out", "number", "indices", "random state"])
    rows["accuracy"] = scores
    return rows.groupby(["number", "left out"])["accuracy"].agg(["count", "mean", "std"])


def main():
    """Measure as the command line says, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="Fast ResNet M", help="of a recipe")
    parser.add_argument("--cv", type=int, default=5, help="folds")
    parser.add_argument("--jobs", type=int, default=None, help="trainings at the same time")
    parser.add_argument("--noise", type=float, default=0, help="share of labels made wrong")
    parser.add_argument("--out-of-fold", type=Path, required=True, help=".npz file to keep")
    parser.add_argument("--method", default="normalized_margin", help="how labels are ranked")
    parser.add_argument("--without", type=int, nargs="*", default=[], help="how many to leave out")
    parser.add_argument("--random-states", type=int, default=5, help="for each of these")
    options = parser.parse_args()
    train, test = fetch_fashion_mnist(subset="train"), fetch_fashion_mnist(subset="test")
    y, wrong = with_noise(train.target, options.noise, np.random.default_rng(0))
    proba = out_of_fold(
        options.network, train.data, y, options.cv, options.out_of_fold, options.jobs
    )
    print(f"Out-of-fold accuracy: {100 * (proba.argmax(axis=1) == y).mean():.2f} %")
    issues = find_label_issues(None, None, y, proba=proba, method=options.method)
    print(f"Listed: {len(issues):,}")
    if len(wrong):
        print(precision_and_recall(issues["index"].to_numpy(), wrong).round(3).to_string())
    ranked = find_label_issues(None, None, y, proba=proba, method=options.method, filter_by=None)
    known = ranked[ranked["index"].isin(KNOWN)]
    print(known.round(4).to_string(index=False))
    if options.without:
        order = ranked["index"].to_numpy()
        numbers, states = options.without, options.random_states
        table = accuracies_without(
            options.network, train, test, order, numbers, states, options.jobs
        )
        print(table.round(3).to_string())


if __name__ == "__main__":
    main()

"""Search the settings of the best recipe
======================================

A program for the command line, which takes hours without a GPU. It measures how much each change to
``FastResNetClassifier`` gains, on the training images of the full data alone.

::

    python examples/search_best_settings.py adamw
    python examples/search_best_settings.py muon --parts 3 --jobs 2

Several parts of 6,000 training images are held out, one after the other. For each, every candidate
is trained on the other 54,000, with another random state each time, and scored by its accuracy on
the part. All candidates have the same parts, so the differences between them vary less than their
accuracies. The test images are not loaded.
"""

import argparse

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline

from skfashion import FastResNetClassifier, PixelScaler
from skfashion.datasets import fetch_fashion_mnist

MIRRORED = {"augmentation": "alternating_flip", "test_time_augmentation": "flip"}
VIEWS = {"augmentation": "alternating_flip+shift", "test_time_augmentation": "flip+shift"}
BASE = {"weight_decay": 0.02, "max_epochs": 3, **VIEWS}
SMOOTHED = {"label_smoothing": 0.1}
FEWER, FEWEST = ({"data_pruning": p, "max_epochs": n} for p, n in ((0.42, 8), (0.56, 10)))
WIDER, NARROWER = (48, 96, 192), (16, 32, 64)
# name: what all candidates have, and by what each differs
CANDIDATES = {
    "adamw": (
        {**BASE, "optimizer": "adamw", "lr": 0.01, "whitening": False},
        {
            "Muon": {"optimizer": "muon", "lr": 0.02},
            "whitening": {"whitening": True},
            "no mirrored images": {"augmentation": "shift", "test_time_augmentation": "shift"},
            "48, 96, 192 maps": {"widths": WIDER},
            "16, 32, 64 maps": {"widths": NARROWER},
            "three convolutions per stage": {"depths": (3, 3, 3)},
            "label smoothing": SMOOTHED,
            "Lookahead": {"averaging": "lookahead"},
            "EMA": {"averaging": "ema"},
            "bias rates x 16": {"norm_bias_lr_factor": 16.0},
            "bias rates x 64": {"norm_bias_lr_factor": 64.0},
            "batches of 128": {"batch_size": 128},
            "SGD": {"optimizer": "sgd", "momentum": 0.9, "lr": 0.1, "weight_decay": 0.0005},
            "cosine schedule": {"lr_schedule": "cosine"},
            "erasing": {"augmentation": "alternating_flip+shift+erase"},
            "images from 14 pixels on": {"progressive_resizing": 0.5},
            "images from 20 pixels on": {"progressive_resizing": 0.7},
        },
    ),
    "muon": (
        BASE,
        {
            "48, 96, 192 maps": {"widths": WIDER},
            "one, one and two convolutions per stage": {"depths": (1, 1, 2)},
            "one convolution per stage": {"depths": (1, 1, 1)},
            "three convolutions per stage": {"depths": (3, 3, 3)},
            "label smoothing": SMOOTHED,
            "Lookahead": {"averaging": "lookahead"},
            "EMA": {"averaging": "ema"},
            "bias rates x 16": {"norm_bias_lr_factor": 16.0},
            "batches of 128": {"batch_size": 128},
            "weight decay 0.1": {"weight_decay": 0.1},
            "no shifts": MIRRORED,
            "cosine schedule": {"lr_schedule": "cosine"},
            "images from 20 pixels on": {"progressive_resizing": 0.7},
        },
    ),
    "pruning": (
        {**BASE, **SMOOTHED, "max_epochs": 4},
        {
            "42 % left out, 5 epochs, in less time": {"data_pruning": 0.42, "max_epochs": 5},
            "42 % left out, 6 epochs": {"data_pruning": 0.42, "max_epochs": 6},
            "56 % left out, 7 epochs": {"data_pruning": 0.56, "max_epochs": 7},
        },
    ),
    "small": (  # all take about the same time
        {**BASE, **MIRRORED, "depths": (1, 1, 2), "max_epochs": 5},
        {
            "42 % left out, 8 epochs": FEWER,
            "the same, label smoothing": {**FEWER, **SMOOTHED},
            "the same, label smoothing, shifts": {**FEWER, **SMOOTHED, **VIEWS},
            "56 % left out, 10 epochs, label smoothing": {**FEWEST, **SMOOTHED},
            "the same, shifts": {**FEWEST, **SMOOTHED, **VIEWS},
        },
    ),
}


def held_out_accuracy(model, X, y, part, random_state):
    """Return the accuracy in per cent on a part of the images, after training on the others."""
    model = clone(model).set_params(classifier__random_state=random_state)
    others = np.setdiff1d(np.arange(len(y)), part)
    return 100 * model.fit(X[others], y[others]).score(X[part], y[part])


def search(common, changes, *, n_parts, n_jobs):
    """Return a table: accuracy and gain over the first row, as means and standard deviations."""
    X, y = fetch_fashion_mnist(subset="train", return_X_y=True)
    folds = KFold(len(y) // 6000, shuffle=True, random_state=0).split(X)
    parts = [part for _, part in folds][:n_parts]
    models = {
        name: Pipeline(
            [
                ("scale", PixelScaler(feature_range=None)),
                ("classifier", FastResNetClassifier(**{**common, **change})),
            ]
        )
        for name, change in {"as it is": {}, **changes}.items()
    }
    scores = Parallel(n_jobs=n_jobs, verbose=5, pre_dispatch="n_jobs")(
        delayed(held_out_accuracy)(model, X, y, part, k)
        for model in models.values()
        for k, part in enumerate(parts)
    )
    scores = pd.DataFrame(np.reshape(scores, (len(models), -1)), index=list(models))
    gains = scores - scores.iloc[0]
    return pd.DataFrame(
        {
            "accuracy": scores.mean(axis=1),
            "sd": scores.std(axis=1),
            "gain": gains.mean(axis=1),
            "sd of the gain": gains.std(axis=1),
        }
    )


def main():
    """Search as the command line says, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", choices=CANDIDATES, help="what the candidates have in common")
    parser.add_argument("--parts", type=int, default=5, help="parts held out, one after the other")
    parser.add_argument("--epochs", type=int, help="by default those of the base")
    parser.add_argument("--jobs", type=int, default=None, help="trainings at the same time")
    options = parser.parse_args()
    common, changes = CANDIDATES[options.base]
    if options.epochs is not None:
        common = {**common, "max_epochs": options.epochs}
    table = search(common, changes, n_parts=options.parts, n_jobs=options.jobs)
    print(table.round(2).to_string())


if __name__ == "__main__":
    main()

"""Search the settings of the tuned recipe
=======================================

A program for the command line, which takes hours. It searches the settings of
``skfashion.recipes.tuned``, on the training images of the full data alone.

::

    python examples/search_tuned_settings.py "LeNet-5" --jobs 2
    python examples/search_tuned_settings.py "CNN 2" --jobs 2 --random-state 1

Each candidate is trained on 54,000 training images for the article's number of epochs, and scored
by its accuracy on the other 6,000. The test images are not loaded. The candidates are those that
were tried when the recipe was made. Those of LeNet-5 and CNN 2 whose accuracies were close to each
other were tried with two random states.
"""

import argparse
from pathlib import Path

import pandas as pd
from sklearn.model_selection import GridSearchCV, StratifiedShuffleSplit

from skfashion.datasets import fetch_fashion_mnist
from skfashion.recipes import published

FALLING = {"lr_schedule": ["linear"], "warmup": [0.1]}
ADAM = {"optimizer": ["adam"], **FALLING}
SGD = {"optimizer": ["sgd"], "momentum": [0.9], **FALLING}
DROPOUT, LESS_DROPOUT = (0.2, 0.2, 0.5), (0.1, 0.1, 0.4)  # the article's, and less
CANDIDATES = {
    "Simple dense": [
        {"lr": [0.0005, 0.001], "batch_size": [32], **ADAM},
        {"lr": [0.001], "batch_size": [64], **ADAM},
        {"lr": [0.02, 0.05], "batch_size": [32], **SGD},
    ],
    "CNN 1": [
        {"lr": [0.002], "batch_size": [32], **FALLING},
        {"lr": [0.001, 0.0015], "batch_size": [16], **FALLING},
        {"lr": [0.001], "batch_size": [16], **ADAM},
        {"lr": [0.002], "batch_size": [16], "initializer": ["he_normal"], **FALLING},
        {"lr": [0.005, 0.01, 0.03], "batch_size": [16], **SGD},
        {"lr": [0.003], "batch_size": [32], "dropout": [0.25, 0.5], **FALLING},
    ],
    "CNN 2": [
        {"lr": [0.0015], "batch_size": [32], **FALLING},
        {"lr": [0.003], "batch_size": [64], "dropout": [LESS_DROPOUT, DROPOUT], **FALLING},
        {
            "lr": [0.003],
            "batch_size": [64],
            "optimizer": ["adamw"],
            "weight_decay": [0.05],
            **FALLING,
        },
        {"lr": [0.05], "batch_size": [64], "weight_decay": [0.0005], **SGD},
    ],
    "LeNet-5": [
        {"lr": [0.001, 0.002], "batch_size": [16], **FALLING},
        {"lr": [0.001], "batch_size": [8], **FALLING},
        {"lr": [0.003], "batch_size": [32], "initializer": ["lecun_1998"], **FALLING},
        {
            "lr": [0.0015],
            "batch_size": [16],
            "optimizer": ["adamw"],
            "weight_decay": [0.05],
            **FALLING,
        },
        {"lr": [0.005, 0.008, 0.012, 0.015, 0.02, 0.03, 0.1], "batch_size": [16], **SGD},
        {"lr": [0.006], "batch_size": [16], **SGD, "momentum": [0.95]},
        {"lr": [0.012], "batch_size": [16], "weight_decay": [0.0001], **SGD},
        {"lr": [0.012], "batch_size": [16], "initializer": ["lecun_1998"], **SGD},
        {"lr": [0.015], "batch_size": [16], **SGD, "lr_schedule": ["cosine"]},
        {"lr": [0.007, 0.01], "batch_size": [8], **SGD},
        {"lr": [0.02], "batch_size": [8], "initializer": ["lecun_1998"], **SGD},
    ],
    "Modified LeNet-5": [
        {"lr": [0.001], "batch_size": [16], **FALLING},
        {"lr": [0.0015], "batch_size": [16], "initializer": ["he_normal"], **FALLING},
        {"lr": [0.0015], "batch_size": [16], "optimizer": ["nadam"], **FALLING},
        {"lr": [0.0007], "batch_size": [8], **FALLING},
        {"lr": [0.01], "batch_size": [8, 16], **SGD},
    ],
}
# For all candidates: pixels of zero mean and unit deviation, as in all tuned recipes.
STANDARDISED = {"scale__feature_range": [None]}


def search(name, *, n_images, n_jobs, random_state):
    """Return a table of the candidates for a network, the best first."""
    X, y = fetch_fashion_mnist(subset="train", return_X_y=True)
    grid = [
        {**STANDARDISED, **{f"classifier__{key}": values for key, values in settings.items()}}
        for settings in CANDIDATES[name]
    ]
    found = GridSearchCV(
        published(random_state)[name],
        grid,
        cv=StratifiedShuffleSplit(1, train_size=n_images, test_size=6000, random_state=0),
        n_jobs=n_jobs,
        pre_dispatch="n_jobs",  # each process has the images in memory once
        refit=False,
        verbose=3,
    ).fit(X, y)
    results = pd.DataFrame(found.cv_results_)
    columns = ["mean_test_score", "mean_fit_time", "params"]
    return results[columns].sort_values("mean_test_score", ascending=False, ignore_index=True)


def main():
    """Search as the command line says; print the table and save it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=CANDIDATES)
    parser.add_argument("--images", type=int, default=54_000, help="images to train on")
    parser.add_argument("--jobs", type=int, default=1, help="processes, of one thread each")
    parser.add_argument("--random-state", type=int, default=0, help="of the networks")
    parser.add_argument("--out", type=Path, default=Path("runs/search"), help="folder for the CSV")
    options = parser.parse_args()
    table = search(
        options.name,
        n_images=options.images,
        n_jobs=options.jobs,
        random_state=options.random_state,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"{options.name}, random state {options.random_state}.csv"
    table.to_csv(path, index=False)
    print(table.to_string(max_colwidth=None))
    print(f"Written to {path}")


if __name__ == "__main__":
    main()

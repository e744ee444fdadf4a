"""Search the settings of ``skfashion.recipes.tuned``, on the training images alone.

    python examples/search_tuned_settings.py "LeNet-5" --jobs 2 --images 20000

Every candidate is trained on nine tenths of the training images with the article's number of
epochs, and judged by its accuracy on the tenth that is left. The test images are not loaded. The
candidates are those that were tried when the recipe was made.
"""

import argparse
from pathlib import Path

import pandas as pd
from sklearn.model_selection import GridSearchCV, StratifiedShuffleSplit

from skfashion.datasets import fetch_fashion_mnist
from skfashion.recipes import published

FALLING = {"lr_schedule": ["linear"], "warmup": [0.1]}
SGD = {"optimizer": ["sgd"], "momentum": [0.9], **FALLING}
CANDIDATES = {
    "Simple dense": [
        {"lr": [0.0005, 0.001, 0.002], "optimizer": ["adam"], "batch_size": [32, 64], **FALLING},
        {"lr": [0.02, 0.05], **SGD},
    ],
    "CNN 1": [],
    "CNN 2": [],
    "LeNet-5": [],
    "Modified LeNet-5": [],
}
# Beside the candidates: pixels of zero mean and unit deviation, as in all tuned recipes.
STANDARDISED = {"scale__feature_range": [None]}


def search(name, *, n_images, n_jobs):
    """Return a table of the candidates of a network, the best first."""
    X, y = fetch_fashion_mnist(subset="train", return_X_y=True)
    if n_images < len(y):
        sizes = {"train_size": n_images * 9 // 10, "test_size": n_images // 10}
    else:
        sizes = {"test_size": 0.1}
    grid = [
        {**STANDARDISED, **{f"classifier__{key}": values for key, values in settings.items()}}
        for settings in CANDIDATES[name]
    ]
    found = GridSearchCV(
        published(random_state=0)[name],
        grid,
        cv=StratifiedShuffleSplit(1, **sizes, random_state=0),
        n_jobs=n_jobs,
        pre_dispatch="n_jobs",  # the images are in memory once a process
        refit=False,
        verbose=3,
    ).fit(X, y)
    results = pd.DataFrame(found.cv_results_)
    columns = ["mean_test_score", "mean_fit_time", "params"]
    return results[columns].sort_values("mean_test_score", ascending=False, ignore_index=True)


def main():
    """Search as the command line says; print the table and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=CANDIDATES)
    parser.add_argument("--images", type=int, default=60_000, help="training images to use")
    parser.add_argument("--jobs", type=int, default=1, help="processes, of one thread each")
    parser.add_argument("--out", type=Path, default=Path("runs/search"), help="folder for the CSV")
    options = parser.parse_args()
    table = search(options.name, n_images=options.images, n_jobs=options.jobs)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"{options.name}.csv"
    table.to_csv(path, index=False)
    print(table.to_string(max_colwidth=None))
    print(f"Written to {path}")


if __name__ == "__main__":
    main()

"""Write the tenth of Fashion-MNIST that comes with the package.

``python -m skfashion.datasets._make_sample FOLDER`` writes the four files into FOLDER, from the
published ones, by the rule in data/fashion_sample.rst.
"""

import sys
from pathlib import Path

import numpy as np

from skfashion.datasets._fashion_mnist import fetch_fashion_mnist
from skfashion.datasets._idx import write_idx
from skfashion.datasets._idx_folder import file_names

N_PER_CLASS = {"train": 600, "test": 100}


def first_of_each_class(target, n_per_class):
    """Return the indices of the first `n_per_class` samples of each class, in their order."""
    firsts = [np.flatnonzero(target == label)[:n_per_class] for label in np.unique(target)]
    return np.sort(np.concatenate(firsts))


def main(folder):
    """Write the four files into `folder`."""
    for part, n_per_class in N_PER_CLASS.items():
        full = fetch_fashion_mnist(subset=part)
        chosen = first_of_each_class(full.target, n_per_class)
        for kind, array in {
            "images": full.images[chosen],
            "labels": full.target[chosen].astype(np.uint8),
        }.items():
            write_idx(Path(folder) / file_names(part, kind)[0], array)


if __name__ == "__main__":
    main(sys.argv[1])

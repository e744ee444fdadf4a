"""Write the tenth of Fashion-MNIST that comes with the package.

``python -m skfashion.datasets._make_sample FOLDER`` draws it from the published files by the rule
in data/fashion_sample.rst, and writes the four files and the two of indices into FOLDER.
"""

import sys
from pathlib import Path

import numpy as np

from skfashion.datasets._fashion_mnist import fetch_fashion_mnist
from skfashion.datasets._fashion_sample import INDEX_NAMES
from skfashion.datasets._idx import write_idx
from skfashion.datasets._idx_folder import file_names

N_PER_CLASS = {"train": 600, "test": 100}


def first_of_each_class(target, n_per_class):
    """Return the indices of the first `n_per_class` samples of each class, in ascending order."""
    firsts = [np.flatnonzero(target == label)[:n_per_class] for label in np.unique(target)]
    return np.sort(np.concatenate(firsts))


def main(folder):
    """Write the six files into `folder`."""
    for part, n_per_class in N_PER_CLASS.items():
        full = fetch_fashion_mnist(subset=part)
        chosen = first_of_each_class(full.target, n_per_class)
        for name, array in {
            file_names(part, "images")[0]: full.images[chosen],
            file_names(part, "labels")[0]: full.target[chosen].astype(np.uint8),
            INDEX_NAMES[part]: chosen.astype(np.int32),
        }.items():
            write_idx(Path(folder) / name, array)


if __name__ == "__main__":
    main(sys.argv[1])

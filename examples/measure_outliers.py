"""Compare detectors of outliers
===============================

On the full data; a program for the command line::

    python examples/measure_outliers.py

A hundred foreign images are planted among 9,900 training images, and `find_outliers` looks for them
with each of scikit-learn's detectors: how likely a planted image ranks before another one (ROC
AUC), and how many of the first hundred are planted ones (precision). The network is trained on
10,000 other training images. Mean and standard deviation over five draws of the images.
"""

import argparse

import numpy as np
import pandas as pd
from sklearn.covariance import EllipticEnvelope
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.svm import OneClassSVM

from skfashion import CNN1Classifier
from skfashion.datasets import fetch_fashion_mnist
from skfashion.inspection import find_outliers

N_IMAGES, N_PLANTED = 10_000, 100


def upside_down(images, rng):
    return images[:, ::-1]


def inverted(images, rng):
    return 255 - images


def noisy(images, rng):
    return rng.integers(0, 256, images.shape, dtype=np.uint8)


def shuffled_quarters(images, rng):
    """Return images whose quarters have changed places."""
    return np.roll(images, (14, 14), axis=(1, 2))


def digits(images, rng):
    """Return handwritten digits, 8 x 8 pixels enlarged to 24 x 24, on black."""
    found = rng.choice(load_digits().images, len(images), replace=False)  # from 0 to 16
    large = np.kron(found, np.ones((1, 3, 3)))
    return np.pad(large * 255 / 16, ((0, 0), (2, 2), (2, 2))).astype(np.uint8)


def detectors(random_state):
    """Return the detectors by name."""
    return {
        "LocalOutlierFactor(20)": LocalOutlierFactor(n_neighbors=20),
        "LocalOutlierFactor(100)": LocalOutlierFactor(n_neighbors=100),
        "IsolationForest": IsolationForest(random_state=random_state),
        "PCA(50) + EllipticEnvelope": make_pipeline(
            PCA(50, random_state=random_state),
            EllipticEnvelope(random_state=random_state, support_fraction=0.9),
        ),
        "OneClassSVM": OneClassSVM(nu=0.01),
    }


def measure(random_state, X, y):
    """Return a row of figures for each kind of foreign image and each detector."""
    rng = np.random.default_rng(random_state)
    order = rng.permutation(len(X))
    learnt, seen = order[:N_IMAGES], order[N_IMAGES : 2 * N_IMAGES]
    network = CNN1Classifier(max_epochs=4, random_state=random_state).fit(X[learnt], y[learnt])
    rows = []
    for make in (upside_down, inverted, noisy, shuffled_quarters, digits):
        images = X[seen].copy().reshape(-1, 28, 28)
        images[:N_PLANTED] = make(images[:N_PLANTED], rng)
        for name, detector in detectors(random_state).items():
            found = find_outliers(network, images.reshape(len(images), -1), detector=detector)
            is_planted = found["index"] < N_PLANTED
            rows.append(
                {
                    "planted": make.__name__.replace("_", " "),
                    "detector": name,
                    "ROC AUC": roc_auc_score(is_planted, -found["score"]),
                    "precision": is_planted[:N_PLANTED].mean(),
                }
            )
            print(random_state, *rows[-1].values(), flush=True)
    return pd.DataFrame(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=5)
    args = parser.parse_args()
    X, y = fetch_fashion_mnist(subset="train", return_X_y=True)
    rows = pd.concat([measure(k, X, y) for k in range(args.draws)])
    table = rows.groupby(["planted", "detector"], sort=False).agg(["mean", "std"]).round(3)
    print(table.to_string())


if __name__ == "__main__":
    main()

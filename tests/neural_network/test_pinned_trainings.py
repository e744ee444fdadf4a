"""Trainings whose weights must stay what they are: of every network, and of every way to train.

The last bits of a training depend on the processor and the number of threads, so the test compares
norms and losses, which another order of the images or other initial weights change in the third
digit. ``python -m tests.neural_network.test_pinned_trainings`` prints a hash of all bits, to be
compared before and after a change on one machine.
"""

import hashlib

import numpy as np
import pytest
import torch

import skfashion
from skfashion import CNN2Classifier, SimpleDenseClassifier, load_fashion_sample

N_IMAGES = 640


def images():
    X, y = load_fashion_sample(subset="train", return_X_y=True)
    return X[:N_IMAGES], y[:N_IMAGES]


def two_epochs(Classifier, **parameters):
    """Train for two epochs of twenty batches."""
    parameters = {"max_epochs": 2, "random_state": 0, **parameters}
    return Classifier(**parameters).fit(*images())


def warm_start():
    """Train, go on with the same optimiser, and then with another."""
    network = two_epochs(CNN2Classifier, max_epochs=1, warm_start=True).fit(*images())
    return network.set_params(optimizer="sgd", momentum=0.9).fit(*images())


def partial_fits():
    """Train on two halves, with weights."""
    X, y = images()
    network = CNN2Classifier(random_state=0, class_weight="balanced")
    network.partial_fit(X[::2], y[::2], classes=np.arange(10))
    return network.partial_fit(X[1::2], y[1::2], sample_weight=1 + y[1::2])


WAYS = {
    "warm start": warm_start,
    "partial fits": partial_fits,
    "schedule": lambda: two_epochs(CNN2Classifier, lr_schedule="cosine", warmup=0.3, lr=0.01),
    "early stopping": lambda: two_epochs(
        SimpleDenseClassifier,
        optimizer="adam",
        lr=0.02,
        early_stopping=True,
        n_iter_no_change=1,
        max_epochs=9,
    ),
    "weights": lambda: two_epochs(SimpleDenseClassifier, class_weight={3: 5.0}, momentum=0.9),
}
NETWORKS = ["SimpleDense", "CNN1", "CNN2", "LeNet5", "ModifiedLeNet5"]


def trained(name):
    if name in WAYS:
        return WAYS[name]()
    return two_epochs(getattr(skfashion, f"{name}Classifier"))


def weights(network):
    tensors = [p.detach().double().numpy().ravel() for p in network.net_.module_.parameters()]
    return np.concatenate(tensors)


def norm(network):
    return float(np.linalg.norm(weights(network)))


# Norm of the trained weights, and loss of the last epoch.
NORMS = {
    "SimpleDense": (24.4931, 2.33528),
    "CNN1": (11.9281, 1.38898),
    "CNN2": (22.4269, 0.978309),
    "LeNet5": (15.4217, 1.28006),
    "ModifiedLeNet5": (15.5777, 1.09769),
    "warm start": (22.4316, 0.752051),
    "partial fits": (22.0399, 1.35016),
    "schedule": (36.1323, 1.08032),
    "early stopping": (63.6806, 0.527444),
    "weights": (24.4987, 1.80142),
}


@pytest.mark.parametrize("name", [*NETWORKS, *WAYS])
def test_training_is_what_it_was(name):
    network = trained(name)
    expected_norm, expected_loss = NORMS[name]
    assert norm(network) == pytest.approx(expected_norm, rel=2e-4)
    assert network.loss_curve_[-1] == pytest.approx(expected_loss, rel=5e-3)


def main():
    for n_threads in (1, 2):
        torch.set_num_threads(n_threads)
        for name in [*NETWORKS, *WAYS]:
            network = trained(name)
            bits = hashlib.sha256(weights(network).tobytes()).hexdigest()[:16]
            print(
                f"{n_threads} {name:15} {bits} {norm(network):.8g}, {network.loss_curve_[-1]:.8g}"
            )


if __name__ == "__main__":
    main()

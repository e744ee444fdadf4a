import pytest

from skfashion import SimpleDenseClassifier
from skfashion._epochs import listening, tell_epoch


def test_a_network_tells_its_epochs(sample):
    told = []
    X, y = sample.data[:50], sample.target[:50]
    network = SimpleDenseClassifier(max_epochs=3, random_state=0)
    with listening(lambda *epochs: told.append(epochs)):
        network.fit(X, y)
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    losses = network.loss_curve_
    assert network.fit(X, y).loss_curve_ == losses  # it makes no difference
    assert len(told) == 4


def test_an_error_of_the_listener_ends_no_training():
    told = []

    def listener(epoch, n_epochs):
        told.append(epoch)
        raise OSError("no screen")

    def train():
        with listening(listener):
            tell_epoch(0, 2)
            tell_epoch(1, 2)
            told.append("trained")

    with pytest.raises(OSError, match="no screen"):
        train()
    assert told == [0, "trained"]


def test_an_interrupt_comes_through():
    def listener(epoch, n_epochs):
        raise KeyboardInterrupt

    with listening(listener), pytest.raises(KeyboardInterrupt):
        tell_epoch(0, 2)


def test_nobody_listens():
    with listening(None):
        tell_epoch(0, 1)
    tell_epoch(0, 1)

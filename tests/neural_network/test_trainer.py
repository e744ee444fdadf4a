"""What a trainer does for optimisers, callbacks and memory."""

import pickle
from functools import partial
from typing import ClassVar

import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import Callback, EarlyStopping
from torch import nn

from skfashion import (
    CNN1Classifier,
    FastResNetClassifier,
    ImageClassifier,
    ResNetClassifier,
    SimpleDenseClassifier,
    VGGClassifier,
)
from skfashion.neural_network._engine.net import ImageNet
from tests.networks import NETWORKS, make_network

OPTIMIZERS = [
    torch.optim.Adadelta,
    torch.optim.Adagrad,
    torch.optim.Adamax,
    torch.optim.ASGD,
    torch.optim.RAdam,
    torch.optim.RMSprop,
    torch.optim.Rprop,
    partial(torch.optim.SGD, foreach=False),
    torch.optim.LBFGS,
]


DEEP = [FastResNetClassifier, ResNetClassifier, VGGClassifier]


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:128], sample.target[:128]


# -- optimisers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "Classifier",
    [pytest.param(C, marks=[pytest.mark.slow] if C in DEEP else []) for C in NETWORKS],
)
def test_every_network_learns_with_lbfgs(data, Classifier):
    lbfgs = partial(torch.optim.LBFGS, max_iter=5)
    network = make_network(
        Classifier, optimizer=lbfgs, lr=0.1, max_epochs=3, batch_size=128, random_state=0
    )
    losses = network.fit(*data).loss_curve_
    assert losses[-1] < losses[0]
    assert losses[-1] < max(2.35, 0.9 * losses[0])  # near ln 10, or much better than at the start


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: getattr(o, "__name__", "SGD"))
@pytest.mark.parametrize("Classifier", NETWORKS)
def test_every_optimiser_of_torch_trains_every_network(data, Classifier, optimizer):
    X, y = data[0][:32], data[1][:32]
    network = make_network(Classifier, optimizer=optimizer, lr=1e-3, max_epochs=1, random_state=0)
    assert np.isfinite(network.fit(X, y).predict_proba(X)).all()


def two_rates(parameters, lr):
    first, *rest = parameters
    return torch.optim.SGD([{"params": [first], "lr": lr / 10}, {"params": rest}], lr=lr)


def own_rates(parameters, lr):
    first, *rest = parameters
    return torch.optim.SGD([{"params": [first], "lr": 0.003}, {"params": rest, "lr": 0.02}])


class Rates(Callback):
    seen: ClassVar[list] = []

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            self.seen.append([group["lr"] for group in net.optimizer_.param_groups])


@pytest.fixture
def rates():
    Rates.seen.clear()
    return Rates.seen


@pytest.mark.parametrize(
    ("optimizer", "expected", "expected_later"),
    [(two_rates, [0.01, 0.1], [0.05, 0.5]), (own_rates, [0.003, 0.02], [0.003, 0.02])],
)
def test_rates_are_those_that_a_callable_sets(data, rates, optimizer, expected, expected_later):
    network = SimpleDenseClassifier(
        optimizer=optimizer, lr=0.1, max_epochs=1, warm_start=True, callbacks=[Rates()]
    )
    network.fit(*data)
    network.partial_fit(*data)
    np.testing.assert_allclose(rates, [expected] * 8)
    rates.clear()
    network.set_params(lr=0.5).fit(*data)
    network.partial_fit(*data)
    np.testing.assert_allclose(rates, [expected_later] * 8)
    rates.clear()
    network.set_params(lr=0.1, lr_schedule="linear").fit(*data)
    np.testing.assert_allclose(rates, np.outer([0.875, 0.625, 0.375, 0.125], expected))


@pytest.mark.parametrize("optimizer", [two_rates, own_rates])
def test_rates_come_back_with_a_state(data, rates, optimizer):
    parameters = {"optimizer": optimizer, "lr": 0.1, "max_epochs": 1, "callbacks": [Rates()]}
    network = SimpleDenseClassifier(**parameters, random_state=0).fit(*data)
    expected = list(rates[:1])
    rates.clear()
    network._trainer.load(network._trainer.state())
    network.partial_fit(*data)
    assert rates == expected * 4


class Normalized(nn.Sequential):
    def __init__(self, image_shape, n_classes):
        super().__init__(
            nn.Flatten(), nn.Linear(784, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, n_classes)
        )


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "nadam", "muon"])
def test_rates_of_biases_keep_their_ratio(data, rates, optimizer):
    network = ImageClassifier(
        module=Normalized,
        optimizer=optimizer,
        norm_bias_lr_factor=64,
        lr=1e-3,
        lr_schedule="one_cycle",
        max_epochs=1,
        warm_start=True,
        callbacks=[Rates()],
    )
    network.fit(*data)
    plain, biases = np.transpose(rates)
    np.testing.assert_allclose(biases, 64 * plain)
    assert plain[0] < plain.max() < 1e-3
    group = network.net_.optimizer_.param_groups[1]["params"]
    assert [w is network.net_.module_[2].bias for w in group] == [True]
    rates.clear()
    network.set_params(lr=2e-3, lr_schedule="constant").fit(*data)
    np.testing.assert_allclose(rates, [[2e-3, 0.128]] * 4)
    rates.clear()
    network.set_params(norm_bias_lr_factor=2).fit(*data)  # the optimiser starts over
    np.testing.assert_allclose(rates, [[2e-3, 4e-3]] * 4)
    rates.clear()
    again = pickle.loads(pickle.dumps(network)).partial_fit(*data)
    np.testing.assert_allclose(rates, [[2e-3, 4e-3]] * 4)
    assert again.n_iter_ == 4


def test_a_callable_optimiser_makes_its_own_groups(data):
    network = SimpleDenseClassifier(optimizer=torch.optim.SGD, norm_bias_lr_factor=64)
    with pytest.raises(ValueError, match="Set it to 1, and have your callable make a parameter"):
        network.fit(*data)
    network.set_params(norm_bias_lr_factor=1.0, max_epochs=1, warm_start=True).fit(*data)
    before = network.predict_proba(data[0])
    with pytest.raises(ValueError, match="norm_bias_lr_factor=2 applies only to an optimizer"):
        network.set_params(norm_bias_lr_factor=2).fit(*data)
    np.testing.assert_array_equal(network.predict_proba(data[0]), before)


def test_weights_are_channels_last_but_for_a_callers_optimiser(data):
    X, y = data[0][:32], data[1][:32]
    network = CNN1Classifier(max_epochs=1, warm_start=True).fit(X, y)
    weight = network.net_.module_.features[0].weight
    assert weight.stride()[1] == 1
    network.set_params(optimizer=torch.optim.SGD).fit(X, y)
    assert all(p.is_contiguous() for p in network.net_.module_.parameters())
    network.set_params(optimizer=lambda parameters, lr: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        network.fit(X, y)
    network.set_params(optimizer=torch.optim.SGD).partial_fit(X, y)
    assert all(p.is_contiguous() for p in network.net_.module_.parameters())


# -- loss -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
def test_labels_are_smoothed_in_training_only(data, weighted):
    X, y = data
    weight = 1.0 + y if weighted else None
    network = SimpleDenseClassifier(
        label_smoothing=0.2, lr=1e-12, max_epochs=1, validation_fraction=0.5, random_state=0
    )
    plain = clone(network).set_params(label_smoothing=0.0).fit(X, y, weight)
    network.fit(X, y, weight)
    assert network.validation_loss_curve_ == pytest.approx(plain.validation_loss_curve_, rel=1e-5)
    # The weights hardly change, so the losses are those of the initial network.
    assert network.loss_curve_[0] != pytest.approx(plain.loss_curve_[0], rel=1e-4)
    everything = clone(network).set_params(validation_fraction=None, batch_size=200)
    everything.fit(X, y, weight)
    log_proba = everything.predict_log_proba(X)
    losses = -0.8 * log_proba[np.arange(len(y)), y] - 0.2 * log_proba.mean(1)
    expected = np.average(losses, weights=weight)
    assert everything.loss_curve_[0] == pytest.approx(expected, rel=1e-3)


def test_smooth_labels_make_less_extreme_probabilities(data):
    network = SimpleDenseClassifier(optimizer="adam", max_epochs=15, random_state=0)
    sharp = network.fit(*data).predict_proba(data[0]).max(1).mean()
    smooth = clone(network).set_params(label_smoothing=0.3).fit(*data)
    assert smooth.predict_proba(data[0]).max(1).mean() < sharp - 0.1


# -- callbacks ------------------------------------------------------------------------------------


def never_better():
    return EarlyStopping("train_loss", patience=2, threshold=1e9, threshold_mode="abs")


def test_early_stoppings_of_skorch_let_every_callback_see_the_last_epoch(data, capsys):
    seen = []

    class Seen(Callback):
        def on_epoch_end(self, net, **kwargs):
            seen.append(len(net.history))

        def on_train_end(self, net, **kwargs):
            seen.append("end")

    callbacks = [never_better(), Seen(), ("second", never_better()), ("last", Seen())]
    network = SimpleDenseClassifier(max_epochs=9, callbacks=callbacks, verbose=1).fit(*data)
    assert network.n_iter_ == 3
    assert seen == [1, 1, 2, 2, 3, 3, "end", "end"]
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines if line[0].isdigit()] == ["1", "2", "3"]


EVENTS = ["train_begin", "epoch_begin", "batch_begin", "grad_computed", "batch_end", "epoch_end"]


@pytest.mark.parametrize("event", [*EVENTS, "train_end"])
def test_an_interrupt_in_any_event_is_raised(data, event):
    class Interrupt(Callback):
        pass

    def interrupt(self, net, **kwargs):
        raise KeyboardInterrupt

    setattr(Interrupt, f"on_{event}", interrupt)
    callbacks = [never_better(), Interrupt()]
    with pytest.raises(KeyboardInterrupt):
        SimpleDenseClassifier(max_epochs=3, callbacks=callbacks).fit(*data)


# -- memory ---------------------------------------------------------------------------------------


def test_too_little_memory_is_explained(data, monkeypatch):
    def infer(self, x, **kwargs):
        return torch.empty(2**60)

    monkeypatch.setattr(ImageNet, "infer", infer)
    message = r"not enough memory: torch tried to allocate [\d,.]+ GiB\. Set a smaller batch_size"
    with pytest.raises(MemoryError, match=message):
        SimpleDenseClassifier(max_epochs=1).fit(*data)

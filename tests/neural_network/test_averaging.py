"""Averages of the weights: their arithmetic, and what trains, validates and predicts with them."""

import pickle
from functools import partial
from typing import ClassVar

import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import Callback
from torch import nn

from skfashion import ImageClassifier, SimpleDenseClassifier
from skfashion.neural_network._engine.averaging import Average, ema_decay

KINDS = ["ema", "lookahead"]
FAST = {"max_epochs": 3, "optimizer": "adam", "lr": 0.01, "random_state": 0}


class Normalized(nn.Module):
    """A module with batch normalisation, and weights that have two names."""

    def __init__(self, image_shape, n_classes):
        super().__init__()
        self.first, self.norm = nn.Linear(784, 8), nn.BatchNorm1d(8)
        self.all = nn.Sequential(
            nn.Flatten(), self.first, self.norm, nn.ReLU(), nn.Linear(8, n_classes)
        )

    def forward(self, x):
        return self.all(x)


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:160], sample.target[:160]


def weights(module):
    return torch.cat([p.detach().ravel() for p in module.parameters()])


def walk(average, module, n_steps):
    """Set the weights to 1, 2, 3, ... as if by training steps; return them after each update."""
    seen = []
    with average.training():
        for k in range(1, n_steps + 1):
            with torch.no_grad():
                for tensor in (*module.parameters(), module.norm.running_mean):
                    tensor.fill_(float(k))
                module.norm.num_batches_tracked.fill_(k)
            average.update(progress=k / n_steps)
            seen.append(module.first.weight.flatten()[0].item())
    return seen


@pytest.fixture
def module():
    module = Normalized((1, 28, 28), 10)
    for p in module.parameters():
        nn.init.zeros_(p)
    return module


def test_a_moving_average_is_what_its_formula_says(module):
    average = Average(module, "ema")
    assert walk(average, module, 30) == list(range(1, 31))  # the training goes its own way
    expected = 0.0
    for k in range(1, 31):
        decay = (1 + k) / (10 + k)
        expected = decay * expected + (1 - decay) * k
    assert 25 < expected < 29
    for tensor in (*module.parameters(), module.norm.running_mean):
        torch.testing.assert_close(tensor.detach(), torch.full_like(tensor, expected))
    assert module.norm.num_batches_tracked == 30  # not an average
    assert [ema_decay(n) for n in (10**4, 10**6)] == [0.999, 0.999]


def test_lookahead_goes_on_from_the_average_after_every_fifth_step(module):
    average = Average(module, "lookahead")
    seen = walk(average, module, 20)
    slow, expected = 0.0, []
    for k in range(1, 21):
        decay = 0.95**5 * (k / 20) ** 3
        slow = decay * slow + (1 - decay) * k if k % 5 == 0 else slow
        expected.append(slow if k % 5 == 0 else k)
    np.testing.assert_allclose(seen, expected, rtol=1e-6)
    torch.testing.assert_close(module.first.bias.detach(), torch.full((8,), slow))
    assert slow < 19


def test_after_an_epoch_lookahead_includes_the_steps_since_the_last_fifth(module):
    average = Average(module, "lookahead")
    walk(average, module, 7)
    decays = [0.95**5 * (k / 7) ** 3 for k in (5, 7)]
    slow = (1 - decays[0]) * 5
    expected = decays[1] * slow + (1 - decays[1]) * 7
    torch.testing.assert_close(module.first.bias.detach(), torch.full((8,), expected))
    with average.training():  # which goes on from what the training itself had
        torch.testing.assert_close(module.first.bias.detach(), torch.full((8,), 7.0))
        torch.testing.assert_close(average.kept["first.bias"], torch.full((8,), slow))


@pytest.mark.parametrize("kind", KINDS)
def test_few_batches_are_learnt_too(data, kind):
    X, y = data
    settings = {**FAST, "averaging": kind}
    network, plain = SimpleDenseClassifier(**settings), SimpleDenseClassifier(**FAST)
    for start in [*range(0, 160, 40)] * 15:
        part = slice(start, start + 40)  # two batches
        network.partial_fit(X[part], y[part], classes=np.arange(10))
    assert network.score(X, y) > 0.8
    network = SimpleDenseClassifier(**{**settings, "max_epochs": 1, "batch_size": 40}).fit(X, y)
    plain.set_params(lr=1e-12, max_epochs=1).fit(X, y)  # its initial weights
    moved = weights(network.net_.module_) - weights(plain.net_.module_)
    assert moved.abs().max() > 0.001
    assert moved.abs().max() < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_averages_change_places_exactly_and_return_as_they_were(module, kind):
    average = Average(module, kind)
    walk(average, module, 7)
    outside = weights(module)
    with average.training():
        assert not torch.equal(weights(module), outside)
    assert torch.equal(weights(module), outside)
    with pytest.raises(KeyboardInterrupt), average.training():
        raise KeyboardInterrupt
    assert torch.equal(weights(module), outside)


class OwnWeights(Callback):
    """Keeps the weights in the last batch of each epoch, and after it; copies share the list."""

    seen: ClassVar[list] = []

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            self.own = weights(net.module_)

    def on_epoch_end(self, net, **kwargs):
        self.seen.append((self.own, weights(net.module_)))


@pytest.fixture
def seen():
    OwnWeights.seen.clear()
    return OwnWeights.seen


def test_a_moving_average_leaves_the_training_as_it_is(data, seen):
    network = SimpleDenseClassifier(**FAST, callbacks=[OwnWeights()])
    plain = network.fit(*data)
    averaged = clone(network).set_params(averaging="ema").fit(*data)
    assert len(seen) == 6
    assert all(torch.equal(own, after) for own, after in seen[:3])
    assert all(torch.equal(one, two) for (one, _), (two, _) in zip(seen[:3], seen[3:], strict=True))
    assert averaged.loss_curve_ == plain.loss_curve_
    assert torch.equal(weights(averaged.net_.module_), seen[-1][1])
    assert not torch.equal(*seen[-1])


@pytest.mark.parametrize("kind", KINDS)
def test_validation_and_early_stopping_see_the_weights_that_predict(data, kind):
    X, y = data
    parameters = {**FAST, "max_epochs": 12, "averaging": kind, "n_iter_no_change": 2}
    network = SimpleDenseClassifier(**parameters, early_stopping=True, validation_fraction=0.4)
    network.fit(X, y)
    best = int(np.argmin(network.validation_loss_curve_)) + 1
    assert best < network.n_iter_
    if kind == "ema":  # for lookahead, another number of epochs is another training
        same = clone(network).set_params(early_stopping=False, max_epochs=best).fit(X, y)
        assert torch.equal(weights(same.net_.module_), weights(network.net_.module_))
    # training continues from the weights that were restored
    before = weights(network.net_.module_)
    network.set_params(lr=1e-12).partial_fit(X, y)
    torch.testing.assert_close(weights(network.net_.module_), before)


def test_the_validation_loss_is_that_of_the_averages(data):
    X, y = data
    found = []

    class Losses(Callback):
        def on_epoch_end(self, net, dataset_valid=None, **kwargs):
            scores, target = net.forward(dataset_valid.X), torch.from_numpy(dataset_valid.y)
            found.append(nn.functional.cross_entropy(scores, target).item())

    network = SimpleDenseClassifier(
        **FAST, averaging="ema", validation_fraction=0.25, callbacks=[Losses()]
    )
    network.fit(X, y)
    assert network.validation_loss_curve_ == pytest.approx(found, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_random_state_fixes_everything_and_pickles_predict_the_same(data, kind):
    X, y = data
    network = ImageClassifier(module=Normalized, averaging=kind, **FAST).fit(X, y)
    proba = network.predict_proba(X)
    np.testing.assert_array_equal(clone(network).fit(X, y).predict_proba(X), proba)
    again = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(again.predict_proba(X), proba)
    again.set_params(lr=1e-12).partial_fit(X, y)  # from the averages, and with a new one
    torch.testing.assert_close(weights(again.net_.module_), weights(network.net_.module_))
    assert again._trainer.average.n_steps == 5


def test_partial_fits_go_on_with_the_average_and_fits_start_a_new_one(data, seen):
    X, y = data
    parameters = {**FAST, "averaging": "ema", "warm_start": True, "callbacks": [OwnWeights()]}
    network = SimpleDenseClassifier(**parameters).fit(X, y)
    stream = SimpleDenseClassifier(**parameters)
    for _ in range(3):
        stream.partial_fit(X, y, classes=np.arange(10))
    assert stream._trainer.average.n_steps == network._trainer.average.n_steps == 15
    assert len(seen) == 6
    for one, two in zip(seen[:3], seen[3:], strict=True):
        assert torch.equal(one[0], two[0])
        assert torch.equal(one[1], two[1])
    before = weights(network.net_.module_)
    network.set_params(lr=1e-12, max_epochs=1).fit(X, y)
    assert network._trainer.average.n_steps == 5
    torch.testing.assert_close(weights(network.net_.module_), before)  # it went on from these


@pytest.mark.parametrize("after", [None, *KINDS])
@pytest.mark.parametrize("before", [None, *KINDS])
def test_a_warm_start_goes_on_from_the_weights_that_predict(data, before, after):
    network = SimpleDenseClassifier(**FAST, averaging=before, warm_start=True).fit(*data)
    expected = weights(network.net_.module_)
    network.set_params(averaging=after, lr=1e-12).fit(*data)
    torch.testing.assert_close(weights(network.net_.module_), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_fails_leaves_the_averages_as_they_were(data, kind):
    X, y = data
    network = SimpleDenseClassifier(**FAST, averaging=kind).fit(X, y)
    twin = clone(network).fit(X, y)

    class Interrupt(Callback):
        def on_batch_end(self, net, **kwargs):
            if net.average.n_steps % 5 == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        network.set_params(callbacks=[Interrupt()]).partial_fit(X, y)
    network.set_params(callbacks=None).partial_fit(X, y)
    twin.partial_fit(X, y)
    np.testing.assert_array_equal(network.predict_proba(X), twin.predict_proba(X))


@pytest.mark.parametrize("kind", KINDS)
def test_averages_of_an_optimiser_that_calls_a_closure(data, kind):
    lbfgs = partial(torch.optim.LBFGS, max_iter=2)
    network = SimpleDenseClassifier(optimizer=lbfgs, averaging=kind, max_epochs=2, random_state=0)
    assert np.isfinite(network.fit(*data).predict_proba(data[0])).all()
    assert network._trainer.average.n_steps == 10

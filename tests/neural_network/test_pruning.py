"""Leaving out easy images: which, in which epochs, and what it may not change."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError
from skorch.callbacks import Callback

from skfashion import FastResNetClassifier, SimpleDenseClassifier
from skfashion.neural_network._engine.pruning import Pruning, epoch_sizes, n_left_out
from tests.networks import weights

N = 200
QUICK = {"optimizer": "adam", "lr": 0.003, "batch_size": 10, "random_state": 0}  # learns at once


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:N], sample.target[:N]


@pytest.fixture
def shown(monkeypatch):
    """The positions of the images of each epoch."""
    from skfashion.neural_network._engine.batches import ImageBatches

    epochs = []
    batches_of = ImageBatches.__iter__

    def note(self):
        is_training = self.rng is not None
        if is_training:
            epochs.append([])
        for samples, y in batches_of(self):
            if is_training:
                epochs[-1] += samples["positions"].tolist()
            yield samples, y

    monkeypatch.setattr(ImageBatches, "__iter__", note)
    return epochs


def test_the_number_of_images_of_each_epoch():
    assert epoch_sizes(100, 4, None) == [100] * 4
    assert epoch_sizes(100, 5, 0.42) == [100, 58, 58, 58, 100]
    assert epoch_sizes(100, 2, 0.42) == [100, 100]
    assert epoch_sizes(100, 1, 0.42) == [100]
    assert [n_left_out(n, 0.7) for n in (1, 2, 3, 4, 10)] == [0, 0, 1, 2, 7]


def test_easy_images_are_those_whose_own_class_was_probable():
    pruning = Pruning.of(10)
    pruning.add(np.arange(0, 10, 2), torch.tensor([[9.0, 0.0]] * 5), torch.zeros(5, dtype=int))
    pruning.add(np.arange(1, 10, 2), torch.tensor([[9.0, 0.0]] * 5), torch.ones(5, dtype=int))
    rng, n_used = np.random.default_rng(0), np.zeros(10)
    for _ in range(1000):
        used = pruning.choose(0.35, rng)
        assert len(used) == 6  # round(3.5) is 4
        n_used[used] += 1
    assert np.all(n_used[1::2] == 1000)  # the hard half
    assert np.all(np.abs(n_used[::2] - 200) < 60)  # of five easy ones, four are left out
    np.testing.assert_allclose(pruning.state()[:2], [0.99988, 0.00012], atol=1e-5)


@pytest.mark.parametrize("n_hard", [0, 2])
def test_images_of_the_same_confidence_are_left_out_equally_often(n_hard):
    confidence = torch.ones(10)
    confidence[:n_hard] = 0.5
    pruning, rng, n_left_out = Pruning(confidence), np.random.default_rng(0), np.full(10, 2000)
    for _ in range(2000):
        n_left_out[pruning.choose(0.35, rng)] -= 1
    assert np.all(n_left_out[:n_hard] == 0)
    expected = 4 * 2000 / (10 - n_hard)
    assert np.all(np.abs(n_left_out[n_hard:] - expected) < 120)


@pytest.mark.parametrize("fraction", [0.01, 0.35, 0.7])
def test_without_equal_ones_no_further_random_numbers_are_drawn(fraction):
    confidence = np.random.default_rng(1).permutation(40) / 40
    confidence[confidence < 0.1] = 0  # equal ones far from the boundary
    found = Pruning(torch.tensor(confidence)).choose(fraction, np.random.default_rng(2))
    n_easy = round(fraction / 0.7 * 40)
    easy = sorted(range(40), key=lambda k: (-confidence[k], k))[:n_easy]
    left_out = np.random.default_rng(2).permutation(easy)[: round(fraction * 40)]
    assert found.tolist() == sorted(set(range(40)) - set(left_out.tolist()))


def test_epochs_leave_out_what_was_learnt(data, shown):
    X, y = data
    network = SimpleDenseClassifier(data_pruning=0.42, max_epochs=4, **QUICK)
    network.fit(X, y)
    assert [len(epoch) for epoch in shown] == [N, 116, 116, N]
    assert all(len(set(epoch)) == len(epoch) for epoch in shown)
    assert shown[1] != sorted(shown[1])
    assert set(shown[1]) != set(shown[2])
    first = SimpleDenseClassifier(max_epochs=1, **QUICK).fit(X, y)
    proba = first.predict_proba(X)[np.arange(N), y]
    left_out = np.setdiff1d(np.arange(N), shown[1])
    assert proba[left_out].mean() > proba[shown[1]].mean() + 0.05
    shown.clear()
    network.partial_fit(X, y)
    network.set_params(warm_start=True, max_epochs=2).fit(X, y)
    assert [len(epoch) for epoch in shown] == [N] * 3


def test_the_learning_rate_falls_to_zero_at_the_end(data):
    rates = []

    def note(parameters, lr):
        optimizer = torch.optim.SGD(parameters, lr=lr)
        optimizer.register_step_post_hook(lambda o, *_: rates.append(o.param_groups[0]["lr"]))
        return optimizer

    settings = {"lr_schedule": "linear", "optimizer": note, "batch_size": 20}
    SimpleDenseClassifier(data_pruning=0.5, max_epochs=4, **settings).fit(*data)
    rates = [rate for rate in rates if rate]
    assert len(rates) == 10 + 5 + 5 + 10
    np.testing.assert_allclose(np.diff(rates), rates[1] - rates[0], rtol=1e-5)
    assert rates[-1] == pytest.approx(rates[0] / 59)


@pytest.mark.parametrize("options", [{}, {"validation_fraction": 0.1}, {"early_stopping": True}])
def test_random_state_fixes_it(data, options):
    network = SimpleDenseClassifier(data_pruning=0.5, max_epochs=4, random_state=0, **options)
    network.fit(*data)
    again = clone(network).fit(*data)
    np.testing.assert_array_equal(weights(again), weights(network))
    whole = clone(network).set_params(data_pruning=None).fit(*data)
    assert not np.array_equal(weights(whole), weights(network))


def test_a_network_that_normalises_batches_gets_two_images(data):
    X, y = data[0][:3], np.array([0, 1, 0])
    network = FastResNetClassifier(widths=(4,), depths=(1,), data_pruning=0.7, max_epochs=3)
    assert network.fit(X, y).n_iter_ == 3


def test_sample_weights_stay_with_their_images(data, shown):
    X, y = data
    weight = np.where(np.arange(N) % 2, 1.0, 1e-9)
    network = SimpleDenseClassifier(data_pruning=0.5, max_epochs=12, **QUICK)
    network.fit(X, y, sample_weight=weight)
    assert network.score(X[1::2], y[1::2]) > network.score(X[::2], y[::2]) + 0.05
    assert np.mean(np.array(shown[2]) % 2) < 0.5  # what has a weight is learnt, and left out


def test_the_weights_of_each_epoch_have_mean_one(data):
    X, y = data
    epochs = []

    class Weights(Callback):
        def on_epoch_begin(self, net, **kwargs):
            epochs.append([])

        def on_batch_begin(self, net, batch, training, **kwargs):
            epochs[-1] += batch[0]["weight"].tolist()

    easy = SimpleDenseClassifier(max_epochs=1, **QUICK).fit(X, y).predict_proba(X)[np.arange(N), y]
    network = SimpleDenseClassifier(data_pruning=0.5, max_epochs=4, **QUICK)
    network.set_params(callbacks=[Weights()])
    network.fit(X, y, sample_weight=np.where(easy > np.median(easy), 10.0, 1.0))
    assert [len(epoch) for epoch in epochs] == [N, N // 2, N // 2, N]
    assert [np.mean(epoch) for epoch in epochs] == pytest.approx([1] * 4, rel=1e-5)
    assert all(max(epoch) == pytest.approx(10 * min(epoch)) for epoch in epochs)


@pytest.mark.parametrize("value", [0, 0.71, 1, -0.1, "half"])
def test_values_out_of_range(data, value):
    with pytest.raises(InvalidParameterError, match="data_pruning"):
        SimpleDenseClassifier(data_pruning=value).fit(*data)

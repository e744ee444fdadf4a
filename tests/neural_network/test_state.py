"""A training continues bit for bit from its state; a fitted network predicts without skorch."""

import pickle
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from skfashion import CNN1Classifier, CNN2Classifier, ImageClassifier, SimpleDenseClassifier
from skfashion.neural_network._engine.batches import ImageSet
from skfashion.neural_network._engine.fitted import FittedNetwork
from skfashion.neural_network._engine.net import ImageNet, NonFiniteLoss
from skfashion.neural_network._engine.state import TrainingState

PLAIN = (dict, list, tuple, np.ndarray, int, float, str, bool, type(None))
COURSE = {
    **{"lr": 0.005, "batch_size": 32, "lr_schedule": "cosine", "warmup": 0.2, "patience": 2},
    **{"augmentation": "alternating_flip+shift+erase", "label_smoothing": 0.1, "averaging": "ema"},
}


def with_torchs_dropout(image_shape, n_classes):
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(int(np.prod(image_shape)), 20),
        nn.BatchNorm1d(20),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(20, n_classes),
    )


@pytest.fixture(
    params=[
        CNN2Classifier(),
        CNN1Classifier(),  # with an optimiser of the package's own
        SimpleDenseClassifier(momentum=0.9),
        ImageClassifier(module=with_torchs_dropout),
        SimpleDenseClassifier(optimizer=torch.optim.RMSprop),
    ],
    ids=["adam", "nadam", "momentum", "torch's dropout", "callable"],
)
def new_trainer(request):
    """Return a function that makes a trainer of a seed."""

    def make(seed=0):
        classifier = request.param
        classifier.image_shape_, classifier.classes_ = (28, 28, 1), np.arange(10)
        return classifier._new_trainer(np.random.SeedSequence(seed))

    return make


@pytest.fixture
def parts(sample):
    """Return 200 images to train on and 100 to validate."""
    X, y = sample.data[:300], sample.target[:300]
    return tuple(ImageSet(X, y[k], index=k) for k in (np.arange(100, 300), np.arange(100)))


def leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def states_of_epochs(trainer, parts):
    states = []

    def keep(trainer):
        states.append(pickle.dumps(trainer.state().to_dict()))

    trainer.train(*parts, 4, **COURSE, on_epoch=keep)
    return states


def without_times(history):
    return [{k: v for k, v in epoch.items() if k != "dur"} for epoch in history]


@pytest.mark.parametrize("n_done", [1, 3])
def test_a_training_goes_on_bit_for_bit_from_its_state(new_trainer, parts, n_done):
    whole = new_trainer()
    states = states_of_epochs(whole, parts)
    other = new_trainer(seed=1)  # of other weights, order and masks: all comes from the state
    other.load(TrainingState(**pickle.loads(states[n_done - 1])))
    other.train(*parts, 4, **COURSE, resume=True)
    expected, found = whole.state(), other.state()
    assert without_times(found.history) == without_times(expected.history)
    assert len(found.history) == 4
    for name, weights in expected.weights.items():
        np.testing.assert_array_equal(found.weights[name], weights)
    assert found.position == expected.position == 4 * 7
    for one, two in zip(
        *(leaves([s.generators, s.optimizer, s.stopping, s.averaging]) for s in (expected, found)),
        strict=True,
    ):
        np.testing.assert_array_equal(one, two)


def test_a_state_is_plain_and_shares_nothing(new_trainer, parts):
    trainer = new_trainer()
    trainer.train(*parts, 1, **COURSE)
    state = trainer.state()
    assert all(isinstance(leaf, PLAIN) for leaf in leaves(state.to_dict()))
    before = pickle.dumps(state.to_dict())
    trainer.train(*parts, 1, **COURSE)
    assert pickle.dumps(state.to_dict()) == before


def assert_same_states(found, expected):
    assert without_times(found.history) == without_times(expected.history)
    one, two = (
        leaves([s.weights, s.generators, s.optimizer, s.position, s.stopping, s.averaging])
        for s in (found, expected)
    )
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)


def test_lbfgs_goes_on_from_its_state(parts):
    classifier = CNN1Classifier(optimizer=partial(torch.optim.LBFGS, max_iter=2))
    classifier.image_shape_, classifier.classes_ = (28, 28, 1), np.arange(10)
    whole, other = (classifier._new_trainer(np.random.SeedSequence(k)) for k in range(2))
    course = {"lr": 0.005, "batch_size": 100}
    whole.train(parts[0], None, 1, **course)
    other.load(TrainingState(**pickle.loads(pickle.dumps(whole.state().to_dict()))))
    for trainer in (whole, other):
        trainer.train(parts[0], None, 1, **course)
    assert_same_states(other.state(), whole.state())


@pytest.mark.parametrize("error", [NonFiniteLoss, KeyboardInterrupt])
def test_a_state_undoes_a_training_that_failed(new_trainer, parts, error, monkeypatch):
    trainer, twin = new_trainer(), new_trainer()
    for one in (trainer, twin):
        one.train(*parts, 1, **COURSE)
    before = trainer.state()
    losses = []
    get_loss = ImageNet.get_loss

    def fail(net, *args, **kwargs):
        losses.append(get_loss(net, *args, **kwargs))
        if len(losses) < 3:
            return losses[-1]
        if error is KeyboardInterrupt:
            raise KeyboardInterrupt  # in the middle of a batch
        return losses[-1] * float("nan")

    with monkeypatch.context() as patch:
        patch.setattr(ImageNet, "get_loss", fail)
        with pytest.raises(error):
            trainer.train(*parts, 2, **COURSE)
    trainer.load(before)
    assert_same_states(trainer.state(), twin.state())
    for one in (trainer, twin):
        one.train(*parts, 1, **COURSE)
    assert_same_states(trainer.state(), twin.state())


def of_any_size(image_shape, n_classes):
    return nn.Sequential(
        nn.Conv2d(image_shape[0], 6, 3),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(24, n_classes),
    )


def noise(images):
    return images + 0.1 * torch.randn_like(images)


@pytest.mark.parametrize("augmentation", ["flip+shift+erase", noise])
@pytest.mark.parametrize("n_done", [1, 3])
def test_a_training_with_everything_on_goes_on_bit_for_bit(parts, n_done, augmentation):
    classifier = ImageClassifier(module=of_any_size, optimizer="nadam", norm_bias_lr_factor=8)
    classifier.image_shape_, classifier.classes_ = (28, 28, 1), np.arange(10)
    course = {
        **{"lr": 0.01, "batch_size": 32, "lr_schedule": "one_cycle", "patience": 9},
        **{"augmentation": augmentation, "label_smoothing": 0.1},
        **{"averaging": "lookahead", "progressive_resizing": 0.5, "data_pruning": 0.5},
    }
    whole, other = (classifier._new_trainer(np.random.SeedSequence(k)) for k in range(2))
    states = []
    whole.train(*parts, 4, **course, on_epoch=lambda t: states.append(t.state()))
    state = states[n_done - 1].to_dict()
    assert all(isinstance(leaf, PLAIN) for leaf in leaves(state))
    other.load(TrainingState(**pickle.loads(pickle.dumps(state))))
    other.train(*parts, 4, **course, resume=True)
    assert_same_states(other.state(), whole.state())


def test_early_stopping_goes_on_where_it_was(parts):
    classifier = SimpleDenseClassifier(optimizer="adam")
    classifier.image_shape_, classifier.classes_ = (28, 28, 1), np.arange(10)
    course = {"lr": 0.02, "batch_size": 32, "patience": 2}
    whole = classifier._new_trainer(np.random.SeedSequence(0))
    states = []
    whole.train(*parts, 30, **course, on_epoch=lambda t: states.append(t.state()))
    n_epochs = len(whole.net.history)
    assert n_epochs < 30  # it has stopped
    for state in states[-3:]:  # the last one is of a training that has stopped
        again = classifier._new_trainer(np.random.SeedSequence(1))
        again.load(state)
        again.train(*parts, 30, **course, resume=True)
        assert len(again.net.history) == n_epochs
        for one, two in zip(
            again.net.module_.parameters(), whole.net.module_.parameters(), strict=True
        ):
            assert torch.equal(one, two)


def test_a_fitted_network_is_made_again_from_arrays_and_numbers(sample):
    classifier = CNN2Classifier(max_epochs=1, random_state=0)
    classifier.fit(sample.data[:64], sample.target[:64])
    state = classifier._network.to_state()
    assert all(isinstance(leaf, PLAIN) for leaf in leaves(state))
    again = FittedNetwork.from_state(state, classifier._make_module((1, 28, 28), 10))
    X = sample.data[:40]
    np.testing.assert_array_equal(again.scores(X), classifier._network.scores(X))
    np.testing.assert_array_equal(again.features(X), classifier.features(X))
    elsewhere = FittedNetwork.from_state(
        {**state, "device": "cuda:7"}, classifier._make_module((1, 28, 28), 10)
    )
    assert elsewhere.device == "cpu"
    np.testing.assert_array_equal(elsewhere.scores(X), again.scores(X))


def test_features_are_what_the_last_layer_takes(sample):
    X, y = sample.data[:64], sample.target[:64]
    for classifier in (CNN1Classifier(), ImageClassifier(module=with_torchs_dropout)):
        classifier.set_params(max_epochs=1, random_state=0).fit(X, y)
        module = classifier.net_.module_
        last = module.head if hasattr(module, "head") else module[-1]
        with torch.no_grad():
            scores = last(torch.from_numpy(classifier.features(X))).numpy()
        np.testing.assert_allclose(scores, classifier.decision_function(X), atol=1e-5)


PREDICT = """
import pickle, sys
classifier, X = pickle.load(open(sys.argv[1], "rb"))
labels = classifier.predict(X)
assert classifier.predict_proba(X).shape == (40, 10) and classifier.features(X).shape[0] == 40
print(sorted({name.partition(".")[0] for name in sys.modules} & {"skorch", "matplotlib"}))
print(type(classifier.net_).__name__, len(classifier.net_.history))
"""


@pytest.mark.slow
def test_a_pickle_predicts_without_skorch(sample, tmp_path):
    classifier = CNN2Classifier(max_epochs=2).fit(sample.data[:64], sample.target[:64])
    path = tmp_path / "network.pickle"
    path.write_bytes(pickle.dumps((classifier, sample.data[:40])))
    command = [sys.executable, "-c", PREDICT, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\nImageNet 2\n"


def test_a_pickle_keeps_the_network_that_was_fitted_whatever_the_parameters_are_now(sample):
    X, y = sample.data[:64], sample.target[:64]
    classifier = SimpleDenseClassifier(max_epochs=1, random_state=0).fit(X, y)
    classifier.set_params(initializer="he_normal", image_shape=(14, 56))
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))

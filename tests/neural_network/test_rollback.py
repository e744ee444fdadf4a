"""A training that fails or is interrupted leaves the classifier as it was."""

import copy
import pickle
import signal
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from skorch.callbacks import Callback, EarlyStopping, EpochScoring

from skfashion import CNN2Classifier, SimpleDenseClassifier
from tests.networks import FAST, weights


class Interrupt(Callback):
    """As Ctrl-C, after the batches of an epoch."""

    def on_epoch_end(self, net, **kwargs):
        raise KeyboardInterrupt


def everything(classifier):
    """Return all that a training leaves in a classifier, as arrays and plain values."""
    kept = {name: v for name, v in vars(classifier).items() if name not in ("_trainer", "_network")}
    state = classifier.net_ and classifier._trainer.state()
    return pickle.dumps((kept["classes_"].tolist(), list(kept), kept["loss_curve_"])), state


def assert_as_it_was(classifier, before):
    attributes, state = before
    attributes_now, state_now = everything(classifier)
    assert attributes_now == attributes
    assert len(state_now.history) == len(state.history)
    for name, array in state.weights.items():
        np.testing.assert_array_equal(state_now.weights[name], array)
    assert pickle.dumps(state_now.generators["order"]) == pickle.dumps(state.generators["order"])
    optimizers = [s.optimizer["state"] for s in (state, state_now)]
    assert optimizers[0].keys() == optimizers[1].keys()
    for key, moments in optimizers[0].items():
        np.testing.assert_array_equal(optimizers[1][key]["exp_avg"], moments["exp_avg"])


def test_ctrl_c_is_raised(data):
    class Slow(Callback):
        def on_epoch_begin(self, net, **kwargs):
            signal.raise_signal(signal.SIGINT)
            time.sleep(1)

    classifier = SimpleDenseClassifier(**FAST, callbacks=[Slow()])
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(*data)
    with pytest.raises(NotFittedError):
        classifier.predict(data[0])
    assert not [name for name in vars(classifier) if name.endswith("_")]


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ({"callbacks": [Interrupt()]}, KeyboardInterrupt),
        ({"lr": 1e30}, ValueError),
        ({"optimizer": "sgd", "callbacks": [Interrupt()]}, KeyboardInterrupt),
    ],
    ids=["ctrl-c", "infinite loss", "other optimiser"],
)
def test_a_fit_that_fails_leaves_the_former_network(data, warm_start, trouble, error):
    X, y = data
    classifier = SimpleDenseClassifier(**FAST, warm_start=warm_start).fit(X, y)
    twin = SimpleDenseClassifier(**FAST, warm_start=warm_start).fit(X, y)
    before = everything(classifier)
    settings = classifier.get_params()
    with pytest.raises(error):
        classifier.set_params(**trouble).fit(X[:250], y[:250])
    assert_as_it_was(classifier, before)
    classifier.set_params(**{name: settings[name] for name in trouble})
    np.testing.assert_array_equal(
        weights(classifier.partial_fit(X, y)), weights(twin.partial_fit(X, y))
    )


def test_a_refit_on_unusable_input_leaves_all_attributes(data):
    X, y = data
    frame = pd.DataFrame(X, columns=[f"pixel_{k}" for k in range(784)])
    classifier = SimpleDenseClassifier(**FAST).fit(frame, y)
    before = dict(vars(classifier))
    unusable = [
        (X[:, :100], y[:200], None),
        (X[:, :100], np.full(300, np.nan), None),
        (X[:, :100], y, np.full(300, -1.0)),
        (X[:, :100], y, np.zeros(300)),
        (np.full((300, 100), np.nan), y, None),
    ]
    for images, labels, sample_weight in unusable:
        with pytest.raises(ValueError, match=r"NaN|[Ww]eight|inconsistent"):
            classifier.fit(images, labels, sample_weight)
        assert vars(classifier) == before


BAD_BATCHES = {
    "NaN": lambda X, y: (np.where(X[0, 0] == X, np.nan, X), y, None),
    "label": lambda X, y: (X, y + 5, None),
    "width": lambda X, y: (X[:, :99], y, None),
    "weight": lambda X, y: (X, y, np.where(y == 3, -1.0, 1.0)),
    "loss": lambda X, y: (np.full_like(X, 3e38), y, None),
}


@pytest.mark.filterwarnings("ignore:X is float32 with pixels up to")
@pytest.mark.parametrize("bad", BAD_BATCHES)
@pytest.mark.parametrize("is_pickled", [False, True])
def test_a_bad_batch_leaves_the_classifier_as_it_was(data, bad, is_pickled):
    X, y = data[0] / np.float32(255), data[1]
    classifier = SimpleDenseClassifier(random_state=0, optimizer="adam")
    classifier.partial_fit(X, y, classes=range(10))
    if is_pickled:
        classifier = pickle.loads(pickle.dumps(classifier))
    twin = copy.deepcopy(classifier) if is_pickled else clone(classifier)
    if not is_pickled:
        twin.partial_fit(X, y, classes=range(10))
    before = classifier.predict_proba(X)
    with pytest.raises(ValueError, match=r"NaN|labels|features|[Nn]egative|loss became"):
        classifier.partial_fit(*BAD_BATCHES[bad](X, y)[:2], None, BAD_BATCHES[bad](X, y)[2])
    np.testing.assert_array_equal(classifier.predict_proba(X), before)
    assert classifier.n_iter_ == 1
    np.testing.assert_array_equal(
        weights(classifier.partial_fit(X, y)), weights(twin.partial_fit(X, y))
    )


def test_an_update_to_infinite_weights_is_refused(data):
    classifier = SimpleDenseClassifier(random_state=0, lr=1e-3, batch_size=300).fit(*data)
    before = classifier.predict_proba(data[0])
    with pytest.raises(ValueError, match=r"weights became infinite or NaN. Lower the learning"):
        classifier.set_params(lr=1e300).partial_fit(*data)
    np.testing.assert_array_equal(classifier.predict_proba(data[0]), before)


@pytest.mark.parametrize("callback", [EarlyStopping, EpochScoring])
def test_ctrl_c_within_a_callback_is_raised_too(data, callback, monkeypatch):
    def interrupted(self, net, **kwargs):
        signal.raise_signal(signal.SIGINT)
        time.sleep(1)

    monkeypatch.setattr(callback, "on_epoch_end", interrupted)
    scoring = EpochScoring("accuracy", name="own", lower_is_better=False)
    classifier = SimpleDenseClassifier(
        **FAST, validation_fraction=0.2, callbacks=[scoring, EarlyStopping()]
    )
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(*data)
    assert not hasattr(classifier, "net_")


@pytest.mark.parametrize(
    "wrong",
    [
        {"callbacks": [3]},
        {"optimizer": lambda parameters, lr: 1 / 0},
        {"validation_fraction": 1 - 1e-9},
        {"optimizer": "adam", "lr": -1},
    ],
)
@pytest.mark.parametrize("warm_start", [False, True])
def test_what_is_refused_leaves_a_fitted_classifier_as_it_was(data, wrong, warm_start):
    classifier = CNN2Classifier(max_epochs=1, random_state=0, warm_start=warm_start).fit(*data)
    twin = copy.deepcopy(classifier)
    before = {name: getattr(classifier, name) for name in wrong}
    with pytest.raises((TypeError, ValueError, ZeroDivisionError)):
        classifier.set_params(**wrong).fit(*data)
    np.testing.assert_array_equal(weights(classifier), weights(twin))
    classifier.set_params(**before)
    for fitted in (classifier, twin):
        fitted.net_.optimizer_.state.clear()  # a copy has none
        fitted.partial_fit(*data)
    np.testing.assert_array_equal(weights(classifier), weights(twin))


def test_unusable_labels_leave_a_fitted_classifier_as_it_was(data):
    classifier = SimpleDenseClassifier(**FAST).fit(*data)
    before = classifier.predict_proba(data[0])
    with pytest.raises(ValueError, match="NaN"):
        classifier.fit(data[0], np.full(300, np.nan))
    np.testing.assert_array_equal(classifier.predict_proba(data[0]), before)


@pytest.mark.parametrize(("lr", "value"), [(1e5, "inf|nan"), (1e30, "nan")])
def test_infinite_loss_names_learning_rate_and_scaling(data, lr, value):
    message = rf"loss became ({value}) .* Lower the learning rate \(lr={lr}\) or scale"
    with pytest.raises(ValueError, match=message.replace("+", r"\+")):
        SimpleDenseClassifier(lr=lr, max_epochs=5).fit(*data)

"""Validation on images that the caller gives to `fit`, alone and through a Pipeline."""

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from skorch.callbacks import Callback

from skfashion import PixelScaler, SimpleDenseClassifier
from tests.networks import weights

SETTINGS = {"max_epochs": 2, "random_state": 0}


@pytest.fixture
def parts(sample):
    X, y = sample.data, sample.target
    return X[:150], y[:150], X[6000:6080], y[6000:6080]


def test_it_is_scored_after_each_epoch_and_changes_no_weight(parts):
    X, y, X_val, y_val = parts
    network = SimpleDenseClassifier(**SETTINGS).fit(X, y, X_val=X_val, y_val=y_val)
    alone = SimpleDenseClassifier(**SETTINGS).fit(X, y)
    np.testing.assert_array_equal(weights(network), weights(alone))
    assert len(network.validation_scores_) == 2
    assert network.validation_scores_[-1] == pytest.approx(network.score(X_val, y_val))
    proba = network.predict_proba(X_val)[np.arange(80), np.searchsorted(network.classes_, y_val)]
    assert network.validation_loss_curve_[-1] == pytest.approx(-np.log(proba).mean(), rel=1e-4)


def test_weights_count(parts):
    X, y, X_val, y_val = parts
    weight = np.arange(80.0)
    network = SimpleDenseClassifier(**SETTINGS)
    network.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weight)
    proba = network.predict_proba(X_val)[np.arange(80), np.searchsorted(network.classes_, y_val)]
    expected = np.average(-np.log(proba), weights=weight)
    assert network.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-4)
    expected = network.score(X_val, y_val, sample_weight=weight)
    assert network.validation_scores_[-1] == pytest.approx(expected)
    assert expected != pytest.approx(network.score(X_val, y_val))
    is_right = network.predict(X_val) == y_val
    network.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=is_right)
    assert network.validation_scores_[-1] == 1


def test_weights_count_in_what_is_split_off(parts):
    X, y, *_ = parts
    weight, seen = 1 + np.arange(150) % 7, []

    class Validation(Callback):
        def on_epoch_end(self, net, dataset_valid, **kwargs):
            seen.append(dataset_valid.index)

    network = SimpleDenseClassifier(**SETTINGS, validation_fraction=0.4, callbacks=[Validation()])
    network.fit(X, y, sample_weight=weight)
    held_out = seen[-1]
    expected = network.score(X[held_out], y[held_out], sample_weight=weight[held_out])
    assert network.validation_scores_[-1] == pytest.approx(expected)
    whole = SimpleDenseClassifier(max_epochs=1, lr=1e-9, random_state=0)
    whole.fit(X, y, sample_weight=weight)
    expected = whole.score(X, y, sample_weight=weight)
    assert whole.train_scores_ == pytest.approx([expected])


def test_classes_have_the_weights_of_the_training(parts):
    X, y, X_val, y_val = parts
    network = SimpleDenseClassifier(**SETTINGS, class_weight="balanced")
    network.fit(X, y, X_val=X_val, y_val=y_val)
    codes = np.searchsorted(network.classes_, y_val)
    weight = (len(y) / (10 * np.bincount(np.searchsorted(network.classes_, y))))[codes]
    proba = network.predict_proba(X_val)[np.arange(80), codes]
    expected = np.average(-np.log(proba), weights=weight)
    assert network.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-4)


def test_early_stopping_uses_it_and_nothing_is_held_out(parts):
    X, y, X_val, y_val = parts
    settings = {"early_stopping": True, "n_iter_no_change": 1, "max_epochs": 30, "lr": 0.3}
    network = SimpleDenseClassifier(**settings, random_state=0)
    network.fit(X, y, X_val=X_val, y_val=y_val)
    assert network.n_iter_ < 30
    best = int(np.argmin(network.validation_loss_curve_))
    assert network.score(X_val, y_val) == pytest.approx(network.validation_scores_[best])
    assert len(network._trainer.net.history) == network.n_iter_


def test_a_pipeline_transforms_it_and_learns_nothing_from_it(parts):
    X, y, X_val, y_val = parts
    with sklearn.config_context(enable_metadata_routing=True):
        network = SimpleDenseClassifier(**SETTINGS).set_fit_request(X_val=True, y_val=True)
        model = Pipeline(
            [("scale", PixelScaler(feature_range=None)), ("classifier", network)],
            transform_input=["X_val"],
        )
        model.fit(X, y, X_val=X_val, y_val=y_val)
        search = GridSearchCV(model, {"classifier__max_epochs": [1, 2]}, cv=2)
        search.fit(X, y, X_val=X_val, y_val=y_val)
    assert model[-1].validation_scores_[-1] == pytest.approx(model.score(X_val, y_val))
    scaler = PixelScaler(feature_range=None).fit(X)
    by_hand = clone(network).fit(scaler.transform(X), y, X_val=scaler.transform(X_val), y_val=y_val)
    assert by_hand.validation_loss_curve_ == model[-1].validation_loss_curve_
    found = search.best_estimator_
    assert found[-1].validation_scores_[-1] == pytest.approx(found.score(X_val, y_val))


def test_warnings_name_it(parts):
    X, y, X_val, y_val = parts
    with pytest.warns(UserWarning, match=r"^X_val is float64 with pixels up to 255.*X_val\.astype"):
        SimpleDenseClassifier(**SETTINGS).fit(X, y, X_val=X_val.astype(float), y_val=y_val)


def test_images_that_no_step_has_transformed_are_warned_of(parts):
    X, y, X_val, y_val = parts
    network = SimpleDenseClassifier(**SETTINGS)
    model = Pipeline([("scale", PixelScaler(feature_range=None)), ("classifier", network)])
    with pytest.warns(UserWarning, match="X_val is uint8, .* but X is not. In a Pipeline"):
        model.fit(X, y, classifier__X_val=X_val, classifier__y_val=y_val)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_val": None}, "y_val is missing: pass both"),
        ({"X_val": None}, "X_val is missing: pass both"),
        ({"X_val": None, "y_val": None, "sample_weight_val": np.ones(80)}, "without X_val"),
        ({"X_val": np.zeros((80, 783), np.uint8)}, "X_val, y_val or sample_weight_val: X has 783"),
        ({"y_val": np.zeros(79)}, "X_val, y_val or sample_weight_val: .*inconsistent numbers"),
        ({"y_val": np.full(80, 77)}, r"y_val has labels that are not in y: \[77\]"),
        ({"sample_weight_val": np.zeros(80)}, "at least one non-zero"),
        ({"sample_weight_val": np.full(80, -1.0)}, "[Nn]egative"),
    ],
)
def test_what_does_not_go_together_is_told(parts, change, message):
    X, y, X_val, y_val = parts
    network = SimpleDenseClassifier(**SETTINGS)
    with pytest.raises(ValueError, match=message):
        network.fit(X, y, **{"X_val": X_val, "y_val": y_val, **change})
    assert not network.__sklearn_is_fitted__()


def test_one_source_of_validation_is_enough(parts):
    X, y, X_val, y_val = parts
    network = SimpleDenseClassifier(**SETTINGS, validation_fraction=0.2)
    with pytest.raises(ValueError, match=r"validation_fraction=0\.2 asks .* Set it to None"):
        network.fit(X, y, X_val=X_val, y_val=y_val)

"""The contract that every network shares, tried on the cheapest of them."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils._param_validation import InvalidParameterError
from skorch.callbacks import Callback

from skfashion import CNN1Classifier, CNN2Classifier, LeNet5Classifier, SimpleDenseClassifier
from tests.networks import FAST, weights

# -- parameters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"lr": 0},
        {"max_epochs": 0},
        {"batch_size": 1.5},
        {"optimizer": "adagrad"},
        {"momentum": 1},
        {"validation_fraction": 1.0},
        {"lr_schedule": "step"},
        {"warmup": -0.1},
        {"label_smoothing": 1.0},
        {"norm_bias_lr_factor": 0.0},
        {"augmentation": 2},
    ],
)
def test_unusable_parameters_are_named(data, wrong):
    with pytest.raises(InvalidParameterError, match=f"'{next(iter(wrong))}' parameter"):
        SimpleDenseClassifier(**wrong).fit(*data)


@pytest.mark.parametrize("device", ["abacus", "cuda:99", "meta"])
def test_a_device_that_is_not_there_is_an_error(data, device):
    with pytest.raises(ValueError, match=f'device=.{device}. cannot be .* Set device="auto"'):
        SimpleDenseClassifier(device=device).fit(*data)


# -- labels ---------------------------------------------------------------------------------------


def test_strings_as_labels(data, sample):
    X, y = data
    names = np.array(sample.target_names)[y]
    classifier = SimpleDenseClassifier(**FAST).fit(X, names)
    assert list(classifier.classes_) == sorted(set(names))
    assert classifier.predict(X).dtype == names.dtype
    assert classifier.score(X, names) > 0.5


def test_two_classes_have_one_score(data):
    X, y = data
    classifier = SimpleDenseClassifier(**FAST).fit(X, y == 1)
    scores, proba = classifier.decision_function(X), classifier.predict_proba(X)
    assert scores.shape == (300,)
    np.testing.assert_allclose(1 / (1 + np.exp(-scores)), proba[:, 1], rtol=1e-9)
    np.testing.assert_array_equal(scores > 0, classifier.predict(X))


def test_scores_of_many_classes_are_the_logarithms_of_probabilities(data, fitted):
    scores, proba = fitted.decision_function(data[0]), fitted.predict_proba(data[0])
    assert scores.shape == (300, 10)
    np.testing.assert_allclose(scores - scores[:, :1], np.log(proba / proba[:, :1]), atol=1e-9)
    np.testing.assert_array_equal(fitted.classes_[scores.argmax(axis=1)], fitted.predict(data[0]))


@pytest.mark.parametrize("labels", ["bag", 7])
def test_one_class_is_predicted_always(data, labels):
    X = data[0]
    classifier = CNN1Classifier(max_epochs=1).fit(X[:40], np.full(40, labels))
    assert set(classifier.predict(X)) == {labels}
    assert (classifier.predict_proba(X) == 1).all()


# -- prediction -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "atol"), [(np.uint8, 1e-6), (np.float64, 1e-12)])
def test_probabilities_do_not_depend_on_how_rows_are_batched(data, fitted, dtype, atol):
    X = data[0] if dtype == np.uint8 else data[0] / 255
    whole = fitted.predict_proba(X)
    single = np.vstack([fitted.predict_proba(X[k : k + 1]) for k in range(50)])
    np.testing.assert_allclose(single, whole[:50], atol=atol)
    np.testing.assert_allclose(fitted.predict_proba(X[::-1])[::-1], whole, atol=atol)
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-12)


def test_predicting_needs_a_fit(data):
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(SimpleDenseClassifier(), method)(data[0])


def test_logarithms_of_probabilities_are_finite_where_these_are_zero(data, fitted):
    logarithms = fitted.predict_log_proba(data[0])
    probabilities = fitted.predict_proba(data[0])
    np.testing.assert_allclose(logarithms, np.log(probabilities), atol=1e-9)
    with pytest.warns(UserWarning, match="pixels up to"):
        far = fitted.predict_log_proba(data[0] * 100.0)
    assert (np.exp(far) == 0).any()
    assert np.isfinite(far).all()


def test_eight_threads_predict_what_one_does(data):
    classifier = CNN1Classifier(max_epochs=1, random_state=0).fit(*data)
    expected = classifier.predict_proba(data[0])
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(classifier.predict_proba, [data[0]] * 16))
        labels = list(pool.map(classifier.predict, [data[0]] * 16))
    for k in range(16):
        np.testing.assert_allclose(found[k], expected, atol=1e-6)
        np.testing.assert_array_equal(labels[k], classifier.predict(data[0]))


# -- going on -------------------------------------------------------------------------------------


def test_warm_start_goes_on_and_counts_all_epochs(data):
    warm = SimpleDenseClassifier(**FAST, warm_start=True).fit(*data).fit(*data)
    assert warm.n_iter_ == len(warm.loss_curve_) == 4
    assert warm.loss_curve_[2] < warm.loss_curve_[0]
    cold = SimpleDenseClassifier(**FAST).fit(*data).fit(*data)
    assert cold.n_iter_ == 2
    with pytest.raises(ValueError, match="warm_start continues with the classes"):
        warm.fit(data[0], data[1] + 1)


def test_warm_start_keeps_the_optimiser_unless_its_settings_change(data):
    warm = SimpleDenseClassifier(**FAST, warm_start=True).fit(*data)
    adam = warm.net_.optimizer_
    assert warm.set_params(lr=0.01).fit(*data).net_.optimizer_ is adam
    assert adam.param_groups[0]["lr"] == 0.01
    warm.set_params(optimizer="sgd", momentum=0.9, weight_decay=0.1).fit(*data)
    sgd = warm.net_.optimizer_
    assert type(sgd) is torch.optim.SGD
    assert (sgd.defaults["momentum"], sgd.defaults["weight_decay"]) == (0.9, 0.1)
    warm.set_params(optimizer="nadam", weight_decay=0.0).partial_fit(*data)
    assert isinstance(warm.net_.optimizer_, torch.optim.NAdam)
    assert warm.net_.optimizer_.defaults["weight_decay"] == 0
    assert warm.n_iter_ == 7


@pytest.mark.parametrize(
    ("before", "after"),
    [({"initializer": "he_normal"}, {"initializer": None}), ({}, {"gamma": 1.0})],
)
def test_warm_start_cannot_change_the_network(data, before, after):
    X, y = data[0][:40], data[1][:40]
    warm = LeNet5Classifier(max_epochs=1, warm_start=True, **before).fit(X, y)
    trained = weights(warm)
    with pytest.raises(ValueError, match=f"was built with {next(iter(after))}="):
        warm.set_params(**after).fit(X, y)
    with pytest.raises(ValueError, match=f"was built with {next(iter(after))}="):
        warm.partial_fit(X, y)
    np.testing.assert_array_equal(weights(warm), trained)
    warm.set_params(warm_start=False).fit(X, y)


@pytest.mark.parametrize("again", [[28, 28], (28, 28, 1), np.array([28, 28]).tolist()])
def test_another_form_of_the_same_image_shape_is_no_change(data, again):
    warm = SimpleDenseClassifier(**FAST, warm_start=True, image_shape=(28, 28)).fit(*data)
    assert warm.set_params(image_shape=again).fit(*data).n_iter_ == 4
    with pytest.raises(ValueError, match="was built with image_shape="):
        warm.set_params(image_shape=(14, 56)).fit(*data)


def test_a_device_may_be_an_object_of_torch(data):
    device = torch.device("cpu")
    classifier = SimpleDenseClassifier(**FAST, device=device, warm_start=True).fit(*data)
    assert clone(classifier).get_params()["device"] == device
    assert classifier.get_params()["device"] is device
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict(data[0]), classifier.predict(data[0]))
    adam = classifier.net_.optimizer_
    assert classifier.set_params(device="cpu").fit(*data).net_.optimizer_ is adam
    with pytest.raises(ValueError, match="'device' parameter"):
        SimpleDenseClassifier(device=0).fit(*data)


def test_validation_curves_keep_their_epochs_beside_those_without(data):
    classifier = SimpleDenseClassifier(**FAST, validation_fraction=0.2).fit(*data)
    before = classifier.validation_scores_
    classifier.partial_fit(*data)
    for curve in (classifier.validation_scores_, classifier.validation_loss_curve_):
        assert len(curve) == len(classifier.loss_curve_) == 3
        assert np.isnan(curve).tolist() == [False, False, True]
    assert classifier.validation_scores_[:2] == before
    classifier.set_params(warm_start=True).fit(*data)
    assert np.isnan(classifier.validation_scores_).tolist() == [False, False, True, False, False]


def test_partial_fit_is_an_epoch_at_a_time(data):
    X, y = data
    classifier = SimpleDenseClassifier(optimizer="adam", random_state=0)
    for part in np.array_split(np.arange(300), 3):
        classifier.partial_fit(X[part], y[part], classes=range(10))
    assert classifier.n_iter_ == 3
    assert classifier.score(X, y) > 0.4
    with pytest.raises(ValueError, match="labels that are not in classes"):
        classifier.partial_fit(X, y + 5)
    with pytest.raises(ValueError, match="differs from the classes so far"):
        classifier.partial_fit(X, y, classes=[1, 2])
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        SimpleDenseClassifier().partial_fit(X, y)


def test_partial_fit_after_a_failed_one_may_have_other_classes(data):
    X, y = data
    classifier = SimpleDenseClassifier()
    with pytest.raises(ValueError, match="labels that are not in classes"):
        classifier.partial_fit(X, y, classes=[0, 1])
    assert len(classifier.partial_fit(X, y, classes=range(10)).classes_) == 10


def test_balanced_partial_fit_takes_the_classes_of_the_call(data):
    X, y = data
    classifier = SimpleDenseClassifier(**FAST, class_weight="balanced")
    classifier.partial_fit(X[y < 5], y[y < 5], classes=range(10))
    assert np.isfinite(classifier.loss_curve_).all()
    assert classifier.predict_proba(X)[:, :5].sum(axis=1).mean() > 0.6


def test_fit_equals_that_many_partial_fits(data):
    classifier = CNN2Classifier(random_state=0)
    for _ in range(2):
        classifier.partial_fit(*data, classes=range(10))
    at_once = CNN2Classifier(max_epochs=2, random_state=0).fit(*data)
    np.testing.assert_array_equal(weights(classifier), weights(at_once))


def test_early_stopping_keeps_the_best_weights(data):
    X, y = data
    classifier = SimpleDenseClassifier(
        optimizer="adam", lr=0.003, max_epochs=60, early_stopping=True, random_state=0
    ).fit(X, y)
    curve = classifier.validation_loss_curve_
    assert classifier.n_iter_ == len(curve) == np.argmin(curve) + 1 + 3 < 60
    # the same split and training, up to the best epoch and no further
    best = clone(classifier).set_params(
        early_stopping=False, validation_fraction=0.1, max_epochs=int(np.argmin(curve)) + 1
    )
    np.testing.assert_array_equal(weights(best.fit(X, y)), weights(classifier))


def test_nothing_is_split_off_unless_asked_for(data, fitted):
    assert fitted.validation_loss_curve_ is None
    assert fitted.validation_scores_ is None
    asked = SimpleDenseClassifier(**FAST, validation_fraction=0.2).fit(*data)
    assert len(asked.validation_loss_curve_) == len(asked.validation_scores_) == 2
    assert 0 < asked.validation_scores_[-1] < 1


def test_schedule_and_warmup_set_the_rate_of_every_batch(data):
    rates = []

    class Rates(Callback):
        def on_batch_end(self, net, training=False, **kwargs):
            if training:
                rates.append(net.optimizer_.param_groups[0]["lr"])

    SimpleDenseClassifier(
        lr=0.1, max_epochs=2, warmup=0.25, lr_schedule="linear", callbacks=[Rates()]
    ).fit(*data)
    assert len(rates) == 20
    peak = int(np.argmax(rates))
    assert peak in (4, 5)
    assert np.allclose(np.diff(rates[:5]), 0.1 / 5)
    assert np.allclose(np.diff(rates[5:]), -0.1 / 15)
    assert 0 < rates[-1] < 0.004
    rates.clear()
    SimpleDenseClassifier(lr=0.1, max_epochs=2, lr_schedule="cosine", callbacks=[Rates()]).fit(
        *data
    )
    np.testing.assert_allclose(rates, 0.05 * (1 + np.cos(np.pi * (np.arange(20) + 0.5) / 20)))


# -- with scikit-learn's tools --------------------------------------------------------------------


def test_pickles_are_small_and_go_on(data, fitted):
    data_bytes = pickle.dumps(fitted)
    assert len(data_bytes) < 4 * fitted.n_parameters_ + 20_000
    again = pickle.loads(data_bytes)
    np.testing.assert_array_equal(again.predict_proba(data[0]), fitted.predict_proba(data[0]))
    assert again.loss_curve_ == fitted.loss_curve_
    again.partial_fit(*data)
    assert again.n_iter_ == fitted.n_iter_ + 1


def test_copies_are_independent(data, fitted):
    before = fitted.predict_proba(data[0])
    twin = copy.deepcopy(fitted)
    np.testing.assert_array_equal(twin.predict_proba(data[0]), before)
    twin.partial_fit(*data)
    assert (twin.predict_proba(data[0]) != before).any()
    np.testing.assert_array_equal(fitted.predict_proba(data[0]), before)
    with pytest.raises(NotFittedError):
        clone(fitted).predict(data[0])


def test_net_predicts_too(data, fitted):
    np.testing.assert_allclose(
        fitted.net_.predict_proba(data[0]), fitted.predict_proba(data[0]), atol=1e-6
    )
    np.testing.assert_array_equal(fitted.net_.predict(data[0]), fitted.predict(data[0]))


@pytest.mark.slow
def test_grid_search_in_two_processes(data):
    search = GridSearchCV(
        SimpleDenseClassifier(optimizer="adam", random_state=0),
        {"lr": [1e-4, 1e-3], "max_epochs": [1, 3]},
        cv=2,
        n_jobs=2,
    ).fit(*data)
    assert search.best_params_ == {"lr": 1e-3, "max_epochs": 3}


def test_cross_validation(data):
    scores = cross_val_score(SimpleDenseClassifier(**FAST), *data, cv=3)
    assert (scores > 0.3).all()


def test_inside_bagging(data):
    bag = BaggingClassifier(SimpleDenseClassifier(**FAST), n_estimators=2, random_state=0)
    assert bag.fit(*data).score(*data) > 0.4

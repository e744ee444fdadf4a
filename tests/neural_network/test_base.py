"""The contract that every network shares, tried on the cheapest of them."""

import copy
import pickle
import signal
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.utils._param_validation import InvalidParameterError
from skorch.callbacks import BatchScoring, Callback, Checkpoint, EarlyStopping, EpochScoring

from skfashion import (
    CNN1Classifier,
    CNN2Classifier,
    LeNet5Classifier,
    PixelScaler,
    SimpleDenseClassifier,
)
from skfashion.neural_network._engine import device as _device
from skfashion.neural_network._engine.batches import ImageSet, batch_bounds
from skfashion.neural_network._engine.trainer import NetSet
from skfashion.neural_network._samples import merge_repeated_rows, split_off_validation

FEW_STEPS_OF_LBFGS = partial(torch.optim.LBFGS, max_iter=2)
FAST = {"optimizer": "adam", "max_epochs": 2, "random_state": 0}


@pytest.fixture(scope="module")
def data(sample):
    """300 images of all classes, in no order of class."""
    rows = np.random.default_rng(0).permutation(1000)[:300]
    return sample.data[6000:][rows], sample.target[6000:][rows]


@pytest.fixture(scope="module")
def fitted(data):
    return SimpleDenseClassifier(**FAST).fit(*data)


def weights(classifier):
    return np.concatenate(
        [p.detach().numpy().ravel() for p in classifier.net_.module_.parameters()]
    )


# -- input ----------------------------------------------------------------------------------------


def test_rows_stacks_dataframes_and_lists_are_the_same(data, fitted):
    X, y = data
    expected = fitted.predict_proba(X)
    stack = X.reshape(-1, 28, 28)
    frame = pd.DataFrame(X, columns=[f"pixel_{k}" for k in range(784)])
    for same in (stack, stack[..., None], frame, torch.from_numpy(X)):
        again = SimpleDenseClassifier(**FAST).fit(same, y)
        np.testing.assert_array_equal(again.predict_proba(same), expected)
    with_names = SimpleDenseClassifier(**FAST).fit(frame, y)
    assert list(with_names.feature_names_in_[:2]) == ["pixel_0", "pixel_1"]


def test_uint8_is_divided_by_255_and_other_types_are_taken_as_they_are(data, fitted):
    X, y = data
    scaled = X / np.float32(255)
    for dtype in (np.float32, np.float64):
        again = SimpleDenseClassifier(**FAST).fit(scaled.astype(dtype), y)
        np.testing.assert_allclose(again.predict_proba(scaled), fitted.predict_proba(X), atol=1e-5)
    with (
        pytest.warns(UserWarning, match="pixels up to 25500"),
        pytest.raises(ValueError, match=r"lr=0\.5.*scale the pixels"),
    ):
        SimpleDenseClassifier(lr=0.5, max_epochs=5).fit(X.astype(np.int64) * 100, y)


def test_nullable_bytes_are_bytes(data, fitted):
    X, y = data
    frame = pd.DataFrame(X).astype("UInt8")
    frame[3] = frame[3].astype("uint8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = SimpleDenseClassifier(**FAST).fit(frame, y)
        np.testing.assert_array_equal(again.predict_proba(frame), fitted.predict_proba(X))


@pytest.mark.parametrize("dtype", ["int64", "float32", "Int64", "mixed"])
def test_pixels_to_255_that_are_no_bytes_get_a_warning(data, dtype):
    X, y = data
    if dtype == "mixed":
        X = pd.DataFrame(X).astype({0: "int64"})
    elif dtype == "Int64":
        X = pd.DataFrame(X).astype(dtype)
    else:
        X = X.astype(dtype)
    classifier = SimpleDenseClassifier(max_epochs=1, lr=1e-6)
    message = r"pixels up to 255, which are taken as they are; .*pass X\.astype\(\"uint8\"\)"
    with pytest.warns(UserWarning, match=message) as caught:
        classifier.fit(X, y)
    assert [w.filename for w in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier.predict(X)
    with pytest.warns(UserWarning, match="X is uint8, whose pixels are divided by 255"):
        classifier.predict(data[0])


def test_scaled_pixels_get_no_warning(data):
    X, y = data
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for scaled in (X > 0, X / 16, PixelScaler(feature_range=None).fit_transform(X)):
            SimpleDenseClassifier(max_epochs=1).fit(scaled, y).predict(X)


def test_other_pixels_than_those_of_the_training_get_a_warning(data, fitted):
    X, y = data
    message = r"int64 with pixels up to 255, .* network was trained on uint8 images"
    for method, args in [(fitted.predict, ()), (fitted.predict_proba, ()), (fitted.score, (y,))]:
        with pytest.warns(UserWarning, match=message) as caught:
            method(X.astype(np.int64), *args)
        assert [w.filename for w in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted.predict(X / 255)
    on_floats = SimpleDenseClassifier(max_epochs=1).fit(X / 255, y)
    with pytest.warns(UserWarning, match="network was trained on smaller ones"):
        on_floats.predict(X.astype(np.float64))


def test_scores_that_are_not_finite_are_an_error(data):
    classifier = SimpleDenseClassifier(max_epochs=1, random_state=0).fit(data[0] / 255, data[1])
    huge = np.full((2, 784), 3e38, np.float32)
    for predict in (classifier.predict, classifier.predict_proba, classifier.decision_function):
        with (
            pytest.warns(UserWarning, match="smaller ones"),
            pytest.raises(ValueError, match=r"not finite: its pixels, up to 3e\+38"),
        ):
            predict(huge)


def test_readonly_and_fortran_ordered_arrays(data, fitted):
    X, y = data
    X = np.asfortranarray(X)
    X.setflags(write=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = SimpleDenseClassifier(**FAST).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_785_columns_get_a_warning_that_asks_for_the_label(data):
    X, y = data
    message = "Is the label still in one of the 785 columns"
    with pytest.warns(UserWarning, match=message) as caught:
        SimpleDenseClassifier(max_epochs=1).fit(np.c_[y, X].astype(np.uint8), y)
    assert caught[0].filename == __file__


def test_channels_first_are_refused_with_the_mend(data):
    X = np.zeros((4, 3, 28, 28), np.uint8)
    with pytest.raises(ValueError, match=r"np\.moveaxis\(X, 1, -1\)"):
        SimpleDenseClassifier().fit(X, [0, 1, 0, 1])


def test_image_shape_is_judged(data):
    X, y = data
    with pytest.raises(ValueError, match="makes 800 pixels, but X has 784 features"):
        SimpleDenseClassifier(image_shape=(20, 40)).fit(X, y)
    with pytest.raises(ValueError, match="image_shape must be"):
        SimpleDenseClassifier(image_shape=(784,)).fit(X, y)
    with pytest.raises(ValueError, match="Leave image_shape at None"):
        SimpleDenseClassifier(image_shape=(14, 56)).fit(X.reshape(-1, 28, 28), y)
    wide = SimpleDenseClassifier(image_shape=(14, 56), max_epochs=1).fit(X, y)
    assert wide.image_shape_ == (14, 56, 1)
    with pytest.raises(ValueError, match=r"trained on \(14, 56, 1\)"):
        wide.predict(X.reshape(-1, 28, 28))


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


# -- labels and weights ---------------------------------------------------------------------------


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


def test_zero_weight_is_absence_and_whole_weights_are_copies_in_one_batch(data):
    X, y = data
    X, y = X[:40], y[:40]
    copies = np.arange(40) % 4
    for Classifier in (SimpleDenseClassifier, CNN2Classifier):  # the second with dropout
        classifier = Classifier(max_epochs=3, batch_size=100, optimizer="adam", random_state=0)
        repeated = clone(classifier).fit(X.repeat(copies, axis=0), y.repeat(copies))
        weighted = clone(classifier).fit(X[::-1], y[::-1], sample_weight=copies[::-1])
        np.testing.assert_array_equal(weights(repeated), weights(weighted))


def test_only_the_ratios_of_weights_count(data):
    X, y = data
    w = np.random.default_rng(0).random(len(y))
    a = SimpleDenseClassifier(**FAST).fit(X, y, sample_weight=w)
    b = SimpleDenseClassifier(**FAST).fit(X, y, sample_weight=8 * w)
    np.testing.assert_allclose(weights(a), weights(b), atol=1e-6)
    c = SimpleDenseClassifier(**FAST).fit(X, y, sample_weight=np.full(len(y), 3.0))
    d = SimpleDenseClassifier(**FAST).fit(X, y)
    np.testing.assert_array_equal(weights(c), weights(d))


def test_weights_move_the_predictions(data):
    X, y = data
    plain = SimpleDenseClassifier(**FAST).fit(X, y)
    for weighted in (
        SimpleDenseClassifier(**FAST).fit(X, y, sample_weight=np.where(y == 6, 50.0, 1.0)),
        SimpleDenseClassifier(**FAST, class_weight={k: 50 if k == 6 else 1 for k in range(10)}).fit(
            X, y
        ),
    ):
        assert weighted.predict_proba(X)[:, 6].mean() > 2 * plain.predict_proba(X)[:, 6].mean()


def test_balanced_class_weight_makes_up_for_rare_classes(data):
    X, y = data
    rare = np.r_[np.flatnonzero(y == 1)[:4], np.flatnonzero(y != 1)]
    X, y = X[rare], y[rare] == 1
    plain = SimpleDenseClassifier(**FAST).fit(X, y)
    balanced = SimpleDenseClassifier(**FAST, class_weight="balanced").fit(X, y)
    same = SimpleDenseClassifier(**FAST).fit(
        X, y, sample_weight=np.where(y, len(y) / y.sum(), len(y) / (~y).sum())
    )
    assert balanced.predict_proba(X)[:, 1].mean() > 2 * plain.predict_proba(X)[:, 1].mean()
    np.testing.assert_allclose(weights(balanced), weights(same), atol=1e-6)


def test_merged_rows_are_sorted_and_their_weights_summed():
    X = np.array([[2, 1], [1, 2], [2, 1], [1, 2]])
    y = np.array([0, 1, 0, 0])
    X, y, weight = merge_repeated_rows(X, y, np.array([1.0, 2.0, 3.0, 4.0]))
    assert X.tolist() == [[1, 2], [2, 1], [1, 2]]
    assert y.tolist() == [0, 0, 1]
    assert weight.tolist() == [4, 4, 2]


def test_validation_part_is_stratified_where_it_can_be():
    y = np.repeat([0, 1], [90, 10])
    train, valid = split_off_validation(y, 0.1, np.random.RandomState(0))
    assert np.bincount(y[valid]).tolist() == [9, 1]
    assert sorted([*train, *valid]) == list(range(100))
    _, valid = split_off_validation(np.arange(10), 0.2, np.random.RandomState(0))
    assert len(valid) == 2
    with pytest.raises(ValueError, match="leaves none to train on"):
        split_off_validation(np.array([0]), 0.1, np.random.RandomState(0))


def test_copies_of_a_sample_do_not_stand_on_both_sides_of_the_split(data):
    X, y = data[0][:10].repeat(3, axis=0), data[1][:10].repeat(3)
    sizes = []

    class Sizes(Callback):
        def on_epoch_begin(self, net, dataset_train, dataset_valid, **kwargs):
            sizes.append((len(dataset_train), len(dataset_valid)))

    classifier = SimpleDenseClassifier(max_epochs=1, validation_fraction=0.2, callbacks=[Sizes()])
    classifier.fit(X, y)
    assert sizes == [(8, 2)]
    with pytest.raises(
        ValueError, match=r"Splitting off 0\.2 of 1 samples \(copies do not count\)"
    ):
        classifier.fit(X[:3], y[:3])


def test_metadata_routing_brings_sample_weight_to_the_network(data):
    X, y = data
    w = np.where(y == 6, 50.0, 1.0)
    with config_context(enable_metadata_routing=True):
        classifier = SimpleDenseClassifier(**FAST).set_fit_request(sample_weight=True)
        routed = make_pipeline(PixelScaler(), classifier).fit(X, y, sample_weight=w)
    direct = make_pipeline(PixelScaler(), SimpleDenseClassifier(**FAST))
    direct.fit(X, y, simpledenseclassifier__sample_weight=w)
    np.testing.assert_array_equal(routed.predict_proba(X), direct.predict_proba(X))


@pytest.mark.parametrize("weight_of_rest", [1, 2.5])
def test_classes_whose_samples_have_weight_zero_remain_classes(data, weight_of_rest):
    X, y = data
    weight = np.where(y == 7, 0, weight_of_rest)
    classifier = SimpleDenseClassifier(**FAST).fit(X, y, sample_weight=weight)
    assert classifier.classes_.tolist() == list(range(10))
    assert classifier.predict_proba(X).shape == (300, 10)
    left_out = SimpleDenseClassifier(random_state=0, optimizer="adam")
    for _ in range(2):
        left_out.partial_fit(X[y != 7], y[y != 7], classes=range(10))
    np.testing.assert_array_equal(weights(classifier), weights(left_out))
    with pytest.raises(ValueError, match="at least one non-zero number"):
        classifier.fit(X, y, sample_weight=np.zeros(300))


def test_ensembles_and_scorers_with_a_class_of_weight_zero(data):
    X, y = data
    weight = np.where(y == 7, 0.0, 1.0)
    network = SimpleDenseClassifier(**FAST)
    others = [("dummy", DummyClassifier(strategy="prior")), ("network", network)]
    voting = VotingClassifier(others, voting="soft").fit(X, y, sample_weight=weight)
    assert voting.predict_proba(X).shape == (300, 10)
    boosted = AdaBoostClassifier(network, n_estimators=2, random_state=0)
    assert boosted.fit(X, y, sample_weight=weight).predict_proba(X).shape == (300, 10)
    with config_context(enable_metadata_routing=True):
        routed = clone(network).set_fit_request(sample_weight=True)
        scorer = get_scorer("neg_log_loss").set_score_request(sample_weight=True)
        found = cross_validate(
            routed, X, y, cv=2, scoring=scorer, params={"sample_weight": weight}
        )["test_score"]
    assert np.isfinite(found).all()


# -- randomness -----------------------------------------------------------------------------------


def test_random_state_holds_bit_for_bit_and_the_global_ones_stay(data):
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002, the global state is the subject
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002, likewise
    a = CNN2Classifier(max_epochs=1, random_state=1).fit(*data)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002, likewise
    torch.manual_seed(6)
    b = CNN2Classifier(max_epochs=1, random_state=1).fit(*data)
    c = CNN2Classifier(max_epochs=1, random_state=2).fit(*data)
    np.testing.assert_array_equal(weights(a), weights(b))
    assert (weights(a) != weights(c)).any()


def test_random_state_holds_in_concurrent_threads(data):
    alone = weights(CNN2Classifier(max_epochs=1, random_state=1).fit(*data))
    together = [CNN2Classifier(max_epochs=1, random_state=1) for _ in range(2)]
    threads = [threading.Thread(target=c.fit, args=data) for c in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for classifier in together:
        np.testing.assert_array_equal(weights(classifier), alone)


def test_default_type_and_modes_of_torch_change_nothing(data, fitted):
    torch.set_default_dtype(torch.float64)
    try:
        in_float64 = SimpleDenseClassifier(**FAST).fit(*data)
    finally:
        torch.set_default_dtype(torch.float32)
    with torch.inference_mode():
        in_inference_mode = SimpleDenseClassifier(**FAST).fit(*data)
    with torch.no_grad():
        without_grad = SimpleDenseClassifier(**FAST).fit(*data)
    with torch.autocast("cpu", torch.bfloat16):
        in_autocast = SimpleDenseClassifier(**FAST).fit(*data)
        np.testing.assert_array_equal(
            in_autocast.predict_proba(data[0]), fitted.predict_proba(data[0])
        )
    with torch.device("meta"):
        beside_a_device = SimpleDenseClassifier(**FAST).fit(*data)
    for again in (in_float64, in_inference_mode, without_grad, in_autocast, beside_a_device):
        np.testing.assert_array_equal(weights(again), weights(fitted))
        again.partial_fit(*data)


def test_a_pickle_read_in_inference_mode_can_be_trained(data, fitted):
    with torch.inference_mode():
        read = pickle.loads(pickle.dumps(fitted))
    read.partial_fit(*data)
    again = pickle.loads(pickle.dumps(fitted)).partial_fit(*data)
    np.testing.assert_array_equal(weights(read), weights(again))


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


@pytest.mark.parametrize(
    ("parameters", "optimizer"),
    [
        ({"optimizer": "sgd"}, torch.optim.SGD),
        ({"optimizer": "sgd", "momentum": 0.9}, partial(torch.optim.SGD, momentum=0.9)),
        ({"optimizer": "sgd", "weight_decay": 0.1}, partial(torch.optim.SGD, weight_decay=0.1)),
        ({"optimizer": "adam"}, partial(torch.optim.Adam, eps=1e-7)),
        (
            {"optimizer": "adamw", "weight_decay": 0.1},
            partial(torch.optim.AdamW, eps=1e-7, weight_decay=0.1),
        ),
        ({"optimizer": "nadam"}, partial(torch.optim.NAdam, eps=1e-7)),
        ({"optimizer": torch.optim.RMSprop}, torch.optim.RMSprop),
        ({"optimizer": FEW_STEPS_OF_LBFGS}, FEW_STEPS_OF_LBFGS),
    ],
)
def test_updates_are_those_of_the_optimiser(data, parameters, optimizer):
    """Against a loop in plain torch, from the same weights, over one batch of all images."""
    X, y = data
    start = []

    class Start(Callback):
        def on_train_begin(self, net, **kwargs):
            start.append(copy.deepcopy(net.module_))

    params = {"lr": 0.01, **parameters}
    classifier = SimpleDenseClassifier(
        **params, batch_size=300, max_epochs=3, callbacks=[Start()], random_state=0
    ).fit(X, y)
    module = start[0].train()
    images, labels = torch.from_numpy(X / np.float32(255)), torch.from_numpy(y).long()
    updates = optimizer(module.parameters(), lr=params["lr"])

    def loss():
        updates.zero_grad()
        value = torch.nn.functional.cross_entropy(module(images), labels)
        value.backward()
        return value

    for _ in range(3):
        updates.step(loss)
    by_hand = np.concatenate([p.detach().numpy().ravel() for p in module.parameters()])
    np.testing.assert_allclose(weights(classifier), by_hand, atol=2e-4)


# -- interruption and trouble ---------------------------------------------------------------------


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


def test_early_stopping_of_skorch_lets_later_callbacks_see_its_last_epoch(data):
    seen = []

    class Seen(Callback):
        def on_epoch_end(self, net, **kwargs):
            seen.append(len(net.history))

    never_better = EarlyStopping("train_loss", patience=2, threshold=1e9, threshold_mode="abs")
    classifier = SimpleDenseClassifier(max_epochs=5, callbacks=[never_better, Seen()]).fit(*data)
    assert seen == [1, 2, 3]
    assert classifier.n_iter_ == 3


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


def test_a_callback_that_predicts_does_not_end_dropout(data):
    class Predict(Callback):
        def on_batch_end(self, net, **kwargs):
            net.network.scores(data[0][:1])

    parameters = {"max_epochs": 2, "random_state": 0}
    alone = CNN2Classifier(**parameters).fit(*data)
    predicting = CNN2Classifier(**parameters, callbacks=[Predict()]).fit(*data)
    np.testing.assert_array_equal(weights(predicting), weights(alone))


def test_unusable_labels_leave_a_fitted_classifier_as_it_was(data):
    classifier = SimpleDenseClassifier(**FAST).fit(*data)
    before = classifier.predict_proba(data[0])
    with pytest.raises(ValueError, match="NaN"):
        classifier.fit(data[0], np.full(300, np.nan))
    np.testing.assert_array_equal(classifier.predict_proba(data[0]), before)


def test_callbacks_given_as_parameters_are_not_written_to(data):
    scoring = EpochScoring("accuracy", name="own", lower_is_better=False)
    before = dict(vars(scoring))
    SimpleDenseClassifier(**FAST, validation_fraction=0.2, callbacks=[scoring]).fit(*data)
    assert vars(scoring) == before


def test_checkpoint_of_skorch(data, tmp_path):
    checkpoint = Checkpoint(dirname=tmp_path)
    SimpleDenseClassifier(**FAST, validation_fraction=0.2, callbacks=[checkpoint]).fit(*data)
    assert (tmp_path / "params.pt").exists()


def test_scores_of_skorch_on_batches_and_without_cache(data):
    scorings = [
        BatchScoring("accuracy", name="by_batch", lower_is_better=False),
        BatchScoring("accuracy", name="by_batch_anew", lower_is_better=False, use_caching=False),
        EpochScoring("accuracy", name="anew", lower_is_better=False, use_caching=False),
        EpochScoring("accuracy", name="training", on_train=True, use_caching=False),
    ]
    classifier = SimpleDenseClassifier(**FAST, validation_fraction=0.2, callbacks=scorings)
    history = classifier.fit(*data).net_.history
    for name in ("by_batch", "by_batch_anew", "anew"):
        assert history[:, name] == pytest.approx(classifier.validation_scores_)
    assert history[-1, "training"] > classifier.train_scores_[-1]  # with the epoch's last weights
    assert history[-1, "batches", :, "train_batch_size"][:8] == [32] * 7 + [16]


@pytest.mark.parametrize("callback", [EarlyStopping(), EarlyStopping, ("own", Checkpoint())])
def test_callbacks_that_watch_validation_ask_for_it(data, callback):
    with pytest.raises(ValueError, match=r"'valid_loss.* Set validation_fraction"):
        SimpleDenseClassifier(**FAST, callbacks=[callback]).fit(*data)


def test_other_things_than_callbacks_are_refused(data):
    with pytest.raises(TypeError, match=r"callbacks must be skorch's.* got <built-in function"):
        SimpleDenseClassifier(**FAST, callbacks=[print]).fit(*data)


@pytest.mark.parametrize(("lr", "value"), [(1e5, "inf|nan"), (1e30, "nan")])
def test_infinite_loss_names_learning_rate_and_scaling(data, lr, value):
    message = rf"loss became ({value}) .* Lower the learning rate \(lr={lr}\) or scale"
    with pytest.raises(ValueError, match=message.replace("+", r"\+")):
        SimpleDenseClassifier(lr=lr, max_epochs=5).fit(*data)


def test_callbacks_of_skorch_work(data, capsys):
    scoring = EpochScoring("accuracy", name="own_accuracy", lower_is_better=False)
    classifier = SimpleDenseClassifier(
        **FAST, validation_fraction=0.2, callbacks=[scoring], verbose=1
    ).fit(*data)
    own = classifier.net_.history[:, "own_accuracy"]
    assert own == pytest.approx(classifier.validation_scores_)
    assert "train_loss" in capsys.readouterr().out


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


def test_grid_search_and_cross_validation_in_two_processes(data):
    search = GridSearchCV(
        SimpleDenseClassifier(optimizer="adam", random_state=0),
        {"lr": [1e-4, 1e-3], "max_epochs": [1, 3]},
        cv=2,
        n_jobs=2,
    ).fit(*data)
    assert search.best_params_ == {"lr": 1e-3, "max_epochs": 3}
    scores = cross_val_score(SimpleDenseClassifier(**FAST), *data, cv=3)
    assert (scores > 0.3).all()


def test_inside_bagging(data):
    bag = BaggingClassifier(SimpleDenseClassifier(**FAST), n_estimators=2, random_state=0)
    assert bag.fit(*data).score(*data) > 0.4


# -- precision ------------------------------------------------------------------------------------


needs_bfloat16 = pytest.mark.skipif(
    not _device.has_bfloat16(torch.device("cpu")), reason="this CPU does not compute in bfloat16"
)


@needs_bfloat16
def test_bfloat16_learns_what_float32_learns(data):
    exact = CNN1Classifier(max_epochs=2, random_state=0).fit(*data)
    coarse = CNN1Classifier(max_epochs=2, random_state=0, precision="bfloat16").fit(*data)
    assert coarse.loss_curve_ != exact.loss_curve_
    assert coarse.loss_curve_ == pytest.approx(exact.loss_curve_, rel=0.02)
    probabilities = coarse.predict_proba(data[0])
    np.testing.assert_allclose(probabilities, exact.predict_proba(data[0]), atol=0.1)
    assert {p.dtype for p in coarse.net_.module_.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("size", "batch_size", "n_at_once"), [(28, 32, 1024), (8, 32, 1024), (28, 2000, 2000)]
)
def test_as_many_images_are_converted_at_once_as_fill_four_megabytes(size, batch_size, n_at_once):
    rows = np.zeros((2500, size * size), np.uint8)
    net = LeNet5Classifier(batch_size=batch_size, max_epochs=1).fit(rows[:20], np.arange(20)).net_
    sizes = []  # with their padding, images of LeNet-5 have 32 x 32 pixels
    images_of = net.network.images_of
    net.network.images_of = lambda rows: sizes.append(len(rows)) or images_of(rows)
    n_batches = sum(1 for _ in net.get_iterator(ImageSet(rows), training=True))
    assert sizes[1:-1] == [n_at_once] * (2500 // n_at_once)
    assert sum(sizes[1:]) == 2500
    assert n_batches == -(-2500 // batch_size)


def test_batches_are_the_same_from_a_tensor_as_from_an_array(data):
    net = SimpleDenseClassifier(**FAST).fit(*data).net_
    rows = np.tile(data[0], (5, 1))  # 1,500 images: more than are converted at once
    of_array, of_tensor = (
        list(net.get_iterator(ImageSet(X, np.arange(1500)))) for X in (rows, torch.from_numpy(rows))
    )
    assert [len(y) for _, y in of_array] == [256] * 5 + [220]
    for (a, labels), (b, labels_b) in zip(of_array, of_tensor, strict=True):
        assert torch.equal(a["images"], b["images"])
        assert torch.equal(labels, labels_b)
    together = torch.cat([batch["images"] for batch, _ in of_array])
    torch.testing.assert_close(together, net.network.images_of(rows), rtol=0, atol=0)
    (on_cpu,) = NetSet.moved_to("cpu", ImageSet(rows))
    assert on_cpu.X is rows


def test_a_set_with_an_index_is_a_part_without_a_copy_of_its_pixels(data):
    X, y = data
    part = np.array([5, 3, 8, 13])
    by_index, copied = ImageSet(X, y[part], index=part), ImageSet(X[part], y[part])
    assert by_index.rows is X
    for index in (2, slice(1, 3), np.array([3, 0])):
        (a, labels), (b, labels_b) = by_index[index], copied[index]
        np.testing.assert_array_equal(a["rows"], b["rows"])
        assert torch.equal(labels, labels_b)
    np.testing.assert_array_equal(by_index.X, copied.X)
    assert batch_bounds(65, 32) == [0, 32, 64, 65]
    assert batch_bounds(65, 32, least=2) == [0, 32, 65]


@needs_bfloat16
def test_bfloat16_predicts_the_same_however_the_rows_are_split(data):
    X, y = data
    classifier = CNN1Classifier(max_epochs=1, random_state=0, precision="bfloat16").fit(X, y)
    together = classifier.predict_proba(X[:60])
    in_sevens = [classifier.predict_proba(X[start : start + 7]) for start in range(0, 60, 7)]
    np.testing.assert_allclose(np.concatenate(in_sevens)[:60], together, rtol=0, atol=1e-6)
    np.testing.assert_allclose(classifier.predict_proba(X[:1]), together[:1], rtol=0, atol=1e-6)


def test_bfloat16_where_there_is_none_is_a_clear_error(data, monkeypatch):
    monkeypatch.setattr(_device, "has_bfloat16", lambda device: False)
    with pytest.raises(ValueError, match=r"does not compute in bfloat16. Set precision='float32'"):
        SimpleDenseClassifier(precision="bfloat16").fit(*data)


def test_batch_scoring_of_skorch(data):
    scoring = BatchScoring("accuracy", name="by_batch", lower_is_better=False)
    classifier = SimpleDenseClassifier(**FAST, validation_fraction=0.2, callbacks=[scoring]).fit(
        *data
    )
    assert classifier.net_.history[:, "by_batch"] == pytest.approx(classifier.validation_scores_)


def test_callbacks_see_the_gradients(data):
    seen = []

    class Watch(Callback):
        def on_grad_computed(self, net, named_parameters, **kwargs):
            seen.append([name for name, p in named_parameters if p.grad is not None])

    SimpleDenseClassifier(max_epochs=1, batch_size=64, callbacks=[Watch()]).fit(*data)
    assert len(seen) == -(-len(data[1]) // 64)
    assert len(seen[0]) == 6  # three layers, with a weight and a bias each


def test_an_optimizer_of_the_callers_may_want_a_closure(data):
    lbfgs = partial(torch.optim.LBFGS, max_iter=4)
    X, y = data
    classifier = SimpleDenseClassifier(
        optimizer=lbfgs, lr=0.1, max_epochs=3, batch_size=len(y), random_state=0
    ).fit(X, y)
    assert classifier.loss_curve_[-1] < 0.8 * classifier.loss_curve_[0]

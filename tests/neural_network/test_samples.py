"""The samples that are trained on, and their weights."""

import pickle

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import AdaBoostClassifier, VotingClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from skorch.callbacks import Callback

from skfashion import CNN2Classifier, FastResNetClassifier, PixelScaler, SimpleDenseClassifier
from skfashion.neural_network import _base
from skfashion.neural_network._engine import fitted
from skfashion.neural_network._samples import (
    class_weights,
    merge_repeated_rows,
    split_off_validation,
    weighted_by_class,
    without_weight_zero,
)
from tests.networks import FAST, weights

CLASSES = np.array([0, 1, 2])
LABELS = np.array([0, 1, 1, 2, 2, 2])


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({0: np.nan}, "class_weight has the weight nan for the class 0"),
        ({0: np.inf}, "class_weight has the weight inf"),
        ({0: -1}, "class_weight has the weight -1"),
        ({1: "heavy"}, "class_weight has the weight 'heavy'"),
        ({0: None}, "class_weight has the weight None"),
        (dict.fromkeys(range(3), 0), "class_weight=.* is zero for every class in y"),
        ({"shoe": 2}, "class_weight has keys that are not classes: .'shoe'"),
        ({0: 1, 9: 2}, r"class_weight has keys that are not classes: \[9\]"),
    ],
)
def test_unusable_class_weights_are_named(sample, class_weight, message):
    with pytest.raises(ValueError, match=message):
        class_weights(class_weight, CLASSES, LABELS, np.ones(6))
    few = np.flatnonzero(sample.target < 3)[:30]
    with pytest.raises(ValueError, match=message):
        SimpleDenseClassifier(class_weight=class_weight).fit(sample.data[few], sample.target[few])


def test_weights_of_classes():
    def found(class_weight, labels=LABELS):
        return class_weights(class_weight, CLASSES, labels, np.ones(len(labels))).tolist()

    assert found({1: 5}) == [1, 5, 1]
    assert found({0: 1, 1: 2, 2: 0, 3: 9}) == [1, 2, 0]  # as of a fold without class 3
    assert found("balanced") == [2, 1, pytest.approx(2 / 3)]
    assert found("balanced", np.array([0, 0, 1])) == [0.5, 1, 0]
    names = np.array(["bag", "coat"])
    assert class_weights({"coat": 3}, names, np.array([0, 1]), np.ones(2)).tolist() == [1, 3]


def test_class_weights_multiply_sample_weights():
    weight = np.arange(6.0)
    assert weighted_by_class(weight, None, CLASSES, LABELS) is weight
    assert weighted_by_class(weight, {2: 10}, CLASSES, LABELS).tolist() == [0, 1, 2, 30, 40, 50]


def test_samples_of_weight_zero_are_left_out():
    y, weight = np.array([3, 4, 5, 6]), np.array([0.0, 2, 0, 1])
    found = without_weight_zero(y, weight)
    assert [part.tolist() for part in found] == [[4, 6], [2, 1], [1, 3]]
    found = without_weight_zero(y, weight, np.array([10, 20, 30, 40]))
    assert found[2].tolist() == [20, 40]
    assert without_weight_zero(y, weight + 1)[2] is None


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


@pytest.fixture
def splits(monkeypatch):
    """The parts that are split off to validate on, as lists of positions."""
    parts = []

    def note(*arguments):
        both = split_off_validation(*arguments)
        parts.append(both[1].tolist())
        return both

    monkeypatch.setattr(_base, "split_off_validation", note)
    return parts


@pytest.mark.parametrize(
    "random_state",
    [None, 0, 1, np.random.RandomState(0), np.random.RandomState(np.random.PCG64(0))],
)
def test_a_warm_start_validates_on_the_same_images(data, splits, random_state):
    network = SimpleDenseClassifier(
        max_epochs=1, validation_fraction=0.2, warm_start=True, random_state=random_state
    )
    network.fit(*data).fit(*data)
    pickle.loads(pickle.dumps(network)).fit(*data).fit(*data)
    assert splits == splits[:1] * 4
    assert not hasattr(clone(network), "_split_state")
    network.set_params(warm_start=False).fit(*data)
    assert (splits[4] == splits[0]) is isinstance(random_state, int)


def test_the_first_validation_set_of_a_warm_start_stays(data, splits):
    network = SimpleDenseClassifier(max_epochs=1, warm_start=True).fit(*data)
    assert not hasattr(network, "_split_state")
    network.set_params(validation_fraction=0.2).fit(*data).fit(*data)
    assert splits[0] == splits[1]


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


@pytest.mark.parametrize("batch_size", [32, 1000])
def test_a_class_of_weight_zero_is_as_samples_of_weight_zero(data, batch_size):
    X, y = data
    upper = {label: float(label > 4) for label in range(10)}
    network = SimpleDenseClassifier(**FAST, batch_size=batch_size, validation_fraction=0.2)
    by_class = clone(network).set_params(class_weight=upper).fit(X, y)
    by_sample = clone(network).fit(X, y, sample_weight=y > 4)
    np.testing.assert_array_equal(weights(by_class), weights(by_sample))
    assert by_class.validation_loss_curve_ == by_sample.validation_loss_curve_
    both = clone(network).set_params(class_weight=upper).fit(X, y, sample_weight=y < 7)
    between = clone(network).fit(X, y, sample_weight=(y > 4) & (y < 7))
    np.testing.assert_array_equal(weights(both), weights(between))
    with pytest.raises(ValueError, match="nothing to train on"):
        both.fit(X, y, sample_weight=y < 5)


def test_whitening_sees_no_class_of_weight_zero(data, monkeypatch):
    monkeypatch.setattr(fitted, "N_IMAGES_TO_ADAPT", 150)  # every other one, all of class 0
    X = data[0]
    network = FastResNetClassifier(widths=(4,), depths=(1,), max_epochs=1, class_weight={0: 0})
    network.fit(X, np.arange(300) % 2)
    assert np.isfinite(network.predict_proba(X)).all()


def test_weights_whose_products_are_all_zero(data):
    network = SimpleDenseClassifier(**FAST, class_weight=dict.fromkeys(range(10), 1e-200))
    with pytest.raises(ValueError, match="at least one non-zero number"):
        network.fit(*data, sample_weight=np.full(len(data[1]), 1e-200))


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

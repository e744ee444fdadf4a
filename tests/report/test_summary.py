import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from skfashion.comparison import confused_pairs
from skfashion.report._pack import unpack
from skfashion.report._summary import (
    LARGEST_SHARE,
    Answers,
    curves_summary,
    everyone_wrong,
    likeliest,
    summarise,
    to_codes,
)


@pytest.fixture(scope="module")
def answers(comparison):
    names = [name for name in comparison.names if comparison.random_states(name)]
    return [Answers(n, comparison.predictions(n), comparison.probabilities(n)) for n in names]


@pytest.fixture(scope="module")
def summary(comparison, answers, names):
    return summarise(comparison.y_test, answers, names)


def test_it_is_fit_for_json(summary):
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_counts_are_those_of_scikit_learn(summary, answers, comparison):
    for part, answer in zip(summary["classifiers"], answers, strict=True):
        y_true, y_pred = comparison.y_test, answer.predicted
        assert part["matrix"] == confusion_matrix(y_true, y_pred, labels=range(10)).tolist()
        assert part["accuracy"] == pytest.approx(accuracy_score(y_true, y_pred))
        f1 = f1_score(y_true, y_pred, average="macro", zero_division=0)
        assert part["macro_f1"] == pytest.approx(f1)
        np.testing.assert_array_equal(unpack(part["predicted"]), y_pred)


def test_pairs_are_those_of_the_comparison(summary, names):
    for part in summary["classifiers"]:
        pairs = confused_pairs(part["matrix"], names, n=None)
        expected = [(pair.true, pair.predicted, pair.count) for pair in pairs]
        assert [(names[i], names[j], n) for i, j, n in part["pairs"]] == expected


def test_the_three_likeliest_classes(summary, answers):
    n = summary["n_images"]
    for part, answer in zip(summary["classifiers"], answers, strict=True):
        if answer.proba is None:
            assert part["likeliest"] is None
            assert part["shares"] is None
            continue
        classes = unpack(part["likeliest"]).reshape(3, n).T
        shares = unpack(part["shares"]).reshape(3, n).T / LARGEST_SHARE
        np.testing.assert_array_equal(
            classes, np.argsort(-answer.proba, axis=1, kind="stable")[:, :3]
        )
        kept = np.take_along_axis(answer.proba, classes.astype(int), axis=1)
        np.testing.assert_allclose(shares, kept, atol=1 / LARGEST_SHARE)


def test_shares_keep_the_order_of_confidence(answers):
    for answer in answers:
        if answer.proba is not None:
            _, shares = likeliest(answer.proba)
            order = np.argsort(-answer.proba.max(axis=1), kind="stable")
            assert (np.diff(shares[order, 0].astype(int)) <= 0).all()


def test_two_classes_have_two_likeliest():
    classes, shares = likeliest(np.array([[0.25, 0.75]]))
    assert classes.tolist() == [[1, 0]]
    assert shares.tolist() == [[49151, 16384]]


def test_probability_of_a_predicted_class_that_is_not_among_the_likeliest():
    proba = np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.25, 0.05]])
    summary = summarise(
        np.zeros(3, int), [Answers("svc", np.array([3, 0, 2]), proba)], list("abcd")
    )
    (part,) = summary["classifiers"]
    assert unpack(part["unlikely_shares"]).tolist() == [6554, 6554, 0]
    likely = summarise(np.zeros(3, int), [Answers("svc", np.array([2, 1, 2]), proba)], list("abcd"))
    assert likely["classifiers"][0]["unlikely_shares"] is None


def test_images_that_everyone_gets_wrong(summary, answers, comparison):
    found = summary["everyone_wrong"]
    asked = [a for a in answers if a.name != "Dummy"]
    assert found["left_out"] == ["Dummy"]
    assert found["n_classifiers"] == len(asked)
    predictions = np.stack([a.predicted for a in asked])
    wrong = np.flatnonzero((predictions != comparison.y_test).all(axis=0))
    assert len(wrong) > 3
    assert sorted(index for index, _, _ in found["images"]) == wrong.tolist()
    for index, said, votes in found["images"]:
        assert votes == (predictions[:, index] == said).sum()
        assert votes == np.bincount(predictions[:, index]).max()
    all_votes = [votes for _, _, votes in found["images"]]
    assert all_votes == sorted(all_votes, reverse=True)


def test_mistakes_of_one_classifier_by_confidence():
    truth = np.array([0, 0, 0, 1])
    proba = np.array([[0.4, 0.6], [0.1, 0.9], [0.7, 0.3], [0.2, 0.8]])
    found = everyone_wrong(truth, [Answers("one", proba.argmax(axis=1), proba)], 2)
    assert found["images"] == [[1, 1, 1], [0, 1, 1]]


def test_a_constant_classifier_is_asked_if_there_is_no_other():
    found = everyone_wrong(np.array([0, 1]), [Answers("constant", np.array([0, 0]))], 2)
    assert found["images"] == [[1, 0, 1]]
    assert found["left_out"] == []


def test_codes_follow_the_order_of_the_labels():
    labels = np.array(["shirt", "bag"])
    assert to_codes(np.array(["bag", "shirt"]), labels, "y").tolist() == [1, 0]
    with pytest.raises(ValueError, match=r"y: labels= leaves out \['coat'\]"):
        to_codes(np.array(["coat"]), labels, "y")
    with pytest.raises(ValueError, match="give all of one type"):
        to_codes(np.array([1]), labels, "y")


def test_curves_have_the_epoch_of_the_lowest_validation_loss():
    curves = {"train_loss": [3.0, 2.0, np.nan], "validation_loss": [2.0, 1.0, 1.5]}
    found = curves_summary("network", curves)
    assert found["best_epoch"] == 2
    assert found["validation"] == "lowest validation loss: epoch 2 of 3"
    assert found["train_loss"] == [3.0, 2.0, None]
    found = curves_summary("network", {"validation_loss": [np.nan, 1.0]})
    assert found["validation"] == "lowest validation loss: epoch 2 of 2, the last"


def test_curves_without_validation_losses_have_the_highest_validation_accuracy():
    found = curves_summary("MLP", {"train_loss": [3, 2, 1], "validation_accuracy": [0.5, 0.7, 0.6]})
    assert found["validation"] == "highest validation accuracy: epoch 2 of 3"
    found = curves_summary("network", {"train_loss": [1.0]})
    assert (found["best_epoch"], found["validation"]) == (None, "")


def test_a_class_that_does_not_occur_does_not_count_in_macro_f1():
    truth, predicted = np.array([0, 0, 1, 3]), np.array([0, 1, 1, 3])
    summary = summarise(truth, [Answers("one", predicted)], ["a", "b", "absent", "c"])
    expected = f1_score(truth, predicted, average="macro", zero_division=0)
    assert summary["classifiers"][0]["macro_f1"] == pytest.approx(expected)

import json
from math import comb, sqrt

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from skfashion.report._metrics import (
    accuracy_interval,
    calibration,
    class_figures,
    compared_pairs,
    difference_interval,
    holm,
    macro_f1_interval,
    mcnemar_p,
    wilson,
)
from skfashion.report._summary import Answers, summarise

NORMAL = 1.959963984540054  # the 97.5 % point of the normal distribution


@pytest.fixture(scope="module")
def labels():
    """True and predicted labels of five classes; the fourth is never predicted, the last absent."""
    rng = np.random.default_rng(0)
    y_true = rng.choice(4, 500, p=[0.4, 0.3, 0.2, 0.1])
    y_pred = np.where(rng.random(500) < 0.25, rng.integers(0, 3, 500), y_true)
    return y_true, np.where(y_pred == 3, 0, y_pred)


@pytest.fixture(scope="module")
def matrix(labels):
    return confusion_matrix(*labels, labels=range(5))


# Shares


@pytest.mark.parametrize(("k", "n"), [(0, 7), (3, 7), (7, 7), (861, 1000), (1, 100_000)])
def test_wilson_is_scipy_s(k, n):
    low, high = wilson(k, n)
    expected = binomtest(k, n).proportion_ci(method="wilson")
    assert float(low) == pytest.approx(expected.low, abs=1e-12)
    assert float(high) == pytest.approx(expected.high, abs=1e-12)
    assert 0 <= low <= k / n <= high <= 1


def test_wilson_of_nothing_is_unknown():
    low, high = wilson([0, 1], [0, 2])
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, False]


def test_accuracy_interval_is_wilson_s(matrix):
    expected = binomtest(int(np.trace(matrix)), 500).proportion_ci(method="wilson")
    assert accuracy_interval(matrix) == pytest.approx([expected.low, expected.high])


# By class


def test_figures_by_class_are_scikit_learn_s(labels, matrix):
    figures = class_figures(matrix)
    expected = precision_recall_fscore_support(*labels, labels=range(5), zero_division=np.nan)
    for name, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        found = [np.nan if value is None else value for value in figures[name]]
        if name == "f1":  # without predictions F1 is 0, without images too it is unknown
            values = [*values[:4], np.nan]
        np.testing.assert_allclose(found, values, atol=6e-6)
    assert figures["predicted"] == np.bincount(labels[1], minlength=5).tolist()
    assert figures["precision"][3:] == figures["precision_low"][3:] == [None, None]
    assert figures["recall"][4] is figures["f1"][4] is figures["f1_high"][4] is None
    json.dumps(figures, allow_nan=False)


def test_intervals_of_precision_and_recall_are_wilson_s(matrix):
    figures = class_figures(matrix)
    for name, totals in (("precision", matrix.sum(axis=0)), ("recall", matrix.sum(axis=1))):
        for code in range(3):
            ci = binomtest(int(matrix[code, code]), int(totals[code])).proportion_ci(
                method="wilson"
            )
            assert figures[f"{name}_low"][code] == pytest.approx(ci.low, abs=6e-6)
            assert figures[f"{name}_high"][code] == pytest.approx(ci.high, abs=6e-6)


def test_interval_of_f1_is_that_of_the_share_it_rises_with(matrix):
    figures = class_figures(matrix)
    for code in range(4):
        tp = int(matrix[code, code])
        union = int(matrix[code].sum() + matrix[:, code].sum()) - tp
        ci = binomtest(tp, union).proportion_ci(method="wilson")
        expected = [2 * ci.low / (1 + ci.low), 2 * ci.high / (1 + ci.high)]
        found = [figures["f1_low"][code], figures["f1_high"][code]]
        assert found == pytest.approx(expected, abs=6e-6)


def test_interval_of_f1_covers_what_a_bootstrap_covers(labels, matrix):
    y_true, y_pred = labels
    rng = np.random.default_rng(1)
    drawn = [rng.integers(0, 500, 500) for _ in range(400)]
    resampled = [f1_score(y_true[i], y_pred[i], labels=range(3), average=None) for i in drawn]
    expected = np.percentile(resampled, [2.5, 97.5], axis=0)
    figures = class_figures(matrix)
    np.testing.assert_allclose(figures["f1_low"][:3], expected[0], atol=0.02)
    np.testing.assert_allclose(figures["f1_high"][:3], expected[1], atol=0.02)


# Macro F1


def macro(p):
    total = p.sum(axis=0) + p.sum(axis=1)
    return np.mean([2 * p[i, i] / total[i] for i in range(len(p)) if total[i]])


def test_interval_of_macro_f1_is_the_delta_method_s(labels, matrix):
    p = matrix / matrix.sum()
    gradient = np.zeros_like(p)
    for place in np.ndindex(p.shape):
        if p[place]:  # a count of 0 adds nothing to the variance
            step = np.zeros_like(p)
            step[place] = 1e-6
            gradient[place] = (macro(p + step) - macro(p - step)) / 2e-6
    variance = ((p * gradient**2).sum() - (p * gradient).sum() ** 2) / matrix.sum()
    centre = f1_score(*labels, average="macro")
    half = NORMAL * sqrt(variance)
    assert macro_f1_interval(matrix) == pytest.approx([centre - half, centre + half], abs=1e-6)


def test_interval_of_macro_f1_covers_what_a_bootstrap_covers(matrix):
    rng = np.random.default_rng(2)
    drawn = rng.multinomial(500, matrix.ravel() / 500, size=2000).reshape(-1, 5, 5)
    expected = np.percentile([macro(counts) for counts in drawn], [2.5, 97.5])
    np.testing.assert_allclose(macro_f1_interval(matrix), expected, atol=0.005)


def test_interval_of_macro_f1_stays_within_0_and_1():
    low, high = macro_f1_interval(np.array([[9, 1], [0, 1]]))
    assert 0 < low < high == 1


@pytest.mark.parametrize(
    "matrix",
    [
        np.diag([3, 4]),
        np.diag([3, 7, 0, 49]),
        np.array([[0, 3], [4, 0]]),
        np.array([[5, 0, 0], [0, 0, 3], [0, 4, 0]]),
    ],
)
def test_macro_f1_has_no_interval_where_the_delta_method_gives_no_width(matrix):
    assert macro_f1_interval(matrix) is None


# Pairs


@pytest.mark.parametrize(("b", "c"), [(48, 45), (0, 5), (1, 9), (30, 30), (700, 620)])
def test_mcnemar_is_the_exact_binomial_test(b, c):
    assert mcnemar_p(b, c) == pytest.approx(binomtest(b, b + c).pvalue, rel=1e-9)
    tail = sum(comb(b + c, k) for k in range(min(b, c) + 1))
    assert mcnemar_p(b, c) == pytest.approx(min(1, 2 * tail / 2 ** (b + c)), rel=1e-9)
    assert mcnemar_p(b, c) == mcnemar_p(c, b)


def test_mcnemar_of_two_that_agree():
    assert mcnemar_p(0, 0) == 1


def test_48_against_45_is_no_difference():
    assert round(mcnemar_p(48, 45), 2) == 0.84
    low, high = difference_interval(45, 48, 1000)
    assert (round(100 * low, 1), round(100 * high, 1)) == (-1.6, 2.2)


@pytest.mark.parametrize(("b", "c", "n"), [(45, 48, 1000), (0, 0, 50), (20, 1, 80), (0, 9, 10)])
def test_difference_interval_is_agresti_and_min_s(b, c, n):
    # half an image more in each of the four cells, then Wald's interval
    p12, p21, total = (b + 0.5) / (n + 2), (c + 0.5) / (n + 2), n + 2
    half = NORMAL * sqrt((p12 + p21 - (p21 - p12) ** 2) / total)
    expected = [max(-1, p21 - p12 - half), min(1, p21 - p12 + half)]
    assert difference_interval(b, c, n) == pytest.approx(expected)


def test_holm_adjusts_for_the_number_of_tests():
    # 3 x 0.01, then 2 x 0.03, then never less than the one before
    assert holm([0.03, 0.01, 0.04]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.5, 0.9]) == [1, 1]
    assert holm([]) == []


def test_every_pair_of_classifiers():
    truth = np.array([0, 0, 1, 1, 1, 0])
    predictions = [truth, 1 - truth, np.array([0, 1, 1, 0, 1, 0])]
    pairs = compared_pairs(truth, ["right", "wrong", "mixed"], predictions)
    assert [(p["a"], p["b"], p["only_a"], p["only_b"]) for p in pairs] == [
        ("right", "wrong", 6, 0),
        ("right", "mixed", 2, 0),
        ("wrong", "mixed", 0, 4),
    ]
    assert [p["difference"] for p in pairs] == pytest.approx([-1, -2 / 6, 4 / 6])
    assert [p["p"] for p in pairs] == pytest.approx([2 / 2**6, 1 / 2, 2 / 2**4])
    assert [p["p_holm"] for p in pairs] == pytest.approx([6 / 2**6, 1 / 2, 4 / 2**4])
    assert [pairs[0]["low"], pairs[0]["high"]] == difference_interval(6, 0, 6)
    assert compared_pairs(truth, ["one"], [truth]) == []


# Calibration


def test_calibration_is_scikit_learn_s():
    rng = np.random.default_rng(3)
    proba = rng.dirichlet(np.ones(4), 2000)
    truth, predicted = rng.integers(0, 4, 2000), proba.argmax(axis=1)
    found = calibration(truth, predicted, proba)
    confidence, right = proba.max(axis=1), truth == predicted
    accuracies, confidences = calibration_curve(right, confidence, n_bins=10)
    known = [k for k, n in enumerate(found["n"]) if n]
    np.testing.assert_allclose([found["accuracy"][k] for k in known], accuracies, atol=6e-6)
    np.testing.assert_allclose([found["confidence"][k] for k in known], confidences, atol=6e-6)
    assert sum(found["n"]) == 2000
    counts = np.array([found["n"][k] for k in known])
    ece = (counts / 2000 * np.abs(accuracies - confidences)).sum()
    assert found["ece"] == pytest.approx(ece)
    for k in known:
        ci = binomtest(round(found["accuracy"][k] * found["n"][k]), found["n"][k])
        low, high = ci.proportion_ci(method="wilson")
        assert found["accuracy_low"][k] == pytest.approx(low, abs=6e-6)
        assert found["accuracy_high"][k] == pytest.approx(high, abs=6e-6)


def test_bins_have_their_upper_end():
    confidence = np.array([0, 0.1, 0.1000001, 0.3, 0.7, 0.95, 1.0, 1.0000001])
    proba = np.stack([confidence, 1 - confidence], axis=1)
    found = calibration(np.zeros(8, int), np.zeros(8, int), proba)
    assert found["n"] == [2, 1, 1, 0, 0, 0, 1, 0, 0, 3]
    assert found["confidence"][3] is found["accuracy_low"][3] is None
    assert found["accuracy"][0] == 1
    json.dumps(found, allow_nan=False)


def test_confidence_is_that_in_the_predicted_class():
    # some classifiers, such as SVC, predict another class than the likeliest
    found = calibration(np.array([1]), np.array([1]), np.array([[0.65, 0.35]]))
    assert found["n"].index(1) == 3
    assert found["ece"] == pytest.approx(0.65)


# In the summary


def test_the_summary_has_the_figures(labels, matrix):
    y_true, y_pred = labels
    proba = np.eye(5)[y_pred] * 0.75 + 0.05
    answers = [Answers("one", y_pred, proba), Answers("two", y_true)]
    summary = summarise(y_true, answers, list("abcde"))
    one, two = summary["classifiers"]
    assert one["by_class"] == class_figures(matrix)
    assert one["accuracy_interval"][0] < one["accuracy"] < one["accuracy_interval"][1]
    assert one["macro_f1_interval"][0] < one["macro_f1"] < one["macro_f1_interval"][1]
    assert one["calibration"] == calibration(y_true, y_pred, proba)
    assert two["calibration"] is None
    assert summary["compared_pairs"] == compared_pairs(y_true, ["one", "two"], [y_pred, y_true])

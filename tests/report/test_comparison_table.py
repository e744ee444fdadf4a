import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import get_scorer_names
from sklearn.naive_bayes import GaussianNB

from skfashion.comparison import compare
from skfashion.report._comparison_table import is_share, reference_note, shown_rows


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:900], y[:900], X[900:], y[900:]


@pytest.mark.parametrize(("scoring", "share"), [("neg_log_loss", False), ("f1_macro", True)])
def test_the_scoring_of_the_cross_validation_is_kept(digits, scoring, share):
    comparison = compare({"Bayes": GaussianNB()}, *digits, cv=3, scoring=scoring)
    (row,) = shown_rows(comparison.table)
    assert (row["cv_scoring"], row["cv_is_share"]) == (scoring, share)
    assert row["cv_mean"] == comparison.table.loc["Bayes", "cv_mean"]


def test_without_cross_validation(digits):
    (row,) = shown_rows(compare({"Bayes": GaussianNB()}, *digits).table)
    assert (row["cv_mean"], row["cv_scoring"], row["cv_is_share"]) == (None, None, None)


def test_which_scores_are_shares():
    names = get_scorer_names()
    shares = [name for name in names if is_share(name)]
    assert {"accuracy", "balanced_accuracy", "f1_macro", "roc_auc_ovr", "top_k_accuracy"} < {
        *shares
    }
    others = ("neg_", "r2", "d2_", "matthews", "explained", "max_error", "adjusted", "positive_")
    assert not [name for name in shares if name.startswith(others)]
    assert not is_share("make_scorer(accuracy_score)")


@pytest.mark.parametrize("n_train", [None, 900])
@pytest.mark.parametrize("published", [pd.NA, 900])
def test_published_figures_for_the_same_or_an_unknown_number_of_images(n_train, published):
    table = pd.DataFrame({"reference_accuracy": [0.9], "reference_n_train": [published]})
    assert shown_rows(table, n_train)[0]["reference_accuracy"] == 0.9
    assert reference_note(table, n_train) is None


def test_published_figures_for_other_training_sets_are_left_out_with_a_word():
    table = pd.DataFrame(
        {"reference_accuracy": [0.8, 0.9, np.nan], "reference_n_train": [60_000, 500, 7]}
    )
    assert [row["reference_accuracy"] for row in shown_rows(table, 6000)] == [None] * 3
    assert reference_note(table, 6000) == (
        "The article's figures are not shown: they are for 500 or 60,000 training images."
    )

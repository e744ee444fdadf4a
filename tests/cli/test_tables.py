import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from skfashion.cli._tables import best_in_words, figures, print_comparison, threads_note
from skfashion.comparison import compare

ROW = {
    "accuracy_mean": 0.8386, "accuracy_std": 0.0012, "reference_accuracy": np.nan,
    "reference_n_train": pd.NA, "macro_f1_mean": 0.8, "cv_mean": np.nan, "cv_scoring": None,
    "fit_seconds": 10.04, "seconds_per_epoch": 2.0, "epochs": 8.0, "overfit_epoch": 8,
    "overfit_begun": False,
}  # fmt: skip


def test_the_epoch_with_the_lowest_validation_loss():
    assert figures(ROW, 8)["Lowest val. loss"] == "8 of 8, the last"
    assert figures({**ROW, "overfit_epoch": 5}, 8)["Lowest val. loss"] == "5 of 8"
    assert figures({**ROW, "overfit_epoch": pd.NA})["Lowest val. loss"] == ""


def test_figures_of_a_row():
    texts = figures(ROW, 8)
    assert texts["Accuracy"] == "83.86 ± 0.12"
    assert (texts["Article"], texts["CV"], texts["Epochs"]) == ("", "", "8")


@pytest.mark.parametrize(
    ("n_published", "shown"), [(60_000, ""), (6000, "91.60"), (pd.NA, "91.60")]
)
def test_published_figures_are_shown_for_as_many_training_images(n_published, shown):
    row = {**ROW, "reference_accuracy": 0.916, "reference_n_train": n_published}
    assert figures(row, 8, n_train=6000)["Article"] == shown


def test_a_score_that_is_not_the_accuracy_is_not_in_per_cent():
    assert figures({**ROW, "cv_mean": 0.8, "cv_scoring": "accuracy"}, 8)["CV"] == "80.00"
    loss = figures({**ROW, "cv_mean": -0.31, "cv_scoring": "neg_log_loss"}, 8)["CV"]
    assert loss == "-0.31 neg_log_loss"


def test_the_number_of_threads_is_told():
    effect = "Another number of threads, or another machine, changes the figures slightly."
    before = "The networks were trained with"
    assert threads_note({}) == ""
    assert threads_note({"LeNet-5": 1, "CNN 1": 1}) == f"{before} 1 thread each. {effect}"
    several = threads_note({"CNN 1": 2, "LeNet-5": 1, "CNN 2": 2})
    assert several == f"{before} 1 thread (LeNet-5) and 2 threads (CNN 1, CNN 2). {effect}"


class WithThreads(DummyClassifier):
    n_threads_ = 3


def test_the_number_of_threads_is_below_the_table(sample, capsys):
    data = (sample.data[:20], sample.target[:20], sample.data[20:30], sample.target[20:30])
    print_comparison(compare({"Dummy": DummyClassifier()}, *data))
    assert "thread" not in capsys.readouterr().out
    print_comparison(compare({"Dummy": DummyClassifier(), "Net": WithThreads()}, *data))
    assert "trained with 3 threads each" in capsys.readouterr().out


class WithEpochs(WithThreads):
    """Has all figures that a network has."""

    epoch_seconds_ = (1234.5, 1234.5)
    n_iter_ = 8
    loss_curve_ = (1.0,) * 8
    validation_loss_curve_ = tuple(range(8, 0, -1))


NAMES = ["Modified LeNet-5 (tuned)", "Histogram gradient boosting"]


@pytest.fixture
def wide(sample):
    """A comparison with a figure in every column."""
    data = (sample.data[:100], sample.target[:100], sample.data[100:200], sample.target[100:200])
    return compare(
        {name: WithEpochs(strategy="uniform", random_state=0) for name in NAMES},
        *data,
        cv=2,
        random_states=(0, 1),
        reference={NAMES[0]: {"accuracy": 92.93, "n_train": 100}},
        dataset="Fashion-MNIST sample",
        recipe="tuned",
    )


def test_only_columns_of_the_table_are_explained(wide, sample, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "400")
    print_comparison(wide)
    said = capsys.readouterr().out
    assert "CV: accuracy in per cent, cross-validated" in said
    assert "Lowest val. loss: the epoch" in said
    data = (sample.data[:20], sample.target[:20], sample.data[20:30], sample.target[20:30])
    print_comparison(compare({"Dummy": DummyClassifier()}, *data))
    said = capsys.readouterr().out
    assert "Accuracy and F1 (macro) in per cent, on 10 test images." in said
    assert "CV" not in said
    assert "Lowest" not in said


@pytest.mark.parametrize("columns", [80, 120])
def test_every_column_fits_the_terminal(wide, columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    print_comparison(wide)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    table = "\n".join(lines[: lines.index(next(x for x in lines if "Fashion-MNIST" in x))])
    assert "…" not in table
    for text in ("Accuracy", "92.93", "1234.5", "8 of 8", "Epochs", "±"):
        assert text in table


def test_the_table_says_where_its_figures_come_from(wide, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "400")
    print_comparison(wide)
    lines = capsys.readouterr().out.splitlines()
    assert f"{wide.provenance}." in [line.rstrip() for line in lines]
    assert "100 training and 100 test images; recipe tuned" in wide.provenance
    assert not any("not shown" in line for line in lines)
    wide.reference[NAMES[0]]["n_train"] = 60_000
    print_comparison(wide)
    said = capsys.readouterr().out
    assert "92.93" not in said
    note = "The article's figures are not shown: they are for 60,000 training images."
    assert note in [line.rstrip() for line in said.splitlines()]


def test_the_best_setting_in_words():
    assert best_in_words(0.003, 8, 0.9123, 0.0031, 5) == (
        "Best: learning rate 0.003, 8 epochs: 91.2 ± 0.3 % (5 folds)"
    )
    assert best_in_words(1e-5, 1, 0.5, 0, 3) == (
        "Best: learning rate 1e-05, 1 epoch: 50.0 ± 0.0 % (3 folds)"
    )

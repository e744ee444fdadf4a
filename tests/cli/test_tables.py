import numpy as np

from skfashion.cli._tables import figures, threads_note


def test_overfitting_that_has_not_begun_is_told():
    row = {
        "accuracy_mean": 0.8386, "accuracy_std": 0.0012, "reference_accuracy": np.nan,
        "macro_f1_mean": 0.8, "cv_mean": np.nan, "fit_seconds": 10.04,
        "seconds_per_epoch": 2.0, "epochs": 8.0, "overfit_epoch": 8, "overfit_begun": False,
    }  # fmt: skip
    texts = figures(row)
    assert texts["Overfit"] == "> 8"
    assert texts["Accuracy"] == "83.86 ± 0.12"
    assert (texts["Article"], texts["Epochs"]) == ("", "8")
    assert figures({**row, "overfit_begun": True})["Overfit"] == "8"


def test_the_number_of_threads_is_told():
    effect = "Another number of threads, like another machine, changes the last digits."
    assert threads_note({}) == ""
    assert threads_note({"LeNet-5": 1, "k-NN": 1}) == f"Trained with 1 thread each. {effect}"
    several = threads_note({"CNN 1": 2, "LeNet-5": 1, "k-NN": 2})
    assert several == f"Trained with 1 thread: LeNet-5; 2 threads: CNN 1, k-NN. {effect}"

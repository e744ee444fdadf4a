import numpy as np

from skfashion.cli._tables import figures


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

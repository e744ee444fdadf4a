import numpy as np
from sklearn.dummy import DummyClassifier

from skfashion.cli._tables import figures, print_comparison, threads_note
from skfashion.comparison import compare


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
    effect = "another number of threads, like another machine, changes the last digits."
    before = "The networks were trained with"
    assert threads_note({}) == ""
    assert threads_note({"LeNet-5": 1, "CNN 1": 1}) == f"{before} 1 thread each: {effect}"
    several = threads_note({"CNN 1": 2, "LeNet-5": 1, "CNN 2": 2})
    assert several == f"{before} 1 thread (LeNet-5) and 2 threads (CNN 1, CNN 2): {effect}"


class WithThreads(DummyClassifier):
    n_threads_ = 3


def test_the_number_of_threads_is_below_the_table(sample, capsys):
    data = (sample.data[:20], sample.target[:20], sample.data[20:30], sample.target[20:30])
    print_comparison(compare({"Dummy": DummyClassifier()}, *data))
    assert "thread" not in capsys.readouterr().out
    print_comparison(compare({"Dummy": DummyClassifier(), "Net": WithThreads()}, *data))
    assert "trained with 3 threads each" in capsys.readouterr().out

"""What is told while an estimator trains in epochs."""

import pytest
from sklearn.naive_bayes import GaussianNB

from skfashion._epochs import tell_epoch
from skfashion.comparison import compare, load_comparison


class Telling(GaussianNB):
    """Tells its epochs, as a network does."""

    def fit(self, X, y):
        for epoch in range(3):
            tell_epoch(epoch, 2)
        return super().fit(X, y)


def test_epochs_are_told_in_one_process_alone(data):
    told = []
    compare({"Net": Telling()}, *data, cv=2, on_progress=told.append)
    epochs = [("epoch", 0, 2), ("epoch", 1, 2), ("epoch", 2, 2)]
    fit = [("started", None, None), *epochs, ("done", None, None)]
    folds = [fit[0], *epochs, *epochs, fit[-1]]
    assert [(p.state, p.epoch, p.n_epochs) for p in told] == [*fit, *folds]
    assert {p.unit for p in told} == {"Net", "Net, cross-validation"}
    told.clear()
    compare({"Net": Telling()}, *data, cv=2, on_progress=told.append, n_jobs=2)
    assert [p.state for p in told] == ["done", "done"]


def test_an_error_of_the_caller_is_not_the_estimators(data, tmp_path):
    def on_progress(progress):
        if progress.state == "epoch":
            raise OSError("no screen")

    with pytest.raises(OSError, match="no screen"):
        compare({"Net": Telling()}, *data, out=tmp_path, on_progress=on_progress)
    assert load_comparison(tmp_path).names == []  # neither a result nor a failure

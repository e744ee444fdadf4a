import pickle
from functools import partial

import pytest
from sklearn.metrics import log_loss, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from skfashion import SimpleDenseClassifier
from skfashion.comparison._measure import measure_fit, model_bytes, n_threads, scoring_name
from tests.comparison.estimators import Epochs


def test_model_bytes_is_the_size_of_the_pickle(data):
    tree = DecisionTreeClassifier().fit(*data[:2])
    assert model_bytes(tree) == len(pickle.dumps(tree, protocol=pickle.HIGHEST_PROTOCOL))
    assert model_bytes(FunctionTransformer(lambda X: X)) is None


def test_figures_are_the_same_with_a_memory(data, tmp_path):
    network = SimpleDenseClassifier(max_epochs=3, random_state=0)
    expected, _ = measure_fit(network, *data)
    network.set_params(memory=tmp_path, max_epochs=2).fit(*data[:2])
    longer = make_pipeline(network.set_params(max_epochs=3))
    found, _ = measure_fit(longer, *data)
    assert network.n_epochs_from_memory_ == 2
    assert found["fit_seconds"] > sum(network.epoch_seconds_)
    assert found["seconds_per_epoch"] == sum(network.epoch_seconds_) / 3
    for name in ("accuracy", "macro_f1", "epochs", "curves"):
        assert found[name] == expected[name]
    found, _ = measure_fit(network.set_params(memory=tmp_path / "other"), *data)
    assert found["model_bytes"] == expected["model_bytes"]  # no path is in it


def test_threads_are_those_that_the_last_step_tells(data):
    network = make_pipeline(FunctionTransformer(), Epochs(n_threads=2)).fit(*data[:2])
    assert n_threads(network) == 2
    assert n_threads(DecisionTreeClassifier().fit(*data[:2])) is None


def own_score(estimator, X, y, weight=1):
    return weight


class Scorer:
    def __call__(self, estimator, X, y):
        return 1.0


@pytest.mark.parametrize(
    ("scoring", "name"),
    [
        (None, "accuracy"),
        ("neg_log_loss", "neg_log_loss"),
        (own_score, "own_score"),
        (partial(partial(own_score), weight=2), "own_score"),
        (Scorer(), "Scorer"),
        (Scorer().__call__, "__call__"),
    ],
)
def test_scores_have_names_without_addresses(scoring, name):
    assert scoring_name(scoring) == name


def test_name_of_a_scorer_made_by_scikit_learn():
    scorer = make_scorer(log_loss, greater_is_better=False, response_method="predict_proba")
    assert "log_loss" in scoring_name(scorer)
    assert "0x" not in scoring_name(scorer)

"""Callbacks of scikit-learn, which it has from 1.9 on: one task per epoch."""

from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from skfashion import CNN2Classifier, ImagePadder, PixelScaler, SimpleDenseClassifier
from skfashion._compat import has_callbacks
from tests.networks import weights

HAS_CALLBACKS = find_spec("sklearn.callback") is not None
of_1_9 = pytest.mark.skipif(not HAS_CALLBACKS, reason="scikit-learn has callbacks from 1.9 on")
SMALL = {"random_state": 0, "batch_size": 50}
NETWORKS = {
    "dropout": CNN2Classifier(**SMALL),
    "average": SimpleDenseClassifier(**SMALL, averaging="ema", lr=0.1),
    "early stopping": SimpleDenseClassifier(**SMALL, early_stopping=True, lr=1.0),
}


@pytest.fixture
def data(sample):
    return sample.data[:200], sample.target[:200]


class Recorder:
    """Records what it is called with; ends the training after an epoch, if it is to."""

    max_propagation_depth = None

    def __init__(self, stop_after=None):
        self.stop_after, self.events, self.fitted = stop_after, [], []

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X, y, metadata):
        self.events.append(f"begin {context.task_name} {context.task_id}")
        self.given = X, y, metadata

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.events.append(f"end {context.task_name} {context.task_id}")
        self.fitted.append(fitted_estimator)
        return context.task_name == "epoch" and context.task_id + 1 == self.stop_after


def epochs_of(recorder):
    return [event for event in recorder.events if event.startswith("end epoch")]


def assert_same(a, b, X):
    assert a.loss_curve_ == b.loss_curve_
    assert a.validation_scores_ == b.validation_scores_
    np.testing.assert_array_equal(a.predict_proba(X), b.predict_proba(X))


def test_networks_have_callbacks_where_scikit_learn_does():
    assert hasattr(SimpleDenseClassifier, "set_callbacks") is HAS_CALLBACKS
    assert not has_callbacks(SimpleDenseClassifier())


@of_1_9
def test_each_epoch_is_a_task(data):
    recorder, weight = Recorder(), np.ones(200)
    network = SimpleDenseClassifier(**SMALL, max_epochs=2).set_callbacks(recorder)
    assert has_callbacks(network)
    network.fit(*data, sample_weight=weight)
    epochs = [f"{what} epoch {k}" for k in range(2) for what in ("begin", "end")]
    assert recorder.events == ["setup", "begin fit 0", *epochs, "end fit 0", "teardown"]
    X, y, metadata = recorder.given
    assert X is data[0]
    assert y is data[1]
    assert metadata == {"sample_weight": weight}
    assert_same(recorder.fitted[-1], network, data[0])
    network.partial_fit(*data)  # has no tasks
    assert len(recorder.events) == 8


@of_1_9
@pytest.mark.parametrize("name", NETWORKS)
def test_callbacks_see_the_network_as_if_fit_had_stopped(name, data):
    recorder = Recorder()
    network = clone(NETWORKS[name]).set_params(max_epochs=3)
    watched = clone(network).set_callbacks(recorder).fit(*data)
    alone = network.fit(*data)
    assert_same(watched, alone, data[0])  # it makes no difference to be watched
    np.testing.assert_array_equal(weights(watched), weights(alone))
    for n_epochs, fitted in enumerate(recorder.fitted[:-1], 1):
        shorter = clone(network).set_params(max_epochs=n_epochs).fit(*data)
        assert_same(fitted, shorter, data[0])
        assert fitted.n_iter_ == n_epochs
        fitted.partial_fit(*data)  # shares nothing with the others
        assert fitted.n_iter_ == n_epochs + 1
    np.testing.assert_array_equal(watched.predict_proba(data[0]), alone.predict_proba(data[0]))


@of_1_9
@pytest.mark.parametrize("name", NETWORKS)
def test_a_callback_ends_the_training(name, data, tmp_path):
    network = clone(NETWORKS[name]).set_params(max_epochs=2)
    shorter = clone(network).fit(*data)
    stopped = network.set_params(max_epochs=4).set_callbacks(Recorder(stop_after=2)).fit(*data)
    assert stopped.n_iter_ == 2
    np.testing.assert_array_equal(weights(stopped), weights(shorter))
    assert_same(stopped, shorter, data[0])


@of_1_9
def test_a_callback_ends_a_training_on_validation_data(data):
    X, y = data
    given = {"X_val": X[150:], "y_val": y[150:]}
    network = SimpleDenseClassifier(**SMALL, max_epochs=4).set_callbacks(Recorder(stop_after=2))
    network.fit(X[:150], y[:150], **given)
    shorter = clone(network).set_callbacks().set_params(max_epochs=2)
    assert_same(network, shorter.fit(X[:150], y[:150], **given), X)
    assert len(network.validation_scores_) == 2


@of_1_9
def test_each_step_of_a_warm_start_has_tasks_of_its_own(data):
    network = SimpleDenseClassifier(**SMALL, max_epochs=3, warm_start=True)
    alone = clone(network).set_params(max_epochs=2).fit(*data).fit(*data)
    network.set_callbacks(recorder := Recorder(stop_after=2)).fit(*data).fit(*data)
    assert network.n_iter_ == 4
    assert epochs_of(recorder) == ["end epoch 0", "end epoch 1"] * 2
    assert [fitted.n_iter_ for fitted in recorder.fitted] == [1, 2, 2, 3, 4, 4]
    np.testing.assert_array_equal(weights(network), weights(alone))


@of_1_9
def test_epochs_from_the_memory_are_shown_too(data, tmp_path, epochs):
    network = CNN2Classifier(**SMALL, max_epochs=2, memory=tmp_path).fit(*data)
    longer = clone(network).set_params(max_epochs=3)
    watched = clone(longer).set_callbacks(recorder := Recorder()).fit(*data)
    assert epochs == [2, 1]
    assert len(epochs_of(recorder)) == 3
    expected = clone(longer).set_params(memory=None).fit(*data)
    assert_same(watched, expected, data[0])
    np.testing.assert_array_equal(weights(watched), weights(expected))
    assert_same(recorder.fitted[1], network, data[0])
    # it may end where there are states of more epochs
    stopped = clone(longer).set_callbacks(Recorder(stop_after=2)).fit(*data)
    assert epochs[-1] == 0
    assert stopped.n_iter_ == stopped.n_epochs_from_memory_ == 2
    np.testing.assert_array_equal(weights(stopped), weights(network))


@of_1_9
@pytest.mark.parametrize("settings", [{}, {"data_pruning": 0.5}, {"lr_schedule": "linear"}])
def test_the_memory_changes_nothing_where_a_callback_ends_the_training(data, tmp_path, settings):
    network = SimpleDenseClassifier(**SMALL, max_epochs=5, lr=0.1, **settings)
    expected = clone(network).set_callbacks(Recorder(stop_after=2)).fit(*data)
    kept = clone(network).set_params(memory=tmp_path)
    for n_from_memory in (0, 2):
        stopped = clone(kept).set_callbacks(Recorder(stop_after=2)).fit(*data)
        assert stopped.n_iter_ == 2
        assert stopped.n_epochs_from_memory_ == n_from_memory
        assert_same(stopped, expected, data[0])
        names = sorted(path.name for path in tmp_path.rglob("*.npz"))
        assert names == ["epoch-00001.npz", "epoch-00002.npz"]
    whole = clone(kept).fit(*data)
    assert whole.n_epochs_from_memory_ == 2
    assert_same(whole, network.fit(*data), data[0])


@of_1_9
def test_callbacks_see_a_network_that_replaces_another_one(data):
    X, y = data
    network = SimpleDenseClassifier(**SMALL, max_epochs=2).fit(X, y)
    network.set_callbacks(recorder := Recorder())
    network.fit(X[:, :400], y > 4)  # other images and classes, so other weights
    alone = SimpleDenseClassifier(**SMALL, max_epochs=2).fit(X[:, :400], y > 4)
    assert [fitted.n_iter_ for fitted in recorder.fitted] == [1, 2, 2]
    assert_same(recorder.fitted[-1], alone, X[:, :400])
    with pytest.raises(ValueError, match="inconsistent numbers"):
        network.fit(X, y[:-1])
    assert_same(network, alone, X[:, :400])


@of_1_9
def test_an_error_leaves_nothing_behind(data):
    class Failing(Recorder):
        def on_fit_task_end(self, estimator, context):
            raise OSError("no screen")

    network = SimpleDenseClassifier(**SMALL).set_callbacks(recorder := Failing())
    before = dict(vars(network))
    with pytest.raises(OSError, match="no screen"):
        network.fit(*data)
    assert recorder.events == ["setup", "begin fit 0", "begin epoch 0", "teardown"]
    assert vars(network) == before
    network.set_callbacks(recorder := Recorder())
    with pytest.raises(ValueError, match="inconsistent numbers"):
        network.fit(data[0], data[1][:-1])
    assert recorder.events == ["setup", "begin fit 0", "teardown"]


def search_of(network):
    steps = [("pad", ImagePadder()), ("scale", PixelScaler()), ("classifier", network)]
    pipeline = Pipeline(steps)
    grid = {"classifier__lr": [0.01, 0.1]}
    return GridSearchCV(pipeline, grid, cv=2)


@of_1_9
@pytest.mark.parametrize("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_one_progress_bar_from_a_search_to_the_epochs(data, capsys, n_jobs):
    from sklearn.callback import ProgressBar

    search = search_of(SimpleDenseClassifier(**SMALL, max_epochs=2)).set_params(n_jobs=n_jobs)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(*data)
    lines = capsys.readouterr().out.splitlines()
    bars = [line for line in lines if "SimpleDenseClassifier - fit" in line]
    assert len(bars) == 5  # 2 rates in 2 folds, and once more with the best
    assert lines[0].startswith("GridSearchCV - fit")
    assert all("100%" in line for line in bars)


@of_1_9
def test_tasks_of_epochs_are_below_those_of_search_and_pipeline(data):
    recorder = Recorder()
    search = search_of(SimpleDenseClassifier(**SMALL, max_epochs=2)).set_params(refit=False)
    search.set_callbacks(recorder).fit(*data)
    assert len(epochs_of(recorder)) == 2 * 2 * 2
    fits = [event for event in recorder.events if event.startswith("begin fit ")]
    assert len(fits) == 1 + 2 * 2 * (1 + 3)  # the search, Pipelines, and all of their steps
    assert recorder.events.count("setup") == recorder.events.count("teardown") == 1


@of_1_9
def test_a_scoring_monitor_has_a_score_per_epoch(data):
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring="accuracy")
    network = SimpleDenseClassifier(**SMALL, max_epochs=3, lr=0.1)
    Pipeline([("classifier", clone(network).set_callbacks(monitor))]).fit(*data)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    expected = [clone(network).set_params(max_epochs=k).fit(*data).score(*data) for k in (1, 2, 3)]
    assert [row["accuracy"] for row in rows] == expected

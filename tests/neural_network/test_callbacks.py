"""Callbacks of skorch and of the caller."""

import numpy as np
import pytest
from skorch.callbacks import BatchScoring, Callback, Checkpoint, EarlyStopping, EpochScoring

from skfashion import CNN2Classifier, SimpleDenseClassifier
from tests.networks import FAST, weights


def test_early_stopping_of_skorch_lets_later_callbacks_see_its_last_epoch(data):
    seen = []

    class Seen(Callback):
        def on_epoch_end(self, net, **kwargs):
            seen.append(len(net.history))

    never_better = EarlyStopping("train_loss", patience=2, threshold=1e9, threshold_mode="abs")
    classifier = SimpleDenseClassifier(max_epochs=5, callbacks=[never_better, Seen()]).fit(*data)
    assert seen == [1, 2, 3]
    assert classifier.n_iter_ == 3


def test_a_callback_that_predicts_does_not_end_dropout(data):
    class Predict(Callback):
        def on_batch_end(self, net, **kwargs):
            net.network.scores(data[0][:1])

    parameters = {"max_epochs": 2, "random_state": 0}
    alone = CNN2Classifier(**parameters).fit(*data)
    predicting = CNN2Classifier(**parameters, callbacks=[Predict()]).fit(*data)
    np.testing.assert_array_equal(weights(predicting), weights(alone))


def test_callbacks_given_as_parameters_are_not_written_to(data):
    scoring = EpochScoring("accuracy", name="own", lower_is_better=False)
    before = dict(vars(scoring))
    SimpleDenseClassifier(**FAST, validation_fraction=0.2, callbacks=[scoring]).fit(*data)
    assert vars(scoring) == before


def test_checkpoint_of_skorch(data, tmp_path):
    checkpoint = Checkpoint(dirname=tmp_path)
    SimpleDenseClassifier(**FAST, validation_fraction=0.2, callbacks=[checkpoint]).fit(*data)
    assert (tmp_path / "params.pt").exists()


def test_scores_of_skorch_on_batches_and_without_cache(data):
    scorings = [
        BatchScoring("accuracy", name="by_batch", lower_is_better=False),
        BatchScoring("accuracy", name="by_batch_anew", lower_is_better=False, use_caching=False),
        EpochScoring("accuracy", name="anew", lower_is_better=False, use_caching=False),
        EpochScoring("accuracy", name="training", on_train=True, use_caching=False),
    ]
    classifier = SimpleDenseClassifier(**FAST, validation_fraction=0.2, callbacks=scorings)
    history = classifier.fit(*data).net_.history
    for name in ("by_batch", "by_batch_anew", "anew"):
        assert history[:, name] == pytest.approx(classifier.validation_scores_)
    assert history[-1, "training"] > classifier.train_scores_[-1]  # with the epoch's last weights
    assert history[-1, "batches", :, "train_batch_size"][:8] == [32] * 7 + [16]


@pytest.mark.parametrize("callback", [EarlyStopping(), EarlyStopping, ("own", Checkpoint())])
def test_callbacks_that_watch_validation_ask_for_it(data, callback):
    with pytest.raises(ValueError, match=r"'valid_loss.* Set validation_fraction"):
        SimpleDenseClassifier(**FAST, callbacks=[callback]).fit(*data)


def test_other_things_than_callbacks_are_refused(data):
    with pytest.raises(TypeError, match=r"callbacks must be skorch's.* got <built-in function"):
        SimpleDenseClassifier(**FAST, callbacks=[print]).fit(*data)


def test_callbacks_of_skorch_work(data, capsys):
    scoring = EpochScoring("accuracy", name="own_accuracy", lower_is_better=False)
    classifier = SimpleDenseClassifier(
        **FAST, validation_fraction=0.2, callbacks=[scoring], verbose=1
    ).fit(*data)
    own = classifier.net_.history[:, "own_accuracy"]
    assert own == pytest.approx(classifier.validation_scores_)
    assert "train_loss" in capsys.readouterr().out


def test_batch_scoring_of_skorch(data):
    scoring = BatchScoring("accuracy", name="by_batch", lower_is_better=False)
    classifier = SimpleDenseClassifier(**FAST, validation_fraction=0.2, callbacks=[scoring]).fit(
        *data
    )
    assert classifier.net_.history[:, "by_batch"] == pytest.approx(classifier.validation_scores_)


def test_callbacks_see_the_gradients(data):
    seen = []

    class Watch(Callback):
        def on_grad_computed(self, net, named_parameters, **kwargs):
            seen.append([name for name, p in named_parameters if p.grad is not None])

    SimpleDenseClassifier(max_epochs=1, batch_size=64, callbacks=[Watch()]).fit(*data)
    assert len(seen) == -(-len(data[1]) // 64)
    assert len(seen[0]) == 6  # three layers, with a weight and a bias each


@pytest.mark.parametrize("verbose", [0, 1])
def test_verbose_prints_one_line_per_epoch_and_nothing_else(data, capsys, verbose):
    network = SimpleDenseClassifier(**FAST, validation_fraction=0.2, verbose=verbose)
    network.fit(*data).predict(data[0])
    out, err = capsys.readouterr()
    assert err == ""
    lines = [line.split() for line in out.splitlines()]
    if not verbose:
        assert lines == []
        return
    assert lines[0] == ["epoch", "train_acc", "train_loss", "valid_acc", "valid_loss", "dur"]
    assert set(lines[1][0]) == {"-"}
    assert [line[0] for line in lines[2:]] == ["1", "2"]

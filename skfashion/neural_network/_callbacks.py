"""What a fit does between epochs: it keeps states, and calls scikit-learn's callbacks."""

import copy
from functools import partial

import numpy as np

from skfashion.neural_network._engine.records import BestWeights


def described(trainer):
    """Return the attributes of a classifier that describe its training."""
    history = trainer.net.history
    has_validation = any("valid_loss" in epoch for epoch in history)
    validation_losses, validation_scores = (
        [epoch.get(name, np.nan) for epoch in history] if has_validation else None
        for name in ("valid_loss", "valid_acc")
    )
    return {
        "n_iter_": len(history),
        "n_parameters_": trainer.network.n_parameters,
        "n_threads_": trainer.n_threads,
        "loss_curve_": history[:, "train_loss"],
        "train_scores_": history[:, "train_acc"],
        "epoch_seconds_": history[:, "dur"],
        "validation_loss_curve_": validation_losses,
        "validation_scores_": validation_scores,
    }


def as_if_stopped(trainer):
    """Return the attributes that a classifier would have if its training had ended now.

    They share nothing with the training, which goes on; early stopping has restored the best
    weights.
    """
    network = copy.copy(trainer.network)
    network.module = copy.deepcopy(network.module)
    if trainer.stopping is not None:
        best = BestWeights(patience=0)
        best.remember(trainer.stopping)
        best.restore(network.module, len(trainer.net.history))
    state = trainer.state()
    training = {"generators": state.generators, "history": state.history}
    return {"_network": network, "_training": training, **described(trainer)}


class FitTask:
    """A fit as scikit-learn's callbacks see it: a task with one subtask per epoch.

    Parameters
    ----------
    classifier : BaseImageClassifier
        It has callbacks.
    X, y, sample_weight
        As they were given to `fit`.
    """

    def __init__(self, classifier, X, y, sample_weight):
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self.about = {"estimator": classifier, "X": X, "y": y, "metadata": metadata}
        self.context = classifier._init_callback_context(max_subtasks=classifier.max_epochs)
        self.epoch = None  # context of the present one

    def begin(self):
        """Tell the callbacks that the fit begins."""
        self.context.call_on_fit_task_begin(**self.about)

    def end(self):
        """Tell the callbacks that the fit has ended, with the classifier as it is now."""
        self.context.call_on_fit_task_end(**self.about, reconstruction_attributes={})

    def begin_epoch(self):
        """Tell the callbacks that an epoch begins."""
        self.epoch = self.context.subcontext(task_name="epoch")
        self.epoch.call_on_fit_task_begin(**self.about)

    def end_epoch(self, trainer):
        """Tell the callbacks that an epoch has ended; return whether one ends the training."""
        # called only for a callback that wants a fitted estimator
        attributes = partial(as_if_stopped, trainer)
        return self.epoch.call_on_fit_task_end(**self.about, reconstruction_attributes=attributes)


class Epochs:
    """What a fit does before and after each epoch.

    Parameters
    ----------
    kept : KeptTraining or None
        Where states are kept, and taken from.
    task : FitTask or None
        Whom to tell.
    """

    def __init__(self, kept, task):
        self.kept, self.task = kept, task

    def resume(self, trainer, n_epochs):
        """Load the last state that is kept, after at most so many epochs.

        Callbacks are told of the epochs up to that state too, and may end the training there.
        """
        if self.kept and not self.task:
            state = self.kept.latest(n_epochs)
            if state is not None:
                self._load(trainer, state)
        elif self.kept:
            for n_done in range(1, n_epochs + 1):
                state = self.kept.after(n_done)
                if state is None:
                    break
                self.task.begin_epoch()
                self._load(trainer, state)
                if self.task.end_epoch(trainer):
                    # not fewer epochs in all, which would be another training
                    trainer.net.is_stopped = True
                    break

    def _load(self, trainer, state):
        """Load a state; raise a ValueError if it is of another module."""
        try:
            trainer.load(state)
        except (RuntimeError, ValueError) as error:  # torch's, about weights and the optimiser's
            raise ValueError(
                f"The training in {self.kept.folder} does not fit the network: a function or a "
                f"class that the module uses has probably changed. Delete that folder. ({error})"
            ) from error

    def begin(self):
        """Begin an epoch."""
        if self.task:
            self.task.begin_epoch()

    def end(self, trainer):
        """End an epoch; return whether the training ends with it."""
        if self.kept:
            self.kept.keep(trainer)
        return self.task is not None and self.task.end_epoch(trainer)

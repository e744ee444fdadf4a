"""Classifiers that fail, say what they do, or keep what networks keep."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.naive_bayes import GaussianNB

# Not the same twice: times; and pickles, in which strings and dtypes may be shared or not.
VARYING = ["fit_seconds", "images_per_second", "seconds_per_epoch", "model_bytes"]


class LoggingBayes(GaussianNB):
    """Says in a file that it was fitted."""

    def __init__(self, log=None, random_state=None, priors=None, var_smoothing=1e-9):
        super().__init__(priors=priors, var_smoothing=var_smoothing)
        self.log = log
        self.random_state = random_state

    def fit(self, X, y):
        with open(self.log, "a") as file:
            file.write(f"{self.random_state}\n")
        return super().fit(X, y)


class Failing(ClassifierMixin, BaseEstimator):
    def __init__(self, error=RuntimeError, text="the tea is cold", only_state=None):
        self.error = error
        self.text = text
        self.only_state = only_state

    def fit(self, X, y):
        raise self.error(self.text)


class FailingOnce(GaussianNB):
    """Fails unless a file is there."""

    def __init__(self, cure=None, priors=None, var_smoothing=1e-9):
        super().__init__(priors=priors, var_smoothing=var_smoothing)
        self.cure = cure

    def fit(self, X, y):
        if not self.cure.exists():
            raise RuntimeError("not yet cured\nsecond line")
        return super().fit(X, y)


class Epochs(ClassifierMixin, BaseEstimator):
    """Keeps curves as the networks do; counts the images that it was fitted on."""

    def __init__(
        self,
        validation_losses=(0.5, 0.3, 0.4),
        validation_fraction=None,
        log=None,
        max_epochs=3,
        n_threads=1,
    ):
        self.validation_losses = validation_losses
        self.validation_fraction = validation_fraction
        self.log = log
        self.max_epochs = max_epochs
        self.n_threads = n_threads

    def fit(self, X, y):
        if self.log:
            with open(self.log, "a") as file:
                file.write(f"{self.validation_fraction}\n")
        self.model_ = GaussianNB().fit(X, y)
        self.classes_ = self.model_.classes_
        self.n_iter_ = len(self.validation_losses)
        self.loss_curve_ = [1 / (i + 1) for i in range(self.n_iter_)]
        self.train_scores_ = [0.5] * self.n_iter_
        self.validation_loss_curve_ = None
        self.validation_scores_ = None
        if self.validation_fraction:
            self.validation_loss_curve_ = list(self.validation_losses)
            self.validation_scores_ = [0.4] * self.n_iter_
        self.epoch_seconds_ = [1.0, 2.0, 6.0][: self.n_iter_]
        self.n_parameters_ = 1234
        self.n_threads_ = self.n_threads
        return self

    def predict(self, X):
        return self.model_.predict(X)


class FailingOnAll(Epochs):
    """Fails unless something is held out."""

    def fit(self, X, y):
        if self.validation_fraction is None:
            raise RuntimeError("nothing held out")
        return super().fit(X, y)


class WithoutProbabilities(GaussianNB):
    def predict_proba(self, X):
        raise RuntimeError("not today")


class OddProbabilities(GaussianNB):
    """Has one wrong row, or one column too few."""

    def __init__(self, row=None, priors=None, var_smoothing=1e-9):
        super().__init__(priors=priors, var_smoothing=var_smoothing)
        self.row = row

    def predict_proba(self, X):
        proba = super().predict_proba(X)
        if self.row is None:
            return proba[:, 1:]
        proba[3] = self.row
        return proba


class Predicting(GaussianNB):
    """Predicts the same whatever it learns."""

    def __init__(self, label=None, priors=None, var_smoothing=1e-9):
        super().__init__(priors=priors, var_smoothing=var_smoothing)
        self.label = label

    def predict(self, X):
        return np.full(len(X), self.label)


class WithoutClasses(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.most_ = np.bincount(y).argmax()
        return self

    def predict(self, X):
        return np.full(len(X), self.most_)

    def predict_proba(self, X):
        return np.full((len(X), 10), 0.1)


class WithoutParameters(GaussianNB):
    def get_params(self, deep=True):
        raise RuntimeError("they are mine")


class WithoutClone(GaussianNB):
    def __init__(self, priors=None, var_smoothing=1e-9):
        super().__init__(priors=priors, var_smoothing=2 * var_smoothing)


def lines(path):
    return path.read_text().split() if path.exists() else []

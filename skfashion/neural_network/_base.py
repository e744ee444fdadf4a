"""What all networks share: scikit-learn's ritual around a net."""

import math
from abc import abstractmethod
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skfashion._compat import Interval, StrOptions
from skfashion._compat import check_partial_fit_first_call as _check_partial_fit_first_call
from skfashion._compat import check_sample_weight as _check_sample_weight
from skfashion._compat import fit_context as _fit_context
from skfashion._images import check_shape, rows_of, shape_of_rows, warn_caller
from skfashion.neural_network._batches import centred_padding
from skfashion.neural_network._device import PRECISIONS
from skfashion.neural_network._layers import INITIALIZERS
from skfashion.neural_network._net import (
    LR_SCHEDULES,
    OPTIMIZERS,
    ImageSet,
    NonFiniteLoss,
    build_net,
    checked_callbacks,
    training_callbacks,
)

DEFAULT_VALIDATION_FRACTION = 0.1
MOST_IF_DIVIDED = 2  # a greater value is none of a pixel that was divided by 255
MOST_IF_SCALED = 100  # a greater one is none of pixels that were scaled at all, in whatever way
OF_THE_UPDATES = ("optimizer", "momentum", "weight_decay", "device", "precision")


def merge_repeated_rows(X, y, weight):
    """Return the distinct samples in a fixed order, with the sum of their weights.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
    y : ndarray of shape (n,)
    weight : ndarray of shape (n,)
    """
    order = np.lexsort([*X.T[::-1], y])
    X, y, weight = X[order], y[order], weight[order]
    is_new = np.r_[True, (y[1:] != y[:-1]) | (X[1:] != X[:-1]).any(axis=1)]
    return X[is_new], y[is_new], np.add.reduceat(weight, np.flatnonzero(is_new))


def class_weights(class_weight, classes, y, sample_weight):
    """Return the weight of each class (n_classes,); `y` are indices of `classes`."""
    if class_weight != "balanced":
        weights = compute_class_weight(class_weight, classes=classes, y=classes)
        if (weights < 0).any() or not weights[np.unique(y)].any():
            raise ValueError(
                f"class_weight={class_weight} must be at least zero, and above zero for some "
                "class in y."
            )
        return weights
    total = np.bincount(y, sample_weight, minlength=len(classes))
    weights = np.zeros(len(classes))  # stays so for classes that partial_fit has none of
    return np.divide(total.sum(), len(classes) * total, out=weights, where=total > 0)


def relative_weights(weight):
    """Return weights of mean one, float32, or None if all are the same."""
    if (weight == weight[0]).all():
        return None
    weight = weight / weight.max()  # the sum of very large ones would be infinite
    return (weight / weight.mean()).astype(np.float32)


def split_off_validation(y, fraction, rng):
    """Return the indices of the training and of the validation part, stratified if possible."""
    n_samples = len(y)
    n_valid = max(1, round(fraction * n_samples))
    if n_valid >= n_samples:
        raise ValueError(
            f"Splitting off {fraction} of {n_samples} samples (copies do not count) for validation "
            "leaves none to train on. Give more samples, or set early_stopping=False and "
            "validation_fraction=None."
        )
    counts = np.bincount(y)
    counts = counts[counts > 0]
    can_stratify = counts.min() > 1 and len(counts) <= min(n_valid, n_samples - n_valid)
    stratify = y if can_stratify else None
    return train_test_split(
        np.arange(n_samples), test_size=n_valid, random_state=rng, stratify=stratify
    )


@dataclass(kw_only=True, repr=False, eq=False)
class BaseImageClassifier(ClassifierMixin, BaseEstimator):
    """Base of the networks: a subclass gives `_make_module` and its own defaults.

    A subclass is a dataclass, so that a parameter is one line: a field with its default. Fields
    of the base are parameters of every network; a field of the same name changes the default.
    """

    lr: float = 1e-3
    max_epochs: int = 10
    batch_size: int = 32
    optimizer: object = "adam"
    momentum: float = 0.0
    weight_decay: float = 0.0
    lr_schedule: str = "constant"
    warmup: float = 0.0
    initializer: str | None = None
    early_stopping: bool = False
    validation_fraction: float | None = None
    n_iter_no_change: int = 3
    class_weight: object = None
    image_shape: tuple | None = None
    callbacks: list | None = None
    device: str = "auto"
    precision: str = "float32"
    warm_start: bool = False
    random_state: object = None
    verbose: int = 0

    _min_size: ClassVar[int] = 1  # the least height and width that the module takes
    _poor_score: ClassVar[bool] = False  # on a hundred samples, with the published settings
    _parameter_constraints: ClassVar[dict] = {
        "lr": [Interval(Real, 0, None, closed="neither")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "optimizer": [StrOptions(set(OPTIMIZERS)), callable],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "lr_schedule": [StrOptions(set(LR_SCHEDULES))],
        "warmup": [Interval(Real, 0, 1, closed="left")],
        "initializer": [StrOptions(set(INITIALIZERS)), None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "image_shape": [tuple, list, None],
        "callbacks": [list, tuple, None],
        "device": [str],
        "precision": [StrOptions(set(PRECISIONS))],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    @abstractmethod
    def _make_module(self, image_shape, n_classes):
        """Return the network, a torch module.

        Parameters
        ----------
        image_shape : tuple of (channels, height, width)
            Shape of the images that it takes, no smaller than `_min_size`.
        n_classes : int
            Number of scores that it returns for each image; the larger, the likelier.
        """

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Train the network.

        Ctrl-C raises KeyboardInterrupt and leaves the classifier unfitted; with `warm_start`, as
        it was after the last batch.

        With `warm_start`, training goes on with the parameters as they are now. If `optimizer`,
        `momentum`, `weight_decay`, `device` or `precision` changed, the optimiser starts anew;
        parameters that the network was built with cannot change.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images. uint8 means pixels from 0 to 255, which are divided by 255 on their way in;
            every other type is taken as it is, with a warning if it has pixels above 100.
        y : array-like of shape (n,)
            Labels, numbers or strings.
        sample_weight : array-like of shape (n,), default=None
            Weights of the samples; only their ratios count, and samples of weight zero are left
            out. If all samples fit into one batch, a whole number as weight is exactly the same
            as that many copies of the sample; otherwise it is so on average.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter or the input is unusable, or the loss becomes infinite or NaN.
        """
        go_on = self.warm_start and hasattr(self, "net_")
        X, y, weight = self._check_fit_input(X, y, sample_weight, reset=not go_on)
        classes, y = np.unique(y, return_inverse=True)
        if go_on and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start goes on with the classes {self.classes_}, but y has {classes}. "
                "Set warm_start=False to start anew."
            )
        self.classes_ = classes
        rng = check_random_state(self.random_state)
        net = self._net_to_go_on_with() if go_on else self._new_net(rng)
        train_set, valid_set = self._training_sets(X, y, weight, rng)
        callbacks = training_callbacks(
            self.lr_schedule,
            self.warmup,
            n_batches=self.max_epochs * math.ceil(len(train_set) / self.batch_size),
            patience=self.n_iter_no_change if self.early_stopping else None,
        )
        return self._train(net, train_set, valid_set, self.max_epochs, callbacks)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one epoch on these samples, from where the network is.

        The learning rate is constant, nothing is split off for validation, nothing stops early,
        and ``class_weight="balanced"`` is about the samples of this call. A classifier that was
        pickled goes on with a fresh optimiser.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.
        y : array-like of shape (n,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed in the first call, unless `fit` came before.
        sample_weight : array-like of shape (n,), default=None
            Weights of the samples, as for `fit`.

        Returns
        -------
        self : object
            The classifier.

        Raises
        ------
        ValueError
            If the input is unusable, has a label that is not in `classes`, or the loss becomes
            infinite or NaN.
        """
        is_first = not hasattr(self, "net_")
        if is_first:
            vars(self).pop("classes_", None)  # of a fit that failed
            _check_partial_fit_first_call(self, classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes={classes} differs from the classes so far: {self.classes_}.")
        X, y, weight = self._check_fit_input(X, y, sample_weight, reset=is_first)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"y has labels that are not in classes: {unknown}.")
        if is_first:
            net = self._new_net(check_random_state(self.random_state))
        else:
            net = self._net_to_go_on_with()
        samples = self._without_repeats(X, np.searchsorted(self.classes_, y), weight)
        return self._train(net, ImageSet(*samples), None, 1, [])

    def decision_function(self, X):
        """Return the scores of the classes; the larger, the likelier.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        scores : ndarray of shape (n, n_classes), or (n,) for two classes
            The network's scores before the softmax; for two classes, that of the second less that
            of the first.
        """
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict_proba(self, X):
        """Return the probabilities of the classes.

        They do not depend on how the images are split into calls, but for rounding: below 1e-6
        for uint8 and float32, below 1e-12 for float64 images, which are predicted in double
        precision and more slowly.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n, n_classes)
            In the order of `classes_`; each row sums to one.
        """
        return softmax(self._scores(X), axis=1)

    def predict(self, X):
        """Return the likeliest class of each image.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        labels : ndarray of shape (n,)
            Of the type of `classes_`.
        """
        likeliest = self._scores(X).argmax(axis=1)
        return self.classes_[likeliest]

    def feature_maps(self, X):
        """Return what the first convolution makes of images, before the activation function.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        maps : ndarray of shape (n, map_height, map_width, n_maps), float32
            A map for each of `kernels_`.

        Raises
        ------
        ValueError
            If the network has no convolution.
        """
        check_is_fitted(self)
        maps = self.net_.feature_maps(self._check_images(X, reset=False))
        if maps is None:
            raise ValueError(f"{type(self).__name__} has no convolution, so no feature maps.")
        return maps

    @property
    def kernels_(self):
        """Kernels of the first layer, an ndarray of shape (n_kernels, height, width, channels).

        Those of a convolution, or the weights of each unit of a dense layer as an image.
        """
        check_is_fitted(self)
        kernels = self.net_.kernels()
        if kernels is None:
            raise AttributeError(f"The first layer of {type(self).__name__} has no kernels.")
        return kernels

    def _scores(self, X):
        check_is_fitted(self)
        rows = self._check_images(X, reset=False)
        scores = self.net_.scores(rows)
        if not np.isfinite(scores).all():
            raise ValueError(
                f"The network's scores of X are not finite: its pixels, up to "
                f"{np.abs(rows).max():g} in size, are too large. Scale them like those of the "
                "training."
            )
        return scores

    def _check_images(self, X, y="no_validation", *, reset):
        """Return `X` as rows, and `y` if there is one, judged; set or compare `image_shape_`."""
        X, stack_shape = rows_of(X)
        checked = validate_data(self, X, y, reset=reset, dtype="numeric")
        rows = checked[0] if isinstance(checked, tuple) else checked
        self._check_pixels(rows, reset=reset)
        if reset:
            image_shape = stack_shape
            if self.image_shape is not None:
                image_shape = (*check_shape(self.image_shape, "image_shape", (2, 3)), 1)[:3]
                if stack_shape not in (None, image_shape):
                    raise ValueError(
                        f"image_shape={self.image_shape}, but X is a stack of images of shape "
                        f"{stack_shape}. Leave image_shape at None."
                    )
            self.image_shape_ = shape_of_rows(self.n_features_in_, image_shape)
        elif stack_shape not in (None, self.image_shape_):
            raise ValueError(
                f"X has images of shape {stack_shape}, but the network was trained on "
                f"{self.image_shape_}."
            )
        return checked

    def _check_pixels(self, rows, *, reset):
        """Warn of pixels from 0 to 255 that are not uint8, or else than in the training."""
        is_uint8 = rows.dtype == np.uint8
        if reset:
            self._most_expected = MOST_IF_DIVIDED if is_uint8 else MOST_IF_SCALED
        most = 0 if is_uint8 else rows.max()
        if is_uint8 and self._most_expected == np.inf:
            warn_caller(
                "The network was trained on pixels that are not uint8 and were taken as they are, "
                "but X is uint8, whose pixels are divided by 255. Train it on uint8 too."
            )
        elif most > self._most_expected:
            trained_on = {
                MOST_IF_DIVIDED: ", but the network was trained on uint8 images",
                MOST_IF_SCALED: "" if reset else ", but the network was trained on smaller ones",
            }[self._most_expected]
            warn_caller(
                f"X is {rows.dtype} with pixels up to {most:g}, which are taken as they are"
                f"{trained_on}; only uint8 is divided by 255. If they are from 0 to 255, pass "
                'X.astype("uint8"), otherwise scale them, as PixelScaler does.'
            )
            if reset:
                self._most_expected = np.inf

    def _check_fit_input(self, X, y, sample_weight, *, reset):
        """Return the rows, labels and weights of the samples that have a weight."""
        X, y = self._check_images(X, y, reset=reset)
        check_classification_targets(y)
        if reset:
            vars(self).pop("net_", None)  # if this fit is interrupted, there is no fitted net
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if not weight.all():
            X, y, weight = (a[weight > 0] for a in (X, y, weight))
        return X, y, weight

    def _settings(self):
        """Return the parameters that the network is built with, and those of its updates."""
        own = self.get_params(deep=False).keys() - {f.name for f in fields(BaseImageClassifier)}
        of_network = {
            name: getattr(self, name) for name in ["initializer", "image_shape", *sorted(own)]
        }
        return of_network, {name: getattr(self, name) for name in OF_THE_UPDATES}

    def _net_to_go_on_with(self):
        """Return `net_`, with the settings of its updates as they are now; or raise."""
        (built_with, updated_with), (network, updates) = self._trained_with, self._settings()
        for name, value in built_with.items():
            if network[name] != value:
                raise ValueError(
                    f"The network that is to be trained on was built with {name}={value!r}, which "
                    f"cannot become {network[name]!r}. Set it back, or train a new one with "
                    "warm_start=False."
                )
        if updates != updated_with:
            self.net_.change(**updates)
            self._trained_with = built_with, updates
        return self.net_

    def _new_net(self, rng):
        """Return an untrained net; it becomes `net_` when it is trained."""
        self._trained_with = self._settings()
        height, width, n_channels = self.image_shape_
        left, right, top, bottom = centred_padding(height, width, self._min_size)
        padded_shape = (n_channels, height + top + bottom, width + left + right)
        return build_net(
            lambda: self._make_module(padded_shape, len(self.classes_)),
            image_shape=self.image_shape_,
            min_size=self._min_size,
            n_classes=len(self.classes_),
            optimizer=self.optimizer,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            initializer=self.initializer,
            device=self.device,
            precision=self.precision,
            random_state=rng,
        )

    def _without_repeats(self, X, y, weight):
        """Apply the class weights; where one batch holds all samples, merge equal ones.

        A validation part is split off afterwards, so that it has no copy of a training sample.
        """
        if self.class_weight is not None:
            weight = weight * class_weights(self.class_weight, self.classes_, y, weight)[y]
        if len(y) <= self.batch_size:
            X, y, weight = merge_repeated_rows(X, y, weight)
        return X, y, relative_weights(weight)

    def _training_sets(self, X, y, weight, rng):
        """Return what to train on, and what to validate on or None."""
        X, y, weight = self._without_repeats(X, y, weight)
        fraction = self.validation_fraction
        if fraction is None and self.early_stopping:
            fraction = DEFAULT_VALIDATION_FRACTION
        if fraction is None:
            return ImageSet(X, y, weight), None
        parts = split_off_validation(y, fraction, rng)
        return tuple(
            ImageSet(X[part], y[part], None if weight is None else relative_weights(weight[part]))
            for part in parts
        )

    def _train(self, net, train_set, valid_set, n_epochs, callbacks):
        """Train `net`, make it `net_`, and set what tells of its training from the first epoch."""
        try:
            net.train(
                train_set,
                valid_set,
                n_epochs,
                lr=self.lr,
                batch_size=self.batch_size,
                callbacks=[*callbacks, *checked_callbacks(self.callbacks)],
                verbose=int(self.verbose),
            )
        except NonFiniteLoss:
            vars(self).pop("net_", None)  # its weights are of no more use
            raise
        self.net_ = net
        self.n_iter_ = len(net.history)
        self.n_parameters_ = sum(p.numel() for p in net.module_.parameters())
        self.loss_curve_ = net.history[:, "train_loss"]
        self.train_scores_ = net.history[:, "train_acc"]
        self.epoch_seconds_ = net.history[:, "dur"]
        has_validation = all("valid_loss" in epoch for epoch in net.history)
        self.validation_loss_curve_ = net.history[:, "valid_loss"] if has_validation else None
        self.validation_scores_ = net.history[:, "valid_acc"] if has_validation else None
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = self._poor_score
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "net_")

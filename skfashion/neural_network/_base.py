"""What all networks share: scikit-learn's ritual around what trains and predicts."""

from abc import abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass, make_dataclass
from typing import ClassVar, dataclass_transform

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skfashion._compat import check_partial_fit_first_call, check_sample_weight, fit_context
from skfashion._images import check_shape, rows_of, shape_of_rows, warn_caller
from skfashion.neural_network._engine.batches import ImageSet, centred_padding
from skfashion.neural_network._engine.fitted import FittedNetwork
from skfashion.neural_network._engine.generators import make_module
from skfashion.neural_network._engine.state import TrainingState
from skfashion.neural_network._layers import initialize
from skfashion.neural_network._parameters import (
    SHARED,
    Role,
    complete_docstring,
    constraints,
    inherit_entries,
    names_with_role,
    parameter,
    plain_signature,
)
from skfashion.neural_network._samples import (
    DEFAULT_VALIDATION_FRACTION,
    class_weights,
    merge_repeated_rows,
    relative_weights,
    split_off_validation,
)

MAX_IF_DIVIDED = 2  # a greater value is none of a pixel that was divided by 255
MAX_IF_SCALED = 100  # a greater one is none of pixels that were scaled at all, in whatever way


def new_seed(rng):
    """Return the source of all that a training draws."""
    return np.random.SeedSequence(rng.randint(2**31))


@contextmanager
def as_it_was_on_error(estimator):
    """Leave the attributes of an estimator as they were if the block raises anything."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


class NotGiven:
    """Stands for the value of a parameter of the module that was left to its default."""

    def __repr__(self):
        return "its default"


NOT_GIVEN = NotGiven()


def is_equal(a, b):
    """Return whether two parameters are equal, arrays among them."""
    if hasattr(a, "__array__") or hasattr(b, "__array__"):
        return np.array_equal(a, b)
    return a is b or a == b


SharedParameters = make_dataclass(
    "SharedParameters",
    [(name, object, field) for name, field in SHARED.items()],
    kw_only=True,
    repr=False,
    eq=False,
    namespace={"__module__": __name__},
)


@dataclass_transform(kw_only_default=True, field_specifiers=(parameter,))
class BaseImageClassifier(ClassifierMixin, BaseEstimator, SharedParameters):
    """Base of the networks: a subclass gives `_make_module` and its own defaults.

    A subclass is a dataclass, without saying so: a parameter of its own is a field made by
    `skfashion.neural_network._parameters.parameter`, and a field of the same name as one of the
    base changes its default. Constructor, validation and docstring are completed from the fields.
    """

    _min_size: ClassVar[int] = 1  # the least height and width that the module takes
    _poor_score: ClassVar[bool] = False  # on a hundred samples, with the published settings

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        doc = vars(cls).get("__doc__") or ""
        inherit_entries(cls)
        dataclass(kw_only=True, repr=False, eq=False)(cls)
        cls.__init__.__signature__ = plain_signature(cls.__init__)
        cls._parameter_constraints = constraints(cls)
        cls.__doc__ = complete_docstring(doc, cls)

    @abstractmethod
    def _make_module(self, image_shape, n_classes):
        """Return the network, a torch module; `skfashion.neural_network._layers.network` makes one.

        Its ``features`` turn images into rows, and its ``head`` rows into scores.

        Parameters
        ----------
        image_shape : tuple of (channels, height, width)
            Shape of the images that it takes, no smaller than `_min_size`.
        n_classes : int
            Number of scores that it returns for each image; the larger, the likelier.
        """

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Train the network.

        Ctrl-C raises KeyboardInterrupt and leaves the classifier unfitted; with `warm_start`, as
        it was after the last batch.

        With `warm_start`, training goes on with the parameters as they are now. If `optimizer`,
        `momentum`, `weight_decay`, `device` or `precision` changed, the optimiser starts over;
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
        go_on = self.warm_start and self.__sklearn_is_fitted__()
        with as_it_was_on_error(self):
            X, y, weight = self._check_fit_input(X, y, sample_weight, reset=not go_on)
            classes, y = np.unique(y, return_inverse=True)
            if go_on and not np.array_equal(classes, self.classes_):
                raise ValueError(
                    f"warm_start goes on with the classes {self.classes_}, but y has {classes}. "
                    "Set warm_start=False to start over."
                )
            self.classes_ = classes
            rng = check_random_state(self.random_state)
            seed = None if go_on else new_seed(rng)
            train_set, valid_set = self._training_sets(X, y, weight, rng)
            trainer = self._prepared_trainer(seed, train_set)
        return self._train(
            trainer,
            train_set,
            valid_set,
            self.max_epochs,
            lr_schedule=self.lr_schedule,
            warmup=self.warmup,
            patience=self.n_iter_no_change if self.early_stopping else None,
        )

    @fit_context(prefer_skip_nested_validation=True)
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
        is_first = not self.__sklearn_is_fitted__()
        with as_it_was_on_error(self):
            if is_first:
                vars(self).pop("classes_", None)  # of a fit that failed
            check_partial_fit_first_call(self, classes)
            X, y, weight = self._check_fit_input(X, y, sample_weight, reset=is_first)
            unknown = np.setdiff1d(y, self.classes_)
            if len(unknown):
                raise ValueError(f"y has labels that are not in classes: {unknown}.")
            seed = new_seed(check_random_state(self.random_state)) if is_first else None
            train_set = ImageSet(
                *self._without_repeats(X, np.searchsorted(self.classes_, y), weight)
            )
            trainer = self._prepared_trainer(seed, train_set)
        return self._train(trainer, train_set, None, 1)

    def decision_function(self, X):
        """Return the scores of the classes; the larger, the likelier.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        scores : ndarray of shape (n, n_classes), or (n,) for two classes, float32
            The network's scores before the softmax; for two classes, that of the second less that
            of the first.
        """
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict_proba(self, X):
        """Return the probabilities of the classes.

        They are computed in float32, whatever the type of the images. How the images are split
        into calls changes them by rounding only, by less than 1e-6.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n, n_classes), float32
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
        maps = self._network.feature_maps(self._check_images(X, reset=False))
        if maps is None:
            raise ValueError(f"{type(self).__name__} has no convolution, so no feature maps.")
        return maps

    def features(self, X):
        """Return the last hidden layer of the network: what its scores are made of.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        features : ndarray of shape (n, n_units), float32
            A row for each image.
        """
        check_is_fitted(self)
        return self._network.features(self._check_images(X, reset=False))

    @property
    def net_(self):
        """The net of skorch, with its torch module (``net_.module_``) and its history."""
        check_is_fitted(self)
        return self._live_trainer().net

    @property
    def kernels_(self):
        """Kernels of the first layer, an ndarray of shape (n_kernels, height, width, channels).

        Those of a convolution, or the weights of each unit of a dense layer as an image.
        """
        check_is_fitted(self)
        kernels = self._network.kernels()
        if kernels is None:
            raise AttributeError(f"The first layer of {type(self).__name__} has no kernels.")
        return kernels

    def _scores(self, X):
        check_is_fitted(self)
        rows = self._check_images(X, reset=False)
        scores = self._network.scores(rows)
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
            self._most_expected = MAX_IF_DIVIDED if is_uint8 else MAX_IF_SCALED
        most = 0 if is_uint8 else rows.max()
        if is_uint8 and self._most_expected == np.inf:
            warn_caller(
                "The network was trained on pixels that are not uint8 and were taken as they are, "
                "but X is uint8, whose pixels are divided by 255. Train it on uint8 too."
            )
        elif most > self._most_expected:
            trained_on = {
                MAX_IF_DIVIDED: ", but the network was trained on uint8 images",
                MAX_IF_SCALED: "" if reset else ", but the network was trained on smaller ones",
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
        weight = check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if not weight.all():
            X, y, weight = (a[weight > 0] for a in (X, y, weight))
        return X, y, weight

    def _settings(self, role):
        """Return {name: value} of the parameters with a role."""
        return {name: getattr(self, name) for name in names_with_role(type(self), role)}

    def _padded_shape(self):
        """Return the (channels, height, width) of the images that the module takes."""
        height, width, n_channels = self.image_shape_
        left, right, top, bottom = centred_padding(height, width, self._min_size)
        return n_channels, height + top + bottom, width + left + right

    def _module(self, seed):
        """Return the network as a torch module, its weights drawn from a seed."""

        def draw():
            module = self._make_module(self._padded_shape(), len(self.classes_))
            return module if self.initializer is None else initialize(module, self.initializer)

        return make_module(draw, seed)

    def _prepared_trainer(self, seed, train_set):
        """Return what trains: a new network from a seed, or, without one, the network there is."""
        trainer = self._trainer_to_go_on_with() if seed is None else self._new_trainer(seed)
        callbacks, verbose = self.callbacks, int(self.verbose)
        trainer.prepare(len(train_set), self.batch_size, callbacks, verbose)
        return trainer

    def _new_trainer(self, seed):
        """Return the trainer of a new network; the network is this one's when it is trained."""
        self._built_with = self._settings(Role.NETWORK)
        self._updated_with = self._settings(Role.UPDATE)
        self._module_seed = int(seed.generate_state(1)[0])
        network = FittedNetwork(
            self._module(self._module_seed),
            image_shape=self.image_shape_,
            min_size=self._min_size,
            precision=self.precision,
            device=self.device,
        )
        return self._trainer_of(network, seed)

    def _trainer_of(self, network, seed):
        from skfashion.neural_network._engine.trainer import Trainer  # predicting needs no skorch

        updates = {k: v for k, v in self._updated_with.items() if k not in ("device", "precision")}
        return Trainer(network, n_classes=len(self.classes_), lr=self.lr, seed=seed, **updates)

    def _live_trainer(self):
        """Return the trainer of the network; of one that was pickled, with a new optimiser."""
        if not hasattr(self, "_trainer"):
            weights = self._network.to_state()["weights"]
            trainer = self._trainer_of(self._network, np.random.SeedSequence(0))
            trainer.load(TrainingState(weights=weights, **self._training))
            self._trainer = trainer
        return self._trainer

    def _trainer_to_go_on_with(self):
        """Return the trainer, with the settings of its updates as they are now; or raise."""
        for name, value in self._settings(Role.NETWORK).items():
            built_with = self._built_with.get(name, NOT_GIVEN)
            if not is_equal(value, built_with):
                raise ValueError(
                    f"The existing network was built with {name}={built_with!r}, "
                    f"which cannot become {value!r}. Set it back, or train a new one with "
                    "warm_start=False."
                )
        trainer = self._live_trainer()
        updates = self._settings(Role.UPDATE)
        network = self._network
        if updates == self._updated_with and network.precision == self.precision:
            return trainer
        state = trainer.state()
        state.optimizer = None
        before = network.device, network.precision
        network.move(self.device, self.precision)
        self._updated_with = updates
        try:
            trainer = self._trainer_of(network, np.random.SeedSequence(0))
        except BaseException:
            network.move(*before)
            raise
        trainer.load(state)
        return trainer

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
            ImageSet(X, y[part], None if weight is None else relative_weights(weight[part]), part)
            for part in parts
        )

    def _train(self, trainer, train_set, valid_set, n_epochs, **settings):
        """Train the network, make it this one's, and set the attributes about its training."""
        from skfashion.neural_network._engine.trainer import NonFiniteLoss

        goes_on = trainer.network is getattr(self, "_network", None)
        if goes_on:
            self._trainer = trainer
        else:
            self._forget()  # if this fit does not come to its end, there is no fitted network
        try:
            trainer.train(
                train_set,
                valid_set,
                n_epochs,
                lr=self.lr,
                batch_size=self.batch_size,
                **settings,
            )
        except NonFiniteLoss:
            self._forget()  # its weights are of no more use
            raise
        except BaseException:
            if goes_on:
                self._describe_training(trainer)
            raise
        self._trainer, self._network = trainer, trainer.network
        self._describe_training(trainer)
        return self

    def _describe_training(self, trainer):
        history = trainer.net.history
        self.n_iter_ = len(history)
        self.n_parameters_ = trainer.network.n_parameters
        self.n_threads_ = trainer.n_threads
        self.loss_curve_ = history[:, "train_loss"]
        self.train_scores_ = history[:, "train_acc"]
        self.epoch_seconds_ = history[:, "dur"]
        has_validation = all("valid_loss" in epoch for epoch in history)
        self.validation_loss_curve_ = history[:, "valid_loss"] if has_validation else None
        self.validation_scores_ = history[:, "valid_acc"] if has_validation else None

    def _forget(self):
        for name in ("_network", "_trainer", "_training"):
            vars(self).pop(name, None)

    def __getstate__(self):
        """Return what predicting and going on need: no optimiser, no data, plain arrays."""
        state = dict(super().__getstate__())
        state.pop("_trainer", None)
        network = state.pop("_network", None)
        if network is not None:
            state["_fitted"] = network.to_state()
            if hasattr(self, "_trainer"):
                training = self._trainer.state()
                state["_training"] = {
                    "generators": training.generators,
                    "history": training.history,
                }
        return state

    def __setstate__(self, state):
        """Go back to the device of the training if there is one here, else to the CPU."""
        fitted = state.pop("_fitted", None)
        super().__setstate__(state)
        if fitted is not None:
            like = type(self)(**self._built_with)
            like.classes_, like.image_shape_ = self.classes_, self.image_shape_
            self._network = FittedNetwork.from_state(fitted, like._module(self._module_seed))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = self._poor_score
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_network")

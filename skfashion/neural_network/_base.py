"""What all networks share: scikit-learn's methods around what trains and predicts."""

from abc import abstractmethod
from contextlib import nullcontext
from dataclasses import dataclass, make_dataclass
from functools import partial
from itertools import pairwise
from typing import ClassVar, dataclass_transform

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skfashion._compat import (
    CallbackSupportMixin,
    check_partial_fit_first_call,
    fit_context,
    has_callbacks,
)
from skfashion._images import warn_caller
from skfashion.neural_network._callbacks import Epochs, FitTask, described
from skfashion.neural_network._engine.augmentation import view_names
from skfashion.neural_network._engine.batches import ImageSet, batch_bounds, centred_padding
from skfashion.neural_network._engine.device import explained_allocation_errors
from skfashion.neural_network._engine.fitted import (
    PREDICTION_BATCH_SIZE,
    FittedNetwork,
    gathered,
)
from skfashion.neural_network._engine.generators import make_module
from skfashion.neural_network._engine.memory import (
    TrainingMemory,
    UnknownSettingError,
    key_of,
)
from skfashion.neural_network._engine.state import TrainingState
from skfashion.neural_network._input import (
    check_images,
    check_samples,
    check_some_weight,
    check_validation_samples,
)
from skfashion.neural_network._inside import NetworkInsides
from skfashion.neural_network._layers import initialize
from skfashion.neural_network._parameters import (
    SHARED,
    Role,
    check_same_network,
    complete_docstring,
    constraints,
    inherit_entries,
    names_with_role,
    parameter,
    plain_signature,
)
from skfashion.neural_network._plain_state import PlainState
from skfashion.neural_network._rollback import as_it_was_on_error
from skfashion.neural_network._samples import (
    DEFAULT_VALIDATION_FRACTION,
    class_weights,
    merge_repeated_rows,
    relative_weights,
    split_off_validation,
    weighted_by_class,
    without_weight_zero,
)
from skfashion.neural_network._size import (
    check_size,
    count_parameters,
    numbers_per_parameter,
)

SCORES_AT_ONCE = 2**14  # images; the scores of all would take more memory than some answers
TRAIN_WITH_LESS = "Use smaller images or a smaller batch_size."


def new_seed(rng):
    """Return the source of all random numbers of a training."""
    return np.random.SeedSequence(rng.randint(2**31))


SharedParameters = make_dataclass(
    "SharedParameters",
    [(name, object, field) for name, field in SHARED.items()],
    kw_only=True,
    repr=False,
    eq=False,
    namespace={"__module__": __name__},
)


@dataclass_transform(kw_only_default=True, field_specifiers=(parameter,))
class BaseImageClassifier(
    NetworkInsides,
    CallbackSupportMixin,
    PlainState,
    ClassifierMixin,
    BaseEstimator,
    SharedParameters,
):
    """Base of the networks: a subclass gives `_make_module` and its own defaults.

    Every subclass becomes a dataclass: a parameter of its own is a field made by
    `skfashion.neural_network._parameters.parameter`, and a field of the same name as one of the
    base changes its default. Constructor, validation and docstring are completed from the fields.
    """

    _min_size: ClassVar[int] = 1  # smallest height and width that the module takes
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
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Train the network.

        With `warm_start`, training continues from the current weights, with the current parameters.
        If `optimizer`, `momentum`, `weight_decay`, `norm_bias_lr_factor`, `device` or `precision`
        changed, the optimiser starts over; parameters that determine the network, such as
        `initializer`, cannot change. With `averaging`, the averages are the weights that training
        continues from. The same samples are split off for validation as before, if `X` and `y` are
        the same.

        If `fit` raises an error or is interrupted by Ctrl-C, which raises KeyboardInterrupt, the
        classifier stays exactly as it was before the call: unfitted, or with its former network.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images. uint8 means pixels from 0 to 255, which are divided by 255; pixels of any other
            type are used as they are, with a warning if some are above 100.
        y : array-like of shape (n,)
            Labels, numbers or strings.
        sample_weight : array-like of shape (n,), default=None
            Weights of the samples; only their ratios matter. Samples of weight zero are not trained
            on, but their labels are among `classes_`. If all samples fit into one batch, an integer
            weight is equivalent to that many copies of the sample; otherwise only on average.
        X_val : array-like, default=None
            Images to validate on after each epoch, in a shape that `X` may have. None validates on
            a part of `X` if `validation_fraction` or `early_stopping` is set.
        y_val : array-like of shape (n_val,), default=None
            Their labels, each of which is in `y`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights, as `sample_weight`.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter or the input is unusable, or the loss becomes infinite or NaN.
        MemoryError
            If the network or its training needs more memory than there is.

        Notes
        -----
        An interrupted call loses what it has learnt. To keep most of a long training when you
        interrupt it, train in steps: with `warm_start` and few `max_epochs`, or by `partial_fit`.
        A step that continues an existing network keeps a copy of the weights and of the optimiser's
        state until it has succeeded.

        Several threads may predict with the same classifier at the same time, but none may fit it
        meanwhile: to fit in several threads, give each its own :func:`~sklearn.base.clone`.
        """
        goes_on = self.warm_start and self.__sklearn_is_fitted__()
        # first of all: what it sets is needed after an error too
        task = FitTask(self, X, y, sample_weight) if has_callbacks(self) else None
        with as_it_was_on_error(self, goes_on=goes_on):
            if not goes_on:  # callbacks copy the classifier, and the former network may not fit
                self._forget_network()
            if task:
                task.begin()
            X, y, weight = check_samples(self, X, y, sample_weight, reset=not goes_on)
            classes = np.unique(y)
            y = np.searchsorted(classes, y)  # half the memory of unique's return_inverse
            if goes_on and not np.array_equal(classes, self.classes_):
                raise ValueError(
                    f"warm_start continues with the classes {self.classes_}, but y has {classes}. "
                    "Set warm_start=False to start over."
                )
            self.classes_ = classes
            rng = check_random_state(self.random_state)
            seed = None if goes_on else new_seed(rng)
            given = (X_val, y_val, sample_weight_val)
            train_set, valid_set = self._training_sets(X, y, weight, rng, given)
            with self._kept_training(seed, train_set, valid_set) as kept:
                self._train(
                    self._prepared_trainer(seed, train_set),
                    train_set,
                    valid_set,
                    self.max_epochs,
                    epochs=Epochs(kept, task) if kept or task else None,
                    lr_schedule=self.lr_schedule,
                    warmup=self.warmup,
                    patience=self.n_iter_no_change if self.early_stopping else None,
                    progressive_resizing=self.progressive_resizing,
                    data_pruning=self.data_pruning,
                    new_average=True,
                )
            if task:
                task.end()
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one epoch on these samples, continuing from the current weights.

        The learning rate is constant, images have their full size, and `data_pruning`,
        `early_stopping` and `validation_fraction` are ignored. Weights are relative to those of the
        same call: ``class_weight="balanced"`` refers to its samples, and `class_weight` has no
        effect if they are all of one class. Each call is an epoch of `augmentation`, which knows an
        image by its place in `X`. `averaging` of "ema" goes on over the calls; of "lookahead", each
        call is a training of its own. A classifier that was pickled continues with a new optimiser
        and a new average.

        If `partial_fit` raises an error or is interrupted by Ctrl-C, the classifier stays exactly
        as it was before the call. For this, a copy of the weights and of the optimiser's state is
        kept during the call.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.
        y : array-like of shape (n,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that any call will have; required in the first call unless `fit` came before.
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
        MemoryError
            If the network or its training needs more memory than there is.
        """
        is_first = not self.__sklearn_is_fitted__()
        with as_it_was_on_error(self, goes_on=not is_first):
            check_partial_fit_first_call(self, classes)
            X, y, weight = check_samples(self, X, y, sample_weight, reset=is_first)
            unknown = np.setdiff1d(y, self.classes_)
            if len(unknown):
                raise ValueError(f"y has labels that are not in classes: {unknown}.")
            seed = new_seed(check_random_state(self.random_state)) if is_first else None
            y = np.searchsorted(self.classes_, y)
            train_set = ImageSet(*self._weighted_samples(X, y, weight))
            return self._train(self._prepared_trainer(seed, train_set), train_set, None, 1)

    def decision_function(self, X):
        """Return the scores of the classes; a larger score means a more likely class.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        scores : ndarray of shape (n, n_classes), or (n,) for two classes
            The network's scores before the softmax; for two classes, the score of the second minus
            that of the first.
        """
        scores = self._from_scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict_proba(self, X):
        """Return the probabilities of the classes.

        float64 images are predicted in double precision, which takes several times longer: pass
        uint8 images or ``X.astype("float32")`` unless the last digits matter. Splitting the images
        into several calls changes the probabilities only by rounding: by less than 1e-6, or 1e-12
        in double precision.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n, n_classes)
            In the order of `classes_`; each row sums to one.
        """
        return self._from_scores(X, partial(softmax, axis=1))

    def predict_log_proba(self, X):
        """Return the natural logarithms of the probabilities of the classes.

        They are computed from the scores, so they are finite even where a probability is rounded
        to zero.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        log_probabilities : ndarray of shape (n, n_classes), float32
            In the order of `classes_`.
        """
        return self._from_scores(X, partial(log_softmax, axis=1))

    def predict(self, X):
        """Return the most likely class of each image.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        labels : ndarray of shape (n,)
            Of the type of `classes_`.
        """
        return self._from_scores(X, lambda scores: self.classes_[scores.argmax(axis=1)])

    @property
    def net_(self):
        """The skorch net, with its torch module (``net_.module_``) and its history."""
        check_is_fitted(self)
        return self._live_trainer().net

    def _from_scores(self, X, function=np.asarray):
        """Return what a function makes of the scores of images, called for some at a time."""
        check_is_fitted(self)
        rows = check_images(self, X, reset=False)
        bounds = batch_bounds(len(rows), SCORES_AT_ONCE, least=PREDICTION_BATCH_SIZE)
        parts = (function(self._scores(rows[start:end])) for start, end in pairwise(bounds))
        return gathered(parts, len(rows))

    def _scores(self, rows):
        scores = self._network.scores(rows, view_names(self.test_time_augmentation))
        if not np.isfinite(scores).all():
            raise ValueError(
                f"The network's scores of X are not finite: its pixels, up to "
                f"{np.abs(rows).max():g} in size, are too large. Scale them like those of the "
                "training."
            )
        return scores

    def _settings(self, role):
        """Return {name: value} of the parameters with a role; a device by its name."""
        settings = {name: getattr(self, name) for name in names_with_role(type(self), role)}
        return {k: str(v) if k == "device" else v for k, v in settings.items()}

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

        with explained_allocation_errors(TRAIN_WITH_LESS):
            return make_module(draw, seed)

    def _count_parameters(self):
        """Return the number of parameters that the network will have, or None if unknown."""
        return count_parameters(lambda: self._make_module(self._padded_shape(), len(self.classes_)))

    def _new_module(self, seed):
        """Return a module that is to be trained, unless it is too large for the memory."""
        numbers_each = numbers_per_parameter(self.optimizer, self.momentum, self.averaging)
        n_parameters = self._count_parameters()
        if n_parameters is not None:
            check_size(n_parameters, numbers_each, self.device)
            return self._module(seed)
        module = self._module(seed)  # its weights have their memory already
        n_parameters = sum(p.numel() for p in module.parameters())
        check_size(n_parameters, numbers_each, self.device, n_present=1)
        return module

    def _forget_network(self):
        for name in ("_network", "_trainer", "_training", "_split_state"):
            vars(self).pop(name, None)

    def _prepared_trainer(self, seed, train_set):
        """Return the trainer: of a new network if there is a seed, else of the existing one."""
        is_new = seed is not None
        trainer = self._new_trainer(seed) if is_new else self._trainer_to_go_on_with()
        if is_new:
            trainer.network.adapt(train_set)
        callbacks, verbose = self.callbacks, int(self.verbose)
        trainer.prepare(len(train_set), self.batch_size, callbacks, verbose)
        return trainer

    def _new_trainer(self, seed):
        """Return the trainer of a new network, which replaces the present one when trained."""
        self._built_with = self._settings(Role.NETWORK)
        self._updated_with = self._settings(Role.UPDATE)
        self._module_seed = int(seed.generate_state(1)[0])
        network = FittedNetwork(
            self._new_module(self._module_seed),
            image_shape=self.image_shape_,
            min_size=self._min_size,
            precision=self.precision,
            device=str(self.device),
        )
        return self._trainer_of(network, seed)

    def _trainer_of(self, network, seed):
        from skfashion.neural_network._engine.trainer import Trainer  # predicting needs no skorch

        updates = {k: v for k, v in self._updated_with.items() if k not in ("device", "precision")}
        return Trainer(network, n_classes=len(self.classes_), lr=self.lr, seed=seed, **updates)

    def _live_trainer(self):
        """Return the trainer of the network; after unpickling, one with a new optimiser."""
        if not hasattr(self, "_trainer"):
            weights = self._network.to_state()["weights"]
            trainer = self._trainer_of(self._network, np.random.SeedSequence(0))
            trainer.load(TrainingState(weights=weights, **self._training))
            self._trainer = trainer
        return self._trainer

    def _restorer(self):
        """Return a function that takes the training of the network back to where it is now."""
        trainer, network = self._live_trainer(), self._network
        state, device, precision = trainer.state(), network.device, network.precision

        def restore():
            network.move(device, precision)
            trainer.load(state)

        return restore

    def _trainer_to_go_on_with(self):
        """Return the trainer, its updates set as the parameters say now; or raise."""
        check_same_network(self._settings(Role.NETWORK), self._built_with, self.image_shape_)
        trainer = self._live_trainer()
        updates = self._settings(Role.UPDATE)
        network = self._network
        if updates == self._updated_with and network.precision == self.precision:
            return trainer
        state = trainer.state()
        state.optimizer = None
        network.move(str(self.device), self.precision)
        self._updated_with = updates
        trainer = self._trainer_of(network, np.random.SeedSequence(0))
        trainer.load(state)
        return trainer

    def _weighted_samples(self, X, y, weight):
        """Return the samples to train on as arguments of `ImageSet`: rows, y, weight, index.

        The weights include those of the classes. Samples of weight zero are left out. Where one
        batch holds all samples, equal ones are merged; a validation part is split off afterwards,
        so that it has no copy of a training sample. Otherwise the pixels are not copied.
        """
        y, weight, index = without_weight_zero(y, weight)
        weight = weighted_by_class(weight, self.class_weight, self.classes_, y)
        check_some_weight(weight)  # products of tiny ones may be zero
        y, weight, index = without_weight_zero(y, weight, index)
        if len(y) <= self.batch_size:
            rows = X if index is None else X[index]
            X, y, weight = merge_repeated_rows(rows, y, weight)
            index = None
        return X, y, relative_weights(weight), index

    def _training_sets(self, X, y, weight, rng, given):
        """Return the samples to train on, and those to validate on or None.

        `given` has what the caller gave to validate on: images, labels and weights, or None.
        """
        valid = check_validation_samples(self, *given)
        if valid is not None:
            X_val, y_val, weight_val = valid
            if self.class_weight is not None:  # of the training's classes
                by_class = class_weights(self.class_weight, self.classes_, y, weight)
                weight_val = weight_val * by_class[y_val]
            check_some_weight(weight_val)
            train_set = ImageSet(*self._weighted_samples(X, y, weight))
            return train_set, ImageSet(X_val, y_val, relative_weights(weight_val))
        X, y, weight, index = self._weighted_samples(X, y, weight)
        fraction = self.validation_fraction
        if fraction is None and self.early_stopping:
            fraction = DEFAULT_VALIDATION_FRACTION
        if fraction is None:
            return ImageSet(X, y, weight, index), None
        parts = split_off_validation(y, fraction, self._rng_of_split(rng))
        return tuple(
            ImageSet(
                X,
                y[part],
                None if weight is None else relative_weights(weight[part]),
                part if index is None else index[part],
            )
            for part in parts
        )

    def _rng_of_split(self, rng):
        """Return what draws the validation set: in warm starts the same as the first time.

        Otherwise it would have images that were trained on before.
        """
        if not hasattr(self, "_split_state"):
            self._split_state = rng.get_state(legacy=False)  # plain values
            return rng
        rng = np.random.RandomState(getattr(np.random, self._split_state["bit_generator"])())
        rng.set_state(self._split_state)
        return rng

    def _kept_training(self, seed, train_set, valid_set):
        """Return a context with the `KeptTraining` of a new network, or None without `memory`."""
        memory = TrainingMemory.of(self.memory)
        if memory is None or seed is None:
            return nullcontext()
        if self.random_state is None or self.callbacks:
            reason = "there are callbacks" if self.callbacks else "random_state is None: set it"
            warn_caller(f"memory is not used, as {reason}.")
            return nullcontext()
        roles = (Role.NETWORK, Role.UPDATE, Role.TRAJECTORY)
        settings = {name: value for role in roles for name, value in self._settings(role).items()}
        others = [self.image_shape_, len(self.classes_), seed.entropy]
        try:
            key = key_of(type(self), settings, others, [train_set, valid_set])
        except UnknownSettingError as error:
            warn_caller(f"memory is not used, as {error}.")
            return nullcontext()
        return memory.training(key)

    def _train(self, trainer, train_set, valid_set, n_epochs, epochs=None, **settings):
        """Train the network, make it this classifier's, and set the attributes that describe it."""
        n_before = len(trainer.net.history)
        if epochs:
            epochs.resume(trainer, n_epochs)
        n_from_memory = len(trainer.net.history) - n_before
        trainer.train(
            train_set,
            valid_set,
            n_epochs,
            lr=self.lr,
            batch_size=self.batch_size,
            augmentation=self.augmentation,
            label_smoothing=self.label_smoothing,
            averaging=self.averaging,
            resume=n_from_memory > 0,
            before_epoch=epochs and epochs.begin,
            on_epoch=epochs and epochs.end,
            **settings,
        )
        if not all(bool(w.isfinite().all()) for w in trainer.network.module.parameters()):
            raise ValueError(  # after the last update, whose loss nobody sees
                f"The weights became infinite or NaN. Lower the learning rate (lr={self.lr}) or "
                "scale the pixels."
            )
        self._trainer, self._network = trainer, trainer.network
        vars(self).pop("_training", None)  # of a pickle
        vars(self).update(described(trainer), n_epochs_from_memory_=n_from_memory)
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = self._poor_score
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_network")

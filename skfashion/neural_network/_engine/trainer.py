"""The net of skorch that trains a torch module, its callbacks, and the trainer that runs it.

``net_`` of every classifier is an `ImageNet`, a :class:`skorch.NeuralNetClassifier` that takes
whole arrays, cuts them into batches without a per-sample loader, and supports sample weights.
"""

from contextlib import nullcontext
from functools import partial

import numpy as np
import torch
from sklearn.base import clone
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback, EarlyStopping, EpochTimer, PrintLog
from skorch.dataset import Dataset
from skorch.exceptions import SkorchException
from skorch.helper import predefined_split
from skorch.history import History
from torch import nn

from skfashion._epochs import tell_epoch
from skfashion.neural_network._engine.augmentation import (
    Augmenter,
    augmentation_names,
    augmented_by,
)
from skfashion.neural_network._engine.averaging import Average, goes_on
from skfashion.neural_network._engine.batches import (
    ImageBatches,
    ImageSet,
    keep_freed_memory,
    to_tensor,
)
from skfashion.neural_network._engine.course import Course
from skfashion.neural_network._engine.device import explained_allocation_errors
from skfashion.neural_network._engine.fitted import PREDICTION_BATCH_SIZE, to_arrays, to_tensors
from skfashion.neural_network._engine.generators import TorchGenerator, random_layers
from skfashion.neural_network._engine.optimizers import (
    check_norm_bias_lr_factor,
    grouped_weights,
    normalizes_batches,
    optimizer_params,
)
from skfashion.neural_network._engine.records import BestWeights, EpochRecord
from skfashion.neural_network._engine.resizing import check_takes_smaller, images_at
from skfashion.neural_network._engine.schedules import Schedule, get_rates, set_rates
from skfashion.neural_network._engine.state import (
    TrainingState,
    load_optimizer_state,
    optimizer_state,
    plain,
)
from skfashion.neural_network._engine.threads import Turns, n_threads_for, threads

BATCH_EVENTS = ("on_batch_begin", "on_batch_end", "on_grad_computed")


class NetSet(ImageSet, Dataset):
    """An `ImageSet` that skorch accepts as a dataset."""

    @classmethod
    def moved_to(cls, device, *image_sets):
        """Return sets with their pixels on a device of torch, moved once; None stays None."""
        moved = {}
        for image_set in filter(None, image_sets):
            rows = image_set.rows
            if id(rows) not in moved:
                on_cpu = torch.device(device).type == "cpu"
                moved[id(rows)] = rows if on_cpu else to_tensor(rows, device)
        return [s and cls(moved[id(s.rows)], s.y, s.weight, s.index) for s in image_sets]


class BatchHistory(Callback):
    """Keep the history of batches, where skorch's callbacks put scores and look for sizes."""

    def on_batch_begin(self, net, **kwargs):
        """Open the entry of the next batch."""
        net.history.new_batch()

    def on_batch_end(self, net, batch, training=False, **kwargs):
        """Record its size."""
        net.history.record_batch(f"{'train' if training else 'valid'}_batch_size", len(batch[1]))


class NonFiniteLoss(ValueError):
    """The loss is infinite or NaN, and so are the weights."""


class ImageNet(NeuralNetClassifier):
    """A skorch net for rows of pixels; a `Trainer` makes it and runs it.

    Parameters
    ----------
    network : FittedNetwork
        Holds the torch module, and makes its images.
    n_classes : int
    has_closure : bool
        Whether the optimiser may want a closure that computes the loss, as L-BFGS does.
    order : numpy.random.Generator
        Draws the order of the training images.
    augmenter : Augmenter
        Applies augmentations that have names.
    torch_generator : TorchGenerator
        For layers and augmentations that draw from torch's global generator.
    norm_bias_lr_factor : float
        Factor of the learning rate of the biases of batch normalisation.
    **kwargs
        Parameters of skorch's net.
    """

    def __init__(
        self,
        network,
        *,
        n_classes,
        has_closure,
        order,
        augmenter,
        torch_generator,
        norm_bias_lr_factor,
        **kwargs,
    ):
        super().__init__(
            network.module,
            classes=list(range(n_classes)),
            criterion=nn.CrossEntropyLoss,
            predict_nonlinearity=partial(torch.softmax, dim=-1),  # "auto" would guess by the loss
            device=network.device,
            train_split=None,
            **kwargs,
        )
        self.network = network
        self.n_classes = n_classes
        self.has_closure = has_closure
        self.order, self.augmenter = order, augmenter
        self.torch_generator = torch_generator
        self.norm_bias_lr_factor = norm_bias_lr_factor
        self.listeners = {event: [] for event in BATCH_EVENTS}
        self.between_trainings()

    def between_trainings(self):
        """Reset what belongs to a single training."""
        self.schedule, self.turns, self.is_stopped = Schedule("constant", 0, 1), Turns(1), False
        self.course, self.augmentation_names, self.average = None, [], None
        self.train_split = None  # or its images would stay on the device

    def follow(self, course):
        """Set what belongs to a single training as its course says."""
        self.augmentation_names = augmentation_names(course.augmentation)
        if callable(course.augmentation):
            self.torch_generator.is_used = True  # it may draw now and then
        self.course, self.batch_size = course, course.batch_size
        self.start_at(course.lr)

    def new_optimizer(self, lr):
        """Return a new optimiser of the module's weights, made with a learning rate."""
        (groups,), settings = self.get_params_for_optimizer(
            "optimizer", self.get_all_learnable_params()
        )
        weights = [weight for group in groups for weight in group["params"]]
        settings = {**settings, "lr": lr}
        weights = grouped_weights(self.module_, weights, self.norm_bias_lr_factor, settings)
        return self.optimizer(weights, **settings)

    def initialize_optimizer(self):
        """Make the optimiser from a list of the weights, as the classes of torch.optim take it."""
        self.optimizer_ = self.new_optimizer(self.lr)
        self.rates, self.rates_lr = get_rates(self.optimizer_), self.lr
        return self

    def start_at(self, lr):
        """Set `lr`, and the rates of all parameter groups to what the optimiser makes of it.

        How a caller's optimiser uses `lr` is not known, so it is made once more if `lr` changes.
        """
        if lr != self.rates_lr:
            self.rates, self.rates_lr = get_rates(self.new_optimizer(lr)), lr
        self.lr = lr
        set_rates(self.optimizer_, self.rates)

    @property
    def _default_callbacks(self):
        return [("epoch_timer", EpochTimer())]

    def get_dataset(self, X, y=None):
        """Return `X` if it is a `NetSet`, else make one of the arrays, or of a batch."""
        if isinstance(X, NetSet):
            return X
        return NetSet(X["rows"] if isinstance(X, dict) else X, y)

    def check_data(self, X, y):
        """Check data as skorch does, but not a `NetSet`, whose pixels it would copy each epoch."""
        if not isinstance(X, NetSet):
            super().check_data(X, y)

    def get_iterator(self, dataset, training=False):
        """Return the batches of `dataset`, shuffled in training."""
        if not training:
            return ImageBatches(dataset, PREDICTION_BATCH_SIZE, self.network.images_of)
        least = 2 if normalizes_batches(self.module_) else 1
        augment = self._augment if self.augmentation_names else None
        return ImageBatches(
            dataset, self.batch_size, self.network.images_of, self.order, least, augment
        )

    def _augment(self, images, positions):
        """Return images of the training set, given with their positions in it, changed by name."""
        epoch = len(self.history)  # the present one is among them
        return self.augmenter(images, self.augmentation_names, positions, epoch)

    def infer(self, x, **fit_params):
        """Return the scores of a batch as `ImageBatches` gives it."""
        return self.network.compute(self.module_, x["images"])

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Return the mean cross-entropy of a batch, weighted if there are weights.

        Labels are smoothed in training only.
        """
        y_true = y_true.to(y_pred.device)
        smoothing = self.course.label_smoothing if training and self.course else 0.0
        cross_entropy = partial(nn.functional.cross_entropy, label_smoothing=smoothing)
        if X is None or "weight" not in X:
            return cross_entropy(y_pred, y_true)
        losses = cross_entropy(y_pred, y_true, reduction="none")
        return (losses * X["weight"].to(y_pred.device)).mean()

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Run one epoch; losses and scores are aggregated at its end.

        Raises
        ------
        NonFiniteLoss
            If the loss is not a finite number.
        """
        if iterator is None:
            return
        self._set_training(training)
        self.torch_generator.begin_epoch()
        record = EpochRecord(len(iterator.dataset))
        with self.average.training() if training and self.average else nullcontext():
            for batch in iterator:
                self.turns.go_on()
                self.notify("on_batch_begin", batch=batch, training=training)
                step = step_fn(batch, **fit_params)
                record.add(step["loss"], step["y_pred"], batch[1])
                self.notify("on_batch_end", batch=batch, training=training, **step)
        loss, accuracy = record.means()
        self.history.record(f"{prefix}_loss", loss)
        self.history.record(f"{prefix}_acc", accuracy)
        # monitored by skorch's Checkpoint
        self.history.record(f"{prefix}_loss_best", loss <= min(self.history[:, f"{prefix}_loss"]))
        if training and not np.isfinite(loss):
            raise NonFiniteLoss(
                f"The loss became {loss} in epoch {len(self.history)}. Lower the learning rate "
                f"(lr={self.lr}) or scale the pixels: uint8 images are scaled on their way in, "
                "for others see PixelScaler."
            )

    def train_step(self, batch, **fit_params):
        """Do one update, as skorch does, but with a closure only for a caller's optimiser."""
        if not self.module_.training:  # a callback has predicted
            self._set_training(True)
        progress = self.schedule.progress
        self.schedule.step(self.optimizer_, self.rates)
        with self.torch_generator:
            batch = self._changed(batch, progress)
            update = super().train_step if self.has_closure else self._update
            step = update(batch, **fit_params)
        if self.average:
            self.average.update(progress)
        return step

    def _changed(self, batch, progress):
        """Return a training batch, its images changed by the caller's function, and resized."""
        if self.course is None:
            return batch
        samples, y = batch
        images, start = samples["images"], self.course.progressive_resizing
        if callable(self.course.augmentation):
            images = augmented_by(self.course.augmentation, images)
        if start is not None:
            images = images_at(images, start, progress)
        return {**samples, "images": images}, y

    def _update(self, batch, **fit_params):
        images, y = batch
        for weights in self.module_.parameters():  # the optimiser's own method takes longer
            weights.grad = None
        scores = self.infer(images)
        loss = self.get_loss(scores, y, X=images, training=True)
        loss.backward()
        if self.listeners["on_grad_computed"]:
            named_parameters = list(self.get_all_learnable_params())
            self.notify(
                "on_grad_computed", named_parameters=named_parameters, batch=batch, training=True
            )
        self.optimizer_.step()
        return {"loss": loss, "y_pred": scores}

    def notify(self, method_name, **cb_kwargs):
        """Call the callbacks that listen; skorch's EarlyStopping ends the training.

        It does so by KeyboardInterrupt, which must be told apart from a Ctrl-C and must not prevent
        the callbacks after it from being called.
        """
        if method_name in BATCH_EVENTS:
            if self.listeners[method_name]:
                with self.turns.anywhere():
                    for callback in self.listeners[method_name]:
                        getattr(callback, method_name)(self, **cb_kwargs)
            return
        if method_name != "on_epoch_end":
            super().notify(method_name, **cb_kwargs)
            return
        if self.callbacks:  # who knows how long they take
            self.turns.end()
        for _, callback in self.callbacks_:
            try:
                callback.on_epoch_end(self, **cb_kwargs)
            except KeyboardInterrupt:
                if isinstance(callback, EarlyStopping) and callback.misses_ == callback.patience:
                    self.is_stopped = True
                    continue
                raise  # a Ctrl-C that hit a callback
            except (KeyError, SkorchException) as error:
                if "not found in history" not in str(error) or self.train_split is not None:
                    raise
                raise ValueError(
                    f"{type(callback).__name__} monitors a value that is not recorded, as no "
                    f"images are held out for validation: {error.args[0]} Set "
                    "validation_fraction, for instance to 0.1, or monitor another value, such as "
                    "'train_loss'."
                ) from error

    def find_listeners(self):
        """Find the callbacks that handle the events of a batch; most do not."""
        callbacks = [callback for _, callback in self.callbacks_]
        self.listeners = {
            event: [c for c in callbacks if overrides(c, event)] for event in BATCH_EVENTS
        }


def overrides(callback, event):
    """Return whether a callback handles an event."""
    nothing = getattr(Callback, event)
    return getattr(type(callback), event, None) is not nothing


def checked_callbacks(callbacks):
    """Return a user's callbacks, preceded by the one that keeps the history of batches.

    Parameters
    ----------
    callbacks : list or None
        Callbacks of skorch, as instances, classes or pairs of a name and one of them.
    """
    for callback in callbacks or []:
        item = callback[-1] if isinstance(callback, tuple | list) else callback
        if not hasattr(item, "on_train_begin"):
            raise TypeError(
                f"callbacks must be skorch's, such as skorch.callbacks.Checkpoint(); got {item!r}."
            )
    return [BatchHistory(), *callbacks] if callbacks else []


class Trainer:
    """Trains a network, from its current state on.

    Parameters
    ----------
    network : FittedNetwork
        The network to train.
    n_classes : int
    optimizer : str or callable
        A key of `OPTIMIZERS`, or a callable that takes parameters and ``lr`` and returns an
        optimiser.
    lr, momentum, weight_decay, norm_bias_lr_factor : float
        Settings of the optimiser.
    seed : numpy.random.SeedSequence
        Seeds the order of the images and the random layers.

    Attributes
    ----------
    net : skorch.NeuralNetClassifier
        Holds the module, the history and the callbacks.
    n_threads : int
        Number of threads of the last training.
    """

    def __init__(
        self,
        network,
        *,
        n_classes,
        optimizer,
        lr,
        momentum,
        weight_decay,
        norm_bias_lr_factor,
        seed,
    ):
        check_norm_bias_lr_factor(norm_bias_lr_factor, optimizer)
        self.network = network
        # L-BFGS and optimisers from elsewhere flatten weights by `view`, which needs this order
        self.memory_format = torch.contiguous_format if callable(optimizer) else torch.channels_last
        network.set_memory_format(self.memory_format)
        # the first one is of the weights
        _, layer_seed, augmentation_seed = map(int, seed.generate_state(3))
        self.net = ImageNet(
            network,
            n_classes=n_classes,
            has_closure=callable(optimizer),
            order=np.random.default_rng(seed),
            augmenter=Augmenter(augmentation_seed),
            torch_generator=TorchGenerator(layer_seed, network.device),
            norm_bias_lr_factor=norm_bias_lr_factor,
            lr=lr,
            **optimizer_params(optimizer, momentum, weight_decay),
        ).initialize()
        for k, layer in enumerate(random_layers(network.module)):
            layer.seed(layer_seed + k)
        self.n_threads = None
        self.position, self.stopping = 0, None  # in the schedule; early stopping's memory
        self.average = None

    def state(self):
        """Return the state of the training."""
        net = self.net
        return TrainingState(
            weights=to_arrays(net.module_.state_dict()),
            generators={
                "order": net.order.bit_generator.state,
                "augmentation": net.augmenter.state(),
                "layers": [layer.generator_state() for layer in random_layers(net.module_)],
                "torch": net.torch_generator.state(),
            },
            history=plain(net.history),
            optimizer=optimizer_state(net.optimizer_),
            position=self.position,
            stopping=self.stopping,
            averaging=self.average and self.average.state(),
        )

    @torch.inference_mode(mode=False)
    def load(self, state):
        """Restore a state; without the optimiser's state, the optimiser starts over."""
        net = self.net
        self.network.set_memory_format(self.memory_format)
        net.module_.load_state_dict(to_tensors(state.weights))
        net.order.bit_generator.state = state.generators["order"]
        net.augmenter.load(state.generators["augmentation"])
        layers = random_layers(net.module_)
        for layer, generators in zip(layers, state.generators["layers"], strict=True):
            layer.set_generator_state(generators)
        net.torch_generator.load(state.generators["torch"])
        net.history = History(plain(state.history))
        if state.optimizer is not None:
            load_optimizer_state(net.optimizer_, state.optimizer)
        self.position, self.stopping = state.position, state.stopping
        self.average = state.averaging and Average.from_state(net.module_, state.averaging)

    def prepare(self, n_samples, batch_size, callbacks=None, verbose=0):
        """Validate the settings of the next training, before anything changes.

        Parameters
        ----------
        n_samples : int
            Number of images to train on.
        batch_size : int
        callbacks : list or None
            Callbacks of skorch, as instances, classes or pairs of a name and one of them. Copies of
            them are called in the training.
        verbose : int, default=0
            Above zero, a line is printed for each epoch.

        Raises
        ------
        TypeError
            If a callback is not skorch's.
        ValueError
            If the module needs more images in a batch than there would be.
        """
        if min(n_samples, batch_size) < 2 and normalizes_batches(self.network.module):
            found = "batch_size=1" if n_samples > 1 else "1 sample, counting copies once"
            raise ValueError(
                "The network normalises batches, and so needs at least two images in each batch; "
                f"got {found}."
            )
        net = self.net
        net.verbose = verbose
        callbacks = [clone(c, safe=False) for c in checked_callbacks(callbacks)]
        net.callbacks = [*callbacks, PrintLog()] if verbose else callbacks
        net._initialize_callbacks()
        net.find_listeners()

    @torch.inference_mode(mode=False)  # gradients, even if the caller is in inference mode
    def train(
        self,
        train_set,
        valid_set,
        n_epochs,
        *,
        resume=False,
        new_average=False,
        before_epoch=None,
        on_epoch=None,
        **course,
    ):
        """Train for some epochs, or until early stopping; Ctrl-C raises KeyboardInterrupt.

        Parameters
        ----------
        train_set : ImageSet
        valid_set : ImageSet or None
            Evaluated after each epoch.
        n_epochs : int
        resume : bool
            Whether this continues a training whose state was loaded: its position in the schedule
            and early stopping's memory are kept, and `n_epochs` counts all epochs.
        new_average : bool
            Whether a moving average starts over, from the weights that predict; else it goes on.
        before_epoch : callable or None
            Called before each epoch.
        on_epoch : callable or None
            Called with this trainer after each epoch, when `state` may be called. If it returns
            True, the training ends.
        **course : dict
            The fields of a `Course`.

        Raises
        ------
        ValueError
            If the network does not take smaller images, and is to.
        NonFiniteLoss
            If the loss becomes infinite or NaN.
        MemoryError
            If there is not enough memory.
        """
        net, course = self.net, Course(**course)
        batch_size, patience = course.batch_size, course.patience
        if course.progressive_resizing is not None:
            images = self.network.images_of(train_set.rows[:1])
            check_takes_smaller(net.module_, images, course.progressive_resizing)
        keep_freed_memory()
        self.network.set_memory_format(self.memory_format)
        net.follow(course)
        advice = f"Set a smaller batch_size (it is {batch_size}), or train on smaller images."
        with explained_allocation_errors(advice):
            train_set, valid_set = NetSet.moved_to(net.device, train_set, valid_set)
        net.train_split = predefined_split(valid_set) if valid_set else None
        n_batches = len(net.get_iterator(train_set, training=True))
        self._set_memory(course, n_epochs * n_batches, resume, new_average)
        stopping = None if patience is None else BestWeights(patience)
        if stopping and self.stopping:
            stopping.remember(self.stopping)
        n_left = n_epochs - self.position // n_batches
        device = torch.device(net.device).type
        self.n_threads = n_threads_for(batch_size)
        net.turns = Turns(self.n_threads if device == "cpu" else 1)
        try:
            # gradients in the network's precision, even if the caller is in autocast
            with (
                explained_allocation_errors(advice),
                torch.autocast(device, enabled=False),
                threads(self.n_threads),
            ):
                net.notify("on_train_begin", X=train_set, y=None)
                self._run(train_set, n_left, stopping, before_epoch, on_epoch)
                net.notify("on_train_end", X=train_set, y=None)
        finally:
            net.turns.end()
            if net.history and "dur" not in net.history[-1]:
                del net.history[-1]  # an epoch that was not finished
            net.between_trainings()

    def _set_memory(self, course, n_batches, resume, new_average):
        """Set what a training remembers of its steps, all of them `n_batches`."""
        if not resume:
            self.position, self.stopping = 0, None
        if not goes_on(self.average, course.averaging, resume, new_average):
            self.average = course.averaging and Average(self.net.module_, course.averaging)
        self.net.average = self.average
        self.net.schedule = Schedule(course.lr_schedule, course.warmup, n_batches, self.position)

    def _run(self, train_set, n_epochs, stopping, before_epoch, on_epoch):
        net = self.net
        tell_epoch(0, n_epochs)
        for n_done in range(n_epochs):
            if net.is_stopped or (stopping and stopping.is_over):
                break
            if before_epoch:
                before_epoch()
            net.fit_loop(train_set, epochs=1)
            self.position = net.schedule.position
            if stopping:
                stopping.update(len(net.history), net.history[-1, "valid_loss"], net.module_)
                self.stopping = stopping.memory()
            if on_epoch:
                net.turns.end()
                net.is_stopped |= bool(on_epoch(self))
            tell_epoch(n_done + 1, n_epochs)
        if stopping and stopping.restore(net.module_, len(net.history)):
            self.average = None  # the next training continues from the best weights

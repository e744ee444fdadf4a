"""The net of skorch that trains a torch module.

``net_`` of every classifier is an `ImageNet`, a :class:`skorch.NeuralNetClassifier` that takes
whole arrays, cuts them into batches without a per-sample loader, and supports sample weights.
"""

from contextlib import nullcontext
from functools import partial

import numpy as np
import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback, EarlyStopping, EpochTimer
from skorch.dataset import Dataset
from skorch.exceptions import SkorchException
from torch import nn

from skfashion.neural_network._engine.augmentation import augmentation_names, augmented_by
from skfashion.neural_network._engine.batches import (
    ImageBatches,
    ImageSet,
    batch_bounds,
    to_tensor,
)
from skfashion.neural_network._engine.fitted import PREDICTION_BATCH_SIZE
from skfashion.neural_network._engine.optimizers import grouped_weights, normalizes_batches
from skfashion.neural_network._engine.records import EpochRecord
from skfashion.neural_network._engine.resizing import images_at
from skfashion.neural_network._engine.schedules import Schedule, get_rates, set_rates
from skfashion.neural_network._engine.threads import Turns

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
        self.pruning, self.leaves_out = None, False
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
        return ImageBatches(
            dataset,
            self.batch_size,
            self.network.images_of,
            self.order,
            self.least_in_batch,
            augment=self._augment if self.augmentation_names else None,
            choose=self._choose if self.leaves_out else None,
        )

    @property
    def least_in_batch(self):
        """The number of images that each training batch needs."""
        return 2 if normalizes_batches(self.module_) else 1

    def n_batches(self, n_samples):
        """Return the number of training batches of so many images."""
        return len(batch_bounds(n_samples, self.batch_size, self.least_in_batch)) - 1

    def _choose(self, rng):
        """Return the positions of the images of an epoch that leaves some out."""
        return self.pruning.choose(self.course.data_pruning, rng)

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
                record.add(step["loss"], step["y_pred"], batch[1], batch[0].get("weight"))
                if training and self.pruning:
                    self.pruning.add(batch[0]["positions"], step["y_pred"], batch[1])
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

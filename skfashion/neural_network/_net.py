"""The one file that knows skorch: the net that trains a torch module, its batches, its callbacks.

``net_`` of every classifier is an `ImageNet`, a :class:`skorch.NeuralNetClassifier` that takes
whole arrays, cuts batches from them without a per-sample loader, and weighs its loss.
"""

import copy
import threading
from contextlib import suppress
from functools import partial

import numpy as np
import torch
from sklearn.base import clone
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback, EarlyStopping, EpochTimer, PrintLog
from skorch.dataset import Dataset
from skorch.exceptions import SkorchException
from skorch.helper import predefined_split
from torch import nn

from skfashion.neural_network._batches import ImageBatches, to_images, to_tensor
from skfashion.neural_network._device import (
    PRECISIONS,
    check_precision,
    default_dtype,
    resolve_device,
)
from skfashion.neural_network._layers import Dropout, initialize
from skfashion.neural_network._optimizers import FlatNAdam

KERAS_EPSILON = 1e-7  # torch's own is 1e-8
OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adam": partial(torch.optim.Adam, eps=KERAS_EPSILON),
    "adamw": partial(torch.optim.AdamW, eps=KERAS_EPSILON),
    "nadam": partial(FlatNAdam, eps=KERAS_EPSILON),
}
LR_SCHEDULES = {
    "constant": lambda progress: 1.0,
    "linear": lambda progress: 1 - progress,
    "cosine": lambda progress: (1 + np.cos(np.pi * progress)) / 2,
}
PREDICTION_BATCH_SIZE = 256  # of 32 to 256 the fastest for most networks, or near it
BATCH_EVENTS = ("on_batch_begin", "on_batch_end", "on_grad_computed")

_building = threading.Lock()  # torch draws initial weights from one generator a process


def keep_freed_memory():
    """Have glibc keep what is freed for the next batch, in this process from now on.

    It does so when it has seen a block of nearly 32 MB come and go, and nothing below that. Else it
    may give the memory of tensors back to the system, and each batch asks for it anew.
    """
    np.empty(2**25 - 2**13, np.uint8)  # 8 kB below the limit, for a header and whole pages


keep_freed_memory()


class ImageSet(Dataset):
    """Rows of pixels, class indices and weights, as a dataset that skorch passes along.

    Parameters
    ----------
    X : ndarray or tensor of shape (n, n_features)
        Pixels; neither copied nor converted.
    y : ndarray of shape (n,), int64, or None
        Class indices.
    weight : ndarray of shape (n,), float32, or None
        Weights of mean one.
    """

    def __init__(self, X, y=None, weight=None):
        self.X = X
        self.y = np.zeros(len(X), np.int64) if y is None else np.asarray(y, np.int64)
        self.weight = weight

    def __len__(self):
        return len(self.X)

    def __getitem__(self, index):
        """Return the samples that `index` (an int, a slice or an array) names."""
        samples = {"rows": self.X[index]}
        if self.weight is not None:
            samples["weight"] = torch.from_numpy(self.weight[index])
        return samples, torch.as_tensor(self.y[index], device="cpu")

    def on(self, device):
        """Return the set with its pixels on a device of torch, moved once; on the CPU, itself."""
        if torch.device(device).type == "cpu":
            return self
        return ImageSet(to_tensor(self.X, device), self.y, self.weight)


class BatchHistory(Callback):
    """Keep the history of batches, where skorch's callbacks put scores and look for sizes."""

    def on_batch_begin(self, net, **kwargs):
        """Open the entry of the batch that comes."""
        net.history.new_batch()

    def on_batch_end(self, net, batch, training=False, **kwargs):
        """Record its size."""
        net.history.record_batch(f"{'train' if training else 'valid'}_batch_size", len(batch[1]))


class EpochRecord:
    """What the batches of an epoch gave, in memory set aside at the first of them.

    Kept as they come, the small tensors of each batch would lie between the large ones of the next
    and keep their memory from being used again: CNN 2 would grow by 100 kB a batch.

    Parameters
    ----------
    n_samples : int
        In the epoch.
    """

    def __init__(self, n_samples):
        self.n_samples, self.n_seen = n_samples, 0

    def add(self, loss, scores, y):
        """Take a batch: its mean loss, scores (n, n_classes) and class indices (n,)."""
        if not self.n_seen:
            self.losses = loss.new_empty(self.n_samples)
            self.scores = scores.new_empty(self.n_samples, scores.shape[1])
            self.labels = y.new_empty(self.n_samples)
        batch = slice(self.n_seen, self.n_seen + len(y))
        self.losses[batch] = loss.detach()  # one for each sample, so that each counts the same
        self.scores[batch] = scores.detach()
        self.labels[batch] = y
        self.n_seen += len(y)

    def means(self):
        """Return the mean loss and the accuracy."""
        seen = slice(self.n_seen)
        is_right = self.scores[seen].argmax(1).cpu() == self.labels[seen]
        return self.losses[seen].cpu().double().mean().item(), is_right.double().mean().item()


class LRSchedule(Callback):
    """Set the learning rate before each batch: a linear rise at first, then `schedule`.

    Parameters
    ----------
    schedule : {"constant", "linear", "cosine"}
        How it goes on after the rise, down to zero at the end of the training.
    warmup : float
        Part of the training that the rise takes, in [0, 1).
    n_batches : int
        Length of the training.
    """

    def __init__(self, schedule, warmup, n_batches):
        self.schedule, self.warmup, self.n_batches = schedule, warmup, n_batches

    def on_train_begin(self, net, **kwargs):
        """Start at the first batch."""
        self.batch_ = 0

    def on_batch_begin(self, net, training=False, **kwargs):
        """Set the learning rate of the batch that comes."""
        if not training:
            return
        progress = min((self.batch_ + 0.5) / self.n_batches, 1)  # at the middle of the batch
        if progress < self.warmup:
            factor = progress / self.warmup
        else:
            factor = LR_SCHEDULES[self.schedule]((progress - self.warmup) / (1 - self.warmup))
        for group in net.optimizer_.param_groups:
            group["lr"] = net.lr * factor
        self.batch_ += 1


class StopTraining(Exception):
    """Early stopping has ended the training."""


class NonFiniteLoss(ValueError):
    """The loss is infinite or NaN, and so are the weights."""


class ImageNet(NeuralNetClassifier):
    """A skorch net over rows of pixels; built by `build_net`.

    Parameters
    ----------
    module : torch.nn.Module
        Takes images (n, channels, height, width), returns scores (n, n_classes).
    image_shape : tuple of (height, width, channels)
        Shape of the images that the rows hold.
    min_size : int
        The least height and width that the module takes.
    precision : {"float32", "bfloat16"}
        Of the arithmetic; weights, loss and optimiser are in float32 always.
    has_closure : bool
        Whether the optimiser may want a closure that computes the loss, as L-BFGS does.
    rng : numpy.random.Generator
        Draws the order of the training images.
    **kwargs
        skorch's.
    """

    def __init__(self, module, *, image_shape, min_size, precision, has_closure, rng, **kwargs):
        super().__init__(module, **kwargs)
        self.image_shape = image_shape
        self.min_size = min_size
        self.precision = precision
        self.has_closure = has_closure
        self.rng = rng

    def get_dataset(self, X, y=None):
        """Return `X` if it is an `ImageSet`, else make one of the arrays, or of a batch."""
        if isinstance(X, ImageSet):
            return X
        return ImageSet(X["rows"] if isinstance(X, dict) else X, y)

    def get_iterator(self, dataset, training=False):
        """Return the batches of `dataset`, shuffled in training."""
        if training:
            return ImageBatches(dataset, self.batch_size, self.images_of, self.rng)
        return ImageBatches(dataset, PREDICTION_BATCH_SIZE, self.images_of)

    def infer(self, x, **fit_params):
        """Return the scores of a batch as `ImageBatches` gives it."""
        return self.scores_of(self.module_, x["images"])

    def scores_of(self, module, images):
        """Return the scores of images: float64 are computed so, others in the net's precision."""
        device, dtype = torch.device(self.device).type, PRECISIONS[self.precision]
        is_mixed = dtype != torch.float32 and images.dtype != torch.float64
        if not is_mixed and not torch.is_autocast_enabled(device):  # the context costs time
            return module(images)
        # without torch's cache of cast weights, which within another context outlives an update
        with torch.autocast(device, torch.bfloat16, enabled=is_mixed, cache_enabled=False):
            scores = module(images)
        return scores.float() if is_mixed else scores

    def images_of(self, rows, dtype=torch.float32):
        """Return what the module takes, of rows of pixels."""
        return to_images(rows, self.image_shape, self.min_size, dtype, self.device)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Return the mean cross-entropy of a batch, weighted if there are weights."""
        y_true = y_true.to(y_pred.device)
        if X is None or "weight" not in X:
            return nn.functional.cross_entropy(y_pred, y_true)
        losses = nn.functional.cross_entropy(y_pred, y_true, reduction="none")
        return (losses * X["weight"].to(y_pred.device)).mean()

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Run one epoch; what the batches gave is looked at once, at the end.

        Raises
        ------
        NonFiniteLoss
            If the loss is no finite number.
        """
        if iterator is None:
            return
        self._set_training(training)
        record = EpochRecord(len(iterator.dataset))
        for batch in iterator:
            self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch, **fit_params)
            record.add(step["loss"], step["y_pred"], batch[1])
            self.notify("on_batch_end", batch=batch, training=training, **step)
        loss, accuracy = record.means()
        self.history.record(f"{prefix}_loss", loss)
        self.history.record(f"{prefix}_acc", accuracy)
        # what skorch's Checkpoint looks at
        self.history.record(f"{prefix}_loss_best", loss <= min(self.history[:, f"{prefix}_loss"]))
        if training and not np.isfinite(loss):
            raise NonFiniteLoss(
                f"The loss became {loss} in epoch {len(self.history)}. Lower the learning rate "
                f"(lr={self.lr}) or scale the pixels: uint8 images are scaled on their way in, "
                "for others see PixelScaler."
            )

    def train_step(self, batch, **fit_params):
        """Do one update, as skorch does but for the closure that few optimisers want."""
        if self.has_closure:
            return super().train_step(batch, **fit_params)
        images, y = batch
        for weights in self.module_.parameters():  # the optimiser's own way takes longer
            weights.grad = None
        scores = self.infer(images)
        loss = self.get_loss(scores, y, X=images, training=True)
        loss.backward()
        if self.listeners_["on_grad_computed"]:
            named_parameters = list(self.get_all_learnable_params())
            self.notify(
                "on_grad_computed", named_parameters=named_parameters, batch=batch, training=True
            )
        self.optimizer_.step()
        return {"loss": loss, "y_pred": scores}

    def notify(self, method_name, **cb_kwargs):
        """Call the callbacks that listen; skorch's EarlyStopping ends the training.

        It does so by KeyboardInterrupt, which must not be taken for a Ctrl-C.
        """
        if method_name in BATCH_EVENTS:
            for callback in self.listeners_[method_name]:
                getattr(callback, method_name)(self, **cb_kwargs)
            return
        if method_name != "on_epoch_end":
            super().notify(method_name, **cb_kwargs)
            return
        for _, callback in self.callbacks_:
            try:
                callback.on_epoch_end(self, **cb_kwargs)
            except KeyboardInterrupt:
                if isinstance(callback, EarlyStopping) and callback.misses_ == callback.patience:
                    raise StopTraining from None
                raise  # a Ctrl-C that hit a callback
            except (KeyError, SkorchException) as error:
                if "not found in history" not in str(error) or self.train_split is not None:
                    raise
                raise ValueError(
                    f"{type(callback).__name__} watches what is not measured, as nothing is split "
                    f"off for validation: {error.args[0]} Set validation_fraction, to 0.1 for "
                    "instance, or another monitor for it, such as 'train_loss'."
                ) from error

    @property
    def _default_callbacks(self):
        return [("epoch_timer", EpochTimer())]

    def change(self, *, optimizer, momentum, weight_decay, device, precision):
        """Go on with other settings, as `build_net` takes them; the optimiser starts anew."""
        device = resolve_device(device)
        check_precision(precision, device)
        for name in [name for name in vars(self) if name.startswith("optimizer_")]:
            delattr(self, name)
        vars(self).update(optimizer_params(optimizer, momentum, weight_decay))
        self.has_closure = optimizer not in OPTIMIZERS
        self.device, self.precision = str(device), precision
        self.module_.to(self.device)

    @torch.inference_mode(mode=False)  # gradients, even if the caller is in inference mode
    def train(self, train_set, valid_set, n_epochs, *, lr, batch_size, callbacks, verbose):
        """Train for `n_epochs` epochs, or until early stopping ends it; Ctrl-C is raised.

        Parameters
        ----------
        train_set : ImageSet
        valid_set : ImageSet or None
            Measured after each epoch.
        n_epochs : int
        lr : float
        batch_size : int
        callbacks : list of skorch callbacks
        verbose : int
            Above zero, a line an epoch is printed.
        """
        self.lr, self.batch_size, self.verbose = lr, batch_size, verbose
        callbacks = [clone(callback, safe=False) for callback in callbacks]  # parameters stay
        self.callbacks = [*callbacks, PrintLog()] if verbose else callbacks
        tensors = (*self.module_.parameters(), *self.module_.buffers())
        if any(tensor.is_inference() for tensor in tensors):  # read from a pickle in that mode
            self.module_ = copy.deepcopy(self.module_)
        self._initialize_callbacks()
        self.listeners_ = {event: self._listeners(event) for event in BATCH_EVENTS}
        if not hasattr(self, "optimizer_"):  # a pickle leaves it out
            self._initialize_optimizer()
        for group in self.optimizer_.param_groups:
            group["lr"] = lr
        train_set = train_set.on(self.device)
        if valid_set is not None:
            self.train_split = predefined_split(valid_set.on(self.device))
        try:
            self.notify("on_train_begin", X=train_set, y=None)
            # gradients in the net's precision, even if the caller is in autocast
            own_precision = torch.autocast(torch.device(self.device).type, enabled=False)
            with suppress(StopTraining), own_precision:
                self.fit_loop(train_set, epochs=n_epochs)
            self.notify("on_train_end", X=train_set, y=None)
        except BaseException:  # Ctrl-C too; raised again
            if self.history and "dur" not in self.history[-1]:
                del self.history[-1]  # an epoch that was not finished
            raise
        finally:
            self.train_split = None  # lest the images stay on the device

    def _listeners(self, event):
        """Return the callbacks that do something at an event of a batch, most do not."""
        nothing = getattr(Callback, event)
        callbacks = (callback for _, callback in self.callbacks_)
        return [c for c in callbacks if getattr(type(c), event, None) is not nothing]

    def _batches_of(self, X, dtype=torch.float32):
        for start in range(0, len(X), PREDICTION_BATCH_SIZE):
            yield self.images_of(X[start : start + PREDICTION_BATCH_SIZE], dtype)

    def scores(self, X):
        """Return the scores (n, n_classes), float64, of rows of pixels (n, n_features)."""
        if self.module_.training:
            self.module_.eval()  # walks all layers, too much for one image
        module, dtype = self.module_, torch.float32
        if X.dtype == np.float64 and torch.device(self.device).type != "mps":  # which has none
            module, dtype = copy.deepcopy(module).double(), torch.float64
        with torch.inference_mode():
            batches = [self.scores_of(module, images) for images in self._batches_of(X, dtype)]
            return torch.cat(batches).double().cpu().numpy()

    def kernels(self):
        """Return the first layer's weights as images (n_kernels, height, width, channels).

        None if the first layer that has weights is neither a convolution nor dense on all pixels.
        """
        layer = next((m for m in self.module_.modules() if hasattr(m, "weight")), None)
        if isinstance(layer, nn.Linear):
            n_channels, height, width = self.images_of(np.zeros((1, 1), np.uint8)).shape[1:]
            if layer.in_features != n_channels * height * width:
                return None
            weight = layer.weight.unflatten(1, (height, width, n_channels))
        elif isinstance(layer, nn.Conv2d):
            weight = layer.weight.permute(0, 2, 3, 1)
        else:
            return None
        return weight.detach().cpu().numpy().copy()

    def feature_maps(self, X):
        """Return what the first convolution makes of rows of pixels (n, height, width, n_maps).

        None if there is no convolution.
        """
        layers = [m for m in self.module_.eval().modules() if isinstance(m, nn.Conv2d)]
        if not layers:
            return None
        maps = []
        # copied, as the activation that follows may work in place
        handle = layers[0].register_forward_hook(
            lambda _, images, out: maps.append(out.to("cpu", copy=True))
        )
        try:
            with torch.inference_mode():
                for images in self._batches_of(X):
                    self.module_(images)
        finally:
            handle.remove()
        return torch.cat(maps).permute(0, 2, 3, 1).numpy().copy()

    def __getstate__(self):
        """Return what predicting and going on need: no optimiser, no data, tensors on the CPU."""
        left_out = {"module", "optimizer_", "train_split", "callbacks", "callbacks_", "listeners_"}
        state = {key: value for key, value in vars(self).items() if key not in left_out}
        if torch.device(self.device).type != "cpu":
            state["module_"] = copy.deepcopy(self.module_).cpu()
        return state

    def __setstate__(self, state):
        """Go back to the device of the training if there is one here, else to the CPU."""
        vars(self).update(state, module=None, callbacks=None, train_split=None)
        if torch.device(self.device).type != "cpu":
            try:
                self.module_.to(self.device)
            except (AssertionError, RuntimeError):  # torch's, for a device that is not here
                self.device = "cpu"


def make_module(factory, initializer, seed):
    """Call `factory` and draw its weights from `seed`, the global generator left as it was.

    The caller's default device and type are of no account, lest the weights depend on them.
    """
    with (
        _building,
        torch.random.fork_rng(devices=[]),
        torch.device("cpu"),
        default_dtype(torch.float32),
    ):
        torch.manual_seed(seed)
        module = factory()
        return module if initializer is None else initialize(module, initializer)


def optimizer_params(optimizer, momentum, weight_decay):
    """Return what skorch is told of an optimiser: its class and its settings."""
    params = {"optimizer": OPTIMIZERS.get(optimizer, optimizer)}
    if weight_decay:
        params["optimizer__weight_decay"] = weight_decay
    if optimizer == "sgd":
        params["optimizer__momentum"] = momentum
    if optimizer in ("sgd", "adam", "adamw"):
        params["optimizer__fused"] = True  # one kernel for all tensors
    return params


@torch.inference_mode(mode=False)  # weights that can be trained, even if the caller is in it
def build_net(
    factory,
    *,
    image_shape,
    min_size,
    n_classes,
    optimizer,
    momentum,
    weight_decay,
    initializer,
    device,
    precision,
    random_state,
):
    """Return an `ImageNet`, initialised and not yet trained.

    Parameters
    ----------
    factory : callable
        Returns the torch module.
    image_shape : tuple of (height, width, channels)
    min_size : int
        The least height and width that the module takes.
    n_classes : int
    optimizer : str or callable
        A key of `OPTIMIZERS`, or what takes parameters and ``lr`` and returns an optimiser.
    momentum, weight_decay : float
        Settings of the optimiser.
    initializer : str or None
        A key of `skfashion.neural_network._layers.INITIALIZERS`; None leaves the weights as the
        module draws them.
    device : str
        "auto", or a device of torch.
    precision : {"float32", "bfloat16"}
        Of the arithmetic.
    random_state : numpy.random.RandomState
        Source of all seeds.

    Raises
    ------
    ValueError
        If the device does not compute in that precision.
    """
    seed = np.random.SeedSequence(random_state.randint(2**31))
    weight_seed, dropout_seed = (int(s) for s in seed.generate_state(2))
    device = resolve_device(device)
    check_precision(precision, device)
    module = make_module(factory, initializer, weight_seed)
    for k, layer in enumerate(m for m in module.modules() if isinstance(m, Dropout)):
        layer.seed(dropout_seed + k)
    net = ImageNet(
        module.to(memory_format=torch.channels_last),
        image_shape=image_shape,
        min_size=min_size,
        precision=precision,
        has_closure=optimizer not in OPTIMIZERS,
        rng=np.random.default_rng(seed),
        classes=list(range(n_classes)),
        criterion=nn.CrossEntropyLoss,
        predict_nonlinearity=partial(torch.softmax, dim=-1),  # "auto" would guess by the loss
        device=str(device),
        train_split=None,
        **optimizer_params(optimizer, momentum, weight_decay),
    )
    return net.initialize()


def checked_callbacks(callbacks):
    """Return the callbacks that a user gave, and before them what keeps the history of batches.

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


def training_callbacks(lr_schedule, warmup, n_batches, patience):
    """Return the callbacks that the parameters of a classifier ask for.

    Parameters
    ----------
    lr_schedule : {"constant", "linear", "cosine"}
    warmup : float
        Part of the training over which the learning rate rises.
    n_batches : int
        Batches in the whole training.
    patience : int or None
        Stop after that many epochs without a lower validation loss, and go back to the best.
    """
    callbacks = []
    if lr_schedule != "constant" or warmup:
        callbacks.append(LRSchedule(lr_schedule, warmup, n_batches))
    if patience is not None:
        callbacks.append(
            EarlyStopping("valid_loss", patience=patience, threshold=0, load_best=True)
        )
    return callbacks

"""The trainer of a network, which runs skorch's net and keeps the state of the training."""

import numpy as np
import torch
from sklearn.base import clone
from skorch.callbacks import PrintLog
from skorch.helper import predefined_split
from skorch.history import History

from skfashion._epochs import tell_epoch
from skfashion.neural_network._engine.allocator import kept_memory
from skfashion.neural_network._engine.augmentation import Augmenter
from skfashion.neural_network._engine.averaging import Average, goes_on
from skfashion.neural_network._engine.batches import to_tensor
from skfashion.neural_network._engine.course import Course
from skfashion.neural_network._engine.device import explained_allocation_errors
from skfashion.neural_network._engine.fitted import to_arrays, to_tensors
from skfashion.neural_network._engine.generators import TorchGenerator, random_layers
from skfashion.neural_network._engine.net import BatchHistory, ImageNet, NetSet
from skfashion.neural_network._engine.optimizers import (
    check_norm_bias_lr_factor,
    normalizes_batches,
    optimizer_params,
)
from skfashion.neural_network._engine.pruning import Pruning, epoch_sizes
from skfashion.neural_network._engine.records import BestWeights
from skfashion.neural_network._engine.resizing import check_takes_smaller
from skfashion.neural_network._engine.schedules import Schedule
from skfashion.neural_network._engine.state import (
    TrainingState,
    load_optimizer_state,
    optimizer_state,
    plain,
)
from skfashion.neural_network._engine.threads import Turns, n_threads_for, threads


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
        self.average = self.pruning = None

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
            confidence=self.pruning and self.pruning.state(),
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
        confidence = state.confidence
        self.pruning = None if confidence is None else Pruning(to_tensor(confidence, net.device))

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
        self.network.set_memory_format(self.memory_format)
        net.follow(course)
        advice = f"Set a smaller batch_size (it is {batch_size}), or train on smaller images."
        with explained_allocation_errors(advice):
            train_set, valid_set = NetSet.moved_to(net.device, train_set, valid_set)
        net.train_split = predefined_split(valid_set) if valid_set else None
        sizes = epoch_sizes(len(train_set), n_epochs, course.data_pruning)
        ends = np.cumsum([net.n_batches(size) for size in sizes])
        self._set_memory(course, ends[-1], len(train_set), resume, new_average)
        stopping = None if patience is None else BestWeights(patience)
        if stopping and self.stopping:
            stopping.remember(self.stopping)
        uses_all = [size == len(train_set) for size in sizes]
        uses_all = uses_all[np.searchsorted(ends, self.position, side="right") :]  # what is left
        device = torch.device(net.device).type
        self.n_threads = n_threads_for(batch_size)
        net.turns = Turns(self.n_threads if device == "cpu" else 1)
        try:
            # gradients in the network's precision, even if the caller is in autocast
            with (
                explained_allocation_errors(advice),
                torch.autocast(device, enabled=False),
                threads(self.n_threads),
                kept_memory(),
            ):
                net.notify("on_train_begin", X=train_set, y=None)
                self._run(train_set, uses_all, stopping, before_epoch, on_epoch)
                net.notify("on_train_end", X=train_set, y=None)
        finally:
            net.turns.end()
            if net.history and "dur" not in net.history[-1]:
                del net.history[-1]  # an epoch that was not finished
            net.between_trainings()
            self.pruning = None

    def _set_memory(self, course, n_batches, n_samples, resume, new_average):
        """Set what a training remembers of its steps, all of them `n_batches`."""
        if not resume:
            self.position, self.stopping = 0, None
        if course.data_pruning is None:
            self.pruning = None
        elif not resume:
            self.pruning = Pruning.of(n_samples, self.net.device)
        if not goes_on(self.average, course.averaging, resume, new_average):
            self.average = course.averaging and Average(self.net.module_, course.averaging)
        self.net.average, self.net.pruning = self.average, self.pruning
        self.net.schedule = Schedule(course.lr_schedule, course.warmup, n_batches, self.position)

    def _run(self, train_set, uses_all, stopping, before_epoch, on_epoch):
        """Train for as many epochs as `uses_all` says of, whether they use all images."""
        net, n_epochs = self.net, len(uses_all)
        tell_epoch(0, n_epochs)
        for n_done in range(n_epochs):
            if net.is_stopped or (stopping and stopping.is_over):
                break
            if before_epoch:
                before_epoch()
            net.leaves_out = not uses_all[n_done]
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

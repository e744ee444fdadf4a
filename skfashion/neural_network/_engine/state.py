"""A training at one moment: everything that decides how it continues."""

from dataclasses import asdict, dataclass, field

import numpy as np
import torch


@dataclass
class TrainingState:
    """Weights, optimiser, generators and memory of a training, as arrays and plain values.

    A trainer that loads it continues bit for bit as the original trainer would have. The state of a
    user's callbacks is not part of it.

    Attributes
    ----------
    weights : dict of {str: ndarray}
        The module's parameters and buffers, those that predict.
    generators : dict
        States of all random generators: ``order`` (of the images), ``augmentation``, ``layers``
        (of the module's random layers, in their order) and ``torch`` (for layers and augmentations
        that draw from torch's own).
    history : list of dict
        The entries of skorch's history, one per epoch.
    optimizer : dict or None
        State of the optimiser; None for one that starts over.
    position : int
        Number of batches that the learning rate schedule has completed.
    stopping : dict or None
        The memory of early stopping; None without it.
    averaging : dict or None
        The training's own weights, where those that predict are their averages, the number of
        steps that these have averaged, and for "lookahead" the averages that the training has; None
        without averaging.
    confidence : ndarray of shape (n_samples,) or None
        By which the next epoch chooses its images; None if it uses them all.
    """

    weights: dict
    generators: dict
    history: list = field(default_factory=list)
    optimizer: dict | None = None
    position: int = 0
    stopping: dict | None = None
    averaging: dict | None = None
    confidence: np.ndarray | None = None

    def to_dict(self):
        """Return the state as nested dicts and lists of arrays, numbers and strings."""
        return asdict(self)


def optimizer_state(optimizer):
    """Return an optimiser's state with arrays for tensors."""
    return map_leaves(
        optimizer.state_dict(), torch.Tensor, lambda t: t.detach().cpu().numpy().copy()
    )


def load_optimizer_state(optimizer, state):
    """Set the state of an optimiser, as `optimizer_state` returned it."""
    state = map_leaves(state, np.ndarray, lambda array: torch.from_numpy(np.array(array)))
    optimizer.load_state_dict(state)
    for weight, values in optimizer.state.items():
        for name, value in values.items():
            if isinstance(value, torch.Tensor) and value.shape == weight.shape:
                # in the memory order of the weights, which fused kernels assume
                values[name] = torch.empty_like(weight).copy_(value)


def map_leaves(value, kind, function):
    """Return nested dicts and lists with `function` applied to the values of that kind."""
    if isinstance(value, kind):
        return function(value)
    if isinstance(value, dict):
        return {key: map_leaves(item, kind, function) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map_leaves(item, kind, function) for item in value)
    return value


def plain(history):
    """Return a history of skorch as lists and dicts that share nothing with it."""
    if isinstance(history, list | tuple):
        return [plain(item) for item in history]
    return {k: plain(v) for k, v in history.items()} if isinstance(history, dict) else history

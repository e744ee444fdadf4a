"""Averages of the weights during a training, which predict better than the last weights.

References
----------
.. [1] Polyak, Juditsky, "Acceleration of stochastic approximation by averaging", SIAM Journal on
   Control and Optimization 30 (1992).
.. [2] Zhang, Lucas, Hinton, Ba, "Lookahead optimizer: k steps forward, 1 step back", NeurIPS 2019.
.. [3] Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", arXiv:2404.00498 (2024).
"""

from contextlib import contextmanager

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

from skfashion.neural_network._engine.fitted import to_arrays

AVERAGINGS = ("ema", "lookahead")
EMA_LIMIT = 0.999
LOOKAHEAD_STEPS = 5  # this and the next as in [3]_
LOOKAHEAD_LIMIT = 0.95**5


def ema_decay(n_steps):
    """Return the decay of a moving average after a number of steps.

    It looks back over a tenth of the steps so far, and over a thousand at most.
    """
    return min(EMA_LIMIT, (1 + n_steps) / (10 + n_steps))


def averaged_tensors(module):
    """Return {name: tensor} of what is averaged: weights, and statistics of batch normalisation."""
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    return {name: tensor for name, tensor in tensors.items() if tensor.is_floating_point()}


class Average:
    """The averages of a training's weights; outside of its epochs they are those of the module.

    Parameters
    ----------
    module : torch.nn.Module
        Its weights are the first average.
    kind : {"ema", "lookahead"}
        "ema" is an exponential moving average [1]_, which has no effect on the training. With
        "lookahead" [2]_ the training continues from the averages after every five steps. Those that
        the module has outside of epochs include the steps since then too.
    """

    def __init__(self, module, kind):
        self.module, self.kind, self.n_steps, self.progress = module, kind, 0, 0.0
        self.kept = {name: t.detach().clone() for name, t in averaged_tensors(module).items()}
        self.slow = None  # the averages without the steps since the last fifth one, if any

    def state(self):
        """Return the state between two epochs, beside the module's weights, for `from_state`."""
        return {
            **{"kind": self.kind, "n_steps": self.n_steps, "progress": self.progress},
            "weights": to_arrays(self.kept),
            "slow": self.slow and to_arrays(self.slow),
        }

    @classmethod
    def from_state(cls, module, state):
        """Return the averages that `state` was asked for, of a module with their weights."""
        average = cls(module, state["kind"])
        average.n_steps, average.progress = state["n_steps"], state["progress"]
        average.slow = state["slow"] and average._tensors_of(state["slow"])
        average.kept = average._tensors_of(state["weights"])
        return average

    def _tensors_of(self, arrays):
        """Return arrays as tensors in the memory order of the module's."""
        return {
            name: torch.empty_like(kept).copy_(torch.tensor(arrays[name]))
            for name, kept in self.kept.items()
        }

    @contextmanager
    def training(self):
        """Give the module its own weights for an epoch of training, and the averages after it."""
        self._exchange()
        if self.slow is not None:
            self.kept, self.slow = self.slow, None
        try:
            yield
        finally:
            if self.kind == "lookahead" and self.n_steps % LOOKAHEAD_STEPS:
                self.slow = {name: tensor.clone() for name, tensor in self.kept.items()}
                self._look_ahead()
            self._exchange()

    @torch.no_grad()
    def _exchange(self):
        for name, tensor in averaged_tensors(self.module).items():
            other = tensor.clone()
            tensor.copy_(self.kept[name])
            self.kept[name].copy_(other)

    @torch.no_grad()
    def update(self, progress):
        """Add the weights after a step, at a point in [0, 1] of the training."""
        self.n_steps, self.progress = self.n_steps + 1, progress
        if self.kind == "ema":
            self._add_weights(ema_decay(self.n_steps))
        elif self.n_steps % LOOKAHEAD_STEPS == 0:
            self._look_ahead()
            for name, tensor in averaged_tensors(self.module).items():
                tensor.copy_(self.kept[name])

    def _look_ahead(self):
        self._add_weights(LOOKAHEAD_LIMIT * self.progress**3)

    @torch.no_grad()
    def _add_weights(self, decay):
        tensors = averaged_tensors(self.module)
        kept = [self.kept[name] for name in tensors]
        get_ema_multi_avg_fn(decay)(kept, list(tensors.values()), None)


def goes_on(average, kind, resume, new_average):
    """Return whether a training updates the averages of the one before.

    Otherwise it starts from the weights that predict. Lookahead always does, unless the training
    itself is resumed.
    """
    if average is None or average.kind != kind:
        return False
    return resume or (kind == "ema" and not new_average)

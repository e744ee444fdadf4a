"""How the learning rate changes during a training."""

import numpy as np

LR_SCHEDULES = {
    "constant": lambda progress: 1.0,
    "linear": lambda progress: 1 - progress,
    "cosine": lambda progress: float(1 + np.cos(np.pi * progress)) / 2,
}


def rate_factor(schedule, warmup, progress):
    """Return the factor of the learning rate at a point of the training.

    Parameters
    ----------
    schedule : {"constant", "linear", "cosine"}
        How the rate falls after the warm-up, to zero at the end.
    warmup : float
        Part of the training, in [0, 1), over which the rate rises linearly from zero.
    progress : float
        Completed part of the training, in [0, 1].
    """
    if progress < warmup:
        return progress / warmup
    return LR_SCHEDULES[schedule]((progress - warmup) / (1 - warmup))


class Schedule:
    """Sets the learning rate of every parameter group before each batch.

    Parameters
    ----------
    schedule : {"constant", "linear", "cosine"}
        How the rate falls after the warm-up.
    warmup : float
        Part of the training over which it rises, in [0, 1).
    n_batches : int
        Length of the training.
    position : int, default=0
        Number of batches already trained on.
    """

    def __init__(self, schedule, warmup, n_batches, position=0):
        self.schedule, self.warmup = schedule, warmup
        self.n_batches, self.position = n_batches, position

    @property
    def is_constant(self):
        """Whether the rate never changes."""
        return self.schedule == "constant" and not self.warmup

    def step(self, optimizer, rates):
        """Set the rates for the next batch.

        Parameters
        ----------
        optimizer : torch.optim.Optimizer
        rates : list of float
            The highest rate of each parameter group.
        """
        if not self.is_constant:
            progress = min((self.position + 0.5) / self.n_batches, 1)  # in the middle of the batch
            set_rates(optimizer, rates, rate_factor(self.schedule, self.warmup, progress))
        self.position += 1


def get_rates(optimizer):
    """Return the learning rate of each parameter group."""
    return [group["lr"] for group in optimizer.param_groups]


def set_rates(optimizer, rates, factor=1.0):
    """Set the learning rate of each parameter group to its rate in `rates`, times `factor`.

    Groups that a callback has added keep their own rate.
    """
    for group, rate in zip(optimizer.param_groups, rates, strict=False):
        group["lr"] = rate * factor

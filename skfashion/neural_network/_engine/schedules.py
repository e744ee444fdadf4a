"""How the learning rate changes during a training.

References
----------
.. [1] Smith, "A disciplined approach to neural network hyper-parameters: part 1 -- learning rate,
   batch size, momentum, and weight decay", arXiv:1803.09820 (2018).
"""

import numpy as np

ONE_CYCLE_START = 1 / 25  # of the highest rate; this and the next as in torch's OneCycleLR
ONE_CYCLE_WARMUP = 0.3


def falling_cosine(progress):
    """Return half a wave of the cosine, from one to zero."""
    return float(1 + np.cos(np.pi * progress)) / 2


LR_SCHEDULES = {
    "constant": lambda progress: 1.0,
    "linear": lambda progress: 1 - progress,
    "cosine": falling_cosine,
    "one_cycle": falling_cosine,
}


def default_warmup(schedule):
    """Return the part of the training over which the rate rises if nothing is said."""
    return ONE_CYCLE_WARMUP if schedule == "one_cycle" else 0.0


def rate_factor(schedule, warmup, progress):
    """Return the factor of the learning rate at a point of the training.

    Parameters
    ----------
    schedule : {"constant", "linear", "cosine", "one_cycle"}
        How the rate falls after the warm-up, to zero at the end.
    warmup : float
        Part of the training, in [0, 1), over which the rate rises: linearly from zero, or in
        "one_cycle" [1]_ along a cosine from a 25th.
    progress : float
        Completed part of the training, in [0, 1].
    """
    if progress >= warmup:
        return LR_SCHEDULES[schedule]((progress - warmup) / (1 - warmup))
    if schedule == "one_cycle":
        return 1 - (1 - ONE_CYCLE_START) * falling_cosine(progress / warmup)
    return progress / warmup


class Schedule:
    """Sets the learning rate of every parameter group before each batch.

    Parameters
    ----------
    schedule : {"constant", "linear", "cosine", "one_cycle"}
        How the rate falls after the warm-up.
    warmup : float or None
        Part of the training over which it rises, in [0, 1); None for that of the schedule.
    n_batches : int
        Length of the training.
    position : int, default=0
        Number of batches already trained on.
    """

    def __init__(self, schedule, warmup, n_batches, position=0):
        self.schedule = schedule
        self.warmup = default_warmup(schedule) if warmup is None else warmup
        self.n_batches, self.position = n_batches, position

    @property
    def is_constant(self):
        """Whether the rate never changes."""
        return self.schedule == "constant" and not self.warmup

    @property
    def progress(self):
        """Completed part of the training, in [0, 1], in the middle of the next batch."""
        return min((self.position + 0.5) / self.n_batches, 1)

    def step(self, optimizer, rates):
        """Set the rates for the next batch.

        Parameters
        ----------
        optimizer : torch.optim.Optimizer
        rates : list of float
            The highest rate of each parameter group.
        """
        if not self.is_constant:
            set_rates(optimizer, rates, rate_factor(self.schedule, self.warmup, self.progress))
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

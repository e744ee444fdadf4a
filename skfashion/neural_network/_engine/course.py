"""The settings of a training that its trainer is given."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Course:
    """How a training goes. The words for each setting are in `_parameters`.

    Attributes
    ----------
    lr : float
        Where `lr_schedule` or `warmup` change it, the highest.
    batch_size : int
    lr_schedule : str
        A key of `LR_SCHEDULES`.
    warmup : float or None
        Part of the training over which the learning rate rises; None for that of the schedule.
    patience : int or None
        Stop after that many epochs without a lower validation loss, and restore the best weights.
    augmentation : str, callable or None
        Changes the training images.
    label_smoothing : float
        Of the training loss.
    averaging : {"ema", "lookahead"} or None
        Averages the weights that predict.
    progressive_resizing : float or None
        Fraction of the images' side at which the training starts.
    data_pruning : float or None
        Fraction of the training images that epochs leave out.
    """

    lr: float
    batch_size: int
    lr_schedule: str = "constant"
    warmup: float | None = None
    patience: int | None = None
    augmentation: str | Callable | None = None
    label_smoothing: float = 0.0
    averaging: str | None = None
    progressive_resizing: float | None = None
    data_pruning: float | None = None

"""What is made of repeated measurements."""

import numpy as np


def median(values):
    """Return the median."""
    return float(np.median(values))


def quartiles(values):
    """Return the values between which the middle half lies."""
    return np.quantile(values, [0.25, 0.75])


def spread(values):
    """Return half the interquartile range."""
    return float(np.ptp(quartiles(values)) / 2)


def paired_ratio(ours, theirs):
    """Return the median of the ratios, run by run: both sides of one ran close in time."""
    return median(np.divide(ours, theirs))


def in_turn(members, n_rounds):
    """Yield all members, `n_rounds` times, each other time backwards, so that none is favoured."""
    for k in range(n_rounds):
        yield from members if k % 2 == 0 else reversed(members)


def shown(values, form="{:.2f}"):
    """Return the median and, of more than one value, half the interquartile range, as text."""
    text = form.format(median(values))
    return text if len(values) == 1 else f"{text} ± {form.format(spread(values))}"

"""What the Displays share: axes, and colours that colour-blind readers can tell apart.

References
----------
.. [1] M. Okabe and K. Ito, "Color Universal Design", 2008. https://jfly.uni-koeln.de/color/
"""

import numpy as np

# The colours are those of [1]_.
BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREY = "#767676"

GREY_IMAGES = "gray"  # zero is black, as in the data and in the report
SIGNED = "PuOr"  # orange below zero, white at zero, purple above


def percent(share, _position=None):
    """Return a share, in [0, 1], as a text such as "87.5 %", for the ticks of an axis."""
    return f"{round(100 * share, 6):g} %"


def axes_or_new(ax, figsize):
    """Return the Axes to plot on; if `ax` is None, those of a new figure of `figsize` (inches)."""
    if ax is None:
        import matplotlib.pyplot as plt

        return plt.subplots(figsize=figsize, layout="constrained")[1]
    if not hasattr(ax, "get_subplotspec"):
        raise TypeError(f"ax must be a matplotlib Axes or None, got {type(ax).__name__}.")
    return ax


def several_axes(ax, widths, figsize):
    """Return an array of Axes side by side, of the given widths.

    Parameters
    ----------
    ax : Axes, array-like of Axes or None
        One Axes to divide, or as many as there are widths; None makes a figure of `figsize`.
    widths : list of float
        Relative widths.
    figsize : tuple of float
        Width and height in inches.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=figsize, layout="constrained")
        figure.get_layout_engine().set(wspace=0.06)
        return figure.subplots(1, len(widths), squeeze=False, width_ratios=widths)[0]
    axes = np.asarray(ax, dtype=object).ravel()
    if not all(hasattr(one, "get_subplotspec") for one in axes):
        raise TypeError(f"ax must be matplotlib Axes or None, got {type(axes[0]).__name__}.")
    if len(axes) == len(widths):
        return axes
    place = axes[0].get_subplotspec() if len(axes) == 1 else None
    if place is None:
        raise ValueError(
            f"There are {len(widths)} panels to plot: give {len(widths)} Axes, or one from "
            f"plt.subplots to divide; got {len(axes)}."
        )
    axes[0].set_axis_off()
    grid = place.subgridspec(1, len(widths), width_ratios=widths)
    return grid.subplots(squeeze=False)[0]

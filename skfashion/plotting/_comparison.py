"""Accuracy against the time that it costs."""

import numpy as np

from skfashion.plotting._label_places import place_labels
from skfashion.plotting._style import BLUE, GREY, axes_or_new, percent

LARGEST_AREA, SMALLEST_AREA = 900, 22  # of a marker, in points squared
UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B"))


def on_the_front(accuracy, seconds):
    """Return for each whether no other is as accurate in less time, or more accurate in no more.

    Parameters
    ----------
    accuracy, seconds : ndarray of shape (n,)

    Returns
    -------
    is_on_front : ndarray of bool of shape (n,)
    """
    at_least = (accuracy >= accuracy[:, None]) & (seconds <= seconds[:, None])
    better = (accuracy > accuracy[:, None]) | (seconds < seconds[:, None])
    return ~(at_least & better).any(axis=1)


def marker_areas(n_bytes):
    """Return areas in proportion to the sizes; what is too small to be seen gets the smallest.

    Sizes that are not known (NaN) get the smallest area too.
    """
    largest = np.nanmax(n_bytes, initial=0) or 1
    return np.fmax(LARGEST_AREA * n_bytes / largest, SMALLEST_AREA)


def bytes_in_words(n_bytes):
    """Return a number of bytes as a text, such as "10 MB"."""
    factor, unit = next((u for u in UNITS if n_bytes >= u[0]), UNITS[-1])
    return f"{n_bytes / factor:.3g} {unit}"


def lowest_shown(accuracy):
    """Return the lowest accuracy that has a place on the axis.

    What lies far below most (by three times the distance of the quartiles below the first, and
    by a tenth at least) would press all others together.
    """
    first, third = np.quantile(accuracy, [0.25, 0.75])
    return accuracy[accuracy >= first - max(3 * (third - first), 0.1)].min()


def emptiest_corner(points):
    """Return the corner that is farthest from all points, such as "upper left".

    Not matplotlib's "best", which is sought anew each time, so that what has its place beside the
    legend would not keep it.

    Parameters
    ----------
    points : ndarray of shape (n, 2)
        x and y from 0 to 1.
    """
    corners = {"upper left": (0, 1), "lower right": (1, 0), "lower left": (0, 0)}
    corners["upper right"] = (1, 1)
    return max(corners, key=lambda name: np.abs(points - corners[name]).max(axis=1).min())


class ComparisonDisplay:
    """Accuracy against fit time, with the size of the model as area.

    Use `from_comparison` to make one from what `skfashion.compare` returns, or the method ``plot``
    of that. All parameters are stored as attributes.

    Parameters
    ----------
    names : sequence of str of length n_estimators
        Names of the estimators.
    accuracy : array-like of shape (n_estimators,)
        Accuracy of each, in [0, 1].
    fit_seconds : array-like of shape (n_estimators,)
        Seconds that a fit of each took.
    model_bytes : array-like of shape (n_estimators,), default=None
        Size of each fitted model in bytes, NaN where it is not known; None draws all alike.
    accuracy_std : array-like of shape (n_estimators,), default=None
        Standard deviation of the accuracy, NaN where it is not known.

    Attributes
    ----------
    scatter_ : matplotlib PathCollection
        The markers, in the order of `names`.
    errorbar_ : matplotlib ErrorbarContainer or None
        The deviations; None if there are none.
    texts_ : list of matplotlib Annotation
        The labels, in the order of `names`.
    ax_ : matplotlib Axes
        Axes with the plot.
    figure_ : matplotlib Figure
        Figure with the axes.

    See Also
    --------
    skfashion.compare : Makes the comparison.
    LearningCurvesDisplay : Loss and accuracy by epoch.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skfashion import ComparisonDisplay, compare, load_fashion_sample
    >>> X, y = load_fashion_sample(subset="test", return_X_y=True)
    >>> comparison = compare(
    ...     {"Bayes": GaussianNB(), "Tree": DecisionTreeClassifier()},
    ...     X[:800], y[:800], X[800:], y[800:],
    ... )
    >>> display = ComparisonDisplay.from_comparison(comparison)
    >>> [text.get_text() for text in display.texts_]
    ['Bayes', 'Tree']
    """

    def __init__(self, names, accuracy, fit_seconds, *, model_bytes=None, accuracy_std=None):
        self.names = names
        self.accuracy = accuracy
        self.fit_seconds = fit_seconds
        self.model_bytes = model_bytes
        self.accuracy_std = accuracy_std

    def plot(self, ax=None, *, text_kw=None):
        """Draw a marker and a label for each estimator, on a logarithmic axis of time.

        Blue are those that no other beats in both accuracy and time. Areas are in proportion to
        the sizes of the models, but for those that would be too small to be seen. An accuracy far
        below most is marked by a triangle at the lower edge, and written beside its label. Labels
        have their places for the size that the figure has now.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure.
        text_kw : dict, default=None
            Further keywords for `matplotlib.axes.Axes.annotate`, for the labels.

        Returns
        -------
        display : ComparisonDisplay
            The display itself.

        Raises
        ------
        ValueError
            If there is no estimator, lengths differ, an accuracy is missing or a time is not
            above zero.
        """
        accuracy, seconds, n_bytes, std = self._check()
        self.ax_ = ax = axes_or_new(ax, (7.6, 4.8))
        self.figure_ = ax.figure
        low = lowest_shown(accuracy)
        is_low = accuracy < low
        margin = 0.12 * ((accuracy.max() - low) or 0.1)
        bottom = low - margin * (2 if is_low.any() else 1)
        y = np.where(is_low, bottom + 0.35 * margin, accuracy)

        areas = np.where(is_low, 2 * SMALLEST_AREA, marker_areas(n_bytes))
        self._plot_markers(seconds, y, areas, is_low, on_the_front(accuracy, seconds))
        self.errorbar_ = None
        if np.isfinite(std).any():
            self.errorbar_ = ax.errorbar(
                seconds, y, np.where(is_low, np.nan, std), fmt="none", ecolor=GREY, elinewidth=1
            )
        self._plot_frame(seconds, (bottom, accuracy.max() + margin))
        legend = self._plot_legend(n_bytes, np.c_[seconds, y])
        names = [
            f"{name} ({percent(round(value, 2))})" if out else str(name)
            for name, value, out in zip(self.names, accuracy, is_low, strict=True)
        ]
        self.texts_ = self._plot_labels(names, np.c_[seconds, y], areas, legend, text_kw or {})
        return self

    @classmethod
    def from_comparison(cls, comparison, *, ax=None, text_kw=None):
        """Draw the estimators of a comparison; those that failed are left out.

        Parameters
        ----------
        comparison : Comparison or DataFrame
            What `skfashion.compare` or `skfashion.comparison.load_comparison` has returned, or its
            table, all rows or some of them: the index names the estimators; the columns
            accuracy_mean and fit_seconds are needed, accuracy_std and model_bytes used.
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure.
        text_kw : dict, default=None
            Further keywords for `matplotlib.axes.Axes.annotate`, for the labels.

        Returns
        -------
        display : ComparisonDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If a column is missing, or no estimator has an accuracy and a time.
        """
        table = getattr(comparison, "table", comparison)
        needed = ["accuracy_mean", "fit_seconds"]
        missing = [name for name in needed if name not in getattr(table, "columns", ())]
        if missing:
            raise ValueError(
                f"comparison has no {' and no '.join(missing)}: give what skfashion.compare has "
                "returned."
            )
        table = table.dropna(subset=needed)
        if table.empty:
            raise ValueError(
                "No estimator of the comparison has an accuracy and a time: see its column error."
            )
        optional = {
            name: table[name].to_numpy(dtype=float, na_value=np.nan) if name in table else None
            for name in ("model_bytes", "accuracy_std")
        }
        display = cls(
            [str(name) for name in table.index],
            table["accuracy_mean"].to_numpy(dtype=float),
            table["fit_seconds"].to_numpy(dtype=float),
            **optional,
        )
        return display.plot(ax, text_kw=text_kw)

    def _check(self):
        """Return accuracy, seconds, bytes and deviation as arrays of floats."""
        n = len(self.names)
        if n == 0:
            raise ValueError("There is no estimator to draw: names is empty.")
        columns = {}
        for key in ("accuracy", "fit_seconds", "model_bytes", "accuracy_std"):
            values = getattr(self, key)
            column = np.full(n, np.nan) if values is None else np.asarray(values, dtype=float)
            if column.shape != (n,):
                raise ValueError(f"{key} must have a number for each of the {n} names.")
            columns[key] = column
        if not np.isfinite(columns["accuracy"]).all():
            raise ValueError("accuracy must have no missing values: leave those estimators out.")
        if not (columns["fit_seconds"] > 0).all():
            raise ValueError("fit_seconds must be above zero: its axis is logarithmic.")
        return tuple(columns.values())

    def _plot_markers(self, seconds, y, areas, is_low, is_on_front):
        from matplotlib.markers import MarkerStyle

        colours = np.where(is_on_front, BLUE, GREY)
        self.scatter_ = self.ax_.scatter(
            seconds, y, areas, color=colours, alpha=0.55, linewidths=0.8, zorder=2
        )
        self.scatter_.set_edgecolor(colours)  # not transparent, so that a marker in another shows
        shapes = [MarkerStyle("v" if out else "o") for out in is_low]
        self.scatter_.set_paths([s.get_path().transformed(s.get_transform()) for s in shapes])

    def _plot_frame(self, seconds, ylim):
        from matplotlib.ticker import FuncFormatter

        ax = self.ax_
        ax.set(xscale="log", xlabel="Fit time in seconds", ylabel="Accuracy", ylim=ylim)
        decades = np.log10([seconds.min(), seconds.max()])
        room = 0.1 * max(np.ptp(decades), 1)
        ax.set_xlim(10 ** (decades[0] - room), 10 ** (decades[1] + 1.8 * room))  # labels go there
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
        ax.yaxis.set_major_formatter(percent)
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25, linewidth=0.6)
        ax.set_axisbelow(True)

    def _plot_legend(self, n_bytes, points):
        """Draw a legend of colours and areas where there are no points; return it."""
        style = {"linestyle": "", "marker": "o", "alpha": 0.55}
        colours = {BLUE: "no other is both faster and more accurate", GREY: "the others"}
        entries = [(c, 6, text) for c, text in colours.items()]
        if np.isfinite(n_bytes).any():
            largest = 10 ** np.floor(np.log10(np.nanmax(n_bytes)))
            for size in (largest, largest / 10):
                side = np.sqrt(LARGEST_AREA * size / np.nanmax(n_bytes))
                if side**2 >= SMALLEST_AREA:
                    entries.append((GREY, side, f"model of {bytes_in_words(size)}"))
        handles = [
            self.ax_.plot([], [], color=c, markersize=side, label=text, **style)[0]
            for c, side, text in entries
        ]
        shares = self.ax_.transAxes.inverted().transform(self.ax_.transData.transform(points))
        return self.ax_.legend(
            handles=handles,
            loc=emptiest_corner(shares),
            frameon=False,
            fontsize="small",
            labelspacing=0.8,
        )

    def _plot_labels(self, names, points, areas, legend, text_kw):
        """Write the labels where they cover nothing; return them."""
        figure, ax = self.figure_, self.ax_
        style = {"fontsize": 8.5, "ha": "center", "va": "center"} | text_kw
        texts = [
            ax.annotate(name, point, (0, 0), textcoords="offset pixels", **style)
            for name, point in zip(names, points, strict=True)
        ]
        for text in texts:
            text.set_in_layout(False)
        figure.draw_without_rendering()  # now the layout is known
        anchors = ax.transData.transform(points)
        extents = [text.get_window_extent() for text in texts]
        sizes = np.array([[e.width + 4, e.height + 2] for e in extents])
        radii = np.sqrt(areas / np.pi) * figure.dpi / 72
        boxes = place_labels(
            anchors, sizes, radii, ax.bbox.extents, [legend.get_window_extent().extents]
        )
        for text, box, anchor, radius in zip(texts, boxes, anchors, radii, strict=True):
            centre = (box[:2] + box[2:]) / 2
            # in points, so that it holds at another resolution
            text.set_position((centre - anchor) * 72 / figure.dpi)
            text.set_anncoords("offset points")
            self._lead(text, box, anchor, radius)
        return texts

    def _lead(self, text, box, anchor, radius):
        """Draw a line from a label to its marker if they are not side by side."""
        nearest = np.clip(anchor, box[:2], box[2:])
        away = nearest - anchor
        distance = np.linalg.norm(away)
        if distance - radius < 0.6 * (box[3] - box[1]):
            return
        start = anchor + away * radius / distance
        to_points = 72 / self.figure_.dpi
        self.ax_.annotate(
            "",
            xy=text.xy,
            xycoords="data",
            xytext=(nearest - anchor) * to_points,
            textcoords="offset points",
            arrowprops={
                "arrowstyle": "-",
                "color": GREY,
                "linewidth": 0.6,
                "shrinkA": 0,
                "shrinkB": np.linalg.norm(start - anchor) * to_points,
            },
        )

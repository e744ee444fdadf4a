"""Accuracy against fit time."""

import numpy as np

from skfashion.plotting._label_places import place_labels
from skfashion.plotting._style import BLUE, GREY, axes_or_new, percent

LARGEST_AREA, SMALLEST_AREA = 900, 22  # of a marker, in points squared
N_AREAS = 2  # examples of sizes in the legend
UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B"))


def pareto_optimal(accuracy, seconds, chance=None):
    """Return which estimators are Pareto-optimal (n,).

    These are the ones for which no other is at least as accurate and at least as fast, and better
    in one of the two. One that is no better than guessing is not among them: the fastest of all
    would always be, however bad it is.

    Parameters
    ----------
    accuracy, seconds : ndarray of shape (n,)
    chance : float or None
        Accuracy of guessing.
    """
    at_least = (accuracy >= accuracy[:, None]) & (seconds <= seconds[:, None])
    better = (accuracy > accuracy[:, None]) | (seconds < seconds[:, None])
    is_guessing = accuracy <= (-np.inf if chance is None else chance)
    return ~(at_least & better).any(axis=1) & ~is_guessing


def marker_areas(n_bytes):
    """Return areas in proportion to the sizes; SMALLEST_AREA for small and unknown ones (NaN)."""
    largest = np.nanmax(n_bytes, initial=0) or 1
    return np.fmax(LARGEST_AREA * n_bytes / largest, SMALLEST_AREA)


def bytes_in_words(n_bytes):
    """Return a number of bytes as a text, such as "10 MB"."""
    factor, unit = next((u for u in UNITS if n_bytes >= u[0]), UNITS[-1])
    return f"{n_bytes / factor:.3g} {unit}"


def lowest_shown(accuracy):
    """Return the lowest accuracy that the axis has to show.

    Outliers, more than three interquartile ranges and more than 0.1 below the first quartile, would
    leave little of the axis to the others.
    """
    first, third = np.quantile(accuracy, [0.25, 0.75])
    return accuracy[accuracy >= first - max(3 * (third - first), 0.1)].min()


class ComparisonDisplay:
    """Accuracy against fit time, with the size of the model as area.

    Use `from_comparison` to make one from what `skfashion.compare` returns, or call its method
    ``plot``. All parameters are stored as attributes.

    Parameters
    ----------
    names : sequence of str of length n_estimators
        Names of the estimators.
    accuracy : array-like of shape (n_estimators,)
        Accuracy of each, in [0, 1].
    fit_seconds : array-like of shape (n_estimators,)
        Seconds that fitting each took.
    model_bytes : array-like of shape (n_estimators,), default=None
        Size of each fitted model in bytes, NaN where unknown; None draws all markers the same size.
    accuracy_std : array-like of shape (n_estimators,), default=None
        Standard deviation of the accuracy, NaN where it is not known.
    chance_accuracy : float, default=None
        Accuracy of always predicting the most frequent class, in [0, 1]. Estimators that are not
        better than that are not marked as Pareto-optimal. None for no such condition.

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

    def __init__(
        self,
        names,
        accuracy,
        fit_seconds,
        *,
        model_bytes=None,
        accuracy_std=None,
        chance_accuracy=None,
    ):
        self.names = names
        self.accuracy = accuracy
        self.fit_seconds = fit_seconds
        self.model_bytes = model_bytes
        self.accuracy_std = accuracy_std
        self.chance_accuracy = chance_accuracy

    def plot(self, ax=None, *, text_kw=None):
        """Draw a marker and a label for each estimator, on a logarithmic axis of time.

        Pareto-optimal estimators are blue: no other is at least as accurate, at least as fast
        and strictly better in one of the two. The areas of the markers are proportional to
        the sizes of the models, with a minimum. An accuracy far below the others is drawn as a
        triangle at the lower edge, with the value in its label. The legend is above the axes; in a
        figure without a layout engine, the axes are shrunk to make room for it. Labels are placed
        for the current size of the figure.

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
        is_optimal = pareto_optimal(accuracy, seconds, self.chance_accuracy)
        self._plot_markers(seconds, y, areas, is_low, is_optimal)
        self.errorbar_ = None
        if np.isfinite(std).any():
            self.errorbar_ = ax.errorbar(
                seconds, y, np.where(is_low, np.nan, std), fmt="none", ecolor=GREY, elinewidth=1
            )
        self._plot_frame(seconds, (bottom, accuracy.max() + margin))
        self._plot_legend(n_bytes)
        names = [
            f"{name} ({percent(round(value, 2))})" if out else str(name)
            for name, value, out in zip(self.names, accuracy, is_low, strict=True)
        ]
        self.texts_ = self._plot_labels(names, np.c_[seconds, y], areas, text_kw or {})
        return self

    @classmethod
    def from_comparison(cls, comparison, *, ax=None, text_kw=None):
        """Draw the estimators of a comparison; those that failed are left out.

        Parameters
        ----------
        comparison : Comparison or DataFrame
            A comparison, as `skfashion.compare` or `skfashion.comparison.load_comparison` returns
            it, or rows of its table. The index names the estimators; the columns accuracy_mean and
            fit_seconds are required, accuracy_std and model_bytes optional. `chance_accuracy` is
            set only from a comparison, because a table does not have the true labels.
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
            chance_accuracy=_chance_accuracy(getattr(comparison, "y_test", None)),
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
                raise ValueError(f"{key} must have one number for each of the {n} names.")
            columns[key] = column
        if not np.isfinite(columns["accuracy"]).all():
            raise ValueError("accuracy must have no missing values: leave those estimators out.")
        if not (columns["fit_seconds"] > 0).all():
            raise ValueError("fit_seconds must be above zero: its axis is logarithmic.")
        return tuple(columns.values())

    def _plot_markers(self, seconds, y, areas, is_low, is_optimal):
        from matplotlib.markers import MarkerStyle

        colours = np.where(is_optimal, BLUE, GREY)
        self.scatter_ = self.ax_.scatter(
            seconds, y, areas, color=colours, alpha=0.55, linewidths=0.8, zorder=2
        )
        self.scatter_.set_edgecolor(colours)  # opaque, so that a marker inside another is seen
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

    def _plot_legend(self, n_bytes):
        """Draw a legend of colours and areas above the axes."""
        style = {"linestyle": "", "marker": "o", "alpha": 0.55}
        entries = [(BLUE, 6, "Pareto-optimal in accuracy and time"), (GREY, 6, "others")]
        if np.isfinite(n_bytes).any():
            largest = 10 ** np.floor(np.log10(np.nanmax(n_bytes)))
            for size in largest / 10 ** np.arange(N_AREAS):
                side = np.sqrt(LARGEST_AREA * size / np.nanmax(n_bytes))
                if side**2 >= SMALLEST_AREA:
                    entries.append((GREY, side, f"model of {bytes_in_words(size)}"))
        handles = [
            self.ax_.plot([], [], color=c, markersize=side, label=text, **style)[0]
            for c, side, text in entries
        ]
        legend = self._legend_above(handles, n_columns=2)
        if legend.get_window_extent().width > self.ax_.bbox.width:
            legend = self._legend_above(handles, n_columns=1)
        if self.figure_.get_layout_engine() is None:
            place = self.ax_.get_position()
            share = legend.get_window_extent().height / self.figure_.bbox.height
            self.ax_.set_position([place.x0, place.y0, place.width, place.height - share])

    def _legend_above(self, handles, n_columns):
        return self.ax_.legend(
            handles=handles,
            ncols=n_columns,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            borderaxespad=0,
            frameon=False,
            fontsize="small",
            labelspacing=0.8,
        )

    def _plot_labels(self, names, points, areas, text_kw):
        """Write the labels where they cover nothing, and return them."""
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
        boxes = place_labels(anchors, sizes, radii, ax.bbox.extents)
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


def _chance_accuracy(y_test):
    """Return the accuracy of always predicting the most frequent of the labels, or None."""
    if y_test is None:
        return None
    return float(np.unique(y_test, return_counts=True)[1].max() / len(y_test))

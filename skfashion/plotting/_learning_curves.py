"""Loss and accuracy by epoch."""

import numpy as np

from skfashion._estimators import (
    best_epoch,
    epoch_in_words,
    final_step_name,
    learning_curves,
)
from skfashion.plotting._style import BLUE, GREY, VERMILLION, percent, several_axes

MOST_MARKED = 30  # epochs; with more, lines without markers are clearer


class LearningCurvesDisplay:
    """Loss and accuracy by epoch, of training and validation, with the best epoch marked.

    Use `from_estimator` to make one from a fitted classifier. For an estimator of a comparison,
    pass its curves to the constructor:
    ``LearningCurvesDisplay(**comparison.learning_curves(name))``. All parameters are stored as
    attributes.

    Parameters
    ----------
    train_loss : array-like of shape (n_epochs,), default=None
        Mean training loss in each epoch.
    train_accuracy : array-like of shape (n_epochs,), default=None
        Training accuracy in each epoch, in [0, 1].
    validation_loss : array-like of shape (n_epochs,), default=None
        Mean loss on the validation part after each epoch.
    validation_accuracy : array-like of shape (n_epochs,), default=None
        Accuracy on the validation part after each epoch, in [0, 1].
    estimator_name : str, default=None
        Name of the estimator, for the title.

    Attributes
    ----------
    best_epoch_ : int or None
        The epoch, from 1, with the lowest validation loss; without validation losses, with the
        highest validation accuracy; None without validation.
    lines_ : dict of {str: matplotlib Line2D}
        The curves, by the names of the parameters.
    axes_ : ndarray of matplotlib Axes
        Axes of the loss and of the accuracy; one of them alone if the other has no curve.
    figure_ : matplotlib Figure
        Figure with the axes.

    See Also
    --------
    skfashion.comparison.Comparison.learning_curves : The curves of a comparison.
    sklearn.model_selection.LearningCurveDisplay : Scores by number of training samples.

    Notes
    -----
    Training figures are averages over an epoch, during which the weights change; validation figures
    are measured at its end, half an epoch later on average. So in the first epochs the training
    figures may be worse than the validation figures.

    A single rise of the validation loss does not prove overfitting: with another random state or
    another validation set, the lowest loss may come an epoch or two earlier or later.

    Examples
    --------
    >>> from skfashion import LearningCurvesDisplay, SimpleDenseClassifier, load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = SimpleDenseClassifier(lr=0.1, validation_fraction=0.2, random_state=0)
    >>> clf.fit(X[:1000], y[:1000])
    SimpleDenseClassifier(lr=0.1, random_state=0, validation_fraction=0.2)
    >>> display = LearningCurvesDisplay.from_estimator(clf)
    >>> sorted(display.lines_)
    ['train_accuracy', 'train_loss', 'validation_accuracy', 'validation_loss']
    """

    def __init__(
        self,
        *,
        train_loss=None,
        train_accuracy=None,
        validation_loss=None,
        validation_accuracy=None,
        estimator_name=None,
    ):
        self.train_loss = train_loss
        self.train_accuracy = train_accuracy
        self.validation_loss = validation_loss
        self.validation_accuracy = validation_accuracy
        self.estimator_name = estimator_name

    def plot(self, ax=None, *, line_kw=None):
        """Draw the curves: the loss on the left, the accuracy on the right.

        A dotted line marks the epoch with the lowest validation loss or, without validation
        losses, the highest validation accuracy.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            Axes for the loss and the accuracy, or one to divide between them; None for a new
            figure.
        line_kw : dict, default=None
            Further keywords for `matplotlib.axes.Axes.plot`, for all curves.

        Returns
        -------
        display : LearningCurvesDisplay
            The display itself.

        Raises
        ------
        ValueError
            If there is no curve, or `ax` has another number of Axes than there are panels.
        """
        panels = self._panels()
        figsize = (4.4 * len(panels) + 0.2, 3.4)
        self.axes_ = several_axes(ax, [1] * len(panels), figsize)
        self.best_epoch_ = best_epoch(self.validation_loss, self.validation_accuracy)
        self.lines_ = {}
        for one, (ylabel, curves) in zip(self.axes_, panels.items(), strict=True):
            self._plot_panel(one, ylabel, curves, line_kw or {})
        self._plot_legends()
        if self.estimator_name:
            self.axes_[0].set_title(self.estimator_name, loc="left")
        self.figure_ = self.axes_[0].figure
        return self

    @classmethod
    def from_estimator(cls, estimator, *, name=None, ax=None, line_kw=None):
        """Draw the curves that a fitted classifier recorded during training.

        Parameters
        ----------
        estimator : estimator instance
            Fitted classifier with a ``loss_curve_``, such as the networks of
            `skfashion.neural_network` and `sklearn.neural_network.MLPClassifier`, or a Pipeline
            that ends in one. Its ``train_scores_``, ``validation_loss_curve_`` and
            ``validation_scores_``, if any, are drawn too.
        name : str, default=None
            Name for the title; None for the name of the class.
        ax : matplotlib Axes or array-like of Axes, default=None
            Axes for the loss and the accuracy, or one to divide between them; None for a new
            figure.
        line_kw : dict, default=None
            Further keywords for `matplotlib.axes.Axes.plot`, for all curves.

        Returns
        -------
        display : LearningCurvesDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If the estimator is not fitted or keeps no curves.
        """
        curves, class_name = learning_curves(estimator), final_step_name(estimator)
        if not curves:
            raise ValueError(
                f"{class_name} has no loss_curve_: fit it first. If it is fitted, it does not "
                "keep learning curves, and there is nothing to draw."
            )
        name = class_name if name is None else name
        return cls(**curves, estimator_name=name).plot(ax, line_kw=line_kw)

    def _plot_best_epoch(self, ax, curves):
        """Mark the best epoch, which the legend explains where the curve is that it is best by."""
        measure = "validation_accuracy" if self.validation_loss is None else "validation_loss"
        label = None
        if measure in curves:
            words = epoch_in_words(self.best_epoch_, len(curves[measure]))
            extreme = "highest" if measure == "validation_accuracy" else "lowest"
            label = f"{extreme} {measure.replace('_', ' ')}:\n{words}"
        ax.axvline(self.best_epoch_, color=GREY, linestyle=":", zorder=0, label=label)

    def _plot_legends(self):
        """Draw a legend of the first panel, and of the other one if it has further curves."""
        shown = set()
        for one in self.axes_:
            labels = set(one.get_legend_handles_labels()[1])
            if not labels <= shown:
                one.legend(frameon=False, fontsize="small")
            shown |= labels

    def _panels(self):
        """Return {y label: {parameter: curve}} for the panels that have a curve."""
        panels = {
            "Loss": {"train_loss": self.train_loss, "validation_loss": self.validation_loss},
            "Accuracy": {
                "train_accuracy": self.train_accuracy,
                "validation_accuracy": self.validation_accuracy,
            },
        }
        panels = {
            ylabel: {
                key: np.asarray(values, dtype=float)
                for key, values in curves.items()
                if values is not None
            }
            for ylabel, curves in panels.items()
        }
        panels = {ylabel: curves for ylabel, curves in panels.items() if curves}
        if not panels:
            raise ValueError("There is no curve to draw: give train_loss or another curve.")
        for key, values in [item for curves in panels.values() for item in curves.items()]:
            if values.ndim != 1 or not np.isfinite(values).any():
                raise ValueError(f"{key} must have a number for each epoch, got {values!r}.")
        return panels

    def _plot_panel(self, ax, ylabel, curves, line_kw):
        from matplotlib.ticker import MaxNLocator

        for key, values in curves.items():
            is_training = key.startswith("train")
            style = {
                "color": BLUE if is_training else VERMILLION,
                "linestyle": "--" if is_training else "-",
                "marker": "o" if len(values) <= MOST_MARKED else "",
                "markersize": 3.5,
                "label": "training" if is_training else "validation",
            }
            epochs = np.arange(1, len(values) + 1)
            (self.lines_[key],) = ax.plot(epochs, values, **(style | line_kw))
        if self.best_epoch_ is not None:
            self._plot_best_epoch(ax, curves)
        ax.set(xlabel="Epoch", ylabel=ylabel)
        n_epochs = max(len(values) for values in curves.values())
        ax.set_xlim(0.5, n_epochs + 0.5)
        steps = [1, 2, 5, 10]
        ax.xaxis.set_major_locator(MaxNLocator(10, integer=True, steps=steps, min_n_ticks=1))
        if ylabel == "Accuracy":
            ax.yaxis.set_major_formatter(percent)
        ax.spines[["top", "right"]].set_visible(False)

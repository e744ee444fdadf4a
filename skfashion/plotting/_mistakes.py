"""The images that a classifier gets wrong, the most confident mistakes first."""

import numpy as np
from sklearn.utils import check_consistent_length

from skfashion._estimators import final_step, own_image_shape
from skfashion._images import as_images, brightness, chosen_images
from skfashion.plotting._arguments import check_count, class_names
from skfashion.plotting._style import GREY_IMAGES, axes_or_new
from skfashion.plotting._texts import fit_width, shortened
from skfashion.plotting._tiles import in_rows, tile

IMAGE_INCHES = 1.15  # width of an image in a new figure
TEXT_INCHES = 0.5  # height of the text under an image


def most_confident_mistakes(y_true, y_pred, confidence, n_images):
    """Return the indices of at most `n_images` mistakes, the most confident first.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n,)
        True and predicted labels.
    confidence : ndarray of shape (n,)
        How sure the classifier is of the predicted label; the same for all keeps their order.
    n_images : int
    """
    wrong = np.flatnonzero(y_true != y_pred)
    return wrong[np.argsort(-confidence[wrong], kind="stable")][:n_images]


def margins(values, classes, columns):
    """Return by how much the predicted class is ahead of the next one (n,).

    Parameters
    ----------
    values : ndarray of shape (n,) or (n, n_classes)
        A decision function; of two classes, positive values speak for the second.
    classes : ndarray of shape (n_classes,)
    columns : ndarray of shape (n,)
        Index of the predicted class among `classes`.
    """
    if values.ndim == 1 and len(classes) == 2:
        return np.where(columns == 1, values, -values)
    check_columns(values, classes, "decision")
    rows = np.arange(len(values))
    own = values[rows, columns]
    others = values.astype(float)
    others[rows, columns] = -np.inf
    return own - others.max(axis=1)


class MistakesDisplay:
    """The most confident mistakes of a classifier, with true and predicted class.

    Use `from_estimator` or `from_predictions` to make one. All parameters are stored as attributes.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width) or (n_images, height, width, channels)
        The images, grey or RGB, the most confident mistake first.
    true_names : sequence of str of length n_images
        Name of the true class of each.
    predicted_names : sequence of str of length n_images
        Name of the class that was predicted for each.
    probabilities : array-like of shape (n_images,), default=None
        Probability that was given to the predicted class, in [0, 1]; None if there are none.
    indices : array-like of shape (n_images,), default=None
        Positions of the images in the data that they are from.

    Attributes
    ----------
    im_ : matplotlib AxesImage or None
        All images in one; None if there is no mistake.
    texts_ : list of matplotlib Text
        What is written under each image.
    ax_ : matplotlib Axes
        Axes with the images.
    figure_ : matplotlib Figure
        Figure with the axes.

    See Also
    --------
    ImageGridDisplay : Sample images of each class.
    sklearn.metrics.ConfusionMatrixDisplay : Which classes are taken for which.

    Examples
    --------
    >>> from sklearn.ensemble import ExtraTreesClassifier
    >>> from skfashion import CLASS_NAMES, MistakesDisplay, load_fashion_sample
    >>> X, y = load_fashion_sample(subset="test", return_X_y=True)
    >>> clf = ExtraTreesClassifier(n_estimators=20, random_state=0).fit(X[:800], y[:800])
    >>> display = MistakesDisplay.from_estimator(
    ...     clf, X[800:], y[800:], n_images=10, target_names=CLASS_NAMES
    ... )
    >>> len(display.texts_)
    10
    >>> bool(display.probabilities[0] >= display.probabilities[-1])
    True
    """

    def __init__(self, images, true_names, predicted_names, probabilities=None, *, indices=None):
        self.images = images
        self.true_names = true_names
        self.predicted_names = predicted_names
        self.probabilities = probabilities
        self.indices = indices

    def plot(self, ax=None, *, n_columns=6, cmap=GREY_IMAGES, text_kw=None):
        """Draw the images, and under each the predicted class, its probability, and the true class.

        Pixels of type uint8 are shown from 0, black, to 255, white; those of other types from 0
        to 1 or, if some lie outside, from the lowest in `images` to the highest. Names that are too
        long for the current size of the figure are shortened in the middle, and the font is made
        smaller if two lines do not fit.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure, large enough for the texts.
        n_columns : int, default=6
            Images per row.
        cmap : str or matplotlib Colormap, default="gray"
            Colours of grey images; RGB images keep their own. "gray_r" is dark on white.
        text_kw : dict, default=None
            Further keywords for `matplotlib.axes.Axes.text`, such as ``{"fontsize": 7}``.

        Returns
        -------
        display : MistakesDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the lengths of the parameters differ.
        """
        n_columns = check_count(n_columns, "n_columns")
        names = [list(self.true_names), list(self.predicted_names)]
        check_consistent_length(self.images, self.probabilities, *names)  # passes over None
        if len(self.images) == 0:
            return self._plot_none(ax)
        images = brightness(as_images(self.images))
        height, width = images.shape[1:3]
        pixels_per_inch = width / IMAGE_INCHES
        gap = (round(pixels_per_inch * TEXT_INCHES), round(0.3 * width))
        picture, centres = tile(in_rows(images, n_columns), gap)
        shape = np.add(picture.shape[:2], gap)  # there is text below the last row too
        self.ax_ = axes_or_new(ax, tuple(shape[::-1] / pixels_per_inch))
        self.im_ = self.ax_.imshow(picture, cmap=cmap, vmin=0, vmax=1, interpolation="nearest")
        style = {"ha": "center", "va": "top", "fontsize": 8, "linespacing": 1.25}
        self.texts_ = [
            self.ax_.text(x, y + 0.54 * height, "", **(style | (text_kw or {})))
            for x, y in np.concatenate(centres)
        ]
        self.ax_.set_xlim(-gap[1] / 2, shape[1] - gap[1] / 2)
        self.ax_.set_ylim(shape[0], -0.5)
        self.ax_.set_axis_off()
        self.figure_ = self.ax_.figure
        self._write_names((width + gap[1], gap[0]), "fontsize" not in (text_kw or {}))
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        n_images=18,
        target_names=None,
        image_shape=None,
        ax=None,
        n_columns=6,
        cmap=GREY_IMAGES,
        text_kw=None,
    ):
        """Draw the most confident mistakes of a fitted classifier.

        Confidence is the probability of the predicted class or, if the classifier has no
        predict_proba, the margin by which its decision_function prefers the predicted class to the
        next one. If it has neither, its first mistakes are drawn, in the order of `X`.

        Parameters
        ----------
        estimator : estimator instance
            Fitted classifier, or a Pipeline that ends in one.
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as the estimator takes them.
        y : array-like of shape (n,)
            True labels.
        n_images : int, default=18
            At most this many.
        target_names : sequence of str, default=None
            Names of the classes, in the order of the sorted labels; None for the labels.
        image_shape : tuple of int, default=None
            Shape of the images that flat rows hold, (height, width) or (height, width, channels).
            None: that of the estimator if it has one, else a square grey image. Images in stacks
            have their own shape.
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure, large enough for the texts.
        n_columns : int, default=6
            Images per row.
        cmap : str or matplotlib Colormap, default="gray"
            Colours of grey images; RGB images keep their own. "gray_r" is dark on white.
        text_kw : dict, default=None
            Further keywords for `matplotlib.axes.Axes.text`, such as ``{"fontsize": 7}``.

        Returns
        -------
        display : MistakesDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If `X` does not hold images, lengths do not agree, or the decision function is not one
            score per class.
        """
        if image_shape is None and np.ndim(X) == 2:
            image_shape = own_image_shape(estimator, np.shape(X)[1])
        return cls.from_predictions(
            y,
            estimator.predict(X),
            **_confidence_of(estimator, X),
            images=X,
            classes=estimator.classes_,
            n_images=n_images,
            target_names=target_names,
            image_shape=image_shape,
            ax=ax,
            n_columns=n_columns,
            cmap=cmap,
            text_kw=text_kw,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_pred,
        *,
        images,
        proba=None,
        decision=None,
        classes=None,
        n_images=18,
        target_names=None,
        image_shape=None,
        ax=None,
        n_columns=6,
        cmap=GREY_IMAGES,
        text_kw=None,
    ):
        """Draw the most confident mistakes among predictions.

        Without `proba` and `decision`, the first mistakes are drawn, in the given order.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            True labels.
        y_pred : array-like of shape (n,)
            Predicted labels.
        images : array-like of shape (n, n_features), (n, height, width) or \
                (n, height, width, channels)
            The images, grey or RGB.
        proba : array-like of shape (n, n_classes), default=None
            Probabilities of the classes, in the order of `classes`.
        decision : array-like of shape (n, n_classes), default=None
            Scores of the classes as decision_function returns them, in the order of `classes`;
            of shape (n,) for two classes. Not used if there is `proba`.
        classes : array-like of shape (n_classes,), default=None
            Labels of the columns of `proba` or `decision`; None for the sorted labels in `y_true`
            and `y_pred`.
        n_images : int, default=18
            At most this many.
        target_names : sequence of str, default=None
            Names of the classes, in the order of the sorted labels; None for the labels.
        image_shape : tuple of int, default=None
            Shape of the images that flat rows hold, (height, width) or (height, width, channels).
            None: a square grey image. Images in stacks have their own shape.
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure, large enough for the texts.
        n_columns : int, default=6
            Images per row.
        cmap : str or matplotlib Colormap, default="gray"
            Colours of grey images; RGB images keep their own. "gray_r" is dark on white.
        text_kw : dict, default=None
            Further keywords for `matplotlib.axes.Axes.text`, such as ``{"fontsize": 7}``.

        Returns
        -------
        display : MistakesDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If lengths do not agree, or `proba` or `decision` has no column for a predicted label.
        """
        check_consistent_length(y_true, y_pred, proba, decision, images)
        n_images = check_count(n_images, "n_images")
        y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
        labels = np.unique(np.concatenate([y_true, y_pred]))
        classes = labels if classes is None else np.asarray(classes)
        confidence = _confidence(y_pred, classes, proba, decision)
        chosen = most_confident_mistakes(y_true, y_pred, confidence, n_images)
        # the names cover true labels that the classifier has never seen
        names = class_names(np.union1d(classes, labels), target_names)
        return cls(
            chosen_images(as_images(images, image_shape), chosen),
            [names[label] for label in y_true[chosen].tolist()],
            [names[label] for label in y_pred[chosen].tolist()],
            None if proba is None else confidence[chosen],
            indices=chosen,
        ).plot(ax, n_columns=n_columns, cmap=cmap, text_kw=text_kw)

    def _write_names(self, room, may_shrink):
        """Write under each image what fits into `room`: width and height, pixels of the picture.

        `may_shrink` says whether smaller letters are taken where two lines are too high.
        """
        self.figure_.draw_without_rendering()  # now the layout is known
        to_screen = self.ax_.transData.transform
        width, height = np.abs(to_screen(room) - to_screen((0, 0)))
        first = self.texts_[0]
        first.set_text("True\ntrue")
        too_high = first.get_window_extent().height / (0.85 * height)
        for i, text in enumerate(self.texts_):
            if may_shrink and too_high > 1:
                text.set_fontsize(text.get_fontsize() / too_high)
            names = str(self.predicted_names[i]), str(self.true_names[i])
            share = ""
            if self.probabilities is not None:
                share = f" ({100 * self.probabilities[i]:.0f} %)"

            def write(length, names=names, share=share):
                predicted, true = (shortened(name, length) for name in names)
                return f"{predicted}{share}\ntrue: {true}"

            fit_width(text, write, max(map(len, names)), 0.94 * width)

    def _plot_none(self, ax):
        self.ax_ = axes_or_new(ax, (4, 1))
        self.im_, self.texts_ = None, []
        self.ax_.text(0.5, 0.5, "No mistakes", ha="center", va="center")
        self.ax_.set_axis_off()
        self.figure_ = self.ax_.figure
        return self


def _confidence_of(estimator, X):
    """Return {"proba" or "decision": what the estimator says of `X`}, {} if it says neither."""
    if hasattr(estimator, "predict_proba"):
        return {"proba": estimator.predict_proba(X)}
    if not hasattr(estimator, "decision_function"):
        return {}
    # one score per pair of classes does not rank predictions; with three classes it has their shape
    shape = getattr(final_step(estimator), "decision_function_shape", "ovr")
    if shape != "ovr":
        raise ValueError(
            f"The decision function of {type(final_step(estimator)).__name__} has one score per "
            f"pair of classes. Set decision_function_shape='ovr' for one per class; got {shape!r}."
        )
    return {"decision": estimator.decision_function(X)}


def _confidence(y_pred, classes, proba, decision):
    """Return how sure the classifier is of each of its predictions (n,); all alike if unknown."""
    unknown = np.setdiff1d(y_pred, classes)
    if len(unknown):
        raise ValueError(f"y_pred has labels that are not in classes: {unknown.tolist()}.")
    order = np.argsort(classes)
    columns = order[np.searchsorted(classes, y_pred, sorter=order)]
    if proba is not None:
        proba = check_columns(np.asarray(proba), classes, "proba")
        return proba[np.arange(len(proba)), columns]
    if decision is not None:
        return margins(np.asarray(decision), classes, columns)
    return np.zeros(len(y_pred))


def check_columns(values, classes, name):
    """Return values of shape (n, n_classes), or raise ValueError."""
    if values.ndim != 2 or values.shape[1] != len(classes):
        raise ValueError(
            f"{name} has the shape {values.shape}, but there are {len(classes)} classes: "
            f"{classes.tolist()}. It must have one column for each; name its columns by classes=."
        )
    return values

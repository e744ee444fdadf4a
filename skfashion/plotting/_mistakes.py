"""The images that a classifier is sure of and gets wrong."""

import numpy as np
from sklearn.utils import check_consistent_length

from skfashion._estimators import own_image_shape
from skfashion._images import as_images, brightness, chosen_images
from skfashion.plotting._arguments import check_count, class_names
from skfashion.plotting._style import GREY_IMAGES, axes_or_new
from skfashion.plotting._tiles import in_rows, tile

INCHES_AN_IMAGE = 1.15
LINES_INCHES = 0.5  # of text under an image


def most_confident_mistakes(y_true, y_pred, confidence, n_images):
    """Return the indices of the mistakes, the most confident first, at most `n_images`.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n,)
        True and predicted labels.
    confidence : ndarray of shape (n,)
        Probability of the predicted label.
    n_images : int
    """
    wrong = np.flatnonzero(y_true != y_pred)
    return wrong[np.argsort(-confidence[wrong], kind="stable")][:n_images]


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
    probabilities : array-like of shape (n_images,)
        Probability that was given to the predicted class, in [0, 1].
    indices : array-like of shape (n_images,), default=None
        Where the images stand in the data they are from.

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

    def __init__(self, images, true_names, predicted_names, probabilities, *, indices=None):
        self.images = images
        self.true_names = true_names
        self.predicted_names = predicted_names
        self.probabilities = probabilities
        self.indices = indices

    def plot(self, ax=None, *, n_columns=6, cmap=GREY_IMAGES, text_kw=None):
        """Draw the images, and under each the predicted class, its probability, and the true class.

        uint8 means pixels from 0 to 255; of other types, pixels from 0 to 1, or else from the
        lowest in `images` to the highest.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure, large enough for the texts.
        n_columns : int, default=6
            Images in a row.
        cmap : str or matplotlib Colormap, default="gray_r"
            Colours of grey images; those of RGB images are their own.
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
        check_consistent_length(self.images, self.probabilities, *names)
        if len(self.images) == 0:
            return self._plot_none(ax)
        images = brightness(as_images(self.images))
        height, width = images.shape[1:3]
        pixels_an_inch = width / INCHES_AN_IMAGE
        gap = (round(pixels_an_inch * LINES_INCHES), round(0.3 * width))
        picture, centres = tile(in_rows(images, n_columns), gap)
        shape = np.add(picture.shape[:2], gap)  # the last row has a text too
        self.ax_ = axes_or_new(ax, tuple(shape[::-1] / pixels_an_inch))
        self.im_ = self.ax_.imshow(picture, cmap=cmap, vmin=0, vmax=1, interpolation="nearest")
        style = {"ha": "center", "va": "top", "fontsize": 8, "linespacing": 1.25}
        self.texts_ = [
            self.ax_.text(x, y + 0.54 * height, text, **(style | (text_kw or {})))
            for (x, y), text in zip(np.concatenate(centres), self._texts(), strict=True)
        ]
        self.ax_.set_xlim(-gap[1] / 2, shape[1] - gap[1] / 2)
        self.ax_.set_ylim(shape[0], -0.5)
        self.ax_.set_axis_off()
        self.figure_ = self.ax_.figure
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

        Parameters
        ----------
        estimator : estimator instance
            Fitted classifier with predict_proba, or a Pipeline that ends in one.
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
            Images in a row.
        cmap : str or matplotlib Colormap, default="gray_r"
            Colours of grey images; those of RGB images are their own.
        text_kw : dict, default=None
            Further keywords for `matplotlib.axes.Axes.text`, such as ``{"fontsize": 7}``.

        Returns
        -------
        display : MistakesDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If the estimator has no predict_proba, or the input is unusable.
        """
        if not hasattr(estimator, "predict_proba"):
            raise ValueError(
                f"{type(estimator).__name__} has no predict_proba, so it is not known how sure it "
                "is. Wrap it in sklearn.calibration.CalibratedClassifierCV, or take another."
            )
        if image_shape is None and np.ndim(X) == 2:
            image_shape = own_image_shape(estimator, np.shape(X)[1])
        return cls.from_predictions(
            y,
            estimator.predict(X),
            proba=estimator.predict_proba(X),
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
        proba,
        images,
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

        Parameters
        ----------
        y_true : array-like of shape (n,)
            True labels.
        y_pred : array-like of shape (n,)
            Predicted labels.
        proba : array-like of shape (n, n_classes)
            Probabilities of the classes, in the order of `classes`.
        images : array-like of shape (n, n_features), (n, height, width) or \
                (n, height, width, channels)
            The images, grey or RGB.
        classes : array-like of shape (n_classes,), default=None
            Labels of the columns of `proba`; None for the sorted labels in `y_true` and `y_pred`.
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
            Images in a row.
        cmap : str or matplotlib Colormap, default="gray_r"
            Colours of grey images; those of RGB images are their own.
        text_kw : dict, default=None
            Further keywords for `matplotlib.axes.Axes.text`, such as ``{"fontsize": 7}``.

        Returns
        -------
        display : MistakesDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If lengths do not agree, or `proba` has no column for a predicted label.
        """
        check_consistent_length(y_true, y_pred, proba, images)
        n_images = check_count(n_images, "n_images")
        y_true, y_pred, proba = np.asarray(y_true), np.asarray(y_pred), np.asarray(proba)
        labels = np.unique(np.concatenate([y_true, y_pred]))
        classes = labels if classes is None else np.asarray(classes)
        columns = _columns_of(y_pred, classes, proba)
        confidence = proba[np.arange(len(proba)), columns]
        chosen = most_confident_mistakes(y_true, y_pred, confidence, n_images)
        # a true label that the classifier has never seen has a name too
        names = class_names(np.union1d(classes, labels), target_names)
        return cls(
            chosen_images(as_images(images, image_shape), chosen),
            [names[label] for label in y_true[chosen].tolist()],
            [names[label] for label in y_pred[chosen].tolist()],
            confidence[chosen],
            indices=chosen,
        ).plot(ax, n_columns=n_columns, cmap=cmap, text_kw=text_kw)

    def _texts(self):
        for true, predicted, probability in zip(
            self.true_names, self.predicted_names, self.probabilities, strict=True
        ):
            yield f"{predicted} ({100 * probability:.0f} %)\ntrue: {true}"

    def _plot_none(self, ax):
        self.ax_ = axes_or_new(ax, (4, 1))
        self.im_, self.texts_ = None, []
        self.ax_.text(0.5, 0.5, "No mistakes", ha="center", va="center")
        self.ax_.set_axis_off()
        self.figure_ = self.ax_.figure
        return self


def _columns_of(y_pred, classes, proba):
    """Return the column of `proba` for each predicted label, or raise."""
    if proba.ndim != 2 or proba.shape[1] != len(classes):
        raise ValueError(
            f"proba has the shape {proba.shape}, but there are {len(classes)} classes: "
            f"{classes.tolist()}. It must have a column for each; name its columns by classes=."
        )
    unknown = np.setdiff1d(y_pred, classes)
    if len(unknown):
        raise ValueError(f"y_pred has labels that are not in classes: {unknown.tolist()}.")
    order = np.argsort(classes)
    return order[np.searchsorted(classes, y_pred, sorter=order)]

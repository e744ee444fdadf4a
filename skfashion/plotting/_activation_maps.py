"""Where a network looks: images, each next to a copy with its class activation map."""

import numpy as np
from sklearn.utils import check_consistent_length

from skfashion._estimators import activation_maps, final_step, own_image_shape
from skfashion._images import as_images, brightness
from skfashion.plotting._arguments import check_count, class_names
from skfashion.plotting._style import GREY_IMAGES, axes_or_new
from skfashion.plotting._texts import fit_width, shortened
from skfashion.plotting._tiles import in_rows, tile

IMAGE_INCHES = 1.0  # width of an image in a new figure
TEXT_INCHES = 0.3  # height of the text under an image
OPACITY = 0.75  # where a map is at its highest


class ActivationMapDisplay:
    """Images, each next to a copy with the parts that support its class in colour.

    Use `from_estimator` to make one. All parameters are stored as attributes.

    Parameters
    ----------
    images : array-like of shape (n_images, height, width) or (n_images, height, width, channels)
        The images, grey or RGB.
    maps : array-like of shape (n_images, height, width)
        How much each part of an image supports its class, from 0 to 1.
    names : sequence of str of length n_images, default=None
        Name of the class that each map is about; None for no text.

    Attributes
    ----------
    im_ : matplotlib AxesImage
        All images in one.
    maps_ : matplotlib AxesImage
        All maps in one, drawn over the images.
    texts_ : list of matplotlib Text
        What is written under each image.
    ax_ : matplotlib Axes
        Axes with the images.
    figure_ : matplotlib Figure
        Figure with the axes.

    See Also
    --------
    FiltersDisplay : What the first layer responds to.
    MistakesDisplay : The images that a classifier gets wrong.

    Examples
    --------
    >>> from skfashion import ActivationMapDisplay, LeNet5Classifier, load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = LeNet5Classifier(max_epochs=1, random_state=0).fit(X[:640], y[:640])
    >>> display = ActivationMapDisplay.from_estimator(clf, X[:6])
    >>> display.maps.shape
    (6, 28, 28)
    """

    def __init__(self, images, maps, names=None):
        self.images = images
        self.maps = maps
        self.names = names

    def plot(self, ax=None, *, n_columns=3, cmap="autumn"):
        """Draw each image, next to it a copy with its map, and below them the class.

        The larger the value of the map, the more opaque its colour, and the closer it is to the end
        of the colormap.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure.
        n_columns : int, default=3
            Pairs per row.
        cmap : str or matplotlib Colormap, default="autumn"
            Colours of the maps.

        Returns
        -------
        display : ActivationMapDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the shapes or lengths of the parameters do not agree.
        """
        n_columns = check_count(n_columns, "n_columns")
        images, maps = brightness(as_images(self.images)), np.asarray(self.maps, dtype=float)
        check_consistent_length(images, maps, self.names)
        if maps.shape != images.shape[:3]:
            raise ValueError(
                f"The maps have the shape {maps.shape}, but the images {images.shape[:3]}: give "
                "one map for each image, as large as it."
            )
        height, width = maps.shape[1:]
        pixels_per_inch = width / IMAGE_INCHES
        gap = (round(TEXT_INCHES * pixels_per_inch), round(0.3 * width))
        pairs = np.concatenate([images, images], axis=2)
        overlay = np.concatenate([np.zeros_like(maps), maps], axis=2)[..., None]
        picture, centres = tile(in_rows(pairs, n_columns), gap)
        values, _ = tile(in_rows(overlay, n_columns), gap)
        values = np.nan_to_num(values)
        shape = np.add(picture.shape[:2], gap)  # there is text below the last row too
        self.ax_ = axes_or_new(ax, tuple(shape[::-1] / pixels_per_inch))
        self.im_ = self.ax_.imshow(
            picture, cmap=GREY_IMAGES, vmin=0, vmax=1, interpolation="nearest"
        )
        self.maps_ = self.ax_.imshow(
            values, cmap=cmap, vmin=0, vmax=1, alpha=OPACITY * values, interpolation="nearest"
        )
        self.ax_.set_xlim(-gap[1] / 2, shape[1] - gap[1] / 2)
        self.ax_.set_ylim(shape[0], -0.5)
        self.ax_.set_axis_off()
        self.figure_ = self.ax_.figure
        self._write_names(np.concatenate(centres), height, 2 * width + gap[1])
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        labels=None,
        *,
        target_names=None,
        image_shape=None,
        ax=None,
        n_columns=3,
        cmap="autumn",
    ):
        """Draw where a fitted network looks in some images.

        Parameters
        ----------
        estimator : estimator instance
            Fitted network with convolutions, or a Pipeline that ends in one; its other steps
            transform the images.
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as the estimator takes them.
        labels : array-like of shape (n,), default=None
            The class to explain for each image; None for the predicted one.
        target_names : sequence of str, default=None
            Names of the classes, in the order of the sorted labels; None for the labels.
        image_shape : tuple of int, default=None
            Shape of the images that flat rows hold, (height, width) or (height, width, channels).
            None: that of the estimator if it has one, else a square grey image. Images in stacks
            have their own shape.
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure.
        n_columns : int, default=3
            Pairs per row.
        cmap : str or matplotlib Colormap, default="autumn"
            Colours of the maps.

        Returns
        -------
        display : ActivationMapDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If the estimator has no convolution, or a step of the Pipeline other than an ImagePadder
            changes the size of the images.
        """
        network = final_step(estimator)
        if not hasattr(network, "class_activation_maps"):
            raise ValueError(
                f"{type(network).__name__} has no class_activation_maps: give a fitted network of "
                "skfashion.neural_network."
            )
        labels = estimator.predict(X) if labels is None else np.asarray(labels)
        maps = activation_maps(estimator, X, labels)
        if image_shape is None and np.ndim(X) == 2:
            image_shape = own_image_shape(estimator, np.shape(X)[1])
        names = class_names(network.classes_, target_names)
        return cls(
            as_images(X, image_shape), maps, [names[label] for label in labels.tolist()]
        ).plot(ax, n_columns=n_columns, cmap=cmap)

    def _write_names(self, centres, height, room):
        """Write below each pair what fits into `room`, a width in pixels of the picture."""
        self.texts_ = []
        if self.names is None:
            return
        self.figure_.draw_without_rendering()  # now the layout is known
        to_screen = self.ax_.transData.transform
        width = np.abs(to_screen((room, 0)) - to_screen((0, 0)))[0]
        for (x, y), name in zip(centres, self.names, strict=True):
            text = self.ax_.text(x, y + 0.54 * height, "", ha="center", va="top", fontsize=8)
            fit_width(text, lambda n, name=name: shortened(str(name), n), len(str(name)), width)
            self.texts_.append(text)

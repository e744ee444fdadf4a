"""The kernels of a network's first layer, and the feature maps that they give for an image."""

import math

import numpy as np

from skfashion._estimators import final_step, own_image_shape, seen_by_final_step
from skfashion._images import as_images, brightness
from skfashion.plotting._arguments import check_count
from skfashion.plotting._style import GREY_IMAGES, SIGNED, several_axes
from skfashion.plotting._tiles import in_rows, tile

HEIGHT_INCHES, MOST_WIDTH_INCHES = 3.2, 9  # of a new figure


def signed_brightness(kernels):
    """Return kernels as they are shown: one channel from -1 to 1, or RGB with zero as grey.

    Parameters
    ----------
    kernels : ndarray of shape (n_kernels, height, width, channels)
        Channels other than one or three are summed: the kernel's response to a grey image.
    """
    if kernels.shape[3] not in (1, 3):
        kernels = kernels.sum(axis=3, keepdims=True)
    kernels = kernels / (np.abs(kernels).max() or 1)
    return kernels if kernels.shape[3] == 1 else (kernels + 1) / 2


class FiltersDisplay:
    """Kernels of a network's first layer and, for an image, its feature maps.

    Use `from_estimator` to make one. All parameters are stored as attributes.

    Parameters
    ----------
    kernels : ndarray of shape (n_kernels, height, width, channels)
        Kernels of the first layer.
    image : array-like of shape (height, width) or (height, width, channels), default=None
        The image that `feature_maps` belong to, grey or RGB.
    feature_maps : ndarray of shape (height, width, n_maps), default=None
        Outputs of the kernels for the image, in the same order.

    Attributes
    ----------
    ims_ : list of matplotlib AxesImage
        Kernels and, if given, image and feature maps.
    axes_ : ndarray of matplotlib Axes
        Axes of each of them.
    figure_ : matplotlib Figure
        Figure with the axes.

    See Also
    --------
    LearningCurvesDisplay : How the kernels were learnt.
    ImageGridDisplay : Images in a grid.

    Examples
    --------
    >>> from skfashion import FiltersDisplay, LeNet5Classifier, load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = LeNet5Classifier(max_epochs=1, random_state=0).fit(X[:640], y[:640])
    >>> display = FiltersDisplay.from_estimator(clf, X[0])
    >>> display.kernels.shape, display.feature_maps.shape
    ((6, 5, 5, 1), (32, 32, 6))
    """

    def __init__(self, kernels, *, image=None, feature_maps=None):
        self.kernels = kernels
        self.image = image
        self.feature_maps = feature_maps

    def plot(self, ax=None, *, n_kernels=64, n_columns=None, cmap=SIGNED):
        """Draw the kernels and, if there are any, the image and its feature maps.

        White is zero. Colours are comparable among the kernels, and among the feature maps. Each
        map is drawn at the position of its kernel.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes each for kernels, image and feature maps, or one to divide among them; None
            for a new figure.
        n_kernels : int, default=64
            At most this many are drawn, from the first.
        n_columns : int, default=None
            Kernels per row; None for a grid that is roughly square.
        cmap : str or matplotlib Colormap, default="PuOr"
            Colours of kernels and feature maps, with zero in the middle; kernels of RGB images
            keep their own colours, with grey for zero.

        Returns
        -------
        display : FiltersDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the shapes do not match.
        """
        parts = self._parts(check_count(n_kernels, "n_kernels"), n_columns)
        ratios = [picture.shape[1] / picture.shape[0] for _, picture, _ in parts]
        # the image only helps to read the maps, and need not be as large
        widths = [
            0.5 * ratio if title == "Image" else ratio
            for ratio, (title, *_) in zip(ratios, parts, strict=True)
        ]
        height = min(HEIGHT_INCHES, MOST_WIDTH_INCHES / sum(widths))
        self.axes_ = several_axes(ax, widths, (height * sum(widths) + 0.4, height + 0.4))
        self.ims_ = []
        for one, (title, picture, limits) in zip(self.axes_, parts, strict=True):
            colours = GREY_IMAGES if title == "Image" else cmap
            low, high = limits
            self.ims_.append(
                one.imshow(picture, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
            )
            one.set_title(title, fontsize="medium")
            one.set(xticks=[], yticks=[], anchor="N")
            one.spines[:].set_visible(False)
        self.figure_ = self.axes_[0].figure
        return self

    @classmethod
    def from_estimator(
        cls, estimator, image=None, *, ax=None, n_kernels=64, n_columns=None, cmap=SIGNED
    ):
        """Draw the kernels of a fitted network and, if an image is given, its feature maps.

        Parameters
        ----------
        estimator : estimator instance
            Fitted network with ``kernels_`` and, for an image, the method ``feature_maps``, or a
            Pipeline that ends in one; its other steps transform the image.
        image : array-like of shape (n_features,), (height, width) or (height, width, channels), \
                default=None
            One image, in the form in which the estimator takes many.
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes each for kernels, image and feature maps, or one to divide among them; None
            for a new figure.
        n_kernels : int, default=64
            At most this many are drawn, from the first.
        n_columns : int, default=None
            Kernels per row; None for a grid that is roughly square.
        cmap : str or matplotlib Colormap, default="PuOr"
            Colours of kernels and feature maps, with zero in the middle; kernels of RGB images
            keep their own colours, with grey for zero.

        Returns
        -------
        display : FiltersDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If the estimator is not fitted, has no kernels, or no feature maps for the image.
        """
        X = None if image is None else np.asarray(image)[None]
        network = final_step(estimator)
        if not hasattr(network, "kernels_"):
            raise ValueError(
                f"{type(network).__name__} has no kernels_: give a fitted network of "
                "skfashion.neural_network."
            )
        if X is None:
            display = cls(network.kernels_)
            return display.plot(ax, n_kernels=n_kernels, n_columns=n_columns, cmap=cmap)
        shape = own_image_shape(estimator, X.shape[1]) if X.ndim == 2 else None
        display = cls(
            network.kernels_,
            image=as_images(X, shape)[0],
            feature_maps=network.feature_maps(seen_by_final_step(estimator, X))[0],
        )
        return display.plot(ax, n_kernels=n_kernels, n_columns=n_columns, cmap=cmap)

    def _parts(self, n_kernels, n_columns):
        """Return (title, picture, colour limits) for each panel."""
        kernels = np.asarray(self.kernels)
        if kernels.ndim != 4 or not kernels.size:
            raise ValueError(
                "kernels must have the shape (n_kernels, height, width, channels), got "
                f"{kernels.shape}."
            )
        n_shown = min(n_kernels, len(kernels))
        n_columns = math.ceil(math.sqrt(n_shown)) if n_columns is None else n_columns
        n_columns = check_count(n_columns, "n_columns")

        def tiled(images):
            # enlarged eight times, so that the gap is an eighth of an image in both pictures
            images = signed_brightness(images)[:n_shown].repeat(8, axis=1).repeat(8, axis=2)
            gap = (images.shape[1] // 8, images.shape[2] // 8)
            return tile(in_rows(images, n_columns), gap)[0]

        parts = [("Kernels", tiled(kernels), (-1, 1))]
        if self.image is not None:
            image = brightness(as_images(np.asarray(self.image)[None]))
            parts.append(("Image", tile([image], (0, 0))[0], (0, 1)))
        if self.feature_maps is not None:
            maps = np.moveaxis(np.asarray(self.feature_maps), -1, 0)[..., None]
            if len(maps) != len(kernels):
                raise ValueError(
                    f"There are {len(maps)} feature_maps for {len(kernels)} kernels; give one map "
                    "per kernel."
                )
            parts.append(("Feature maps", tiled(maps), (-1, 1)))
        return parts

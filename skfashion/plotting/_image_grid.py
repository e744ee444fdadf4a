"""Sample images, a row a class."""

import numpy as np
from sklearn.utils import check_consistent_length

from skfashion._images import as_images, brightness, chosen_images
from skfashion.plotting._arguments import check_count, class_names
from skfashion.plotting._style import GREY_IMAGES, axes_or_new
from skfashion.plotting._tiles import in_rows, tile

INCHES_AN_IMAGE = 0.62
INCHES_OF_LABELS = 1.1


class ImageGridDisplay:
    """Images in a grid, each row with a label.

    Use `from_images` to make one from a dataset: a row a class. All parameters are stored as
    attributes.

    Parameters
    ----------
    images : list of array-like of shape (n_images_of_row, height, width) or (..., channels)
        The images of each row, grey or RGB; a row may have fewer than others, or none.
    labels : sequence of str of length n_rows, default=None
        Labels of the rows; None for none.

    Attributes
    ----------
    im_ : matplotlib AxesImage
        All images in one.
    ax_ : matplotlib Axes
        Axes with the images.
    figure_ : matplotlib Figure
        Figure with the axes.

    See Also
    --------
    MistakesDisplay : The images that a classifier gets wrong.
    skfashion.datasets.load_fashion_sample : Real images that come with the package.

    Examples
    --------
    >>> from skfashion import CLASS_NAMES, ImageGridDisplay, load_fashion_sample
    >>> X, y = load_fashion_sample(subset="test", return_X_y=True)
    >>> display = ImageGridDisplay.from_images(X, y, n_columns=8, target_names=CLASS_NAMES)
    >>> len(display.images), display.images[0].shape
    (10, (8, 28, 28, 1))
    >>> display.labels[:3]
    ['T-shirt/top', 'Trouser', 'Pullover']
    """

    def __init__(self, images, *, labels=None):
        self.images = images
        self.labels = labels

    def plot(self, ax=None, *, cmap=GREY_IMAGES):
        """Draw the images.

        uint8 means pixels from 0 to 255; of other types, pixels from 0 to 1, or else from the
        lowest in `images` to the highest.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure, in which an image is 0.6 inches wide.
        cmap : str or matplotlib Colormap, default="gray_r"
            Colours of grey images; those of RGB images are their own.

        Returns
        -------
        display : ImageGridDisplay
            The display itself.

        Raises
        ------
        ValueError
            If there is no image, or labels and rows differ in number.
        """
        rows = self._check()
        gap = 1 + rows[0].shape[1] // 14
        picture, _ = tile(rows, (gap, gap))
        height, width = picture.shape[:2]
        inches = INCHES_AN_IMAGE / rows[0].shape[2]  # a pixel
        margin = 0.1 if self.labels is None else INCHES_OF_LABELS
        self.ax_ = axes_or_new(ax, (width * inches + margin, height * inches + 0.1))
        self.im_ = self.ax_.imshow(picture, cmap=cmap, vmin=0, vmax=1, interpolation="nearest")
        step = rows[0].shape[1] + gap
        at = [i * step + (rows[0].shape[1] - 1) / 2 for i in range(len(rows))]
        self.ax_.set(xticks=[], yticks=[] if self.labels is None else at)
        if self.labels is not None:
            self.ax_.set_yticklabels([str(label) for label in self.labels])
        self.ax_.tick_params(length=0)
        self.ax_.spines[:].set_visible(False)
        self.figure_ = self.ax_.figure
        return self

    @classmethod
    def from_images(
        cls,
        X,
        y=None,
        *,
        n_columns=10,
        target_names=None,
        image_shape=None,
        ax=None,
        cmap=GREY_IMAGES,
    ):
        """Draw the first images of each class, a row a class; without `y`, all images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, grey or RGB.
        y : array-like of shape (n,), default=None
            Labels. None: all of `X` is drawn, row by row.
        n_columns : int, default=10
            Images in a row; a class that has fewer leaves places empty.
        target_names : sequence of str, default=None
            Names of the classes, in the order of the sorted labels; None for the labels.
        image_shape : tuple of int, default=None
            Shape of the images that flat rows hold, (height, width) or (height, width, channels).
            None: a square grey image. Images in stacks have their own shape.
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure, in which an image is 0.6 inches wide.
        cmap : str or matplotlib Colormap, default="gray_r"
            Colours of grey images; those of RGB images are their own.

        Returns
        -------
        display : ImageGridDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If the input is no images, or lengths do not agree.
        """
        images = as_images(X, image_shape)
        n_columns = check_count(n_columns, "n_columns")
        if y is None:
            return cls(in_rows(images, n_columns)).plot(ax, cmap=cmap)
        check_consistent_length(images, y)
        y = np.asarray(y)
        names = class_names(np.unique(y), target_names)
        rows = [chosen_images(images, np.flatnonzero(y == label)[:n_columns]) for label in names]
        return cls(rows, labels=list(names.values())).plot(ax, cmap=cmap)

    def _check(self):
        """Return the rows as stacks (n, height, width, channels) from 0 to 1."""
        rows = [np.asarray(row) for row in self.images]
        full = [row for row in rows if len(row)]
        if not full:
            raise ValueError("There is no image to draw: images is empty.")
        if self.labels is not None and len(self.labels) != len(rows):
            raise ValueError(f"{len(self.labels)} labels do not go with {len(rows)} rows.")
        if len({row.shape[1:] for row in full}) > 1:
            raise ValueError(
                f"All images must have the same shape, got {sorted({r.shape[1:] for r in full})}."
            )
        stack = brightness(as_images(np.concatenate(full)))
        ends = np.cumsum([len(row) for row in rows])
        return np.split(stack, ends[:-1])

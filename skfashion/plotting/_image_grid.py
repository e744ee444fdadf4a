"""Sample images, one row per class."""

from functools import partial

import numpy as np
from sklearn.utils import check_consistent_length

from skfashion._images import as_images, brightness, chosen_images
from skfashion.plotting._arguments import check_count, class_names
from skfashion.plotting._style import GREY_IMAGES, axes_or_new
from skfashion.plotting._texts import fit_width, shortened
from skfashion.plotting._tiles import in_rows, tile

IMAGE_INCHES = 0.62  # width of an image in a new figure
MARGIN_INCHES = 0.1  # in all: left and right, below and above
LINE_INCHES = 0.19  # height of a label: rows are at least as high
MOST_LABEL_INCHES = 3.0  # longer labels are shortened


class ImageGridDisplay:
    """Images in a grid, each row with a label.

    Use `from_images` to make one from a dataset, with one row per class. All parameters are stored
    as attributes.

    Parameters
    ----------
    images : list of array-like of shape (n_images_of_row, height, width) or (..., channels)
        The images of each row, grey or RGB; rows may differ in length, and may be empty.
    labels : sequence of str of length n_rows, default=None
        Labels of the rows; None for no labels.

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

        Pixels of type uint8 are shown from 0, black, to 255, white; those of other types from 0
        to 1 or, if some lie outside, from the lowest in `images` to the highest. In a new figure,
        labels wider than 3 inches are shortened in the middle.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure, in which images are 0.6 inches wide.
        cmap : str or matplotlib Colormap, default="gray"
            Colours of grey images; RGB images keep their own. "gray_r" is dark on white.

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
        step = rows[0].shape[1] + gap
        inches = IMAGE_INCHES / rows[0].shape[2]  # a pixel
        if self.labels is not None:
            inches = max(inches, LINE_INCHES / step)
        size = inches * np.array(picture.shape[1::-1])  # width and height
        self.ax_ = axes_or_new(ax, tuple(size))
        self.im_ = self.ax_.imshow(picture, cmap=cmap, vmin=0, vmax=1, interpolation="nearest")
        at = [i * step + (rows[0].shape[1] - 1) / 2 for i in range(len(rows))]
        self.ax_.set(xticks=[], yticks=[] if self.labels is None else at)
        self.ax_.tick_params(length=0)
        self.ax_.spines[:].set_visible(False)
        self.figure_ = self.ax_.figure
        if self.labels is not None:
            self.ax_.set_yticklabels([str(label) for label in self.labels])
        if ax is None:
            self._lay_out(size)
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
        """Draw the first images of each class, one row per class; without `y`, all images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, grey or RGB.
        y : array-like of shape (n,), default=None
            Labels. None: all of `X` is drawn, row by row.
        n_columns : int, default=10
            Images per row; a class that has fewer leaves places empty.
        target_names : sequence of str, default=None
            Names of the classes, in the order of the sorted labels; None for the labels.
        image_shape : tuple of int, default=None
            Shape of the images that flat rows hold, (height, width) or (height, width, channels).
            None: a square grey image. Images in stacks have their own shape.
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure, in which images are 0.6 inches wide.
        cmap : str or matplotlib Colormap, default="gray"
            Colours of grey images; RGB images keep their own. "gray_r" is dark on white.

        Returns
        -------
        display : ImageGridDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If `X` does not hold images, or lengths do not agree.
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

    def _lay_out(self, size):
        """Make the new figure large enough for images of this size (inches) and their labels.

        Constrained layout measures the labels before the axes have their aspect, and cuts them off.
        """
        figure, texts = self.figure_, self.ax_.get_yticklabels()
        for text in texts:
            name = text.get_text()
            fit_width(text, partial(shortened, name), len(name), MOST_LABEL_INCHES * figure.dpi)
        left = MARGIN_INCHES / 2
        if texts:
            self.ax_.set_yticklabels([text.get_text() for text in texts])
            left += max(text.get_window_extent().width for text in texts) / figure.dpi
            left += texts[0].get_fontsize() / 2 / 72  # between labels and images
        width, height = size[0] + left + MARGIN_INCHES / 2, size[1] + MARGIN_INCHES
        figure.set_layout_engine("none")
        figure.set_size_inches(width, height)
        bottom = MARGIN_INCHES / 2 / height
        self.ax_.set_position([left / width, bottom, size[0] / width, size[1] / height])

    def _check(self):
        """Return the rows as stacks (n, height, width, channels) from 0 to 1."""
        rows = [np.asarray(row) for row in self.images]
        full = [row for row in rows if len(row)]
        if not full:
            raise ValueError("There is no image to draw: images is empty.")
        if self.labels is not None and len(self.labels) != len(rows):
            raise ValueError(
                f"There are {len(self.labels)} labels for {len(rows)} rows; give one label per row."
            )
        if len({row.shape[1:] for row in full}) > 1:
            raise ValueError(
                f"All images must have the same shape, got {sorted({r.shape[1:] for r in full})}."
            )
        stack = brightness(as_images(np.concatenate(full)))
        ends = np.cumsum([len(row) for row in rows])
        return np.split(stack, ends[:-1])

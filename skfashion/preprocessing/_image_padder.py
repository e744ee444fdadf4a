"""Put images into the middle of larger ones."""

import math
from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skfashion._compat import (
    CallbackSupportMixin,
    Interval,
    as_one_task,
    check_feature_names_in,
    fit_context,
)
from skfashion._images import (
    as_given,
    check_image_shape,
    check_shape,
    check_transformed,
    pixel_names,
    shape_of_rows,
)
from skfashion.preprocessing._validation import (
    check_fit_images,
    check_transform_images,
    set_features,
)


def centre(inner, outer):
    """Return the slice of `outer` pixels in which `inner` pixels are centred.

    An odd pixel is at the end.
    """
    start = (outer - inner) // 2
    return slice(start, start + inner)


def check_fill(fill, dtype):
    """Raise ValueError unless pixels of this type can have the value `fill`."""
    if dtype.kind not in "biuf":
        return
    if dtype.kind == "f":
        highest = float(np.finfo(dtype).max)
        valid = abs(fill) <= highest or not np.isfinite(fill)
        values = f"a number from {-highest:g} to {highest:g}"
    elif dtype.kind == "b":
        valid, values = fill in (0, 1), "0 or 1"
    else:
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        valid = low <= fill <= high and fill == int(fill)
        values = f"an integer from {low} to {high}"
    if not valid:
        raise ValueError(
            f"fill={fill} is not a valid value of {dtype} pixels: give {values}, or convert the "
            "images first (PixelScaler makes them float32)."
        )


def check_size(height, width, shape):
    """Raise ValueError if images are larger than `shape`."""
    if height > shape[0] or width > shape[1]:
        raise ValueError(
            f"Images of {height} x {width} pixels cannot be padded to {shape[0]} x {shape[1]}: "
            "give a shape that is at least as large."
        )


def as_stack(images):
    """Return images as an array; raise ValueError unless it is a stack."""
    images = np.asarray(images)
    if images.ndim not in (3, 4):
        raise ValueError(
            "images must have the shape (n, height, width) or (n, height, width, channels); got "
            f"{images.shape}. A single image is images[None], rows are X.reshape(n, height, width)."
        )
    return images


def pad_images(images, shape, *, fill=0):
    """Put images into the middle of larger ones.

    Parameters
    ----------
    images : array-like of shape (n, height, width) or (n, height, width, channels)
        Images of any numeric type.
    shape : tuple of int
        Height and width of the larger images. If an odd number of pixels is added, the extra row is
        at the bottom, the extra column on the right.
    fill : float, default=0
        The value of the added pixels.

    Returns
    -------
    padded : ndarray of shape (n, height, width) or (n, height, width, channels)
        New images, of the type of `images`.

    Raises
    ------
    ValueError
        If the images are larger than `shape` or not a stack, or if their type cannot represent
        `fill`.

    See Also
    --------
    crop_images : The reverse.
    ImagePadder : The same as a transformer.

    Examples
    --------
    >>> import numpy as np
    >>> from skfashion.preprocessing import pad_images
    >>> pad_images(np.array([[[1, 2], [3, 4]]]), (3, 4))
    array([[[0, 1, 2, 0],
            [0, 3, 4, 0],
            [0, 0, 0, 0]]])
    """
    images, shape = as_stack(images), check_shape(shape, "shape", (2,))
    n_images, height, width, *channels = images.shape
    check_size(height, width, shape)
    check_fill(fill, images.dtype)
    padded = np.full((n_images, *shape, *channels), fill, dtype=images.dtype)
    padded[:, centre(height, shape[0]), centre(width, shape[1])] = images
    return padded


def crop_images(images, shape):
    """Cut out the middle of images.

    Parameters
    ----------
    images : array-like of shape (n, height, width) or (n, height, width, channels)
        Images of any type.
    shape : tuple of int
        Height and width of the middle. If an odd number of pixels is cut off, the extra row is cut
        at the bottom, the extra column on the right.

    Returns
    -------
    cropped : ndarray of shape (n, height, width) or (n, height, width, channels)
        A view of `images`.

    Raises
    ------
    ValueError
        If the images are smaller than `shape`, or not a stack.

    See Also
    --------
    pad_images : The reverse.

    Examples
    --------
    >>> import numpy as np
    >>> from skfashion.preprocessing import crop_images
    >>> crop_images(np.array([[[0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]]]), (2, 2))
    array([[[1, 2],
            [3, 4]]])
    """
    images, shape = as_stack(images), check_shape(shape, "shape", (2,))
    _, height, width, *_ = images.shape
    if height < shape[0] or width < shape[1]:
        raise ValueError(
            f"{shape[0]} x {shape[1]} pixels cannot be cut out of images of {height} x {width}: "
            "give a shape that is at most as large."
        )
    return images[:, centre(shape[0], height), centre(shape[1], width)]


class ImagePadder(CallbackSupportMixin, TransformerMixin, BaseEstimator):
    """Put images into the middle of larger ones.

    Rows become longer rows, and a stack of images becomes a stack of larger images. The type of the
    pixels is kept: uint8 images stay uint8.

    Parameters
    ----------
    shape : tuple of int, default=(32, 32)
        Height and width of the larger images; the default is the input size of LeNet-5. If an odd
        number of pixels is added, the extra row is at the bottom, the extra column on the right.
    image_shape : tuple of int, default=None
        (height, width) or (height, width, channels) of the images in the rows of `X`. If None, rows
        with a square number of features are square images, and other rows are put into the smallest
        square that holds them, with a warning. A stack of images has its own shape.
    fill : float, default=0
        The value of the added pixels, in the units of `X`. Their type must be able to represent it.

    Attributes
    ----------
    image_shape_ : tuple of int
        (height, width, channels) of the images before padding.
    padded_shape_ : tuple of int
        (height, width, channels) of the images after padding.
    n_features_in_ : int
        Number of features of an image in `X`: height * width * channels.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The names of the columns, if `X` was a DataFrame whose columns are all strings.

    See Also
    --------
    pad_images : The same as a function, for stacks of images.
    PixelScaler : Change the values of pixels.

    Notes
    -----
    The networks of this package pad images that are too small for them with zeros themselves.

    A stack remains a stack, so the network that follows knows the shape of its images. After
    ``set_output(transform="pandas")`` a stack becomes rows, because a DataFrame has only rows. A
    network assumes that rows are square grey images unless it is given their shape, as in
    ``LeNet5Classifier(image_shape=(32, 32, 3))``.

    All computations use numpy, even with array API dispatch: tensors on the CPU are accepted, and
    the result is a numpy array.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to
       Document Recognition", Proceedings of the IEEE 86(11), 1998, section II.B: why digits are
       centred in 32 x 32 pixels.

    Examples
    --------
    >>> from skfashion.datasets import load_fashion_sample
    >>> from skfashion.preprocessing import ImagePadder
    >>> X, y = load_fashion_sample(subset="test", return_X_y=True)
    >>> padder = ImagePadder(shape=(32, 32))
    >>> X_padded = padder.fit_transform(X)
    >>> X_padded.shape, X_padded.dtype
    ((1000, 1024), dtype('uint8'))
    >>> (padder.inverse_transform(X_padded) == X).all()
    np.True_
    """

    _parameter_constraints: ClassVar[dict] = {
        "shape": [tuple, list],
        "image_shape": [tuple, list, None],
        "fill": [Interval(Real, None, None, closed="neither")],
    }

    def __init__(self, *, shape=(32, 32), image_shape=None, fill=0):
        self.shape = shape
        self.image_shape = image_shape
        self.fill = fill

    @fit_context(prefer_skip_nested_validation=True)
    @as_one_task
    def fit(self, X, y=None):
        """Learn the shape of the images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images.
        y : None
            Ignored.

        Returns
        -------
        self : ImagePadder
            The fitted transformer.

        Raises
        ------
        ValueError
            If the images are larger than `shape` or not of `image_shape`, or if their type cannot
            represent `fill`. An earlier fit is kept.
        """
        shape = check_shape(self.shape, "shape", (2,))
        image_shape = check_image_shape(self.image_shape)
        rows, stack_shape = check_fit_images(self, X)
        check_fill(self.fill, rows.dtype)
        if image_shape is not None and stack_shape not in (None, image_shape):
            raise ValueError(
                f"X has images of shape {stack_shape}, but image_shape={self.image_shape}: leave "
                "image_shape at None for a stack of images."
            )
        image_shape = shape_of_rows(rows.shape[1], image_shape or stack_shape)
        check_size(*image_shape[:2], shape)
        set_features(self, X)
        self.image_shape_ = image_shape
        self.padded_shape_ = (*shape, image_shape[2])
        return self

    def transform(self, X):
        """Put the images into the middle of larger ones.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images of the same shape as in `fit`.

        Returns
        -------
        X_padded : ndarray of shape (n, height * width * channels of `padded_shape_`)
            The larger images, of the type of `X`. A stack of shape (n, height, width) or
            (n, height, width, channels) if `X` is one.
        """
        rows, _ = check_transform_images(self, X)
        n_missing = math.prod(self.image_shape_) - self.n_features_in_
        if n_missing:  # the number of features is not a square
            rows = np.pad(rows, ((0, 0), (0, n_missing)))
        images = rows.reshape(-1, *self.image_shape_)
        padded = pad_images(images, self.padded_shape_[:2], fill=self.fill).reshape(len(rows), -1)
        return as_given(padded, X, self.padded_shape_, self)

    def inverse_transform(self, X):
        """Cut the images out again.

        Parameters
        ----------
        X : array-like of shape (n, height * width * channels of `padded_shape_`)
            Images as `transform` returns them.

        Returns
        -------
        X_original : ndarray of shape (n, `n_features_in_`)
            The images without the added pixels, of the type of `X`; a stack if `X` is one.
        """
        check_is_fitted(self)
        rows = check_transformed(X, math.prod(self.padded_shape_), self.padded_shape_)
        images = crop_images(rows.reshape(-1, *self.padded_shape_), self.image_shape_[:2])
        # a copy, so that the result never shares memory with X, even if nothing was cut off
        rows = np.array(images, order="C").reshape(len(rows), -1)
        original = as_given(rows, X, self.image_shape_)
        return original[:, : self.n_features_in_] if original is rows else original

    def get_feature_names_out(self, input_features=None):
        """Name the pixels that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            The names of the columns of `X`. They are checked but not used, because pixels move.

        Returns
        -------
        feature_names_out : ndarray of str objects
            "pixel_0_0" (row, column) and so on; with channels "pixel_0_0_0".
        """
        check_is_fitted(self)
        check_feature_names_in(self, input_features, generate_names=False)
        shape = self.padded_shape_ if self.padded_shape_[2] > 1 else self.padded_shape_[:2]
        return np.array(pixel_names(shape), dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

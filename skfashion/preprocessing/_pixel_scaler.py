"""Scale the values of pixels to a range, or to zero mean and unit standard deviation."""

import math
from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted

from skfashion._compat import CallbackSupportMixin, as_one_task, fit_context
from skfashion._images import as_given, check_real, check_transformed, rows_of, warn_caller
from skfashion.preprocessing._validation import (
    check_fit_images,
    check_transform_images,
    set_features,
)

BATCH_SIZE = 1000  # images converted to float64 at a time
BYTES = (0.0, 255.0)
MAX_OF_7_BITS = 127  # whole numbers above it, up to 255, are most likely pixels of 8 bits
MAX_IF_DIVIDED = 2  # pixels above it were not divided by 255
MIN_IF_NOT_DIVIDED = 100  # images without a pixel above it were divided, or are almost black


def check_ends(ends):
    """Return the two ends of a range as float; raise ValueError if they are not valid."""
    if np.iterable(ends) and len(ends) == 2 and all(isinstance(end, Real) for end in ends):
        low, high = map(float, ends)
        if low != high and math.isfinite(low) and math.isfinite(high):
            return low, high
    raise ValueError(f"A range needs two different finite numbers; got {ends!r}.")


def scale_pixels(X, from_range, to_range):
    """Map pixel values linearly, so that the ends of one range become the ends of another.

    Parameters
    ----------
    X : array-like
        Pixels of any real type. Values outside `from_range` are mapped outside `to_range`.
    from_range, to_range : tuple of float
        Two different finite numbers each.

    Returns
    -------
    X_scaled : ndarray of the shape of `X`
        New pixels: float32 for uint8, float32 and all other types that fit into it, otherwise
        float64.

    Raises
    ------
    ValueError
        If the two numbers of a range are the same or not finite, or if the values of `X` are so
        large that the result overflows.

    See Also
    --------
    PixelScaler : The same as a transformer, which can learn the first range from data.

    Examples
    --------
    >>> import numpy as np
    >>> from skfashion.preprocessing import scale_pixels
    >>> scale_pixels(np.array([0, 51, 255], dtype=np.uint8), (0, 255), (-1, 1))
    array([-1. , -0.6,  1. ], dtype=float32)
    """
    (low, high), (to_low, to_high) = check_ends(from_range), check_ends(to_range)
    X = np.asarray(X)
    check_real(X)
    X = X.astype(np.result_type(X.dtype, np.float32))  # a copy, the only one
    try:
        with np.errstate(over="raise", divide="raise"):
            X -= low
            X /= float(np.subtract(high, low) / np.subtract(to_high, to_low))
            X += to_low
    except FloatingPointError as error:
        raise ValueError(
            f"Scaling {X.dtype} pixels from {low:g}..{high:g} to {to_low:g}..{to_high:g} "
            "overflows: divide them by a power of ten first."
        ) from error
    return X


def mean_and_deviation(X):
    """Return mean and standard deviation of all pixels, summed in float64 without a copy of `X`."""
    mean = X.mean(dtype=np.float64)
    squares = 0.0
    for batch in gen_batches(len(X), BATCH_SIZE):
        squares += np.square(np.subtract(X[batch], mean, dtype=np.float64)).sum()
    return float(mean), float(np.sqrt(squares / X.size))


def learn_range(X, standardise):
    """Return the two pixel values that are mapped to the ends of the output range.

    They are the mean and the mean plus one standard deviation if `standardise`, else those that
    stand for black and white: 0 and 255 for uint8, the lowest and the highest for other types.
    """
    if not standardise and X.dtype == np.uint8:
        return BYTES
    low, high = float(X.min()), float(X.max())
    if standardise and low < high:
        try:
            with np.errstate(over="raise"):
                low, deviation = mean_and_deviation(X)
        except FloatingPointError as error:
            raise ValueError(
                f"X has values from {low:g} to {high:g}: the standard deviation overflows. Divide "
                "them by a power of ten first."
            ) from error
        high = low + deviation
    elif not standardise and are_bytes_of_another_type(X, low, high):
        warn_caller(
            f"X is {X.dtype} with whole numbers from {low:g} to {high:g}, and this is taken for "
            "the range of its pixels. If it is 0 to 255, pass X.astype('uint8')."
        )
    if low == high:
        high = low + max(1.0, float(np.spacing(abs(low))))  # at 1e300, plus 1 changes nothing
    return low, high


def warn_of_other_units(X, fitted_max):
    """Warn if either `X` or the training images, but not both, were divided by 255."""
    if X.dtype == np.uint8 and fitted_max > MAX_IF_DIVIDED:
        return
    highest = float(X.max())
    was_divided, is_divided = (0 < value <= MAX_IF_DIVIDED for value in (fitted_max, highest))
    if (was_divided and highest > MIN_IF_NOT_DIVIDED) or (
        is_divided and fitted_max > MIN_IF_NOT_DIVIDED
    ):
        warn_caller(
            f"X has pixels up to {highest:g}, but PixelScaler was fitted on pixels up to "
            f"{fitted_max:g}. Pass images in the same units."
        )


def are_bytes_of_another_type(X, low, high):
    """Guess whether X has pixels of 8 bits, of which neither 0 nor 255 need occur."""
    if not 0 <= low <= high <= 255 or high <= MAX_OF_7_BITS or (low, high) == BYTES:
        return False
    batches = gen_batches(len(X), BATCH_SIZE)
    return X.dtype.kind in "iu" or all((X[batch] == np.rint(X[batch])).all() for batch in batches)


def check_range(feature_range):
    """Return the parameter as two floats; raise ValueError if it is not valid."""
    if len(feature_range) == 2 and all(isinstance(end, Real) for end in feature_range):
        low, high = map(float, feature_range)
        if low < high and math.isfinite(high - low):
            return low, high
    raise ValueError(
        f"feature_range must be None or (low, high) with low < high; got {feature_range!r}."
    )


class PixelScaler(CallbackSupportMixin, OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Scale pixels to a range, or to zero mean and unit variance: one scale for all pixels.

    scikit-learn's scalers have one scale per column, which suits quantities of different kinds. But
    all pixels of an image are the same kind of quantity, and a scale per column would amplify the
    noise in a corner that is almost always empty.

    Parameters
    ----------
    feature_range : tuple of float, default=(0, 1)
        The output range: black is mapped to the first number, white to the second. LeNet-5 of 1998
        used (-0.1, 1.175). None means zero mean and unit standard deviation over all pixels of all
        training images.

    Attributes
    ----------
    input_range_ : tuple of float
        The two pixel values that are mapped to the ends of `output_range_`. For uint8 images these
        are 0 and 255, even if they do not occur. For all other types they are the lowest and the
        highest value in the training images, with a warning if these look like 8-bit pixels without
        a 0 or a 255. With ``feature_range=None`` they are the mean, and the mean plus one standard
        deviation, for every type. If all pixels are the same, the second is the first plus one.
    output_range_ : tuple of float
        `feature_range`, or (0, 1) for None.
    image_shape_ : tuple of int or None
        (height, width, channels) of the images if `fit` was given a stack, None if it was given
        rows.
    n_features_in_ : int
        Number of features of an image in `X`: height * width * channels.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The names of the columns, if `X` was a DataFrame whose columns are all strings.

    See Also
    --------
    scale_pixels : The same as a function.
    ImagePadder : Put images into the middle of larger ones.
    sklearn.preprocessing.StandardScaler : A mean and a deviation per column.
    sklearn.preprocessing.MinMaxScaler : A range per column.

    Notes
    -----
    uint8, float32 and other types that fit into float32 give float32; float64 and larger integers
    give float64. This includes the integer types of pandas and pyarrow in a DataFrame. Images for
    `transform` must be in the same units as the training images, whatever their type; there is a
    warning if either the one or the other, but not both, seem to be divided by 255. Nothing is
    clipped.

    The networks of this package divide uint8 by 255 themselves, and use floats as they are.

    Rows remain rows and a stack remains a stack, so the network that follows knows the shape of its
    images. Only after ``set_output(transform="pandas")`` does a stack become rows.

    All computations use numpy, even with array API dispatch: tensors on the CPU are accepted, and
    the result is a numpy array.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to
       Document Recognition", Proceedings of the IEEE 86(11), 1998, section II.B: the range
       (-0.1, 1.175) makes the mean about 0 and the variance about 1.

    Examples
    --------
    >>> from skfashion.datasets import load_fashion_sample
    >>> from skfashion.preprocessing import PixelScaler
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> X_scaled = PixelScaler().fit_transform(X)
    >>> print(X_scaled.dtype, X_scaled.min(), X_scaled.max())
    float32 0.0 1.0
    >>> mean, mean_plus_deviation = PixelScaler(feature_range=None).fit(X).input_range_
    >>> print(f"mean {mean:.1f}, deviation {mean_plus_deviation - mean:.1f}")
    mean 73.2, deviation 90.2
    """

    _parameter_constraints: ClassVar[dict] = {"feature_range": [tuple, list, None]}

    def __init__(self, *, feature_range=(0, 1)):
        self.feature_range = feature_range

    @fit_context(prefer_skip_nested_validation=True)
    @as_one_task
    def fit(self, X, y=None):
        """Learn the range, or the mean and deviation, of the pixels.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images.
        y : None
            Ignored.

        Returns
        -------
        self : PixelScaler
            The fitted transformer.

        Raises
        ------
        ValueError
            If `feature_range` is not a range, or if the values of the pixels are so large that
            scaling them overflows. An earlier fit is kept.
        """
        standardise = self.feature_range is None
        output_range = (0.0, 1.0) if standardise else check_range(self.feature_range)
        rows, stack_shape = check_fit_images(self, X)
        input_range = learn_range(rows, standardise)
        ends = np.array([rows.min(), rows.max()])
        scale_pixels(ends, input_range, output_range)  # raises an error if it overflows
        set_features(self, X)
        self._max = 255.0 if rows.dtype == np.uint8 else float(ends[1])
        self.image_shape_ = stack_shape
        self.input_range_, self.output_range_ = input_range, output_range
        return self

    def transform(self, X):
        """Scale the pixels.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images of the same shape and in the same units as in `fit`.

        Returns
        -------
        X_scaled : ndarray of the shape of `X`
            The images, float32 or float64.
        """
        rows, stack_shape = check_transform_images(self, X)
        scaled = scale_pixels(rows, self.input_range_, self.output_range_)
        warn_of_other_units(rows, self._max)
        return as_given(scaled, X, stack_shape, self)

    def inverse_transform(self, X):
        """Scale the pixels back.

        Parameters
        ----------
        X : array-like of shape (n, `n_features_in_`)
            Images as `transform` returns them.

        Returns
        -------
        X_original : ndarray of the shape of `X`
            The images in the units of those in `fit`, float32 or float64. Pixels that were uint8
            are whole numbers except for rounding: ``X_original.round().astype("uint8")``.
        """
        check_is_fitted(self)
        rows = check_transformed(X, self.n_features_in_, self.image_shape_)
        original = scale_pixels(rows, self.output_range_, self.input_range_)
        return as_given(original, X, rows_of(X)[1])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

"""The values of pixels, brought to a range or to zero mean and unit deviation."""

import math
from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted, validate_data

from skfashion._compat import fit_context
from skfashion._images import as_given, check_transformed, rows_of

BATCH_SIZE = 1000  # images turned to float64 at a time


def scale_pixels(X, from_range, to_range):
    """Map pixel values linearly, so that the ends of one range become the ends of another.

    Parameters
    ----------
    X : array-like
        Pixels of any real type. Values outside `from_range` go outside `to_range`.
    from_range, to_range : tuple of float
        Two different numbers each.

    Returns
    -------
    X_scaled : ndarray of the shape of `X`
        New pixels: float32 for uint8, float32 and whatever else fits into it, otherwise float64.

    Raises
    ------
    ValueError
        If the two numbers of a range are the same.

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
    (low, high), (to_low, to_high) = map(float, from_range), map(float, to_range)
    if low == high or to_low == to_high:
        raise ValueError(f"A range needs two different numbers; got {from_range} and {to_range}.")
    X = np.asarray(X)
    X = X.astype(np.result_type(X.dtype, np.float32))  # a copy, the only one
    X -= low
    X /= (high - low) / (to_high - to_low)
    X += to_low
    return X


def mean_and_deviation(X):
    """Return mean and standard deviation of all pixels, summed in float64 without a copy of `X`."""
    mean = X.mean(dtype=np.float64)
    squares = 0.0
    for batch in gen_batches(len(X), BATCH_SIZE):
        squares += np.square(np.subtract(X[batch], mean, dtype=np.float64)).sum()
    return float(mean), float(np.sqrt(squares / X.size))


def check_range(feature_range):
    """Return the parameter as two floats, or raise."""
    if len(feature_range) == 2 and all(isinstance(end, Real) for end in feature_range):
        low, high = map(float, feature_range)
        if low < high and math.isfinite(high - low):
            return low, high
    raise ValueError(
        f"feature_range must be None or (low, high), low less than high; got {feature_range!r}."
    )


class PixelScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Bring pixels to a range, or to zero mean and unit deviation: one scale for all of them.

    scikit-learn's scalers have a scale for each column. That suits quantities of different kinds;
    the pixels of an image are of one kind, and a corner that is almost always empty is not to be
    blown up.

    Parameters
    ----------
    feature_range : tuple of float, default=(0, 1)
        Where the pixels go: the least value to the first number, the greatest to the second. The
        first LeNet-5 had (-0.1, 1.175). None: to zero mean and unit standard deviation, taken over
        all pixels of all training images.

    Attributes
    ----------
    input_range_ : tuple of float
        The two pixel values that go to the ends of `output_range_`: 0 and 255 if the training
        images were uint8, by the meaning of that type; otherwise the least and the greatest value
        in them. With ``feature_range=None``, for every type, the mean, and the mean plus one
        standard deviation. Where all pixels are the same, the second is the first plus one.
    output_range_ : tuple of float
        `feature_range`, or (0, 1) for None.
    n_features_in_ : int
        Number of pixels and channels of an image in `X`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The names of the columns, if `X` was a DataFrame whose columns are all strings.

    See Also
    --------
    scale_pixels : The function.
    ImagePadder : Makes images larger.
    sklearn.preprocessing.StandardScaler : A mean and a deviation for each column.
    sklearn.preprocessing.MinMaxScaler : A range for each column.

    Notes
    -----
    uint8, float32 and other types that fit into float32 give float32; float64 and larger integers
    give float64. Images to be transformed are in the units of the training images, whatever their
    type; nothing is clipped.

    The networks of this package divide uint8 by 255 themselves, and take floats as they are.

    Rows stay rows and a stack stays a stack, so that a network behind the scaler knows the shape of
    its images. Only after ``set_output(transform="pandas")`` a stack becomes rows as well.

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
            If `feature_range` is not a range.
        """
        to_range = self.feature_range
        self.output_range_ = (0.0, 1.0) if to_range is None else check_range(to_range)
        X = validate_data(self, rows_of(X)[0], dtype="numeric")
        if to_range is not None and X.dtype == np.uint8:
            self.input_range_ = (0.0, 255.0)
            return self
        low, high = float(X.min()), float(X.max())
        if to_range is None and low < high:
            low, deviation = mean_and_deviation(X)
            high = low + deviation
        if low == high:
            high = low + max(1.0, float(np.spacing(abs(low))))  # at 1e300, plus 1 changes nothing
        self.input_range_ = (low, high)
        return self

    def transform(self, X):
        """Scale the pixels.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, in the units of those that `fit` saw.

        Returns
        -------
        X_scaled : ndarray of the shape of `X`
            The images, float32 or float64.
        """
        check_is_fitted(self)
        rows, image_shape = rows_of(X)
        rows = validate_data(self, rows, dtype="numeric", reset=False)
        scaled = scale_pixels(rows, self.input_range_, self.output_range_)
        return as_given(scaled, X, image_shape, self)

    def inverse_transform(self, X):
        """Scale the pixels back.

        Parameters
        ----------
        X : array-like of shape (n, `n_features_in_`)
            Images as `transform` returns them.

        Returns
        -------
        X_original : ndarray of the shape of `X`
            The images in the units of those that `fit` saw, float32 or float64. Pixels that were
            uint8 are whole numbers but for rounding: ``X_original.round().astype("uint8")``.
        """
        check_is_fitted(self)
        rows = check_transformed(X, self.n_features_in_)
        original = scale_pixels(rows, self.output_range_, self.input_range_)
        return as_given(original, X, rows_of(X)[1])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

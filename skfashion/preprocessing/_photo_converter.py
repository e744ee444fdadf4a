"""Turn photographs of single items of clothing into images like those of Fashion-MNIST."""

import os
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from skfashion._compat import (
    CallbackSupportMixin,
    Interval,
    StrOptions,
    as_one_task,
    fit_context,
    returns_arrays,
    validate_params,
)
from skfashion._images import pixel_names, warn_caller
from skfashion._pictures import MAX_PIXELS, in_short, is_picture, printable
from skfashion.preprocessing._photo import TOLERANCE, convert_pixels, pixels_of, unlike_dataset

CONSTRAINTS = {
    "size": [Interval(Integral, 1, None, closed="left")],
    "invert": [StrOptions({"auto"}), "boolean"],
    "background": [StrOptions({"corner", "border"})],
    "tolerance": [Interval(Real, 0, 1, closed="left")],
    "resample": [StrOptions({"subsample", "area"})],
    "sharpen": ["boolean"],
    "max_pixels": [Interval(Integral, 1, None, closed="left")],
}


def photographs(X):
    """Return the photographs in `X` as a list; raise TypeError or ValueError if it is one, or none.

    The photographs themselves are not checked.
    """
    if isinstance(X, str | bytes | os.PathLike) or is_picture(X):
        raise ValueError(f"X is one photograph, a {type(X).__name__}: pass a list of them, [X].")
    if isinstance(X, Mapping) or hasattr(X, "columns") or not isinstance(X, Iterable):
        raise TypeError(
            f"X is a {type(X).__name__}: pass a list of photographs, each an array, a Pillow image "
            "or the path of a file."
        )
    shape = getattr(X, "shape", None)
    if shape is not None and len(shape) == 3 and shape[2] in (1, 3, 4):
        raise ValueError(f"X has the shape {shape}, which is one photograph: pass a list, [X].")
    if shape is not None and len(shape) == 2:
        raise ValueError(
            f"X has the shape {shape}, which is one grey photograph, or rows of pixels. Pass a "
            "list of photographs: [X], or X.reshape(n, height, width)."
        )
    photos = list(X)
    if not photos:
        raise ValueError("X has no photographs: at least one is needed.")
    return photos


def name_of(photo, position):
    """Return how a message names a photograph: its path, or its position in the list."""
    is_path = isinstance(photo, str | os.PathLike)
    return printable(os.fsdecode(photo)) if is_path else f"photograph {position}"


def converted(photo, name, max_pixels, **parameters):
    """Return a converted photograph; `name` is what a message calls it if it is not a file."""
    try:
        pixels = pixels_of(photo, max_pixels)
    except ValueError as error:
        if isinstance(photo, str | os.PathLike):
            raise  # the message names the file
        raise ValueError(f"{name} cannot be converted: {error}.") from error
    return convert_pixels(pixels, **parameters)


@validate_params(CONSTRAINTS | {"photo": "no_validation"}, prefer_skip_nested_validation=True)
def convert_photo(
    photo,
    *,
    size=28,
    invert="auto",
    background="corner",
    tolerance=TOLERANCE,
    resample="subsample",
    sharpen=True,
    max_pixels=MAX_PIXELS,
):
    """Turn a photograph of one item of clothing into an image like those of Fashion-MNIST.

    Parameters
    ----------
    photo : array-like, PIL.Image.Image, str or path-like
        The photograph: pixels of shape (height, width), (height, width, 3) or
        (height, width, 4), where the fourth channel is the opacity; a Pillow image; or the
        path of a PNG, JPEG, WebP, GIF or BMP file. Integers are from 0 to 255, uint16 from 0 to
        65,535, floats from 0 to 1. What is transparent becomes white.
    size : int, default=28
        Height and width of the image, in pixels.
    invert : bool or "auto", default="auto"
        Whether the intensities are inverted, so that a dark item on a light background becomes a
        light item on black. "auto" inverts them if the background is lighter than the item.
    background : {"corner", "border"}, default="corner"
        How the item is separated from the background. "corner" is the method of the dataset: the
        background has the colour of the corner pixels (their median), and only edges are trimmed.
        With "border" its colour is the median of a narrow frame, and everything but the item
        becomes black, for photographs on a floor or a table. See Notes.
    tolerance : float, default=0.05
        Largest difference between a pixel of the background and its colour, as a fraction of the
        largest intensity: the root mean square over red, green and blue.
    resample : {"subsample", "area"}, default="subsample"
        How the item is reduced in size. "subsample" is the method of the dataset: most rows and
        columns are skipped. "area" takes the mean of the pixels that become one, which is better
        for photographs that are large and noisy.
    sharpen : bool, default=True
        Whether outlines are sharpened.
    max_pixels : int, default=50_000_000
        A file with more pixels is refused before it is decoded.

    Returns
    -------
    image : ndarray of shape (size, size), uint8
        A light item on black; completely black if nothing differs from the background.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If the file cannot be read, or is not a regular file.
    ValueError
        If the file is damaged, too large or not a picture, or if the array cannot be one.

    See Also
    --------
    PhotoConverter : The same as a transformer, for several photographs, with a warning.

    Notes
    -----
    These are the steps that made the dataset [1]_: trim the edges that are within 5 % of the
    colour of the corner pixels; resize the longest edge to 28 pixels by subsampling; sharpen with
    a Gaussian of radius and standard deviation 1, more so near outlines; extend the shortest edge
    to 28 pixels with the item in the middle; invert; convert to 8-bit grey. Where the paper is not
    precise, the 60,000 training images decided: an odd margin is wider at the left or the top, and
    intensities are stretched, because every image of the dataset has a pixel of 254 or 255. The
    colour of the background becomes 0.

    With ``background="border"``, a pixel belongs to the item if it is farther from the colour of
    the frame than `tolerance`, and 2.5 times farther than three quarters of the frame itself are.
    Specks of less than 3 x 3 pixels are removed, and so are connected parts of less than a tenth of
    the largest; holes are filled. The item may touch the frame, but not cover a quarter of it.

    References
    ----------
    .. [1] H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
       Machine Learning Algorithms", 2017, :arxiv:`1708.07747`, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> from skfashion.preprocessing import convert_photo
    >>> photo = np.full((100, 80, 3), 253, dtype=np.uint8)  # nearly white
    >>> photo[20:76, 30:50] = [0, 0, 128]  # something dark blue
    >>> image = convert_photo(photo)
    >>> image.shape, image.dtype
    ((28, 28), dtype('uint8'))
    >>> image[14]
    array([  0,   0,   0,   0,   0,   0,   0,   0,   0, 255, 255, 255, 255,
           255, 255, 255, 255, 255, 255,   0,   0,   0,   0,   0,   0,   0,
             0,   0], dtype=uint8)
    """
    return converted(
        photo,
        "The photograph",
        max_pixels,
        size=size,
        invert=invert,
        background=background,
        tolerance=tolerance,
        resample=resample,
        sharpen=sharpen,
    )


class PhotoConverter(CallbackSupportMixin, TransformerMixin, BaseEstimator):
    """Turn photographs of items of clothing into images like those of Fashion-MNIST.

    It repeats the conversion that made the dataset [1]_: photographs of any size, grey or colour,
    become uint8 images of 28 x 28 pixels, each a light item on black. Use it as the first step of a
    Pipeline.

    Parameters
    ----------
    size : int, default=28
        Height and width of the images, in pixels.
    invert : bool or "auto", default="auto"
        Whether the intensities are inverted, so that a dark item on a light background becomes a
        light item on black. "auto" inverts them if the background is lighter than the item.
    background : {"corner", "border"}, default="corner"
        How the item is separated from the background. "corner" is the method of the dataset: the
        background has the colour of the corner pixels (their median), and only edges are trimmed.
        With "border" its colour is the median of a narrow frame, and everything but the item
        becomes black, for photographs on a floor or a table. See the Notes of `convert_photo`.
    tolerance : float, default=0.05
        Largest difference between a pixel of the background and its colour, as a fraction of the
        largest intensity: the root mean square over red, green and blue.
    resample : {"subsample", "area"}, default="subsample"
        How the item is reduced in size. "subsample" is the method of the dataset: most rows and
        columns are skipped. "area" takes the mean of the pixels that become one, which is better
        for photographs that are large and noisy.
    sharpen : bool, default=True
        Whether outlines are sharpened.
    max_pixels : int, default=50_000_000
        A file with more pixels is refused before it is decoded.

    See Also
    --------
    convert_photo : The same as a function, for one photograph; its Notes have the steps.
    skfashion.datasets.load_image_folder : Load images that need no such conversion.

    Notes
    -----
    Nothing is learnt, so `transform` works without `fit`. A warning names the images that are
    unlike all of Fashion-MNIST: nearly empty, bright at the border, or bright nearly everywhere.
    32 of the 60,000 training images of the dataset are like that.

    After ``set_output(transform="pandas")`` the images are rows of a DataFrame.

    References
    ----------
    .. [1] H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
       Machine Learning Algorithms", 2017, :arxiv:`1708.07747`, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import Pipeline
    >>> from skfashion import PhotoConverter, SimpleDenseClassifier, load_fashion_sample
    >>> train = load_fashion_sample(subset="train")
    >>> network = SimpleDenseClassifier(max_epochs=2, random_state=0)
    >>> network = network.fit(train.images, train.target)
    >>> model = Pipeline([("photo", PhotoConverter()), ("classifier", network)])
    >>> photo = np.full((300, 200, 3), 250, dtype=np.uint8)
    >>> photo[40:260, 70:95] = photo[40:260, 105:130] = photo[40:100, 70:130] = 30  # two legs
    >>> print(train.target_names[model.predict([photo])])
    ['Trouser']
    """

    _parameter_constraints: ClassVar[dict] = CONSTRAINTS

    def __init__(
        self,
        *,
        size=28,
        invert="auto",
        background="corner",
        tolerance=TOLERANCE,
        resample="subsample",
        sharpen=True,
        max_pixels=MAX_PIXELS,
    ):
        self.size = size
        self.invert = invert
        self.background = background
        self.tolerance = tolerance
        self.resample = resample
        self.sharpen = sharpen
        self.max_pixels = max_pixels

    @fit_context(prefer_skip_nested_validation=True)
    @as_one_task
    def fit(self, X, y=None):
        """Check the parameters, and that `X` is a list of photographs; nothing is learnt.

        Parameters
        ----------
        X : list, array-like or Series of n photographs
            As for `transform`.
        y : None
            Ignored.

        Returns
        -------
        self : PhotoConverter
            The transformer.
        """
        photographs(X)
        return self

    def fit_transform(self, X, y=None):
        """Check the parameters and convert photographs, as `fit` and `transform` do.

        Parameters
        ----------
        X : list, array-like, Series or iterator of n photographs
            As for `transform`.
        y : None
            Ignored.

        Returns
        -------
        images : ndarray of shape (n, size, size), uint8
            A light piece on black each.
        """
        return super().fit_transform(photographs(X), y)  # an iterator can be read only once

    def transform(self, X):
        """Convert photographs.

        Parameters
        ----------
        X : list, array-like or Series of n photographs
            Each an array of shape (height, width), (height, width, 3) or (height, width, 4), an
            Pillow image, or the path of a file, as for `convert_photo`. They may differ in
            size. A stack of shape (n, height, width) or (n, height, width, channels) is such a
            list too.

        Returns
        -------
        images : ndarray of shape (n, size, size), uint8
            Each is a light item on black.

        Raises
        ------
        OSError
            If a file cannot be read, or is not a regular file.
        ValueError
            If a file is damaged, too large or not a picture, or an array cannot be one. The message
            says which of the photographs it is.

        Warns
        -----
        UserWarning
            If images do not look like those of the dataset.
        """
        self._validate_params()  # `fit` may never have been called
        photos = photographs(X)
        images = np.empty((len(photos), self.size, self.size), dtype=np.uint8)
        parameters = self.get_params(deep=False)
        for position, photo in enumerate(photos):
            images[position] = converted(photo, f"Photograph {position}", **parameters)
        self._warn_of_unlike(images, photos)
        return images if returns_arrays(self) else images.reshape(len(images), -1)

    def _warn_of_unlike(self, images, photos):
        """Warn of converted images that look unlike the dataset, a few of them by name."""
        faults = [
            f"{name_of(photo, position)} is {reason}"
            for position, (image, photo) in enumerate(zip(images, photos, strict=True))
            if (reason := unlike_dataset(image, self.invert))
        ]
        if faults:
            warn_caller(
                f"{len(faults)} of {len(photos)} converted photographs do not look like "
                f"Fashion-MNIST: {in_short(faults)}."
            )

    def get_feature_names_out(self, input_features=None):
        """Name the pixels that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Not used: photographs have no features.

        Returns
        -------
        feature_names_out : ndarray of str objects
            "pixel_0_0" (row, column) and so on.
        """
        return np.array(pixel_names((self.size, self.size)), dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True  # paths
        tags.requires_fit = False
        return tags

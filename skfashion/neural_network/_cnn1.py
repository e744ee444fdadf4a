"""The article's first convolutional network."""

from numbers import Real
from typing import ClassVar

from torch import nn

from skfashion._compat import Interval
from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._layers import (
    Dropout,
    Flatten,
    MaxPool,
    conv2d,
    dense,
    n_features_out,
    network,
)
from skfashion.neural_network._parameters import parameter


class CNN1Classifier(BaseImageClassifier):
    """The article's first convolutional network: three convolutions, two poolings.

    Convolutions of 3 x 3 pixels with 32, 64 and 64 maps, ReLU, max pooling after the first and the
    third, dropout of one half, a dense layer; 65,994 parameters for 28 x 28 grey pixels and ten
    classes. Images below 14 x 14 pixels are padded with zeros, centred.

    See Also
    --------
    CNN2Classifier : More maps and dropout.
    SimpleDenseClassifier : No convolution.

    References
    ----------
    .. [1] "Classifying the Fashion-MNIST dataset", the article whose network this is.

    Examples
    --------
    >>> from skfashion import CNN1Classifier
    >>> from skfashion.datasets import load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = CNN1Classifier(max_epochs=1, random_state=0).fit(X[:640], y[:640])
    >>> clf.predict_proba(X[640:645]).shape
    (5, 10)
    """

    max_epochs: int = 8
    optimizer: object = "nadam"
    dropout: float = parameter(
        0.5,
        "float",
        "Probability, in [0, 1), that a value in front of the dense layer is dropped in training.",
        [Interval(Real, 0, 1, closed="left")],
    )

    _min_size: ClassVar[int] = 14  # leaves one pixel after the last pooling

    def _make_module(self, image_shape, n_classes):
        # ReLU after pooling: the same function, on a quarter of the values. Shapes for 28 x 28.
        features = nn.Sequential(
            conv2d(image_shape[0], 32, 3),  # (n, 32, 26, 26)
            MaxPool(),  # (n, 32, 13, 13)
            nn.ReLU(inplace=True),
            conv2d(32, 64, 3),  # (n, 64, 11, 11)
            nn.ReLU(inplace=True),
            conv2d(64, 64, 3),  # (n, 64, 9, 9)
            MaxPool(),  # (n, 64, 4, 4)
            nn.ReLU(inplace=True),
            Flatten(),  # (n, 1024)
            Dropout(self.dropout),
        )
        return network(features, head=dense(n_features_out(features, image_shape), n_classes))

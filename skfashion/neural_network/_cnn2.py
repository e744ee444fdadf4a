"""The article's second convolutional network."""

from numbers import Real
from typing import ClassVar

from torch import nn

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


def check_dropout(dropout):
    """Return three probabilities of dropout, or raise a ValueError."""
    if len(dropout) != 3 or not all(isinstance(p, Real) and 0 <= p < 1 for p in dropout):
        raise ValueError(
            "dropout must have three probabilities in [0, 1), one for each convolution; got "
            f"{dropout!r}."
        )
    return dropout


class CNN2Classifier(BaseImageClassifier):
    """The article's second convolutional network: more maps, more dropout.

    Padded convolutions of 3 x 3 pixels with 32, 64 and 128 maps, ReLU, max pooling and dropout of
    0.2 after the first two, dropout of 0.5 after the third, dense layers of 128 and n_classes
    units; 896,906 parameters for 28 x 28 grey pixels and ten classes. Images below 4 x 4 pixels are
    padded with zeros, centred.

    See Also
    --------
    CNN1Classifier : Smaller and faster.

    References
    ----------
    .. [1] "Classifying the Fashion-MNIST dataset", the article whose network this is.

    Examples
    --------
    >>> from skfashion import CNN2Classifier
    >>> from skfashion.datasets import load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = CNN2Classifier(max_epochs=1, random_state=0).fit(X[:640], y[:640])
    >>> clf.predict_proba(X[640:645]).shape
    (5, 10)
    """

    max_epochs: int = 8
    dropout: tuple = parameter(
        (0.2, 0.2, 0.5),
        "tuple of three float",
        """
        Probabilities, in [0, 1), that a value is dropped in training: after the first, the second
        and the third convolution.
        """,
        [tuple],
    )

    _min_size: ClassVar[int] = 4  # leaves one pixel after the second pooling

    def _make_module(self, image_shape, n_classes):
        first, second, third = check_dropout(self.dropout)
        # ReLU after pooling: the same function, on a quarter of the values. Shapes for 28 x 28.
        features = nn.Sequential(
            conv2d(image_shape[0], 32, 3, padding="same", initializer="he_normal"),
            MaxPool(),  # (n, 32, 14, 14)
            nn.ReLU(inplace=True),
            Dropout(first),
            conv2d(32, 64, 3, padding="same"),
            MaxPool(),  # (n, 64, 7, 7)
            nn.ReLU(inplace=True),
            Dropout(second),
            conv2d(64, 128, 3, padding="same"),
            nn.ReLU(inplace=True),
            Dropout(third),
            Flatten(),  # (n, 6272)
        )
        hidden = dense(n_features_out(features, image_shape), 128)
        features.extend([hidden, nn.ReLU(inplace=True)])
        return network(features, head=dense(128, n_classes))

"""The article's simple dense network."""

import math
from typing import ClassVar

from torch import nn

from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._layers import Flatten, dense, network


class SimpleDenseClassifier(BaseImageClassifier):
    """The article's simple dense network: layers of 300, 100 and n_classes units.

    ReLU between the layers; 266,610 parameters for 28 x 28 pixels and ten classes. With the
    article's optimiser, plain gradient descent with a learning rate of 0.001, five epochs are far
    too few; :func:`skfashion.recipes.tuned` has better settings.

    See Also
    --------
    CNN1Classifier : The article's first convolutional network.
    sklearn.neural_network.MLPClassifier : scikit-learn's dense network.

    References
    ----------
    .. [1] "Classifying the Fashion-MNIST dataset", the article whose network this is.

    Examples
    --------
    >>> from skfashion import SimpleDenseClassifier
    >>> from skfashion.datasets import load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = SimpleDenseClassifier(random_state=0).fit(X[:640], y[:640])
    >>> clf.predict_proba(X[640:645]).shape
    (5, 10)
    """

    max_epochs: int = 5
    optimizer: object = "sgd"

    _poor_score: ClassVar[bool] = True  # five epochs of plain gradient descent, lr=0.001

    def _make_module(self, image_shape, n_classes):
        features = nn.Sequential(
            Flatten(),
            dense(math.prod(image_shape), 300),
            nn.ReLU(inplace=True),
            dense(300, 100),
            nn.ReLU(inplace=True),
        )
        return network(features, head=dense(100, n_classes))

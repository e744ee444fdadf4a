"""The article's first convolutional network."""

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._layers import Dropout, conv2d, dense, n_features_out


@dataclass(kw_only=True, repr=False, eq=False)
class CNN1Classifier(BaseImageClassifier):
    """X"""

    max_epochs: int = 8
    optimizer: object = "nadam"

    _min_size: ClassVar[int] = 14  # leaves one pixel after the last pooling

    def _make_module(self, image_shape, n_classes):
        # ReLU after pooling: the same function, on a quarter of the values. Shapes for 28 x 28.
        features = nn.Sequential(
            conv2d(image_shape[0], 32, 3),  # (n, 32, 26, 26)
            nn.MaxPool2d(2),  # (n, 32, 13, 13)
            nn.ReLU(),
            conv2d(32, 64, 3),  # (n, 64, 11, 11)
            nn.ReLU(),
            conv2d(64, 64, 3),  # (n, 64, 9, 9)
            nn.MaxPool2d(2),  # (n, 64, 4, 4)
            nn.ReLU(),
            nn.Flatten(),  # (n, 1024)
        )
        head = dense(n_features_out(features, image_shape), n_classes)
        return nn.Sequential(*features, Dropout(0.5), head)

"""The article's second convolutional network."""

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._layers import Dropout, conv2d, dense, n_features_out


@dataclass(kw_only=True, repr=False, eq=False)
class CNN2Classifier(BaseImageClassifier):
    """X"""

    max_epochs: int = 8

    _min_size: ClassVar[int] = 4  # leaves one pixel after the second pooling

    def _make_module(self, image_shape, n_classes):
        # ReLU after pooling: the same function, on a quarter of the values. Shapes for 28 x 28.
        features = nn.Sequential(
            conv2d(image_shape[0], 32, 3, padding="same", initializer="he_normal"),
            nn.MaxPool2d(2),  # (n, 32, 14, 14)
            nn.ReLU(),
            Dropout(0.2),
            conv2d(32, 64, 3, padding="same"),
            nn.MaxPool2d(2),  # (n, 64, 7, 7)
            nn.ReLU(),
            Dropout(0.2),
            conv2d(64, 128, 3, padding="same"),
            nn.ReLU(),
            Dropout(0.5),
            nn.Flatten(),  # (n, 6272)
        )
        return nn.Sequential(
            *features,
            dense(n_features_out(features, image_shape), 128),
            nn.ReLU(),
            dense(128, n_classes),
        )

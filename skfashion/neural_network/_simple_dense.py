"""The article's simple dense network."""

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._layers import dense


@dataclass(kw_only=True, repr=False, eq=False)
class SimpleDenseClassifier(BaseImageClassifier):
    """X"""

    max_epochs: int = 5
    optimizer: object = "sgd"

    _poor_score: ClassVar[bool] = True  # five epochs of plain gradient descent, lr=0.001

    def _make_module(self, image_shape, n_classes):
        n_channels, height, width = image_shape
        return nn.Sequential(
            nn.Flatten(),
            dense(n_channels * height * width, 300),
            nn.ReLU(),
            dense(300, 100),
            nn.ReLU(),
            dense(100, n_classes),
        )

"""The article's modified LeNet-5."""

from dataclasses import dataclass
from typing import ClassVar

from skfashion.neural_network._lenet5 import LeNet5Classifier


@dataclass(kw_only=True, repr=False, eq=False)
class ModifiedLeNet5Classifier(LeNet5Classifier):
    """X"""

    activation: str = "relu"
    output: str = "softmax"

    _poor_score: ClassVar[bool] = False

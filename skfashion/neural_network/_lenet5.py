"""LeNet-5, as the article builds it, or piece by piece as the paper of 1998 does."""

from dataclasses import dataclass
from numbers import Real
from typing import ClassVar

from sklearn.utils._param_validation import Interval, StrOptions
from torch import nn

from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._layers import (
    C3_CONNECTIONS,
    RBF,
    PartialConv2d,
    ScaledTanh,
    TrainableSubsampling,
    conv2d,
    dense,
    n_features_out,
)

ACTIVATIONS = {"tanh": nn.Tanh, "relu": nn.ReLU, "scaled_tanh": ScaledTanh}


@dataclass(kw_only=True, repr=False, eq=False)
class LeNet5Classifier(BaseImageClassifier):
    """X"""

    max_epochs: int = 3
    activation: str = "tanh"
    output: str = "rbf"
    gamma: float = 0.5
    padding: str = "same"
    subsampling: str = "average"
    c3: str = "full"

    _poor_score: ClassVar[bool] = True  # three epochs
    _min_size: ClassVar[int] = 32
    _parameter_constraints: ClassVar[dict] = {
        **BaseImageClassifier._parameter_constraints,
        "activation": [StrOptions(set(ACTIVATIONS))],
        "output": [StrOptions({"rbf", "fixed_rbf", "softmax"})],
        "gamma": [Interval(Real, 0, None, closed="neither")],
        "padding": [StrOptions({"same", "valid"})],
        "subsampling": [StrOptions({"average", "trainable"})],
        "c3": [StrOptions({"full", "partial"})],
    }

    def _make_module(self, image_shape, n_classes):
        # Shapes for 32 x 32, padding="same" | padding="valid".
        features = nn.Sequential(
            conv2d(image_shape[0], 6, 5, padding=self.padding),  # C1: (n, 6, 32, 32) | 28 x 28
            *self._activate_and_subsample(6),  # S2: (n, 6, 16, 16) | 14 x 14
            self._c3(),  # C3: (n, 16, 16, 16) | 10 x 10
            *self._activate_and_subsample(16),  # S4: (n, 16, 8, 8) | 5 x 5
            conv2d(16, 120, 5),  # C5: (n, 120, 4, 4) | 1 x 1
            ACTIVATIONS[self.activation](),
            nn.Flatten(),
        )
        return nn.Sequential(
            *features,
            dense(n_features_out(features, image_shape), 84),  # F6
            ACTIVATIONS[self.activation](),
            self._output(n_classes),
        )

    def _activate_and_subsample(self, n_maps):
        activation = ACTIVATIONS[self.activation]()
        if self.subsampling == "average":
            return activation, nn.AvgPool2d(2)
        return TrainableSubsampling(n_maps), activation  # in the paper the sum is squashed

    def _c3(self):
        if self.c3 == "full":
            return conv2d(6, 16, 5, padding=self.padding)
        return PartialConv2d(C3_CONNECTIONS, 5, padding=self.padding)

    def _output(self, n_classes):
        if self.output == "softmax":
            return dense(84, n_classes)
        return RBF(84, n_classes, self.gamma, fixed_codes=self.output == "fixed_rbf")

"""LeNet-5, as in the article or, with other parameters, as in the paper of 1998."""

from functools import partial
from numbers import Real
from typing import ClassVar

from torch import nn

from skfashion._compat import Interval, StrOptions
from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._layers import (
    C3_CONNECTIONS,
    RBF,
    AveragePool,
    Flatten,
    PartialConv2d,
    ScaledTanh,
    Tanh,
    TrainableSubsampling,
    conv2d,
    dense,
    n_features_out,
    network,
)
from skfashion.neural_network._parameters import parameter

ACTIVATIONS = {"tanh": Tanh, "relu": partial(nn.ReLU, inplace=True), "scaled_tanh": ScaledTanh}


class LeNet5Classifier(BaseImageClassifier):
    """LeNet-5: the article's, with an RBF output, or that of 1998.

    Convolutions of 5 x 5 pixels with 6, 16 and 120 maps, average pooling after the first two, a
    dense layer of 84 units, radial basis functions; 212,896 parameters for 32 x 32 grey pixels and
    ten classes. Smaller images are padded with zeros, centred.

    The defaults are the article's. The network of 1998 [2]_, with 60,000 trainable parameters, is
    ``LeNet5Classifier(activation="scaled_tanh", output="fixed_rbf", padding="valid",
    subsampling="trainable", c3="partial", initializer="lecun_1998")``, on images padded first
    (:class:`~skfashion.preprocessing.ImagePadder`) and then scaled to pixels from -0.1 to 1.175
    (``PixelScaler(feature_range=(-0.1, 1.175))``).

    See Also
    --------
    ModifiedLeNet5Classifier : The same with ReLU and softmax.
    skfashion.preprocessing.ImagePadder : Pads images in a Pipeline.

    Notes
    -----
    The scores are ``-gamma`` times the squared distances to the centres. Their softmax equals the
    article's Keras layer ``exp(scores)`` with the normalisation in Keras's loss, but does not
    underflow. The loss is cross-entropy, as in the article; the paper uses another loss. With
    ``c3="partial"`` or ``subsampling="trainable"``, the weights of these layers are initialised as
    in the paper, whatever `initializer` is.

    References
    ----------
    .. [1] "Classifying the Fashion-MNIST dataset", the article whose network this is.
    .. [2] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to
       Document Recognition", Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> from skfashion import LeNet5Classifier
    >>> from skfashion.datasets import load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = LeNet5Classifier(max_epochs=1, random_state=0).fit(X[:640], y[:640])
    >>> clf.predict_proba(X[640:645]).shape
    (5, 10)
    """

    max_epochs: int = 3
    activation: str = parameter(
        "tanh",
        '{"tanh", "relu", "scaled_tanh"}',
        """
        Activation function of all layers but the last. "scaled_tanh" is the paper's 1.7159 tanh(2x
        / 3).
        """,
        [StrOptions(set(ACTIVATIONS))],
    )
    output: str = parameter(
        "rbf",
        '{"rbf", "fixed_rbf", "softmax"}',
        """
        Last layer: radial basis functions with learnt centres, as in the article; with centres
        fixed to random codes of +1 and -1, as in the paper; or a dense layer.
        """,
        [StrOptions({"rbf", "fixed_rbf", "softmax"})],
    )
    gamma: float = parameter(
        0.5,
        "float",
        "Width of the radial basis functions, whose scores are ``-gamma * ||x - centre||**2``.",
        [Interval(Real, 0, None, closed="neither")],
    )
    padding: str = parameter(
        "same",
        '{"same", "valid"}',
        """
        Padding of the first two convolutions: to the same size, as in the article, or none, as in
        the paper.
        """,
        [StrOptions({"same", "valid"})],
    )
    subsampling: str = parameter(
        "average",
        '{"average", "trainable"}',
        """
        Pooling of 2 x 2 pixels: their average, or the paper's sum with a trainable coefficient and
        bias for each map, followed by the activation.
        """,
        [StrOptions({"average", "trainable"})],
    )
    c3: str = parameter(
        "full",
        '{"full", "partial"}',
        """
        Connections of the second convolution: "full", where each map sees all six input maps, or
        "partial", where each sees only those in table I of the paper.
        """,
        [StrOptions({"full", "partial"})],
    )

    _poor_score: ClassVar[bool] = True  # RBFs of that gamma move little in three epochs
    _min_size: ClassVar[int] = 32

    def _make_module(self, image_shape, n_classes):
        # Shapes for 32 x 32, padding="same" | padding="valid".
        features = nn.Sequential(
            conv2d(image_shape[0], 6, 5, padding=self.padding),  # C1: (n, 6, 32, 32) | 28 x 28
            *self._activate_and_subsample(6),  # S2: (n, 6, 16, 16) | 14 x 14
            self._c3(),  # C3: (n, 16, 16, 16) | 10 x 10
            *self._activate_and_subsample(16),  # S4: (n, 16, 8, 8) | 5 x 5
            conv2d(16, 120, 5),  # C5: (n, 120, 4, 4) | 1 x 1
            ACTIVATIONS[self.activation](),
            Flatten(),
        )
        f6 = dense(n_features_out(features, image_shape), 84)
        features.extend([f6, ACTIVATIONS[self.activation]()])
        return network(features, head=self._output(n_classes))

    def _activate_and_subsample(self, n_maps):
        activation = ACTIVATIONS[self.activation]()
        if self.subsampling == "average":
            return activation, AveragePool()
        return TrainableSubsampling(n_maps), activation  # in the paper the sum is squashed

    def _c3(self):
        if self.c3 == "full":
            return conv2d(6, 16, 5, padding=self.padding)
        return PartialConv2d(C3_CONNECTIONS, 5, padding=self.padding)

    def _output(self, n_classes):
        if self.output == "softmax":
            return dense(84, n_classes)
        return RBF(84, n_classes, self.gamma, fixed_codes=self.output == "fixed_rbf")

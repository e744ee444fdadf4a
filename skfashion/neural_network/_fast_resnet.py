"""A residual network that is cheap to train on a CPU."""

from torch import nn

from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._layers import (
    GlobalMaxPool,
    Residual,
    Whitening,
    check_stages,
    conv_norm,
    conv_norm_relu,
    dense,
    network,
)
from skfashion.neural_network._parameters import parameter


class FastResNetClassifier(BaseImageClassifier):
    """A residual network of this package, for high accuracy after few minutes on a CPU.

    The first layer is a fixed convolution of 2 x 2 pixels, computed from the training images: its
    maps are uncorrelated and vary equally. Each stage begins with a 3 x 3 convolution and max
    pooling, so that all further convolutions of the stage work on a quarter of the pixels; each of
    those has a shortcut around it. Pooling comes before batch normalisation and ReLU, which then
    have a quarter of the values too. After the last stage, the maximum of each map goes to one
    dense layer. With the defaults, 290,186 parameters for grey images of any size and ten classes.
    Images that the poolings would reduce to nothing are padded with zeros, centred.

    The order of the layers is that of the networks for fast training of [1]_.

    See Also
    --------
    ResNetClassifier : The residual network of the literature.

    References
    ----------
    .. [1] Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", arXiv:2404.00498 (2024).

    Examples
    --------
    >>> from skfashion import FastResNetClassifier
    >>> from skfashion.datasets import load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = FastResNetClassifier(max_epochs=1, random_state=0).fit(X[:640], y[:640])
    >>> clf.predict_proba(X[640:645]).shape
    (5, 10)
    """

    lr: float = 0.02
    optimizer: str = "muon"
    batch_size: int = 256
    lr_schedule: str = "linear"
    warmup: float = 0.2
    widths: tuple = parameter(
        (32, 64, 128),
        "tuple of int",
        "Number of maps of the convolutions of each stage.",
        [tuple, list],
    )
    depths: tuple = parameter(
        (2, 2, 2),
        "tuple of int",
        "Number of convolutions of each stage, one or more; as many as `widths`.",
        [tuple, list],
    )

    whitening: bool = parameter(
        True,
        "bool",
        "Whether the images pass the fixed first layer; else the first stage sees the pixels.",
        ["boolean"],
    )

    @property
    def _min_size(self):
        return 2 ** len(self.widths)  # leaves one pixel after the last pooling

    def _make_module(self, image_shape, n_classes):
        n_maps = image_shape[0]
        features = nn.Sequential()
        if self.whitening:
            whitening = Whitening(n_maps)
            features.extend([whitening, nn.ReLU(inplace=True)])
            n_maps = whitening.out_channels
        for width, depth in check_stages(self.widths, self.depths):
            features.append(conv_norm_relu(n_maps, width, pool=True))
            features.extend(Residual(conv_norm(width, width)) for _ in range(depth - 1))
            n_maps = width
        features.append(GlobalMaxPool())  # (n, 128)
        return network(features, head=dense(n_maps, n_classes))

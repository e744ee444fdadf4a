"""Deep networks of stacked 3 x 3 convolutions, after VGG."""

from torch import nn

from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._layers import (
    GlobalMaxPool,
    check_stages,
    conv_norm_relu,
    dense,
    network,
)
from skfashion.neural_network._parameters import parameter


class VGGClassifier(BaseImageClassifier):
    """VGG for small images: stages of 3 x 3 convolutions, each stage at half the size.

    Every convolution is followed by batch normalisation and ReLU; the last one of a stage by max
    pooling too, before the normalisation, where it costs least. After the last stage, the maximum
    of each map goes to one dense layer. With the defaults, 288,170 parameters for grey images of
    any size and ten classes. Images that the poolings would reduce to nothing are padded with
    zeros, centred.

    Compared with [1]_, there are fewer and narrower stages, as for images of 28 x 28 pixels;
    batch normalisation replaces dropout, and one dense layer the three of 4,096 units.

    See Also
    --------
    ResNetClassifier : The same with shortcuts around pairs of convolutions.
    FastResNetClassifier : Pools earlier, so that it computes less.

    References
    ----------
    .. [1] Simonyan, Zisserman, "Very deep convolutional networks for large-scale image
       recognition", ICLR 2015.

    Examples
    --------
    >>> from skfashion import VGGClassifier
    >>> from skfashion.datasets import load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = VGGClassifier(max_epochs=1, random_state=0).fit(X[:640], y[:640])
    >>> clf.predict_proba(X[640:645]).shape
    (5, 10)
    """

    lr: float = 0.01
    batch_size: int = 128
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

    @property
    def _min_size(self):
        return 2 ** len(self.widths)  # leaves one pixel after the last stage

    def _make_module(self, image_shape, n_classes):
        n_maps = image_shape[0]
        features = nn.Sequential()
        for width, depth in check_stages(self.widths, self.depths):
            for k in range(depth):
                features.append(conv_norm_relu(n_maps, width, pool=k == depth - 1))
                n_maps = width
        features.append(GlobalMaxPool())  # (n, 128)
        return network(features, head=dense(n_maps, n_classes))

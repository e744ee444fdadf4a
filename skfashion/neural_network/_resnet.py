"""Residual networks for small images."""

from typing import ClassVar

from torch import nn

from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._layers import (
    GlobalAveragePool,
    Residual,
    check_stages,
    conv_norm,
    conv_norm_relu,
    dense,
    network,
)
from skfashion.neural_network._parameters import parameter


def basic_block(n_maps, width, stride):
    """Return two convolutions with a shortcut around them, as in figure 2 of the paper."""
    branch = nn.Sequential(
        conv_norm_relu(n_maps, width, stride=stride),
        conv_norm(width, width),
    )
    is_changed = stride > 1 or n_maps != width
    return Residual(branch, conv_norm(n_maps, width, 1, stride=stride) if is_changed else None)


class ResNetClassifier(BaseImageClassifier):
    """ResNet for small images: stages of residual blocks of two 3 x 3 convolutions.

    It is the network that section 4.2 of [1]_ describes for images of 32 x 32 pixels: a
    convolution, then stages of blocks, of which each but the first halves the size by a stride of
    two, the mean of each map, and one dense layer. With one block per stage, the default, it has
    77,754 parameters for grey images of any size and ten classes; ``n_blocks=(3, 3, 3)`` is
    ResNet-20, with 272,186, and nearly three times as many convolutions. Where a block
    changes the number of maps, its shortcut is a convolution of 1 x 1 (option B of [1]_). Images
    that the strides would reduce to nothing are padded with zeros, centred.

    See Also
    --------
    VGGClassifier : The same without shortcuts.
    FastResNetClassifier : Pools earlier, so that it computes less.

    References
    ----------
    .. [1] He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016.

    Examples
    --------
    >>> from skfashion import ResNetClassifier
    >>> from skfashion.datasets import load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = ResNetClassifier(max_epochs=1, random_state=0)
    >>> clf.fit(X[:640], y[:640]).predict_proba(X[640:645]).shape
    (5, 10)
    """

    lr: float = 0.01
    batch_size: int = 128
    lr_schedule: str = "linear"
    warmup: float = 0.2
    widths: tuple = parameter(
        (16, 32, 64),
        "tuple of int",
        "Number of maps of the convolutions of each stage.",
        [tuple, list],
    )
    n_blocks: tuple = parameter(
        (1, 1, 1),
        "tuple of int",
        "Number of blocks of each stage, one or more; as many as `widths`.",
        [tuple, list],
    )

    _poor_score: ClassVar[bool] = True  # ten updates of twenty layers

    @property
    def _min_size(self):
        return 2 ** (len(self.widths) - 1)  # leaves one pixel after the last stage

    def _make_module(self, image_shape, n_classes):
        stages = check_stages(self.widths, self.n_blocks, "n_blocks")
        n_maps = stages[0][0]
        features = nn.Sequential(conv_norm_relu(image_shape[0], n_maps))
        for stage, (width, depth) in enumerate(stages):
            for k in range(depth):
                features.append(basic_block(n_maps, width, stride=2 if stage and not k else 1))
                n_maps = width
        features.append(GlobalAveragePool())  # (n, 64)
        return network(features, head=dense(n_maps, n_classes))

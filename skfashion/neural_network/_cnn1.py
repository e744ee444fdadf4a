"""The article's first convolutional network."""

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._layers import (
    Dropout,
    Flatten,
    MaxPool,
    conv2d,
    dense,
    n_features_out,
)


@dataclass(kw_only=True, repr=False, eq=False)
class CNN1Classifier(BaseImageClassifier):
    """The article's first convolutional network: three convolutions, two poolings.

    Convolutions of 3 x 3 pixels with 32, 64 and 64 maps, ReLU, max pooling after the first and the
    third, dropout of one half, a dense layer; 65,994 parameters for 28 x 28 grey pixels and ten
    classes. Images below 14 x 14 pixels are padded with zeros, centred.

    Parameters
    ----------
    lr : float, default=0.001
        Learning rate. Where `lr_schedule` or `warmup` change it, the highest.
    max_epochs : int, default=8
        Number of passes over the training images.
    batch_size : int, default=32
        Images in a batch; after each the weights are updated.
    optimizer : {"sgd", "adam", "adamw", "nadam"} or callable, default="nadam"
        Optimiser, with Keras's settings. A callable takes the parameters and ``lr``, as the classes
        in :mod:`torch.optim` do.
    momentum : float, default=0.0
        Momentum, in [0, 1), of ``optimizer="sgd"``; the others do not use it.
    weight_decay : float, default=0.0
        L2 penalty on the weights; with ``optimizer="adamw"``, decoupled weight decay.
    lr_schedule : {"constant", "linear", "cosine"}, default="constant"
        How the learning rate falls, after the warm-up, to zero at the end of `max_epochs`.
    warmup : float, default=0.0
        Part of the training, in [0, 1), over which the learning rate rises linearly from zero.
    initializer : {"glorot_uniform", "he_normal", "lecun_1998"}, default=None
        Distribution of the initial weights of convolutions and dense layers; biases start at zero.
        None: as the article has it, "glorot_uniform".
    early_stopping : bool, default=False
        Whether to stop when the loss on a validation part has not become lower for
        `n_iter_no_change` epochs. The weights of the best epoch are kept.
    validation_fraction : float, default=None
        Part of the training images, in (0, 1), that is not trained on but measured after each
        epoch; stratified where the classes allow it. None: nothing is split off, or a tenth with
        `early_stopping`.
    n_iter_no_change : int, default=3
        Epochs without a lower validation loss after which `early_stopping` stops.
    class_weight : dict or "balanced", default=None
        Weights of the classes, as {label: weight}. "balanced": inversely proportional to their
        frequencies. They multiply `sample_weight`.
    image_shape : tuple of int, default=None
        Shape of the images that flat rows hold, (height, width) or (height, width, channels). None:
        a square grey image. Images in stacks have their own shape.
    callbacks : list of :class:`skorch.callbacks.Callback`, default=None
        Called in the course of the training.
    device : str, default="auto"
        Where to train and predict: a device of torch, such as "cpu" or "cuda". "auto" is CUDA if
        there is a device, else MPS, else the CPU.
    precision : {"float32", "bfloat16"}, default="float32"
        Arithmetic of the layers, in training and in predicting. "bfloat16" needs a CPU or a CUDA
        device that computes in it, and is an error on others; weights and loss stay in float32.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights it finds, instead of new ones.
    random_state : int, RandomState instance or None, default=None
        Fixes the initial weights, the order of the images and the dropout bit for bit, on the same
        machine. The global random states are neither used nor changed.
    verbose : int, default=0
        Above zero, prints a line for each epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of pixels and channels of an image.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The names of the columns, if `X` was a DataFrame whose columns are all strings.
    image_shape_ : tuple of int
        (height, width, channels) of the images.
    n_iter_ : int
        Number of epochs trained.
    n_parameters_ : int
        Number of trainable parameters of the network.
    loss_curve_ : list of float
        Mean training loss of each epoch, taken while the weights change.
    train_scores_ : list of float
        Training accuracy of each epoch, likewise.
    validation_loss_curve_ : list of float or None
        Mean loss on the validation part after each epoch; None if there is none.
    validation_scores_ : list of float or None
        Accuracy on the validation part after each epoch; None if there is none.
    epoch_seconds_ : list of float
        Duration of each epoch in seconds, with that of its validation.
    kernels_ : ndarray of shape (n_kernels, height, width, channels)
        Kernels of the first layer; of a dense layer, the weights of each unit as an image.
    net_ : skorch.NeuralNetClassifier
        The net, with its torch module (``net_.module_``) and its history (``net_.history``).

    See Also
    --------
    CNN2Classifier : More maps and dropout.
    SimpleDenseClassifier : No convolution.

    References
    ----------
    .. [1] "Classifying the Fashion-MNIST dataset", the article whose network this is.

    Examples
    --------
    >>> from skfashion import CNN1Classifier
    >>> from skfashion.datasets import load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = CNN1Classifier(max_epochs=1, random_state=0).fit(X[:640], y[:640])
    >>> clf.predict_proba(X[640:645]).shape
    (5, 10)
    """

    max_epochs: int = 8
    optimizer: object = "nadam"

    _min_size: ClassVar[int] = 14  # leaves one pixel after the last pooling

    def _make_module(self, image_shape, n_classes):
        # ReLU after pooling: the same function, on a quarter of the values. Shapes for 28 x 28.
        features = nn.Sequential(
            conv2d(image_shape[0], 32, 3),  # (n, 32, 26, 26)
            MaxPool(),  # (n, 32, 13, 13)
            nn.ReLU(inplace=True),
            conv2d(32, 64, 3),  # (n, 64, 11, 11)
            nn.ReLU(inplace=True),
            conv2d(64, 64, 3),  # (n, 64, 9, 9)
            MaxPool(),  # (n, 64, 4, 4)
            nn.ReLU(inplace=True),
            Flatten(),  # (n, 1024)
        )
        head = dense(n_features_out(features, image_shape), n_classes)
        return nn.Sequential(*features, Dropout(0.5), head)

"""LeNet-5, as the article builds it, or piece by piece as the paper of 1998 does."""

from dataclasses import dataclass
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
)

ACTIVATIONS = {"tanh": Tanh, "relu": partial(nn.ReLU, inplace=True), "scaled_tanh": ScaledTanh}


@dataclass(kw_only=True, repr=False, eq=False)
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

    Parameters
    ----------
    lr : float, default=0.001
        Learning rate. Where `lr_schedule` or `warmup` change it, the highest.
    max_epochs : int, default=3
        Number of passes over the training images.
    batch_size : int, default=32
        Images in a batch; after each the weights are updated.
    optimizer : {"sgd", "adam", "adamw", "nadam"} or callable, default="adam"
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
    activation : {"tanh", "relu", "scaled_tanh"}, default="tanh"
        Activation function of all layers but the last. "scaled_tanh" is the paper's 1.7159 tanh(2x
        / 3).
    output : {"rbf", "fixed_rbf", "softmax"}, default="rbf"
        Last layer: radial basis functions with learnt centres, as in the article; with centres
        fixed to random codes of +1 and -1, as in the paper; or a dense layer.
    gamma : float, default=0.5
        Width of the radial basis functions, whose scores are ``-gamma * ||x - centre||**2``.
    padding : {"same", "valid"}, default="same"
        Padding of the first two convolutions: to the same size, as in the article, or none, as in
        the paper.
    subsampling : {"average", "trainable"}, default="average"
        Average pooling, or the paper's sum with a trainable coefficient and bias for each map, then
        the activation.
    c3 : {"full", "partial"}, default="full"
        Whether each map of the second convolution sees all six maps before it, or the paper's
        choice of them.

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
    ModifiedLeNet5Classifier : The same with ReLU and softmax.
    skfashion.preprocessing.ImagePadder : Pads images in a Pipeline.

    Notes
    -----
    The scores are ``-gamma`` times the squared distances to the centres; the softmax of the loss
    makes of them what the article's Keras layer and Keras's loss do together, without the
    exponentials that become zero. Training by cross-entropy is the article's; the paper's loss is
    another. With ``c3="partial"`` and ``subsampling="trainable"``, the weights of these layers
    start as in the paper, whatever `initializer` says.

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
    activation: str = "tanh"
    output: str = "rbf"
    gamma: float = 0.5
    padding: str = "same"
    subsampling: str = "average"
    c3: str = "full"

    _poor_score: ClassVar[bool] = True  # RBFs of that gamma move little in three epochs
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
            Flatten(),
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

"""The article's modified LeNet-5."""

from typing import ClassVar

from skfashion.neural_network._lenet5 import LeNet5Classifier


class ModifiedLeNet5Classifier(LeNet5Classifier):
    """The article's modified LeNet-5: ReLU instead of tanh, softmax instead of RBF.

    Otherwise it is :class:`LeNet5Classifier`; 212,906 parameters for 32 x 32 grey pixels and ten
    classes. Smaller images are padded with zeros, centred.

    See Also
    --------
    LeNet5Classifier : The original.

    References
    ----------
    .. [1] "Classifying the Fashion-MNIST dataset", the article whose network this is.
    .. [2] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to
       Document Recognition", Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> from skfashion import ModifiedLeNet5Classifier
    >>> from skfashion.datasets import load_fashion_sample
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = ModifiedLeNet5Classifier(max_epochs=1, random_state=0).fit(X[:640], y[:640])
    >>> clf.predict_proba(X[640:645]).shape
    (5, 10)
    """

    activation: str = "relu"
    output: str = "softmax"

    _poor_score: ClassVar[bool] = False

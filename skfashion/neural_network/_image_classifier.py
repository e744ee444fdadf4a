"""Any torch module as a classifier."""

import functools
import inspect
import math
from dataclasses import MISSING
from numbers import Integral

import torch

from skfashion._compat import Interval
from skfashion.neural_network._base import BaseImageClassifier
from skfashion.neural_network._parameters import parameter

PREFIX = "module__"


class ImageClassifier(BaseImageClassifier):
    """Any torch module as a scikit-learn classifier of images.

    The parameter `module` builds the torch module. Its own arguments are parameters with the prefix
    ``module__``: ``module__depth=3`` passes ``depth=3``, and can be tuned in a grid search.
    Everything else, from the validation of the input to pickling, works as in the networks of this
    package.

    See Also
    --------
    CNN2Classifier : One of the article's networks.
    skorch.NeuralNetClassifier : skorch's own wrapper.

    Notes
    -----
    The module takes float images ``(n, channels, height, width)`` and returns one score per class,
    ``(n, n_classes)``, without a softmax. It is trained with cross-entropy.

    Layers that use torch's global generator, such as torch's own dropout, are seeded by
    `random_state` during training, and the state of the global generator is restored. Threads of
    one process that train such modules at the same time take turns, batch by batch.

    A pickle holds the weights as arrays, and `module` by its name: it must be a class or a function
    that can be imported where the pickle is loaded.

    Examples
    --------
    >>> from torch import nn
    >>> from skfashion import ImageClassifier, load_fashion_sample
    >>> def small(image_shape, n_classes, n_maps=8):
    ...     return nn.Sequential(
    ...         nn.Conv2d(image_shape[0], n_maps, 3),
    ...         nn.ReLU(),
    ...         nn.AdaptiveMaxPool2d(4),
    ...         nn.Flatten(),
    ...         nn.Linear(16 * n_maps, n_classes),
    ...     )
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> clf = ImageClassifier(module=small, module__n_maps=4, max_epochs=1, random_state=0)
    >>> clf.fit(X[:640], y[:640]).n_parameters_
    690
    """

    module: object = parameter(
        MISSING,
        "callable",
        """
        A function, or a module's class. Called as ``module(image_shape, n_classes)``, with the
        (channels, height, width) of the images, it returns the torch module.
        """,
        [callable],
    )
    min_size: int = parameter(
        1,
        "int",
        """
        Minimum height and width of the images that the module accepts. Smaller images are centred
        and padded with zeros.
        """,
        [Interval(Integral, 1, None, closed="left")],
    )

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.__init__ = with_module_parameters(cls.__init__)

    @property
    def _min_size(self):
        return self.min_size

    def get_params(self, deep=True):
        """Return the parameters, including those of the module.

        Parameters
        ----------
        deep : bool, default=True
            Has no effect: the module's parameters are not those of an estimator.

        Returns
        -------
        params : dict
            Values by name.
        """
        return {**super().get_params(deep=deep), **self._module_parameters}

    def set_params(self, **params):
        """Set parameters, including those of the module.

        Parameters
        ----------
        **params : dict
            Values by name; names that begin with ``module__`` are the module's.

        Returns
        -------
        self : object
            The classifier.
        """
        own = {name: value for name, value in params.items() if name.startswith(PREFIX)}
        super().set_params(**{name: params[name] for name in params if name not in own})
        self._module_parameters = {**self._module_parameters, **own}
        return self

    def _settings(self, role):
        settings = super()._settings(role)
        return {**settings, **self._module_parameters} if "module" in settings else settings

    def _count_parameters(self):
        return None  # what the user's function does must be done once, and on no other device

    def _make_module(self, image_shape, n_classes):
        if isinstance(self.module, torch.nn.Module):
            raise TypeError(
                f"module is an instance of {type(self.module).__name__}, and could be trained only "
                "once. Give its class, or a function (image_shape, n_classes) that returns one."
            )
        arguments = {k.removeprefix(PREFIX): v for k, v in self._module_parameters.items()}
        check_arguments(self.module, arguments)
        module = self.module(image_shape, n_classes, **arguments)
        if not isinstance(module, torch.nn.Module):
            raise TypeError(f"module returned {module!r}: it must return a torch.nn.Module.")
        images = torch.linspace(-1, 1, math.prod(image_shape)).view(1, *image_shape)
        before = images.clone()
        check_scores(module, images, n_classes)
        if not torch.equal(images, before):  # the caller's pixels must stay as they are
            module.register_forward_pre_hook(copy_inputs)
        return module


def check_arguments(factory, arguments):
    """Raise a TypeError if a factory does not take image_shape, n_classes and the arguments."""
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):  # of what is not written in Python
        return
    try:
        signature.bind("image_shape", "n_classes", **arguments)
    except TypeError as error:
        given = ", ".join(["image_shape", "n_classes", *(f"{name}=..." for name in arguments)])
        raise TypeError(
            f"module cannot be called as {getattr(factory, '__name__', 'module')}({given}): "
            f"{error}. It takes {signature}; module__NAME=value is passed to it as NAME=value."
        ) from error


def check_scores(module, images, n_classes):
    """Raise a ValueError unless a module makes the scores of an image."""
    was_training = module.training
    with torch.no_grad():
        try:
            scores = module.eval()(images)
        except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
            reason = " ".join(str(error).split()).rstrip(".")
            raise ValueError(
                "The module cannot take images of (channels, height, width) "
                f"{tuple(images.shape[1:])}: {reason}. If it needs larger ones, set min_size, "
                "which pads them with zeros."
            ) from error
    module.train(was_training)
    shape = tuple(getattr(scores, "shape", ()))
    if shape != (1, n_classes):
        raise ValueError(
            f"The module returns {shape or type(scores).__name__} for one image and {n_classes} "
            f"classes; it must return scores of shape (1, {n_classes})."
        )


def copy_inputs(module, inputs):
    """Return copies of a module's inputs: a hook for modules that write to them."""
    return tuple(x.clone() for x in inputs)


def with_module_parameters(init):
    """Return a constructor that takes the module's parameters beside those of `init`."""

    @functools.wraps(init)  # scikit-learn reads the signature of `init`
    def __init__(self, **parameters):
        own = {name: parameters.pop(name) for name in list(parameters) if name.startswith(PREFIX)}
        init(self, **parameters)
        self._module_parameters = own

    return __init__


ImageClassifier.__init__ = with_module_parameters(ImageClassifier.__init__)

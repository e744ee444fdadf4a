"""One entry for each parameter of the networks: default, constraint, description and role.

The fields of the classes, `_parameter_constraints`, the docstrings and what a warm start allows are
all made from these entries. A network's own parameters have theirs in its class.
"""

import dataclasses
import inspect
import json
import os
from dataclasses import MISSING, dataclass
from enum import Enum
from numbers import Integral, Real

import joblib
import numpy as np
import torch

from skfashion._compat import Interval, StrOptions
from skfashion._images import check_image_shape
from skfashion.neural_network._engine.augmentation import TEST_TIME
from skfashion.neural_network._engine.averaging import AVERAGINGS
from skfashion.neural_network._engine.device import PRECISIONS
from skfashion.neural_network._engine.memory import TrainingMemory
from skfashion.neural_network._engine.optimizers import OPTIMIZERS
from skfashion.neural_network._engine.pruning import LARGEST
from skfashion.neural_network._engine.schedules import LR_SCHEDULES
from skfashion.neural_network._layers import INITIALIZERS


class Role(Enum):
    """What depends on a parameter."""

    NETWORK = "the module: the parameter cannot change in a warm start"
    UPDATE = "the updates: the optimiser starts over when the parameter changes"
    TRAJECTORY = "the course of the training, and so its result"
    OTHER = "nothing that is learnt"


@dataclass(frozen=True)
class Parameter:
    """What is known of a parameter besides its name and its default.

    Attributes
    ----------
    kind : str
        Its type, in numpydoc's words.
    words : str
        Its description.
    constraint : list
        What scikit-learn's validation accepts.
    role : Role
        What depends on it.
    """

    kind: str
    words: str
    constraint: list
    role: Role


def parameter(default, kind, words, constraint, role=Role.NETWORK):
    """Return the field of a class for a parameter; `MISSING` as default makes it required."""
    entry = Parameter(kind, inspect.cleandoc(words), constraint, role)
    return dataclasses.field(default=default, metadata={"parameter": entry})


SHARED = {
    "lr": parameter(
        1e-3,
        "float",
        "Learning rate; the highest one if `lr_schedule` or `warmup` change it.",
        [Interval(Real, 0, None, closed="neither")],
        Role.TRAJECTORY,
    ),
    "max_epochs": parameter(
        10,
        "int",
        "Number of passes over the training images.",
        [Interval(Integral, 1, None, closed="left")],
        Role.TRAJECTORY,
    ),
    "batch_size": parameter(
        32,
        "int",
        "Number of images per batch; the weights are updated once per batch.",
        [Interval(Integral, 1, None, closed="left")],
        Role.TRAJECTORY,
    ),
    "optimizer": parameter(
        "adam",
        '{"sgd", "adam", "adamw", "nadam", "muon"} or callable',
        """
        Optimiser. The names stand for torch's optimisers, with Keras's epsilon, except for "muon",
        which orthogonalises the updates of the weights of hidden layers and trains all others by
        AdamW; its `lr` is as large as AdamW's. A callable, such as a class of :mod:`torch.optim`,
        is called with a list of the parameters and ``lr``. It may make parameter groups with
        learning rates of their own, which `lr_schedule` and `warmup` scale. If `lr` changes, it is
        called again to get the new rates.
        """,
        [StrOptions(set(OPTIMIZERS)), callable],
        Role.UPDATE,
    ),
    "momentum": parameter(
        0.0,
        "float",
        'Momentum of ``optimizer="sgd"``, in [0, 1); other optimisers ignore it.',
        [Interval(Real, 0, 1, closed="left")],
        Role.UPDATE,
    ),
    "weight_decay": parameter(
        0.0,
        "float",
        'L2 penalty on the weights; with "adamw" and "muon", decoupled weight decay.',
        [Interval(Real, 0, None, closed="left")],
        Role.UPDATE,
    ),
    "norm_bias_lr_factor": parameter(
        1.0,
        "float",
        """
        Factor of the learning rate of the biases of batch normalisation, which in short trainings
        may be 64 or so. `lr_schedule` and `warmup` scale their rate too; weight decay acts on them
        as on the other weights. It is an error with a callable as `optimizer`.
        """,
        [Interval(Real, 0, None, closed="neither")],
        Role.UPDATE,
    ),
    "lr_schedule": parameter(
        "constant",
        '{"constant", "linear", "cosine", "one_cycle"}',
        """
        How the learning rate decays after the warm-up: not at all, or to zero at the end of
        `max_epochs`, along a line or a cosine. "one_cycle" is torch's ``OneCycleLR``: a cosine from
        ``lr / 25`` up to `lr` during the warm-up, and one down to zero. Parameter groups of an
        optimiser keep the ratios of their learning rates.
        """,
        [StrOptions(set(LR_SCHEDULES))],
        Role.TRAJECTORY,
    ),
    "warmup": parameter(
        None,
        "float",
        """
        Fraction of the training, in [0, 1), in which the learning rate rises, linearly from zero
        unless `lr_schedule` is "one_cycle". None means 0.3 with "one_cycle", and 0 with others.
        """,
        [Interval(Real, 0, 1, closed="left"), None],
        Role.TRAJECTORY,
    ),
    "label_smoothing": parameter(
        0.0,
        "float",
        """
        In [0, 1): how much of a label's weight is spread evenly over all classes in the training
        loss. The validation loss is that of the labels themselves.
        """,
        [Interval(Real, 0, 1, closed="left")],
        Role.TRAJECTORY,
    ),
    "initializer": parameter(
        None,
        '{"glorot_uniform", "he_normal", "lecun_1998"}',
        """
        Distribution of the initial weights of convolutions and dense layers; biases start at zero.
        None keeps the distributions of the layers: in the article's networks "glorot_uniform",
        except for "he_normal" in the first convolution of CNN 2.
        """,
        [StrOptions(set(INITIALIZERS)), None],
    ),
    "augmentation": parameter(
        None,
        "str or callable",
        """
        Random changes to the training images, but not to those of validation and prediction. A
        name, or several joined by "+", which are applied in their order: "flip" mirrors an image
        left to right with probability 0.5; "alternating_flip" mirrors a random half of the images
        in the first epoch, and then each image in every other epoch; "shift" moves it by up to 1 of
        28 pixels, in proportion for other sizes; "erase" replaces, with probability 0.5, a
        rectangle of 2 to 40 % of its area by its mean. A callable takes a batch of images, a float
        tensor (n, channels, height, width), and returns one of the same shape. Its random numbers
        should be those of torch's global generator, which `random_state` seeds for it.
        """,
        [str, callable, None],
        Role.TRAJECTORY,
    ),
    "averaging": parameter(
        None,
        '{"ema", "lookahead"}',
        """
        Averages of the weights that take their place after each epoch: in the validation and early
        stopping, and in the fitted network. "ema" is an exponential moving average over the last
        tenth of all updates, at most about a thousand. With "lookahead" the average moves towards
        the weights after every fifth update, less and less as the training proceeds, and the
        training continues from it. The weights that predict include the updates since then too.
        """,
        [StrOptions(set(AVERAGINGS)), None],
        Role.TRAJECTORY,
    ),
    "progressive_resizing": parameter(
        None,
        "float",
        """
        Fraction of the images' height and width, in (0, 1), at which the training starts. They grow
        by four pixels at a time and have their full size after 0.6 of the training, so that most
        epochs take less time. The network must take images of any size.
        """,
        [Interval(Real, 0, 1, closed="neither"), None],
        Role.TRAJECTORY,
    ),
    "data_pruning": parameter(
        None,
        "float",
        """
        Fraction of the training images, in (0, 0.7], that each epoch leaves out, except the first
        and the last one of `max_epochs`; so it has no effect if there are only two, and early
        stopping usually ends a training before the last one. They are drawn at random from the
        easiest images, those for whose label the network gave the highest probability when it last
        trained on them. The epochs take less time, so that there can be more of them. The losses
        and accuracies of the training are those of the images that an epoch used.
        """,
        [Interval(Real, 0, LARGEST, closed="right"), None],
        Role.TRAJECTORY,
    ),
    "test_time_augmentation": parameter(
        None,
        '{"flip", "shift", "flip+shift"}',
        """
        Views of each image over which the scores of the classes, before the softmax, are averaged
        in prediction: "flip" adds the mirrored image; "shift" adds two that are moved by 1 of 28
        pixels, down and right, and up and left, with half the weight of the one in its place. It
        can be changed after `fit`. Prediction takes 2, 3 or 6 times as long.
        """,
        [StrOptions({name for name in TEST_TIME if name}), None],
        Role.OTHER,
    ),
    "early_stopping": parameter(
        False,
        "bool",
        """
        Whether to stop when the validation loss has not improved for `n_iter_no_change` epochs. The
        weights of the best epoch are kept.
        """,
        ["boolean"],
        Role.TRAJECTORY,
    ),
    "validation_fraction": parameter(
        None,
        "float",
        """
        Fraction of the training images, in (0, 1), to hold out for validation after each epoch;
        stratified if there are enough images of each class. If None, nothing is held out or, with
        `early_stopping`, a tenth.
        """,
        [Interval(Real, 0, 1, closed="neither"), None],
        Role.TRAJECTORY,
    ),
    "n_iter_no_change": parameter(
        3,
        "int",
        "Number of epochs without a lower validation loss after which `early_stopping` stops.",
        [Interval(Integral, 1, None, closed="left")],
        Role.TRAJECTORY,
    ),
    "class_weight": parameter(
        None,
        'dict or "balanced"',
        """
        Weights of the classes as {label: weight}, by which `sample_weight` is multiplied; a class
        that is not in the dict has weight one, and one of weight zero is not trained on. "balanced"
        makes them inversely proportional to the
        frequencies of the classes.
        """,
        [dict, StrOptions({"balanced"}), None],
        Role.TRAJECTORY,
    ),
    "image_shape": parameter(
        None,
        "tuple of int",
        """
        Shape of the images in flat rows, (height, width) or (height, width, channels). If None,
        they are square grey images. Images in stacks have their own shape.
        """,
        [tuple, list, None],
    ),
    "callbacks": parameter(
        None,
        "list of :class:`skorch.callbacks.Callback`",
        """
        Callbacks of skorch, called during the training. The fit uses copies of them. Those of
        scikit-learn, from 1.9 on, are set by the method `set_callbacks`.
        """,
        [list, tuple, None],
        Role.TRAJECTORY,
    ),
    "device": parameter(
        "auto",
        "str or torch.device",
        """
        Where to train and predict: a device of torch, such as "cpu" or "cuda". "auto" takes CUDA if
        available, else MPS, else the CPU.
        """,
        [str, torch.device],
        Role.UPDATE,
    ),
    "precision": parameter(
        "float32",
        '{"float32", "bfloat16"}',
        """
        Precision in which the layers compute, in training and prediction. "bfloat16" requires a CPU
        or CUDA device that supports it, and raises an error on others; weights and loss stay in
        float32.
        """,
        [StrOptions(set(PRECISIONS))],
        Role.UPDATE,
    ),
    "warm_start": parameter(
        False,
        "bool",
        "Whether `fit` continues from the weights of the previous fit, instead of new ones.",
        ["boolean"],
        Role.OTHER,
    ),
    "random_state": parameter(
        None,
        "int, RandomState instance or None",
        """
        Determines the initial weights, the order of the images, their augmentation and the
        dropout. Pass an int for results that are the same bit for bit, on the same machine and with
        the same number of threads. With None, a seed is drawn from NumPy's global random state, as
        everywhere in scikit-learn; otherwise the global random states are neither used nor changed.
        """,
        ["random_state"],
        Role.TRAJECTORY,
    ),
    "memory": parameter(
        None,
        "str, path-like, joblib.Memory or TrainingMemory",
        """
        Folder in which `fit` keeps the state of the training after each epoch. A later `fit` with
        the same data and parameters goes on from the last epoch that it finds there, bit for bit as
        if it had trained them all; `max_epochs` may be another one, unless the learning rate,
        lookahead, `progressive_resizing` or `data_pruning` depend on it. So a search over
        `max_epochs` trains each epoch once, and a training that was killed can go on. It is not
        used without a `random_state`, with `callbacks`, and where a warm start continues a
        training.
        """,
        [str, os.PathLike, joblib.Memory, TrainingMemory, None],
        Role.OTHER,
    ),
    "verbose": parameter(
        0,
        "int",
        "If above zero, one line is printed per epoch that is trained.",
        ["verbose"],
        Role.OTHER,
    ),
}

ATTRIBUTES = """
classes_ : ndarray of shape (n_classes,)
    The labels, sorted; including those of samples of weight zero.
n_features_in_ : int
    Number of features of an image: its pixels times its channels.
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the columns, if `X` was a DataFrame whose column names are all strings.
image_shape_ : tuple of int
    Shape of the images, (height, width, channels).
n_iter_ : int
    Number of epochs trained, in all calls that continued the training.
n_parameters_ : int
    Number of trainable parameters of the network.
n_threads_ : int
    Number of threads of the last training. With another number, rounding differs, and so do the
    weights and, slightly, the accuracy.
loss_curve_ : list of float
    Mean training loss of each epoch, averaged over its batches while the weights change.
train_scores_ : list of float
    Training accuracy of each epoch, averaged over its batches while the weights change; samples
    count by `sample_weight` and `class_weight`, as in the loss.
validation_loss_curve_ : list of float or None
    Mean validation loss after each epoch, NaN for epochs without validation; as long as
    `loss_curve_`. None if no epoch had validation.
validation_scores_ : list of float or None
    Validation accuracy after each epoch, NaN for epochs without validation; as long as
    `loss_curve_`. Samples count by their weights, as in the loss. None if no epoch had validation.
epoch_seconds_ : list of float
    Duration of each epoch in seconds, validation included, when it was trained.
n_epochs_from_memory_ : int
    Number of epochs that the last training found in `memory` and did not train.
kernels_ : ndarray of shape (n_kernels, height, width, channels)
    Kernels of the first layer; of a dense layer, the weights of each unit as an image.
net_ : skorch.NeuralNetClassifier
    The skorch net, with its torch module (``net_.module_``) and its history (``net_.history``).
"""


def entries(cls):
    """Return {name: (default, entry)} of all parameters of a class, required ones first.

    The entry of a field that was not made by `parameter` is None.
    """
    fields = sorted(dataclasses.fields(cls), key=lambda field: field.default is not MISSING)
    return {field.name: (field.default, field.metadata.get("parameter")) for field in fields}


def defaults(cls):
    """Return {name: default} of the parameters of a class that have one."""
    return {name: value for name, (value, _) in entries(cls).items() if value is not MISSING}


def names_with_role(cls, role):
    """Return the names of the parameters with a role; without an entry it is `Role.NETWORK`."""
    return [
        name
        for name, (_, entry) in entries(cls).items()
        if (entry.role if entry else Role.NETWORK) is role
    ]


class NotGiven:
    """Stands for the value of a parameter of the module that was left to its default."""

    def __repr__(self):
        return "its default"


NOT_GIVEN = NotGiven()


def is_equal(a, b):
    """Return whether two parameters are equal; they may be arrays."""
    if hasattr(a, "__array__") or hasattr(b, "__array__"):
        return np.array_equal(a, b)
    return a is b or a == b


def check_same_network(settings, built_with, image_shape):
    """Raise a ValueError if a parameter that the network was built with has changed.

    Parameters
    ----------
    settings, built_with : dict
        Values of the parameters now, and when the network was built.
    image_shape : tuple of (height, width, channels)
        Of the images that the network was built for, in whatever form it was given.
    """
    for name, value in settings.items():
        before = built_with.get(name, NOT_GIVEN)
        if name == "image_shape" and value is not None and check_image_shape(value) == image_shape:
            continue
        if not is_equal(value, before):
            raise ValueError(
                f"The existing network was built with {name}={before!r}, which cannot become "
                f"{value!r}. Set it back, or train a new network with warm_start=False."
            )


def constraints(cls):
    """Return the `_parameter_constraints` of a class, for scikit-learn's validation."""
    return {name: entry.constraint for name, (_, entry) in entries(cls).items() if entry}


def inherit_entries(cls):
    """Give fields of a class that only change a default the entry of the field they replace."""
    annotated = inspect.get_annotations(cls)
    for before in dataclasses.fields(cls):  # the parent's
        name, value = before.name, vars(cls).get(before.name, MISSING)
        if value is MISSING or isinstance(value, dataclasses.Field):
            continue
        if name not in annotated:
            raise TypeError(
                f"{cls.__name__}.{name} changes a default only if it has an annotation. Write "
                f"{name}: {type(value).__name__} = {value!r}."
            )
        setattr(cls, name, dataclasses.field(default=value, metadata=before.metadata))


def plain_signature(init):
    """Return the signature of a constructor without annotations, required parameters first."""
    parameters = inspect.signature(init).parameters.values()
    plain = [p.replace(annotation=p.empty) for p in parameters]
    return inspect.Signature(sorted(plain, key=lambda p: p.default is not p.empty))


def described(name, default, entry):
    """Return the part of a docstring that describes a parameter."""
    kind = entry.kind if entry else type(default).__name__
    if default is not MISSING:
        kind += f", default={json.dumps(default) if isinstance(default, str) else default}"
    lines = entry.words.splitlines() if entry else []
    return "\n".join([f"{name} : {kind}", *(f"    {line}" for line in lines)])


def complete_docstring(doc, cls):
    """Return a class's docstring with its parameters and attributes, before its other sections."""
    lines = inspect.cleandoc(doc).splitlines()
    titles = [k for k in range(len(lines) - 1) if lines[k] and lines[k + 1] == "-" * len(lines[k])]
    start = titles[0] if titles else len(lines)
    parameters = "\n".join(described(name, *entry) for name, entry in entries(cls).items())
    sections = [
        "\n".join(lines[:start]).rstrip(),
        f"Parameters\n----------\n{parameters}",
        f"Attributes\n----------\n{ATTRIBUTES.strip()}",
        "\n".join(lines[start:]),
    ]
    return "\n\n".join(filter(None, sections)) + "\n"

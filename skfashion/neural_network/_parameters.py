"""One entry for each parameter of the networks: default, constraint, words and role.

The fields of the classes, `_parameter_constraints`, the docstrings and what a warm start allows are
all made from these entries. A network's own parameters have theirs in its class.
"""

import dataclasses
import inspect
import json
from dataclasses import MISSING, dataclass
from enum import Enum
from numbers import Integral, Real

from skfashion._compat import Interval, StrOptions
from skfashion.neural_network._engine.device import PRECISIONS
from skfashion.neural_network._engine.optimizers import OPTIMIZERS
from skfashion.neural_network._engine.schedules import LR_SCHEDULES
from skfashion.neural_network._layers import INITIALIZERS


class Role(Enum):
    """What depends on a parameter."""

    NETWORK = "the module: it cannot change in a warm start"
    UPDATE = "the updates: the optimiser starts over when it changes"
    TRAJECTORY = "the course of the training, and so its result"
    OTHER = "nothing that is learnt"


@dataclass(frozen=True)
class Parameter:
    """An entry: all that is said of a parameter but its name and its default.

    Attributes
    ----------
    kind : str
        Its type, in numpydoc's words.
    words : str
        Its description.
    constraint : list
        What scikit-learn's validation lets pass.
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
        "Learning rate. Where `lr_schedule` or `warmup` change it, the highest.",
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
        "Number of images in a batch; the weights are updated after each batch.",
        [Interval(Integral, 1, None, closed="left")],
        Role.TRAJECTORY,
    ),
    "optimizer": parameter(
        "adam",
        '{"sgd", "adam", "adamw", "nadam"} or callable',
        """
        Optimiser, with Keras's settings. A callable takes a list of the parameters and ``lr``, as
        the classes in :mod:`torch.optim` do. It may make groups of parameters, and may set their
        rates itself: a training begins with the rates that the callable sets for the current `lr`,
        and `lr_schedule` and `warmup` scale them. If `lr` changes, it is called once more for its
        new rates; those that do not depend on `lr` stay.
        """,
        [StrOptions(set(OPTIMIZERS)), callable],
        Role.UPDATE,
    ),
    "momentum": parameter(
        0.0,
        "float",
        'Momentum, in [0, 1), of ``optimizer="sgd"``; the others do not use it.',
        [Interval(Real, 0, 1, closed="left")],
        Role.UPDATE,
    ),
    "weight_decay": parameter(
        0.0,
        "float",
        'L2 penalty on the weights; with ``optimizer="adamw"``, decoupled weight decay.',
        [Interval(Real, 0, None, closed="left")],
        Role.UPDATE,
    ),
    "lr_schedule": parameter(
        "constant",
        '{"constant", "linear", "cosine"}',
        """
        How the learning rate falls, after the warm-up, to zero at the end of `max_epochs`. The
        rates of an optimiser's parameter groups keep their ratios.
        """,
        [StrOptions(set(LR_SCHEDULES))],
        Role.TRAJECTORY,
    ),
    "warmup": parameter(
        0.0,
        "float",
        "Part of the training, in [0, 1), over which the learning rate rises linearly from zero.",
        [Interval(Real, 0, 1, closed="left")],
        Role.TRAJECTORY,
    ),
    "initializer": parameter(
        None,
        '{"glorot_uniform", "he_normal", "lecun_1998"}',
        """
        Distribution of the initial weights of convolutions and dense layers; biases start at zero.
        None: as the network's layers draw them, which in the article's networks is
        "glorot_uniform", but "he_normal" for the first convolution of CNN 2.
        """,
        [StrOptions(set(INITIALIZERS)), None],
    ),
    "early_stopping": parameter(
        False,
        "bool",
        """
        Whether to stop when the loss on a validation part has not become lower for
        `n_iter_no_change` epochs. The weights of the best epoch are kept.
        """,
        ["boolean"],
        Role.TRAJECTORY,
    ),
    "validation_fraction": parameter(
        None,
        "float",
        """
        Part of the training images, in (0, 1), that is not trained on but measured after each
        epoch; stratified where the classes allow it. None: nothing is split off, or a tenth with
        `early_stopping`.
        """,
        [Interval(Real, 0, 1, closed="neither"), None],
        Role.TRAJECTORY,
    ),
    "n_iter_no_change": parameter(
        3,
        "int",
        "Epochs without a lower validation loss after which `early_stopping` stops.",
        [Interval(Integral, 1, None, closed="left")],
        Role.TRAJECTORY,
    ),
    "class_weight": parameter(
        None,
        'dict or "balanced"',
        """
        Weights of the classes, as {label: weight}. "balanced": inversely proportional to their
        frequencies. They multiply `sample_weight`.
        """,
        [dict, StrOptions({"balanced"}), None],
        Role.TRAJECTORY,
    ),
    "image_shape": parameter(
        None,
        "tuple of int",
        """
        Shape of the images that flat rows hold, (height, width) or (height, width, channels). None:
        a square grey image. Images in stacks have their own shape.
        """,
        [tuple, list, None],
    ),
    "callbacks": parameter(
        None,
        "list of :class:`skorch.callbacks.Callback`",
        "Called in the course of the training.",
        [list, tuple, None],
        Role.TRAJECTORY,
    ),
    "device": parameter(
        "auto",
        "str",
        """
        Where to train and predict: a device of torch, such as "cpu" or "cuda". "auto" is CUDA if
        there is a device, else MPS, else the CPU.
        """,
        [str],
        Role.UPDATE,
    ),
    "precision": parameter(
        "float32",
        '{"float32", "bfloat16"}',
        """
        Arithmetic of the layers, in training and in predicting. "bfloat16" needs a CPU or a CUDA
        device that computes in it, and is an error on others; weights and loss stay in float32.
        """,
        [StrOptions(set(PRECISIONS))],
        Role.UPDATE,
    ),
    "warm_start": parameter(
        False,
        "bool",
        "Whether `fit` goes on from the weights it finds, instead of new ones.",
        ["boolean"],
        Role.OTHER,
    ),
    "random_state": parameter(
        None,
        "int, RandomState instance or None",
        """
        Fixes the initial weights, the order of the images and the dropout bit for bit, on the same
        machine and with the same number of threads. The global random states are neither used nor
        changed.
        """,
        ["random_state"],
        Role.TRAJECTORY,
    ),
    "verbose": parameter(
        0,
        "int",
        "Above zero, prints a line for each epoch.",
        ["verbose"],
        Role.OTHER,
    ),
}

ATTRIBUTES = """
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
n_threads_ : int
    Number of threads that the last training computed with. Another number changes the
    rounding, and so the weights and the accuracy slightly.
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
"""


def entries(cls):
    """Return {name: (default, entry)} of all parameters of a class, required ones first.

    An entry may be None, of a field that was not made by `parameter`.
    """
    fields = sorted(dataclasses.fields(cls), key=lambda field: field.default is not MISSING)
    return {field.name: (field.default, field.metadata.get("parameter")) for field in fields}


def names_with_role(cls, role):
    """Return the names of the parameters with a role; those without an entry make the network."""
    return [
        name
        for name, (_, entry) in entries(cls).items()
        if (entry.role if entry else Role.NETWORK) is role
    ]


def constraints(cls):
    """Return what scikit-learn validates the parameters of a class by."""
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
    """Return what a docstring says of a parameter."""
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

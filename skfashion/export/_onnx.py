"""Fitted networks and Pipelines as ONNX, with all that happens to the pixels."""

import io
import json
import logging
import math
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skfashion._estimators import own_image_shape, steps_of
from skfashion._files import atomic_write
from skfashion._version import __version__
from skfashion.export._extra import needs_extra
from skfashion.neural_network._base import BaseImageClassifier
from skfashion.preprocessing import ImagePadder, PixelScaler

OPSET = 18  # the one that the exporters of all versions of torch write
DTYPES = {"uint8": torch.uint8, "float32": torch.float32}
NO_STEP = (None, "passthrough")
LOGGERS = ("torch.onnx", "torch.export", "torch.fx", "onnxscript", "onnx_ir")  # they say much


class Pad(nn.Module):
    """What an `ImagePadder` does to rows of pixels."""

    def __init__(self, padder):
        super().__init__()
        self.shape, self.fill = padder.image_shape_, padder.fill
        self.n_missing = math.prod(self.shape) - padder.n_features_in_
        added = [padder.padded_shape_[k] - self.shape[k] for k in (1, 0)]
        self.padding = (0, 0, *(n for k in added for n in (k // 2, k - k // 2)))

    def forward(self, rows):
        """Return longer rows, of the same type."""
        if self.n_missing:
            rows = nn.functional.pad(rows, (0, self.n_missing))
        images = rows.view(-1, *self.shape)
        return nn.functional.pad(images, self.padding, value=self.fill).flatten(1)


class Scale(nn.Module):
    """What a `PixelScaler` does to rows of pixels; the result is float32."""

    def __init__(self, scaler):
        super().__init__()
        (self.low, high), (self.to_low, to_high) = scaler.input_range_, scaler.output_range_
        self.divisor = (high - self.low) / (to_high - self.to_low)

    def forward(self, rows):
        """Return rows of the same length."""
        return (rows.float() - self.low) / self.divisor + self.to_low


class Classify(nn.Module):
    """A whole Pipeline, from rows of pixels to what is predicted.

    Parameters
    ----------
    steps : list of torch.nn.Module
        The last one computes scores.
    """

    def __init__(self, steps):
        super().__init__()
        self.steps = nn.Sequential(*steps)

    def forward(self, X):
        """Return the positions of the predicted classes (n,) and all probabilities."""
        scores = self.steps(X)
        return scores.argmax(1), scores.softmax(1)


STEPS = {ImagePadder: Pad, PixelScaler: Scale}  # a subclass may do something else


def modules_of(steps):
    """Return what each step computes as a torch module; raise ValueError if that is not known."""
    *before, classifier = steps
    unknown = [step for step in before if type(step) not in STEPS]
    if not isinstance(classifier, BaseImageClassifier):
        unknown.append(classifier)
    if unknown:
        raise ValueError(
            f"The step {type(unknown[0]).__name__} cannot be exported to ONNX. Export a network of "
            "skfashion, alone or in a Pipeline whose other steps are ImagePadder and PixelScaler, "
            "and do what the step does before the images are given to the file."
        )
    return [*(STEPS[type(step)](step) for step in before), classifier.to_module()]


def labels_to_store(classes):
    """Return labels as an array of a type that ONNX has: int64, float64, bool or strings."""
    if classes.dtype.kind in "iu" and classes.max() <= np.iinfo(np.int64).max:
        return classes.astype(np.int64)
    if classes.dtype.kind == "f":
        return classes.astype(np.float64)
    if classes.dtype.kind == "b":
        return classes
    if all(isinstance(label, str) for label in classes):
        return classes.astype(object)
    raise ValueError(
        f"ONNX cannot store the labels {classes.tolist()}: train with labels that are numbers or "
        "strings."
    )


def warn_of_pixels(estimator, n_features, dtype):
    """Give the estimator white images of that type, so that it warns if it was trained on others.

    Raises what it raises if it cannot take them.
    """
    white = np.full((1, n_features), 255 if dtype == "uint8" else 0, dtype)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        estimator.predict_proba(white)


@contextmanager
def quiet():
    """Keep the exporter's warnings and messages, which are about itself, from the user."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        said = io.StringIO()
        with warnings.catch_warnings(), redirect_stdout(said), redirect_stderr(said):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@torch.inference_mode(mode=False)
@torch.no_grad()
def exported(module, n_features, dtype):
    """Return a `Classify` as an ONNX model that takes any number of rows."""
    rows = torch.zeros((2, n_features), dtype=DTYPES[dtype], device="cpu")
    try:
        with quiet():
            program = torch.onnx.export(
                module.eval(),
                (rows,),
                dynamo=True,
                dynamic_shapes=({0: torch.export.Dim("n")},),
                opset_version=OPSET,
                input_names=["X"],
                output_names=["position", "probabilities"],
                external_data=False,
                verbose=False,
            )
            return program.model_proto
    except RuntimeError as error:
        reason = next((line for line in str(error.__cause__ or error).splitlines() if line), "")
        raise ValueError(
            f"torch cannot export the network to ONNX: {reason.strip()} Change the part of the "
            "module that it names; torch.export has to understand it for any number of images."
        ) from error


def forget_origin(graph):
    """Remove what torch notes of each node: from which file and line of this machine it came."""
    values = (*graph.input, *graph.output, *graph.value_info)
    for part in (graph, *graph.node, *graph.initializer, *values):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")


def with_labels(model, labels):
    """Put the predicted label in the place of its position among the labels, in the graph."""
    from onnx import helper, numpy_helper

    graph = model.graph
    stored = numpy_helper.from_array(labels, "classes")
    graph.initializer.append(stored)
    graph.node.append(helper.make_node("Gather", ["classes", "position"], ["label"]))
    position = next(output for output in graph.output if output.name == "position")
    n = position.type.tensor_type.shape.dim[0].dim_param
    graph.output.remove(position)
    graph.output.insert(0, helper.make_tensor_value_info("label", stored.data_type, [n]))


def describe(model, estimator, n_features, classes):
    """Write into the file what it is."""
    from onnx import helper

    shape = own_image_shape(estimator, n_features)
    model.producer_name, model.producer_version = "skfashion", __version__
    properties = {"classes": classes.tolist(), "image_shape": shape and list(shape)}
    helper.set_model_props(
        model, {key: json.dumps(value, ensure_ascii=False) for key, value in properties.items()}
    )


def to_onnx(estimator, path, *, dtype="uint8"):
    """Write a fitted network, or a Pipeline that ends in one, to an ONNX file.

    The file does all that ``predict_proba`` does: it pads and scales the images as the steps of the
    Pipeline do, divides uint8 by 255, averages the views of `test_time_augmentation`, and turns
    scores into probabilities. Any number of images can be given at once. It contains no code, only
    the operators of ONNX, opset 18.

    Parameters
    ----------
    estimator : estimator instance
        Fitted network of this package, or a Pipeline of :class:`~skfashion.ImagePadder` and
        :class:`~skfashion.PixelScaler` that ends in one, or a fitted search for one of these.
    path : str or path-like
        The file to write, such as "model.onnx".
    dtype : {"uint8", "float32"}, default="uint8"
        Type of the pixels that the file takes: that of the training. uint8 means 0 to 255. Floats
        for a network that was trained on uint8 without a PixelScaler are from 0 to 1.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    ImportError
        If onnx or onnxscript is not installed: ``pip install "skfashion[export]"``.
    ValueError
        If a step of the Pipeline is not known, or torch cannot export the module of an
        :class:`~skfashion.ImageClassifier`.
    OSError
        If the file cannot be written.

    See Also
    --------
    trusted_types : For files of skops, which can be trained further.

    Notes
    -----
    The input ``X`` has rows of pixels ``(n, n_features)``; reshape stacks of images by
    ``X.reshape(len(X), -1)``. The outputs are ``label`` ``(n,)``, numbers (int64, or float64 if the
    labels are floats) or strings, and ``probabilities`` ``(n, n_classes)``, float32. The metadata
    of the file have the ``classes`` in the order of the probabilities and the ``image_shape``,
    (height, width, channels), both as JSON; the shape is null for rows of pixels that are not a
    square image and were given no shape.

    The network computes in float32, also if its `precision` is "bfloat16"; probabilities then
    differ as much as the two precisions do.

    Examples
    --------
    >>> import tempfile
    >>> import onnxruntime
    >>> from skfashion import load_fashion_sample, load_pretrained
    >>> from skfashion.export import to_onnx
    >>> X, y = load_fashion_sample(subset="test", return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = to_onnx(load_pretrained(), f"{folder}/model.onnx")
    ...     session = onnxruntime.InferenceSession(path)
    >>> label, probabilities = session.run(None, {"X": X[:3]})
    >>> label.tolist()
    [9, 2, 1]
    """
    with needs_extra("to_onnx", "onnx and onnxscript"):
        import onnx
        import onnxscript  # noqa: F401, torch uses it
    if dtype not in DTYPES:
        raise ValueError(f"dtype={dtype!r} is unknown: choose 'uint8' or 'float32'.")
    check_is_fitted(estimator)
    steps = [step for step in steps_of(estimator) if step not in NO_STEP]
    module = Classify(modules_of(steps))
    n_features, classes = steps[0].n_features_in_, steps[-1].classes_
    labels = labels_to_store(classes)
    warn_of_pixels(estimator, n_features, dtype)
    model = exported(module, n_features, dtype)
    forget_origin(model.graph)
    with_labels(model, labels)
    describe(model, estimator, n_features, classes)
    onnx.checker.check_model(model)
    with atomic_write(path, "wb") as file:
        file.write(model.SerializeToString())
    return Path(path)

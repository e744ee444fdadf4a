"""Drawings and tables of the networks, made from fitted ones while they predict an image.

Every network in ``skfashion.neural_network`` is drawn and put on the page, new ones too.
"""

import inspect
import re
from typing import NamedTuple

import numpy as np

from skfashion import load_fashion_sample, neural_network
from skfashion_pages.drawing import drawing, shape_text

# {name of the file: (class, settings)} of classes that are drawn with other settings too.
VARIANTS = {
    "LeNet5Classifier-1998": (
        "LeNet5Classifier",
        {
            "activation": "scaled_tanh",
            "output": "fixed_rbf",
            "padding": "valid",
            "subsampling": "trainable",
            "c3": "partial",
            "initializer": "lecun_1998",
        },
    )
}

# The line of the page that includes a drawing, and the file of networks without such a line.
INCLUDED = re.compile(r"generated/parts/networks/(.*)\.md")
OTHERS = "others.md"


def pair(size):
    """Return a size of torch, one number or two, as text."""
    return shape_text(size if isinstance(size, tuple) else (size, size))


# Names of the layers, of torch and of this package, in a drawing.
WORDS = {
    "AdaptiveAvgPool2d": lambda layer: f"average to {pair(layer.output_size)}",
    "AveragePool": lambda layer: f"average {pair(2)}",
    "AvgPool2d": lambda layer: f"average {pair(layer.kernel_size)}",
    "BatchNorm1d": lambda layer: "batch norm",
    "BatchNorm2d": lambda layer: "batch norm",
    "Conv2d": lambda layer: f"conv {pair(layer.kernel_size)}",
    "Dropout": lambda layer: f"dropout {layer.p:g}",
    "Flatten": lambda layer: "flatten",
    "GlobalAveragePool": lambda layer: "average of each map",
    "GlobalMaxPool": lambda layer: "maximum of each map",
    "Linear": lambda layer: "dense",
    "MaxPool": lambda layer: f"maximum {pair(2)}",
    "MaxPool2d": lambda layer: f"maximum {pair(layer.kernel_size)}",
    "PixelConv2d": lambda layer: f"conv {pair(layer.kernel_size)}",
    "PartialConv2d": lambda layer: f"partial {pair(layer.dense_shape[2:])}",
    "Residual": lambda layer: "add the shortcut, ReLU",
    "ScaledTanh": lambda layer: "scaled tanh",
    "Tanh": lambda layer: "tanh",
    "TrainableSubsampling": lambda layer: "subsampling",
    "Whitening": lambda layer: f"whitening {pair(layer.kernel_size)}",
}
NOTHING_DONE = ("Identity",)


class Step(NamedTuple):
    """A layer that an image passes: its name, its output shape, its number of parameters."""

    words: str
    shape: tuple
    n_parameters: int = 0


def needs_arguments(classifier):
    """Return whether a class requires arguments; there is no default network to draw then."""
    parameters = inspect.signature(classifier).parameters.values()
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return any(parameter.default is parameter.empty for parameter in named)


def drawn():
    """Return {name of the drawing: (class, settings)} of all networks and variants."""
    classes = {name: getattr(neural_network, name) for name in neural_network.__all__}
    plain = {name: (name, {}) for name, cls in classes.items() if not needs_arguments(cls)}
    return plain | VARIANTS


def fitted(class_name, settings):
    """Return a network that was trained for one epoch on one image per class."""
    X, y = load_fashion_sample(subset="train", return_X_y=True)
    first = np.unique(y, return_index=True)[1]
    network = getattr(neural_network, class_name)(**settings, max_epochs=1, random_state=0)
    return network.fit(X[first], y[first])


def steps_of(module, run):
    """Return the steps of an image through a torch module; the first step is the image itself.

    `run` is a function without arguments that calls the module on one image. Layers are recorded in
    the order in which they are called, at any depth of nesting. The trained parameters of a layer
    that is called several times are counted once.
    """
    steps, known = [], set()

    def note(layer, inputs, output):
        if not steps:
            steps.append(Step("image", tuple(inputs[0].shape[1:])))
        name = type(layer).__name__
        if name not in NOTHING_DONE:
            words = WORDS.get(name, lambda layer: name)(layer)
            trained = [p for p in layer.parameters() if p.requires_grad and p not in known]
            n_parameters = sum(p.numel() for p in trained)
            steps.append(Step(words, tuple(output.shape[1:]), n_parameters))
        known.update(layer.parameters())

    # leaves, and layers such as Residual that do something after the layers that they hold
    layers = [m for m in module.modules() if type(m).__name__ in WORDS or not list(m.children())]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    return steps


def steps_of_fitted(network):
    """Return the steps of a fitted network for an image of the size on which it was fitted."""
    image = np.zeros((1, network.n_features_in_), dtype=np.uint8)
    return steps_of(network.net_.module_, lambda: network.predict(image))


def table(steps, n_parameters):
    """Return the layers as a Markdown table."""
    lines = ["| Layer | Output shape | Parameters |", "|---|---|---:|"]
    for step in steps:
        n = f"{step.n_parameters:,}" if step.n_parameters else ""
        lines.append(f"| {step.words} | {shape_text(step.shape)} | {n} |")
    return "\n".join([*lines, f"| **Total** | | **{n_parameters:,}** |", ""])


def part(name, class_name, settings):
    """Return the drawing and the table of a network, in Markdown."""
    network = fitted(class_name, settings)
    steps = steps_of_fitted(network)
    return (
        f'<div class="network-drawing">\n{drawing(name, steps)}</div>\n\n'
        f":::{{dropdown}} {network.n_parameters_:,} parameters, layer by layer\n"
        f"{table(steps, network.n_parameters_)}:::\n"
    )


def section(class_name, text):
    """Return the section of a network that the page itself does not describe, in Markdown."""
    summary = inspect.cleandoc(getattr(neural_network, class_name).__doc__).split("\n\n")[0]
    reference = f"{{class}}`~skfashion.neural_network.{class_name}`"
    return f"## {class_name.removesuffix('Classifier')}\n\n{reference}: {summary}\n\n{text}"


def parts(page):
    """Return {file name: Markdown} of all drawings, and of the networks without one on the page.

    Parameters
    ----------
    page : str
        The page of the networks, in Markdown. A network whose drawing it does not include gets a
        section in the file `OTHERS`.
    """
    texts = {name: part(name, *which) for name, which in drawn().items()}
    on_page = INCLUDED.findall(page)
    others = [section(n, text) for n, text in texts.items() if n not in (*on_page, *VARIANTS)]
    return {f"{name}.md": text for name, text in texts.items()} | {OTHERS: "\n\n".join(others)}

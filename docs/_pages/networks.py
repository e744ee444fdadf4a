"""Drawings and tables of the networks, read from fitted ones while an image passes through.

Nothing here knows a network by name: a new one in ``skfashion.neural_network`` is drawn as well.
"""

import math
from html import escape
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from skfashion import load_fashion_sample, neural_network

# Settings that make another network of a class, and the name of its file.
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

TIMES = "\N{MULTIPLICATION SIGN}"

# What a layer of torch, or of this package, is called in a drawing.
WORDS = {
    "AveragePool": lambda layer: f"average {shape_text([2, 2])}",
    "Conv2d": lambda layer: f"conv {shape_text(layer.kernel_size)}",
    "Dropout": lambda layer: f"dropout {layer.p:g}",
    "Flatten": lambda layer: "flatten",
    "Linear": lambda layer: "dense",
    "MaxPool": lambda layer: f"maximum {shape_text([2, 2])}",
    "PixelConv2d": lambda layer: f"conv {shape_text(layer.kernel_size)}",
    "PartialConv2d": lambda layer: f"partial {shape_text(layer.dense_shape[2:])}",
    "ScaledTanh": lambda layer: "scaled tanh",
    "Tanh": lambda layer: "tanh",
    "TrainableSubsampling": lambda layer: "subsampling",
}

COLUMN, HEIGHT, MARGIN = 98, 176, 12  # of a drawing, in pixels
LINE = 15  # between two lines of text


class Step(NamedTuple):
    """A layer as an image passes it: its words, the shape that comes out, its parameters."""

    words: str
    shape: tuple
    n_parameters: int = 0


def fitted(class_name, settings):
    """Return a network after an epoch on an image of each class."""
    X, y = load_fashion_sample(subset="train", return_X_y=True)
    first = np.unique(y, return_index=True)[1]
    network = getattr(neural_network, class_name)(**settings, max_epochs=1, random_state=0)
    return network.fit(X[first], y[first])


def steps_of(network):
    """Return what happens to an image in a fitted network; the first step is the image itself."""
    steps = []

    def note(layer, inputs, output):
        if not steps:
            steps.append(Step("image", tuple(inputs[0].shape[1:])))
        name = type(layer).__name__
        words = WORDS.get(name, lambda layer: name)(layer)
        n_parameters = sum(p.numel() for p in layer.parameters())
        steps.append(Step(words, tuple(output.shape[1:]), n_parameters))

    leaves = [m for m in network.net_.module_.modules() if not list(m.children())]
    hooks = [leaf.register_forward_hook(note) for leaf in leaves]
    network.predict(np.zeros((1, network.n_features_in_), dtype=np.uint8))
    for hook in hooks:
        hook.remove()
    return steps


def shape_text(shape):
    return f" {TIMES} ".join(f"{n:,}" for n in shape)


def columns_of(steps):
    """Group the steps: a column of the drawing begins where the shape changes, or with weights."""
    columns = [[steps[0]]]
    for before, step in pairwise(steps):
        if step.n_parameters or step.shape != before.shape:
            columns.append([step])
        else:
            columns[-1].append(step)
    return columns


def figure(shape, x):
    """Return the picture of images or of a row of numbers, centred at `x`."""
    middle = MARGIN + HEIGHT / 2
    if len(shape) < 3:
        height = 16 * math.log2(max(shape[0], 2)) * 0.85
        return (
            f'<rect x="{x - 5}" y="{middle - height / 2:.1f}" width="10" height="{height:.1f}" '
            'rx="2"/>'
        )
    n_maps = 1 + round(math.log2(shape[0]))
    side, shift = 10 + 1.5 * shape[2], 3.5
    left = x - (side + shift * (n_maps - 1)) / 2
    top = middle - (side + shift * (n_maps - 1)) / 2
    return "".join(
        f'<rect x="{left + k * shift:.1f}" y="{top + k * shift:.1f}" width="{side}" '
        f'height="{side}"/>'
        for k in range(n_maps)
    )


def caption(column, x):
    """Return the lines of text below a picture: the shape, the layers, their parameters."""
    n_parameters = sum(step.n_parameters for step in column)
    lines = [("shape", shape_text(column[0].shape)), *(("layer", s.words) for s in column)]
    if n_parameters:
        lines.append(("parameters", f"{n_parameters:,}"))
    top = MARGIN + HEIGHT + LINE
    return "".join(
        f'<text class="{kind}" x="{x}" y="{top + i * LINE}">{escape(text)}</text>'
        for i, (kind, text) in enumerate(lines)
    )


def drawing(name, steps):
    """Return an SVG of the network, a column for each shape that the image takes."""
    columns = columns_of(steps)
    n_lines = max(len(column) + any(s.n_parameters for s in column) for column in columns) + 1
    width, height = COLUMN * len(columns), MARGIN + HEIGHT + LINE * (n_lines + 0.6)
    title = f"{name}: " + ", ".join(
        f"{column[0].words} {shape_text(column[0].shape)}" for column in columns
    )
    parts = [
        f'<svg class="network" viewBox="0 0 {width} {height:.0f}" width="{width}" '
        f'style="min-width: {0.75 * width:.0f}px" role="img" '  # scrolls where there is no room
        f'aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg">'
    ]
    for i, column in enumerate(columns):
        x = COLUMN * (i + 0.5)
        parts += [figure(column[0].shape, x), caption(column, x)]
    return "\n".join([*parts, "</svg>\n"])


def table(steps, n_parameters):
    """Return the layers as a Markdown table."""
    lines = ["| Layer | Shape that comes out | Parameters |", "|---|---|---:|"]
    for step in steps:
        n = f"{step.n_parameters:,}" if step.n_parameters else ""
        lines.append(f"| {step.words} | {shape_text(step.shape)} | {n} |")
    return "\n".join([*lines, f"| **in all** | | **{n_parameters:,}** |", ""])


def parts():
    """Return {file name: Markdown}: drawing and table of each network and variant."""
    networks = {name: (name, {}) for name in neural_network.__all__} | VARIANTS
    texts = {}
    for name, (class_name, settings) in networks.items():
        network = fitted(class_name, settings)
        steps = steps_of(network)
        texts[f"{name}.md"] = (
            f'<div class="network-drawing">\n{drawing(name, steps)}</div>\n\n'
            f":::{{dropdown}} {network.n_parameters_:,} parameters, layer by layer\n"
            f"{table(steps, network.n_parameters_)}:::\n"
        )
    return texts

"""The layers of a fitted network as a table."""

import copy

import numpy as np
import pandas as pd
import torch


def summarize(network):
    """Return the layers of a network, with what they make of one image, as a DataFrame.

    A layer is a module without children, or one that has weights of its own beside them. Each has
    one row, in the order in which they are first called; those that are never called come last.

    Parameters
    ----------
    network : FittedNetwork

    Returns
    -------
    layers : DataFrame
        With the columns ``layer`` (class and path within the module), ``output_shape`` (tuple
        without the axis of the images, or None) and ``n_parameters`` (trainable ones).
    """
    module = copy.deepcopy(
        network.module
    ).eval()  # hooks on the module itself would be every call's
    layers = {layer: path for path, layer in module.named_modules() if is_layer(layer)}
    shapes = {}

    def note(layer, inputs, output):  # whatever a hook returns would replace the output
        shapes.setdefault(layer, shape_of_output(output))

    for layer in layers:
        layer.register_forward_hook(note)
    with torch.inference_mode():
        network.compute(module, network.images_of(np.zeros((1, 1), np.uint8)))
    rows, counted = [], set()
    for layer in dict.fromkeys([*shapes, *layers]):
        own = [p for p in layer.parameters(recurse=False) if p.requires_grad]
        n_parameters = sum(p.numel() for p in own if p not in counted)
        counted.update(own)  # two layers may share them
        if layer in shapes or n_parameters:
            rows.append((name_of(layer, layers[layer]), shapes.get(layer), n_parameters))
    return pd.DataFrame(rows, columns=["layer", "output_shape", "n_parameters"])


def is_layer(module):
    """Return whether a module has no children, or parameters that are not its children's."""
    return not list(module.children()) or bool(list(module.parameters(recurse=False)))


def name_of(layer, path):
    """Return the name of a layer: its class, and its path within the whole module if it has one."""
    kind = next(  # torch's own class where the layer's is a private one derived from it
        (
            c.__name__
            for c in type(layer).__mro__
            if c.__module__.startswith("torch.nn.modules.") and c is not torch.nn.Module
        ),
        type(layer).__name__,
    )
    return f"{kind} ({path})" if path else kind


def shape_of_output(output):
    """Return the shape of an output without its first axis; of several tensors, the first's."""
    if isinstance(output, list | tuple) and output:
        return shape_of_output(output[0])
    return tuple(output.shape[1:]) if isinstance(output, torch.Tensor) else None

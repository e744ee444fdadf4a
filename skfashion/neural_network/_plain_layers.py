"""Describe a torch module as the plain layers of `skfashion._plain_network`."""

from torch import nn

from skfashion.neural_network._layers import (
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
    PixelConv2d,
    Residual,
    Whitening,
)

SKIPPED = (Dropout, nn.Dropout, nn.Dropout2d, nn.Identity)  # in a prediction, they do nothing
SIMPLE = {
    nn.ReLU: "relu",
    MaxPool: "max_pool",
    GlobalMaxPool: "global_max",
    GlobalAveragePool: "global_mean",
}


def plain_layers(module, prefix=""):
    """Return a module as a list of plain layers that name its parameters and buffers.

    Parameters
    ----------
    module : torch.nn.Module
    prefix : str, default=""
        What the names of its parameters begin with.

    Returns
    -------
    list of dict

    Raises
    ------
    ValueError
        If the module has a layer that has no plain form; the message names it.
    """
    if isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
        return [
            layer
            for name, child in module.named_children()
            for layer in plain_layers(child, f"{prefix}{name}.")
        ]
    if type(module) is Residual:
        shortcut = [] if module.shortcut is None else module.shortcut
        return [
            {
                "kind": "add",
                "branch": plain_layers(module.branch, f"{prefix}branch."),
                "shortcut": shortcut and plain_layers(shortcut, f"{prefix}shortcut."),
            },
            {"kind": "relu"},
        ]
    layer = [] if type(module) in SKIPPED else plain_layer(module, prefix)
    if layer is None:
        raise ValueError(
            f"{prefix.rstrip('.') or 'The module'} is {module}, which cannot be written as a plain "
            "layer. Those that can are Sequential, Conv2d, BatchNorm2d, ReLU, Linear, Flatten, "
            "dropout, max pooling of 2 x 2 pixels, global pooling and this package's residual "
            "blocks."
        )
    return [layer] if layer else []


def plain_layer(module, prefix):
    """Return one layer without children as a dict, None if it has no plain form.

    Types are compared exactly: a subclass may compute something else.
    """
    kind = type(module)
    if kind in (nn.Conv2d, PixelConv2d, Whitening):
        return plain_convolution(module, prefix)
    if kind is nn.BatchNorm2d and module.affine and module.track_running_stats:
        names = {"weight": "weight", "bias": "bias"}
        names |= {"mean": "running_mean", "variance": "running_var"}
        named = {key: prefix + name for key, name in names.items()}
        return {"kind": "norm", **named, "eps": module.eps}
    if kind is nn.Linear:
        return {"kind": "dense", **weight_and_bias(module, prefix)}
    if kind is Flatten:
        return {"kind": "flatten", "channels": "last"}
    if kind is nn.Flatten and (module.start_dim, module.end_dim) == (1, -1):
        return {"kind": "flatten", "channels": "first"}
    if kind is nn.MaxPool2d and is_pooling_of_2x2(module):
        return {"kind": "max_pool"}
    if kind in (nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d) and module.output_size in (1, (1, 1)):
        return {"kind": "global_max" if kind is nn.AdaptiveMaxPool2d else "global_mean"}
    return {"kind": SIMPLE[kind]} if kind in SIMPLE else None


def weight_and_bias(module, prefix):
    return {"weight": f"{prefix}weight", "bias": None if module.bias is None else f"{prefix}bias"}


def plain_convolution(module, prefix):
    """Return a convolution as a dict; None unless it is square, padded evenly with zeros."""
    (height, width), padding = module.kernel_size, module.padding
    stride = module.stride
    if padding == "same":  # then the stride is 1
        padding = ((height - 1) / 2, (width - 1) / 2)
    elif padding == "valid":
        padding = (0, 0)
    is_plain = (
        module.groups == 1
        and module.padding_mode == "zeros"
        and tuple(module.dilation) == (1, 1)
        and stride[0] == stride[1]
        and padding[0] == padding[1]
        and padding[0] == int(padding[0])
    )
    if not is_plain:
        return None
    settings = {"stride": int(stride[0]), "padding": int(padding[0])}
    return {"kind": "conv", **weight_and_bias(module, prefix), **settings}


def is_pooling_of_2x2(module):
    """Return whether a pooling of torch's takes 2 x 2 pixels, without overlap or padding."""
    settings = {"kernel_size": 2, "stride": 2, "padding": 0, "dilation": 1}
    is_plain = all(getattr(module, name) in (n, (n, n)) for name, n in settings.items())
    return is_plain and not module.ceil_mode and not module.return_indices

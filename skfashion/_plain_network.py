"""A trained network as plain layers, which NumPy alone can compute, and a page's JavaScript too.

A layer is a dict with a "kind":

- conv: ``weight`` (n_out, n_in, height, width), ``bias`` (n_out,), ``stride`` and ``padding``, the
  same on all sides; once folded also ``shift`` (n_out,), the part of the bias that is not from the
  convolution itself but from the normalisation after it;
- norm: ``weight``, ``bias``, ``mean``, ``variance`` (n_maps,) and ``eps`` of a batch normalisation;
- affine: ``scale`` and ``shift`` (n_maps,), which multiply each map and are added to it;
- relu; max_pool (of 2 x 2 pixels); global_max and global_mean, which make rows of maps;
- flatten: maps to rows, with the channels "first" or "last", as ``channels`` says;
- dense: ``weight`` (n_out, n_in), ``bias`` (n_out,);
- add: the sum of what the layers ``branch`` and ``shortcut`` make of the same maps; no layers leave
  them as they are.

`skfashion.neural_network._plain_layers` describes a module by layers that name their arrays; `fold`
puts the arrays in the place of their names.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

ARRAYS = ("weight", "bias", "mean", "variance")
BATCH_SIZE = 64  # images at a time: their windows take 9 times the memory of their maps


def fold(layers, arrays):
    """Return layers with arrays, without "norm": each is folded into its convolution if it can be.

    A normalisation that follows its convolution directly becomes part of it. Any other, such as one
    after a pooling, becomes an "affine": a negative scale would change which pixel is the largest.

    Parameters
    ----------
    layers : list of dict
        With names of arrays.
    arrays : dict of {str: ndarray}

    Returns
    -------
    list of dict
        New layers; their arrays are float32.
    """
    folded = []
    for layer in layers:
        layer = with_arrays(layer, arrays)
        if layer["kind"] == "norm":
            scale = layer["weight"] / np.sqrt(layer["variance"] + layer["eps"])
            shift = layer["bias"] - scale * layer["mean"]
            if folded and folded[-1]["kind"] == "conv":
                conv = folded.pop()
                weight = conv["weight"] * scale[:, None, None, None]
                bias = conv["bias"] * scale + shift
                layer = {**conv, "weight": weight, "bias": bias, "shift": shift}
            else:
                layer = {"kind": "affine", "scale": scale, "shift": shift}
        folded.append(in_float32(layer))
    return folded


def with_arrays(layer, arrays):
    """Return a layer with float64 arrays in place of their names; an absent bias is zero."""
    if layer["kind"] == "add":
        return {
            "kind": "add",
            "branch": fold(layer["branch"], arrays),
            "shortcut": fold(layer["shortcut"], arrays),
        }
    named = {key: arrays[layer[key]] for key in ARRAYS if layer.get(key) is not None}
    layer = {**layer, **{key: array.astype(np.float64) for key, array in named.items()}}
    if layer["kind"] in ("conv", "dense") and layer["bias"] is None:
        layer["bias"] = np.zeros(len(layer["weight"]))
    if layer["kind"] == "conv":
        layer["shift"] = np.zeros(len(layer["weight"]))
    return layer


def in_float32(layer):
    return {k: v.astype(np.float32) if isinstance(v, np.ndarray) else v for k, v in layer.items()}


def convolve(x, layer):
    """Return the maps (n, n_out, height, width) of a convolution."""
    stride, p = layer["stride"], layer["padding"]
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    windows = sliding_window_view(x, layer["weight"].shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]  # (n, n_in, height, width, kernel, kernel)
    maps = np.tensordot(windows, layer["weight"], axes=((1, 4, 5), (1, 2, 3)))
    return maps.transpose(0, 3, 1, 2) + layer["bias"][:, None, None]


def max_pool(x):
    """Return the maximum of 2 x 2 pixels; an odd last row or column is left out."""
    height, width = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
    x = np.maximum(x[:, :, 0:height:2, :width], x[:, :, 1:height:2, :width])
    return np.maximum(x[..., 0::2], x[..., 1::2])


def flatten(x, layer):
    """Return maps as rows; rows stay as they are."""
    if x.ndim == 2:
        return x
    return (x if layer["channels"] == "first" else x.transpose(0, 2, 3, 1)).reshape(len(x), -1)


KINDS = {
    "conv": convolve,
    "affine": lambda x, layer: x * layer["scale"][:, None, None] + layer["shift"][:, None, None],
    "relu": lambda x, layer: np.maximum(x, 0),
    "max_pool": lambda x, layer: max_pool(x),
    "global_max": lambda x, layer: x.max(axis=(2, 3)),
    "global_mean": lambda x, layer: x.mean(axis=(2, 3)),
    "flatten": flatten,
    "dense": lambda x, layer: x @ layer["weight"].T + layer["bias"],
    "add": lambda x, layer: run(layer["branch"], x) + run(layer["shortcut"], x),
}


def run(layers, x):
    """Return what folded layers compute from maps (n, n_maps, height, width) or rows."""
    for layer in layers:
        x = KINDS[layer["kind"]](x, layer)
    return x


def in_batches(function, x):
    """Return the arrays that a function returns for a few images at a time, for any number."""
    starts = range(0, len(x), BATCH_SIZE)
    parts = [function(x[start : start + BATCH_SIZE]) for start in starts]
    return tuple(map(np.concatenate, zip(*parts, strict=True)))


def last_pooled(layers):
    """Return the position of the last convolution with pooling after it; 0 if there is none."""
    kinds = [layer["kind"] for layer in layers]
    if "max_pool" not in kinds:
        return 0
    last = len(kinds) - 1 - kinds[::-1].index("max_pool")
    return max((k for k in range(last) if kinds[k] == "conv"), default=0)


def softmax(scores):
    """Return probabilities (n, n_classes), which sum to one."""
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class PlainNetwork:
    """A network that classifies images by NumPy alone.

    Parameters
    ----------
    layers : list of dict
        Folded; the last one is dense, and what comes before it makes the features.
    image_shape : tuple of (height, width, channels)
    pixel_scale, pixel_shift : float
        What the network is given: ``pixel_scale * pixel + pixel_shift``, for pixels from 0 to 255.
    mirror : bool, default=False
        Whether the scores are the means of those of the image and of the mirrored image.
    """

    layers: list
    image_shape: tuple
    pixel_scale: float
    pixel_shift: float
    mirror: bool = False

    def inputs(self, images):
        """Return what the first layer takes (n, channels, height, width), for uint8 images."""
        x = np.asarray(images, np.float32).reshape(-1, *self.image_shape).transpose(0, 3, 1, 2)
        return x * np.float32(self.pixel_scale) + np.float32(self.pixel_shift)

    def features(self, images):
        """Return the means of maps (n, n_maps), and what the last layer takes (n, n_features).

        The maps are those that the last convolution with pooling after it takes. They are still
        large: their means are about textures, where the features are about classes.
        """
        middle = last_pooled(self.layers)

        def of_batch(x):
            maps = run(self.layers[:middle], x)
            return maps.mean(axis=(2, 3)), run(self.layers[middle:-1], maps)

        return in_batches(of_batch, self.inputs(images))

    def predict(self, images):
        """Return what `features` returns, and the scores (n, n_classes).

        The features are those of the images themselves, also if there are mirrored ones.
        """
        means, features = self.features(images)
        scores = run(self.layers[-1:], features)
        if self.mirror:
            mirrored = self.inputs(images)[..., ::-1]
            scores = (scores + in_batches(lambda x: (run(self.layers, x),), mirrored)[0]) / 2
        return means, features, scores

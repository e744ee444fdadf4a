"""The torch layers that torch itself does not have, and Keras's initial weights.

Every layer takes and returns batches of images ``(n, channels, height, width)`` or of rows
``(n, features)``. Nothing here knows of scikit-learn or skorch.

References
----------
.. [1] LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition",
   Proceedings of the IEEE 86 (1998).
.. [2] Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural
   networks", AISTATS 2010.
.. [3] He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015.
.. [4] Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", arXiv:2404.00498 (2024).
"""

import math
from collections import OrderedDict
from numbers import Integral

import numpy as np
import torch
from torch import nn

# Table I of [1]: the maps of S2 that each of the 16 maps of C3 sees.
C3_CONNECTIONS = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5)),
)


def _fan_in(weight):
    return weight[0].numel()


def glorot_uniform_(weight):
    """Draw from the uniform distribution of [2]_, Keras's default."""
    nn.init.xavier_uniform_(weight)


def he_normal_(weight):
    """Draw from Keras's "he_normal" [3]_: normal, truncated at two deviations and rescaled."""
    std = math.sqrt(2 / _fan_in(weight)) / 0.87962566103423978  # deviation of the truncated normal
    nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)


def lecun_1998_(weight):
    """Draw uniformly from +-2.4 / fan-in, as appendix A of [1]_ does."""
    nn.init.uniform_(weight, -2.4 / _fan_in(weight), 2.4 / _fan_in(weight))


INITIALIZERS = {
    "glorot_uniform": glorot_uniform_,
    "he_normal": he_normal_,
    "lecun_1998": lecun_1998_,
}


def initialize(module, initializer):
    """Draw the weights of convolutions and dense layers in `module` again; set biases to zero."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.weight.requires_grad:
            INITIALIZERS[initializer](layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return module


# Added to the variances of patches, as a part of the largest one: what hardly varies is noise.
WHITENING_FLOOR = 1e-4

# Weight of the latest batch in the statistics that predictions use. With torch's 0.1, they would
# still be far off after the few updates that small data get.
NORM_MOMENTUM = 0.3


class PixelConv2d(nn.Conv2d):
    """A convolution of the images themselves, always in float32.

    oneDNN has no fast bfloat16 kernels for one to three channels: the first layer's gradient would
    take seven times as long in LeNet-5.
    """

    def forward(self, x):
        """Return the maps."""
        # on "meta", where shapes alone are computed, torch does not know of autocast
        if x.device.type == "meta" or not torch.is_autocast_enabled(x.device.type):
            return super().forward(x)
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x)


def conv2d(
    n_channels, n_filters, kernel_size, *, padding=0, initializer="glorot_uniform", **settings
):
    """Return a convolution with weights as Keras draws them and zero biases.

    `settings` are further ones of :class:`torch.nn.Conv2d`, such as ``stride`` or ``bias=False``.
    """
    convolution = PixelConv2d if n_channels <= 3 else nn.Conv2d
    layer = convolution(n_channels, n_filters, kernel_size, padding=padding, **settings)
    return initialize(layer, initializer)


class Whitening(PixelConv2d):
    """A fixed convolution whose maps of the training images are uncorrelated, of equal variance.

    Its kernels are the principal components of all patches of the images, divided by their
    standard deviations, and their negatives, so that a ReLU after it loses nothing. They come from
    `adapt`; before that, they are the pixels of a patch themselves. The layer is from [4]_.

    Parameters
    ----------
    n_channels : int
        Number of channels of the images.
    kernel_size : int, default=2
        Height and width of a patch. There are ``2 * n_channels * kernel_size**2`` maps.
    """

    def __init__(self, n_channels, kernel_size=2):
        n_values = n_channels * kernel_size**2
        super().__init__(
            n_channels, 2 * n_values, kernel_size, padding=kernel_size // 2, bias=False
        )
        self.weight.requires_grad_(requires_grad=False)
        self._set(torch.eye(n_values, device=self.weight.device))

    @torch.no_grad()
    def _set(self, components):
        self.weight.copy_(torch.cat([components, -components]).view(self.weight.shape))

    @torch.no_grad()
    def adapt(self, images, weight=None):
        """Set the kernels for images (n, channels, height, width), with weights (n,) or None."""
        # on the CPU in double precision, so that all devices train the same network
        images = images.cpu().double()
        pixels = images.unfold(2, self.kernel_size[0], 1).unfold(3, self.kernel_size[1], 1)
        patches = pixels.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)  # (n, places, values)
        weight = torch.ones(len(images)) if weight is None else weight.cpu()
        moments = torch.einsum("n,npi,npj->ij", weight.double(), patches, patches)
        moments /= weight.double().sum() * patches.shape[1]
        variances, vectors = torch.linalg.eigh(moments)  # ascending
        largest = vectors.abs().argmax(0, keepdim=True)
        vectors = vectors * vectors.gather(0, largest).sign()  # as eigh may return either sign
        if variances[-1] > 0:
            deviations = (variances.clamp(min=0) + WHITENING_FLOOR * variances[-1]).sqrt()
            self._set((vectors / deviations).T)


def conv_norm(n_channels, n_filters, kernel_size=3, *, stride=1, pool=False):
    """Return a convolution and batch normalisation, with 2 x 2 max pooling between them if `pool`.

    Pooling before the normalisation leaves it, and what follows, a quarter of the values.
    """
    convolution = conv2d(
        n_channels,
        n_filters,
        kernel_size,
        padding=kernel_size // 2,
        stride=stride,
        bias=False,
        initializer="he_normal",
    )
    pooling = [MaxPool()] if pool else []
    return nn.Sequential(convolution, *pooling, nn.BatchNorm2d(n_filters, momentum=NORM_MOMENTUM))


def conv_norm_relu(n_channels, n_filters, kernel_size=3, **settings):
    """Return `conv_norm`, followed by ReLU."""
    layers = conv_norm(n_channels, n_filters, kernel_size, **settings)
    return layers.append(nn.ReLU(inplace=True))


def is_count(number):
    """Return whether a number is an integer of 1 or more; True is none."""
    return isinstance(number, Integral) and not isinstance(number, bool) and number >= 1


def check_stages(widths, depths, name="depths"):
    """Return pairs of the width and the depth of the stages of a network, or raise a ValueError.

    `name` is that of the parameter that sets the depths.
    """
    for which, numbers in (("widths", widths), (name, depths)):
        if not numbers or not all(map(is_count, numbers)):
            raise ValueError(
                f"{which} must be integers of 1 or more, one per stage; got {numbers}."
            )
    if len(widths) != len(depths):
        raise ValueError(
            f"widths and {name} must have one number per stage each; got {widths} and {depths}."
        )
    return list(zip(widths, depths, strict=True))


def dense(n_inputs, n_units):
    """Return a fully connected layer with weights as Keras draws them and zero biases."""
    return initialize(nn.Linear(n_inputs, n_units), "glorot_uniform")


def network(features, head):
    """Return the module whose ``features`` turn images into rows, and ``head`` rows into scores."""
    return nn.Sequential(OrderedDict(features=features, head=head))


def n_features_out(module, image_shape):
    """Return the number of values that `module` computes from one (channels, height, width)."""
    was_training = module.training
    with torch.no_grad():
        n_features = module.eval()(torch.zeros(1, *image_shape)).numel()
    module.train(was_training)
    return n_features


def keep_mask(n_units, p, bit_generator):
    """Return zeros with probability `p`, exact to 1 / 65,536, and 1 / (1 - p) otherwise.

    Each 64-bit number serves four units: drawing a Bernoulli number for each would take a third
    of a training step of CNN 2.
    """
    bits = bit_generator.random_raw(-(-n_units // 4)).view(np.uint16)[:n_units]
    return torch.from_numpy((bits >= round(p * 2**16)) * np.float32(1 / (1 - p)))


class Dropout(nn.Module):
    """Dropout with masks from a generator of its own, cheap to draw on the CPU.

    Parameters
    ----------
    p : float
        Probability that a unit is set to zero, in [0, 1). The others are scaled by 1 / (1 - p).
    """

    def __init__(self, p):
        super().__init__()
        self.p = p
        self.seed(0)

    def seed(self, seed):
        """Restart the layer's generators; devices other than the CPU have their own."""
        self.bit_generator = np.random.SFC64(seed)
        self.first_seed, self.device_generator, self.device_state = seed, None, None

    def __getstate__(self):
        """Leave out the generator of a device, which cannot be copied."""
        return {**super().__getstate__(), "device_generator": None}

    def generator_state(self):
        """Return the states of the generators, as arrays and numbers."""
        state = self.device_state
        if self.device_generator is not None:
            kind = self.device_generator.device.type
            state = {"kind": kind, "state": self.device_generator.get_state().numpy()}
        return {"seed": self.first_seed, "cpu": self.bit_generator.state, "device": state}

    def set_generator_state(self, state):
        """Restore what `generator_state` returned; on a device, at the next draw."""
        self.bit_generator.state = state["cpu"]
        self.first_seed, self.device_state = state["seed"], state["device"]
        self.device_generator = None

    def forward(self, x):
        """Return `x` with a random part of its units at zero, in training; else `x`."""
        if not self.training or self.p == 0:
            return x
        if x.device.type != "cpu":
            return x * self._device_mask(x)
        mask = keep_mask(x.numel(), self.p, self.bit_generator).to(x.dtype)
        if x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last):
            n, c, h, w = x.shape
            return x * mask.view(n, h, w, c).permute(0, 3, 1, 2)  # the memory order of x
        return x * mask.view(x.shape)

    def _device_mask(self, x):
        if self.device_generator is None:
            self.device_generator = torch.Generator(x.device).manual_seed(self.first_seed)
            if self.device_state and self.device_state["kind"] == x.device.type:
                self.device_generator.set_state(torch.from_numpy(self.device_state["state"]))
        mask = torch.empty_like(x).bernoulli_(1 - self.p, generator=self.device_generator)
        return mask.div_(1 - self.p)

    def extra_repr(self):
        """Show `p` when printed."""
        return f"p={self.p}"


class RBF(nn.Module):
    """Radial basis functions as scores: ``-gamma * ||x - centre||^2`` for each class.

    With the softmax that cross-entropy brings, this is the article's Keras layer
    ``exp(-gamma * ||x - centre||^2)`` followed by Keras's renormalisation, computed stably.

    Parameters
    ----------
    n_inputs : int
        Length of a row.
    n_classes : int
        Number of centres.
    gamma : float
        Width of the functions.
    fixed_codes : bool, default=False
        False: centres are learnt, from uniform(-0.05, 0.05) as in Keras. True: they are fixed
        random codes of +1 and -1, as in the network of 1998.
    """

    def __init__(self, n_inputs, n_classes, gamma, *, fixed_codes=False):
        super().__init__()
        self.gamma = gamma
        centres = torch.empty(n_classes, n_inputs)
        if fixed_codes:
            self.register_buffer("centres", centres.bernoulli_(0.5).mul_(2).sub_(1))
        else:
            self.centres = nn.Parameter(nn.init.uniform_(centres, -0.05, 0.05))

    def forward(self, x):
        """Return the scores (n, n_classes) of the rows `x` (n, n_inputs)."""
        # not as ||x||^2 - 2 x.m + ||m||^2, which would lose digits
        distances = (x[:, None] - self.centres).square().sum(2)  # (n, n_classes)
        return -self.gamma * distances

    def extra_repr(self):
        """Show the sizes when printed."""
        n_classes, n_inputs = self.centres.shape
        return f"{n_inputs}, {n_classes}, gamma={self.gamma}"


def tanh_by_sigmoid(x):
    """Return the hyperbolic tangent as ``2 * sigmoid(2 * x) - 1``, in a quarter of torch's time.

    It differs from torch's by less than 2e-7, before the result is rounded to bfloat16; smaller
    values keep few correct digits.
    """
    y = x.float() if x.dtype == torch.bfloat16 else x  # the difference needs float32
    return torch.add(y, y).sigmoid_().mul_(2).sub_(1).to(x.dtype)


class _TanhBySigmoid(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = tanh_by_sigmoid(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, gradient):
        (y,) = ctx.saved_tensors
        return torch.ops.aten.tanh_backward(gradient, y)


class Tanh(nn.Module):
    """The hyperbolic tangent, by `tanh_by_sigmoid`."""

    def forward(self, x):
        """Return the hyperbolic tangent of `x`."""
        if torch.compiler.is_compiling():  # or exported: others have a fast one
            return x.tanh()
        # For one image, the overhead of an autograd function takes as long as the convolutions.
        return _TanhBySigmoid.apply(x) if torch.is_grad_enabled() else tanh_by_sigmoid(x)


class ScaledTanh(Tanh):
    """The squashing function of [1]_: ``1.7159 * tanh(2 / 3 * x)``, which maps +-1 to itself."""

    def forward(self, x):
        """Return the squashed `x`."""
        return 1.7159 * super().forward(2 / 3 * x)


def reduce_2x2(combine, x):
    """Combine 2 x 2 pixels of maps by `combine`, rows first and then columns.

    With a sum or a maximum of large maps, channels last, it takes half the time of torch's pooling
    on the CPU. An odd last row or column is left out.
    """
    h, w = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
    x = combine(x[:, :, 0:h:2, :w], x[:, :, 1:h:2, :w])  # (n, channels, h / 2, w)
    return combine(x[..., 0::2], x[..., 1::2])


def mean_2x2(x):
    """Return the means of 2 x 2 pixels of maps."""
    return reduce_2x2(torch.add, x).mul_(0.25)


class _Mean2x2(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return mean_2x2(x)

    @staticmethod
    def backward(ctx, gradient):
        quarter = (gradient * 0.25).permute(0, 2, 3, 1)
        n, h, w, c = quarter.shape
        rows = torch.cat([quarter, quarter], 3).reshape(n, h, 1, 2 * w * c)
        return torch.cat([rows, rows], 2).reshape(n, 2 * h, 2 * w, c).permute(0, 3, 1, 2)


def average_pool(x):
    """Return the means of 2 x 2 pixels of maps; an odd last row or column is left out."""
    if x.device.type != "cpu" or torch.compiler.is_compiling():
        return nn.functional.avg_pool2d(x, 2)
    if not torch.is_grad_enabled():
        return mean_2x2(x)
    h, w = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
    return _Mean2x2.apply(x[:, :, :h, :w])


class AveragePool(nn.Module):
    """The mean of 2 x 2 pixels, by `average_pool`."""

    def forward(self, x):
        """Return maps of half the height and width."""
        return average_pool(x)


class MaxPool(nn.Module):
    """The maximum of 2 x 2 pixels.

    torch also notes where each is, which only the gradient needs.
    """

    def forward(self, x):
        """Return maps of half the height and width."""
        if torch.is_grad_enabled() or x.device.type != "cpu" or torch.compiler.is_compiling():
            return nn.functional.max_pool2d(x, 2)
        return reduce_2x2(torch.maximum, x)


class Flatten(nn.Module):
    """Flattens maps to rows, channels last as in Keras; batches in that order are not copied."""

    def forward(self, x):
        """Return the rows (n, height * width * channels); rows stay as they are."""
        return x.movedim(1, -1).flatten(1)


class GlobalMaxPool(nn.Module):
    """The maximum of each map."""

    def forward(self, x):
        """Return the rows (n, channels)."""
        return x.amax((2, 3))


class GlobalAveragePool(nn.Module):
    """The mean of each map."""

    def forward(self, x):
        """Return the rows (n, channels)."""
        return x.mean((2, 3))


class Residual(nn.Module):
    """ReLU of the sum of a branch and its input, or a shortcut's output.

    Parameters
    ----------
    branch : torch.nn.Module
        Computes the residual.
    shortcut : torch.nn.Module, default=None
        What the input passes through where the branch changes its shape; None if it does not.
    """

    def __init__(self, branch, shortcut=None):
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut

    def forward(self, x):
        """Return the maps."""
        residual = self.branch(x)
        return torch.add(residual, x if self.shortcut is None else self.shortcut(x)).relu_()


class TrainableSubsampling(nn.Module):
    """Subsampling of [1]_: sum of 2 x 2 pixels times a coefficient plus a bias, per map.

    Parameters
    ----------
    n_channels : int
        Number of maps; the layer has twice as many parameters.
    """

    def __init__(self, n_channels):
        super().__init__()
        self.coefficient = nn.Parameter(torch.empty(n_channels, 1, 1).uniform_(-0.6, 0.6))  # 2.4/4
        self.bias = nn.Parameter(torch.zeros(n_channels, 1, 1))

    def forward(self, x):
        """Return maps of half the height and width."""
        return average_pool(x) * (4 * self.coefficient) + self.bias


class PartialConv2d(nn.Module):
    """A convolution in which each map sees only some of the input maps, as C3 of [1]_.

    Parameters
    ----------
    connections : sequence of tuple of int
        For each output map, the input maps that it sees.
    kernel_size : int
        Height and width of a kernel.
    padding : int or "same", default=0
        As for :class:`torch.nn.Conv2d`.
    """

    def __init__(self, connections, kernel_size, *, padding=0):
        super().__init__()
        pairs = [(o, i) for o, inputs in enumerate(connections) for i in inputs]
        self.register_buffer("outputs", torch.tensor([o for o, _ in pairs]), persistent=False)
        self.register_buffer("inputs", torch.tensor([i for _, i in pairs]), persistent=False)
        self.dense_shape = (len(connections), 1 + max(i for _, i in pairs), *[kernel_size] * 2)
        self.padding = padding
        self.weight = nn.Parameter(torch.empty(len(pairs), kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(len(connections)))
        limits = torch.tensor([2.4 / (len(c) * kernel_size**2) for c in connections])
        with torch.no_grad():
            self.weight.uniform_(-1, 1).mul_(limits[self.outputs][:, None, None])

    def forward(self, x):
        """Return the maps; kernels that are not connected are zero."""
        kernels = self.weight.new_zeros(self.dense_shape)  # `x` may be in bfloat16
        kernels = kernels.index_put((self.outputs, self.inputs), self.weight)
        return nn.functional.conv2d(x, kernels, self.bias, padding=self.padding)

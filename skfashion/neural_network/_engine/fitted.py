"""Predictions: a torch module, and how rows of pixels become its images. No skorch here."""

import copy
import threading

import numpy as np
import torch
from torch import nn

from skfashion._images import warn_caller
from skfashion.neural_network._engine.augmentation import views_of
from skfashion.neural_network._engine.batches import centred_padding, to_images
from skfashion.neural_network._engine.device import (
    PRECISIONS,
    check_precision,
    explained_allocation_errors,
    resolve_device,
)
from skfashion.neural_network._engine.threads import n_threads_for, threads

PREDICTION_BATCH_SIZE = 256  # the fastest of 32 to 256 for most networks, or close to it

N_IMAGES_TO_ADAPT = 5_000  # at most

_going_to_eval = threading.Lock()


class FittedNetwork:
    """A torch module, and what it computes from rows of pixels.

    Parameters
    ----------
    module : torch.nn.Module
        Takes images (n, channels, height, width), returns scores (n, n_classes).
    image_shape : tuple of (height, width, channels)
        Shape of the images in the rows.
    min_size : int
        The smallest height and width that the module takes.
    precision : {"float32", "bfloat16"}
        Precision of the arithmetic; weights are always in float32.
    device : str
        "auto", or a torch device.

    Raises
    ------
    ValueError
        If the device is not available, or does not compute in that precision.
    """

    def __init__(self, module, *, image_shape, min_size, precision, device):
        self.image_shape = image_shape
        self.min_size = min_size
        self.module = module
        self.move(device, precision)

    def move(self, device, precision):
        """Compute on another device, or in another precision."""
        device = resolve_device(device)
        check_precision(precision, device)
        self.device, self.precision = str(device), precision
        self.module.to(self.device)
        self.set_memory_format(torch.channels_last)

    def set_memory_format(self, memory_format):
        """Store the weights of convolutions in a memory format of torch."""
        for tensor in (*self.module.parameters(), *self.module.buffers()):
            if tensor.ndim == 4:
                tensor.data = tensor.data.to(memory_format=memory_format)

    @property
    def n_parameters(self):
        """Number of trainable parameters."""
        return sum(p.numel() for p in self.module.parameters() if p.requires_grad)

    def images_of(self, rows):
        """Return the images that the module takes, float32, from rows of pixels."""
        return to_images(rows, self.image_shape, self.min_size, self.device)

    def adapt(self, train_set):
        """Have the layers that are set from images see some of an `ImageSet` before training."""
        layers = [layer for layer in self.module.modules() if hasattr(layer, "adapt")]
        if layers:
            some = train_set[:: -(-len(train_set) // N_IMAGES_TO_ADAPT)][0]
            for layer in layers:
                layer.adapt(self.images_of(some["rows"]), some.get("weight"))

    def compute(self, module, images):
        """Return what a module computes from images, in the set precision unless in float64."""
        device = torch.device(self.device).type
        is_mixed = PRECISIONS[self.precision] != torch.float32 and images.dtype != torch.float64
        if not is_mixed and not torch.is_autocast_enabled(device):  # the context costs time
            return module(images)
        # without torch's cache of cast weights, which outlives an update inside another context
        with torch.autocast(device, torch.bfloat16, enabled=is_mixed, cache_enabled=False):
            computed = module(images)
        return computed.float() if is_mixed else computed

    def scores(self, X, views=()):
        """Return the scores (n, n_classes), float64, for rows of pixels (n, n_features).

        With `views`, as `views_of` takes them, they are the averages over views of the images.

        float64 rows are computed in float64, on pixels that are rounded to float32; others in
        `precision`. scikit-learn requires that the scores of such rows depend on the other rows of
        the call by less than 1e-7, which the rounding of float32 exceeds.
        """
        module, dtype = self.module, torch.float32
        if X.dtype == np.float64 and torch.device(self.device).type != "mps":  # which has none
            module, dtype = self._twin(torch.float64), torch.float64
        return self._in_batches(module, X, dtype, views).double().cpu().numpy()

    @torch.inference_mode(mode=False)  # tensors like any others, even if the caller is in it
    def to_module(self, views=()):
        """Return what `scores` computes as a torch module, on the CPU and in float32.

        It takes rows of pixels as a tensor (n, n_features) and shares nothing with this network.
        """
        module = copy.deepcopy(self.module).cpu().requires_grad_(requires_grad=False)
        return RowsToScores(module, self.image_shape, self.min_size, views).eval()

    def features(self, X):
        """Return the output of the last hidden layer (n, n_units), float32, for rows of pixels.

        For a sequence of ``features`` and ``head``, this is the output of the first; for any other
        module, the input of the last layer with weights.

        Raises
        ------
        ValueError
            If there is no such layer.
        """
        if is_features_and_head(self.module):
            features = self._in_batches(self.module.features, X)
        else:
            features = self._inputs_of_last_layer(X)
        return features.flatten(1).float().cpu().numpy()

    def feature_maps(self, X):
        """Return the output of the first convolution (n, height, width, n_maps) for rows of pixels.

        None if there is no convolution.
        """
        module = self._twin()
        layer = next((m for m in module.modules() if isinstance(m, nn.Conv2d)), None)
        if layer is None:
            return None
        maps = []
        # copied, as the activation that follows may work in place
        layer.register_forward_hook(lambda _, images, out: maps.append(out.to("cpu", copy=True)))
        self._in_batches(module, X)
        return torch.cat(maps).float().permute(0, 2, 3, 1).numpy().copy()

    def class_activation_maps(self, X, codes):
        """Return how much each part of an image speaks for a class (n, height, width), float32.

        The maps of the last convolution, times the gradients of the class's score with respect to
        them, are added up; negative sums become zero. That is HiResCAM. Grad-CAM averages the
        gradients over each map first, which is the same where the maps are averaged for the score,
        but wrong where they are flattened, as by the article's networks. The score is that of the
        class minus the mean of all.

        Parameters
        ----------
        X : ndarray of shape (n, n_features)
            Rows of pixels.
        codes : ndarray of int of shape (n,)
            Positions of the classes.

        Returns
        -------
        maps : ndarray or None
            From 0 to 1, the largest value of an image; all zero where nothing speaks for the class.
            None if there is no convolution whose maps have more than one pixel.
        """
        place = self._last_convolution(X[:1])
        if place is None:
            return None
        module, found = self._twin(), []

        def keep(_, inputs, maps):
            found[:] = [maps.detach().requires_grad_()]
            return found[0].clone()  # as the activation that follows may work in place

        list(module.modules())[place].register_forward_hook(keep)
        parts = []
        # the weights keep no gradients: only those of the maps are computed
        with (
            explained_allocation_errors("Take fewer or smaller images at a time."),
            torch.inference_mode(mode=False),
            torch.enable_grad(),
            threads(n_threads_for(min(len(X), PREDICTION_BATCH_SIZE))),
        ):
            codes = torch.as_tensor(codes, device=self.device).split(PREDICTION_BATCH_SIZE)
            for images, wanted in zip(self._batches_of(X), codes, strict=True):
                scores = self.compute(module, images)
                scores = scores - scores.mean(1, keepdim=True)  # only their differences matter
                wanted = scores.gather(1, wanted[:, None]).sum()
                (gradients,) = torch.autograd.grad(wanted, found[0])
                products = gradients.float() * found[0].detach().float()  # (n, n_maps, h, w)
                maps = products.sum(1, keepdim=True).relu()
                parts.append(self._as_large_as_the_images(maps, images.shape[2:]))
        return torch.cat(parts).cpu().numpy()

    def kernels(self):
        """Return the first layer's weights as images (n_kernels, height, width, channels).

        None if the first layer that has weights is neither a convolution nor dense on all pixels.
        """
        layer = next(filter(has_weight, self.module.modules()), None)
        if isinstance(layer, nn.Linear):
            n_channels, height, width = self.images_of(np.zeros((1, 1), np.uint8)).shape[1:]
            if layer.in_features != n_channels * height * width:
                return None
            order = self._order_of_pixels((n_channels, height, width))
            if order is None:
                return None
            weight = layer.weight[:, order].unflatten(1, (n_channels, height, width))
            weight = weight.permute(0, 2, 3, 1)
        elif isinstance(layer, nn.Conv2d):
            weight = layer.weight.permute(0, 2, 3, 1)
        else:
            return None
        return weight.detach().cpu().numpy().copy()

    def to_state(self):
        """Return everything but the module's architecture, as a dict of arrays and numbers."""
        return {
            "weights": to_arrays(self.module.state_dict()),
            "image_shape": self.image_shape,
            "min_size": self.min_size,
            "precision": self.precision,
            "device": self.device,
        }

    @classmethod
    def from_state(cls, state, module):
        """Return the network that `to_state` describes, on its device if that is available here.

        Parameters
        ----------
        state : dict
            As `to_state` returns it.
        module : torch.nn.Module
            A module of the same architecture; its weights are replaced.
        """
        module.load_state_dict(to_tensors(state["weights"]))
        settings = {name: value for name, value in state.items() if name != "weights"}
        try:
            return cls(module, **settings)
        except (ValueError, RuntimeError) as error:
            if settings["precision"] != "float32":
                warn_caller(f"{error} Until then the network computes in float32, on the CPU.")
            return cls(module, **{**settings, "device": "cpu", "precision": "float32"})

    def _last_convolution(self, X):
        """Return the place of the last convolution among all modules, None if there is none.

        Convolutions whose maps are single pixels do not count: these see the image as a whole.
        """
        module, called = self._twin(), []
        for place, layer in enumerate(module.modules()):
            if is_convolution(layer):
                layer.register_forward_hook(
                    lambda _, inputs, maps, place=place: called.append((place, maps.shape))
                )
        self._in_batches(module, X)
        places = [place for place, shape in called if len(shape) == 4 and shape[2:].numel() > 1]
        return places[-1] if places else None

    def _as_large_as_the_images(self, maps, padded_size):
        """Return maps (n, 1, ...) as (n, height, width), enlarged, the largest value of each 1."""
        maps = nn.functional.interpolate(maps, padded_size, mode="bilinear", align_corners=False)
        height, width, _ = self.image_shape
        left, _, top, _ = centred_padding(height, width, self.min_size)
        maps = maps[:, 0, top : top + height, left : left + width]
        return maps / maps.amax((1, 2), keepdim=True).clamp_min(torch.finfo(maps.dtype).tiny)

    def _order_of_pixels(self, image_shape):
        """Return which input of the first dense layer each pixel is, channels first."""
        module = self._twin()
        layer = next(filter(has_weight, module.modules()))
        inputs = []
        layer.register_forward_pre_hook(lambda _, args: inputs.append(args[0].flatten()))
        size = int(np.prod(image_shape))
        ramp = torch.linspace(0, 1, size, device=self.device)  # each pixel has a value of its own
        with torch.inference_mode():
            module(ramp.view(1, *image_shape))
        return inputs[0].argsort() if inputs and inputs[0].numel() == size else None

    def _twin(self, dtype=None):
        """Return a copy of the module that shares its weights, or has them in `dtype`.

        It is for the hooks of one call: those of the module itself would be called in every thread.
        """
        tensors = {id(t): t for t in (*self.module.parameters(), *self.module.buffers())}
        if dtype is not None:
            for key, tensor in tensors.items():
                if tensor.is_floating_point():
                    other = tensor.detach().to(dtype)
                    is_weight = isinstance(tensor, nn.Parameter)
                    tensors[key] = nn.Parameter(other, tensor.requires_grad) if is_weight else other
        return copy.deepcopy(self.module, tensors).eval()

    def _batches_of(self, X):
        for start in range(0, len(X), PREDICTION_BATCH_SIZE):
            yield self.images_of(X[start : start + PREDICTION_BATCH_SIZE])

    def _compute_views(self, module, images, names):
        """Return what a module computes from images, averaged over views of them if there are."""
        if not names:
            return self.compute(module, images)
        return sum(w * self.compute(module, view) for w, view in views_of(images, names))

    def _in_batches(self, module, X, dtype=torch.float32, views=()):
        with _going_to_eval:  # another thread may have changed only some of the layers so far
            if module.training:
                module.eval()  # walks all layers, too much for one image
        n_threads = n_threads_for(min(len(X), PREDICTION_BATCH_SIZE))
        with (
            explained_allocation_errors("Predict fewer or smaller images at a time."),
            torch.inference_mode(),
            threads(n_threads),
        ):
            parts = (part.to(dtype) for part in self._batches_of(X))
            return gathered((self._compute_views(module, part, views) for part in parts), len(X))

    def _inputs_of_last_layer(self, X):
        module = self._twin()
        latest, inputs = {}, []
        for layer in filter(has_weight, module.modules()):
            if not list(layer.children()):
                layer.register_forward_pre_hook(lambda _, args: latest.update(inputs=args[0]))
        # after each batch, those of the layer that was called last
        module.register_forward_hook(lambda *_: inputs.append(latest.get("inputs")))
        self._in_batches(module, X)
        if inputs[0] is None:
            raise ValueError(f"{type(module).__name__} has no layer with weights, so no features.")
        return torch.cat(inputs)


def gathered(parts, n):
    """Return arrays or tensors that come one by one as a single one of length `n`.

    They are written into preallocated memory: if the small tensors of all batches were kept, they
    would fragment the memory between the images, by 1 kB per image.
    """
    whole, end = None, 0
    for part in parts:
        if len(part) == n:
            return part
        if whole is None:
            shape = (n, *part.shape[1:])
            is_array = isinstance(part, np.ndarray)
            whole = np.empty(shape, part.dtype) if is_array else part.new_empty(shape)
        whole[end : end + len(part)] = part
        end += len(part)
    return whole


class RowsToScores(nn.Module):
    """A network with all that happens to the pixels before it, without scikit-learn.

    Parameters
    ----------
    network : torch.nn.Module
        Takes images (n, channels, height, width).
    image_shape, min_size
        As `to_images` takes them.
    views : sequence of str
        As `views_of` takes them.
    """

    def __init__(self, network, image_shape, min_size, views=()):
        super().__init__()
        self.network = network
        self.image_shape, self.min_size, self.views = image_shape, min_size, views

    def forward(self, rows):
        """Return the scores (n, n_classes) of rows of pixels (n, n_features)."""
        images = to_images(rows, self.image_shape, self.min_size, rows.device)
        if not self.views:
            return self.network(images)
        return sum(weight * self.network(view) for weight, view in views_of(images, self.views))


def is_features_and_head(module):
    """Return whether a module computes its ``features``, then its ``head``, and nothing else."""
    names = [name for name, _ in module.named_children()]
    return isinstance(module, nn.Sequential) and names == ["features", "head"]


def has_weight(layer):
    """Return whether a layer has weights of its own."""
    return isinstance(getattr(layer, "weight", None), torch.Tensor)


def is_convolution(layer):
    """Return whether a layer is a convolution, of torch or not: it has weights and a padding."""
    return has_weight(layer) and hasattr(layer, "padding")


def to_arrays(tensors):
    """Return a dict of tensors as arrays that share no memory with them.

    Raises
    ------
    TypeError
        If a value is not a tensor, as what a module's ``get_extra_state`` may return.
    """
    arrays = {}
    for name, tensor in tensors.items():
        if not isinstance(tensor, torch.Tensor):
            raise TypeError(f"{name} of the module is a {type(tensor).__name__}, not a tensor")
        if tensor.dtype == torch.bfloat16:  # which NumPy does not have
            tensor = tensor.float()
        arrays[name] = tensor.detach().cpu().numpy().copy()
    return arrays


def to_tensors(arrays):
    """Return a dict of arrays as tensors that share no memory with them."""
    return {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}

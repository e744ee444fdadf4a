"""The optimisers by name, with Keras's settings, their groups, and a NAdam fast on the CPU."""

from functools import partial

import torch
from torch import nn
from torch.optim.nadam import nadam

from skfashion._compat import foreach_copy
from skfashion.neural_network._engine.muon import Muon

KERAS_EPSILON = 1e-7  # torch's own is 1e-8
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)

SETTINGS = ("lr", "weight_decay", "decoupled_weight_decay", "momentum_decay", "eps", "maximize")


class FlatNAdam(torch.optim.NAdam):
    """torch's NAdam, on one vector of all weights.

    torch has no fused kernel for NAdam. Its formula has a dozen operations, and calling each for
    every tensor of a small network costs more than the arithmetic; here each is called once.

    The parameters are those of :class:`torch.optim.NAdam`; those that choose an implementation have
    no effect. Weights without a gradient stay as they are; when a different set of weights has
    gradients than in the last step, the moments start over.
    """

    @torch.no_grad()
    def step(self, closure=None):
        """Do one update of all weights that have a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            trained = [k for k, w in enumerate(group["params"]) if w.grad is not None]
            if trained:
                self._update(group, trained)
        return loss

    def _update(self, group, trained):
        weights = [group["params"][k] for k in trained]
        flat, gradient = joined(weights), joined([w.grad for w in weights])
        moments = self.state[group["params"][0]]
        if moments.get("trained") != trained:
            numbers = {"dtype": torch.float32, "device": "cpu"}  # whatever the caller's default
            moments.update(
                trained=trained,
                exp_avg=torch.zeros_like(flat),
                exp_avg_sq=torch.zeros_like(flat),
                mu_product=torch.ones((), **numbers),
                step=torch.zeros((), **numbers),
            )
        beta1, beta2 = group["betas"]
        nadam(
            *([flat], [gradient]),
            *([moments[name]] for name in ("exp_avg", "exp_avg_sq", "mu_product", "step")),
            foreach=False,
            beta1=beta1,
            beta2=beta2,
            **{name: group[name] for name in SETTINGS},
        )
        parts = flat.split([w.numel() for w in weights])
        foreach_copy(weights, [part.view(w.shape) for part, w in zip(parts, weights, strict=True)])


def joined(tensors):
    """Return the values of all tensors as one vector."""
    return torch.cat([tensor.reshape(-1) for tensor in tensors])


OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adam": partial(torch.optim.Adam, eps=KERAS_EPSILON),
    "adamw": partial(torch.optim.AdamW, eps=KERAS_EPSILON),
    "nadam": partial(FlatNAdam, eps=KERAS_EPSILON),
    "muon": partial(Muon, eps=KERAS_EPSILON),
}


def normalizes_batches(module):
    """Return whether a module needs at least two images in each training batch."""
    return any(isinstance(m, BATCH_NORMS) for m in module.modules())


def grouped_weights(module, weights, norm_bias_lr_factor, settings):
    """Return weights as an optimiser takes them: biases of batch normalisation in their own group.

    Parameters
    ----------
    module : torch.nn.Module
    weights : list of torch.nn.Parameter
        The module's weights, all of them.
    norm_bias_lr_factor : float
        Factor of the learning rate of these biases. If it is one, there are no groups.
    settings : dict
        ``lr`` and ``weight_decay`` of the other weights.
    """
    layers = [layer for layer in module.modules() if isinstance(layer, BATCH_NORMS)]
    biases = {id(layer.bias) for layer in layers if layer.bias is not None}
    if norm_bias_lr_factor == 1 or not biases:
        return weights
    return [
        {"params": [w for w in weights if id(w) not in biases]},
        {
            "params": [w for w in weights if id(w) in biases],
            "lr": settings["lr"] * norm_bias_lr_factor,
            # of which an update takes the product with the rate
            "weight_decay": settings["weight_decay"] / norm_bias_lr_factor,
        },
    ]


def check_norm_bias_lr_factor(norm_bias_lr_factor, optimizer):
    """Raise a ValueError if an optimiser of the user's own is to have a group for biases."""
    if norm_bias_lr_factor != 1 and callable(optimizer):
        raise ValueError(
            f"norm_bias_lr_factor={norm_bias_lr_factor} applies only to an optimizer given by "
            "name. Set it to 1, and have your callable make a parameter group with a learning rate "
            "of its own."
        )


def optimizer_params(optimizer, momentum, weight_decay):
    """Return the parameters of a skorch net that set the optimiser."""
    params = {"optimizer": optimizer if callable(optimizer) else OPTIMIZERS[optimizer]}
    if weight_decay or not callable(optimizer):  # torch's AdamW decays weights by default
        params["optimizer__weight_decay"] = weight_decay
    if optimizer == "sgd":
        params["optimizer__momentum"] = momentum
    if optimizer in ("sgd", "adam", "adamw"):
        params["optimizer__fused"] = True  # one kernel for all tensors
    return params

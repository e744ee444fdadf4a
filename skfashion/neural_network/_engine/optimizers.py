"""The optimisers by name, with Keras's settings, and a NAdam that is fast on the CPU."""

from functools import partial

import torch
from torch.optim.nadam import nadam

from skfashion._compat import foreach_copy

KERAS_EPSILON = 1e-7  # torch's own is 1e-8

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
}


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

"""What torch's optimisers do slowly on the CPU."""

import torch
from torch.optim.nadam import nadam


class FlatNAdam(torch.optim.NAdam):
    """torch's NAdam, on one vector of all weights.

    torch has no fused kernel for NAdam. Its formula is a dozen operations, and for each tensor of a
    small network each costs more than its arithmetic; here each is done once.

    The parameters are those of :class:`torch.optim.NAdam`. Weights without a gradient stay as they
    are; where there are others than in the last step, the moments start anew.
    """

    @torch.no_grad()
    def step(self, closure=None):
        """Do one update of all weights that have a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            weights = [w for w in group["params"] if w.grad is not None]
            if weights:
                self._update(weights, group)
        return loss

    def _update(self, weights, group):
        flat, gradient = joined(weights), joined([w.grad for w in weights])
        moments = self.state[weights[0]]
        if len(moments.get("exp_avg", ())) != len(flat):
            moments["exp_avg"], moments["exp_avg_sq"] = torch.zeros(2, len(flat)).to(flat)
            moments["mu_product"], moments["step"] = torch.ones(()), torch.zeros(())
        beta1, beta2 = group["betas"]
        nadam(
            *([flat], [gradient]),
            *([moments[name]] for name in ("exp_avg", "exp_avg_sq", "mu_product", "step")),
            foreach=False,
            beta1=beta1,
            beta2=beta2,
            **{name: group[name] for name in ("lr", "weight_decay", "momentum_decay", "eps")},
        )
        parts = flat.split([w.numel() for w in weights])
        torch._foreach_copy_(
            weights, [part.view(w.shape) for part, w in zip(parts, weights, strict=True)]
        )


def joined(tensors):
    """Return the values of all tensors as one vector."""
    return torch.cat([tensor.reshape(-1) for tensor in tensors])

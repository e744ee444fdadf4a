"""Muon, an optimiser that orthogonalises the updates of hidden layers.

References
----------
.. [1] Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024),
   https://kellerjordan.github.io/posts/muon/
.. [2] Liu et al., "Muon is scalable for LLM training", arXiv:2502.16982 (2025).
.. [3] Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", arXiv:2404.00498 (2024), and its
   successor with Muon, whose momentum and number of iterations are used here.
"""

import torch
from torch.optim.adamw import adamw

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the iteration in [1]_
N_ITERATIONS = 3
MOMENTUM = 0.6
BETAS = (0.9, 0.99)  # of AdamW, in short trainings
ADAM_RMS = 0.2  # root mean square of AdamW's updates divided by its rate, as measured in [2]_


def orthogonalized(matrix, n_iterations=N_ITERATIONS):
    """Return a matrix with the same singular vectors, all singular values close to one.

    It is computed by a Newton-Schulz iteration [1]_, which takes matrix products alone.

    Parameters
    ----------
    matrix : tensor of shape (n_rows, n_columns)
    n_iterations : int, default=3
        With three, singular values of at least 0.03 times the matrix's Frobenius norm end between
        0.68 and 1.21; smaller ones stay smaller.
    """
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if is_tall else matrix
    x = x / (x.norm() + 1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(n_iterations):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if is_tall else x


class Muon(torch.optim.Optimizer):
    """Muon for the weights of hidden layers, and AdamW for all others.

    The weights of hidden layers are those of two or more dimensions, except for the last such one,
    which computes the scores of the classes. A convolution's are taken as a matrix with one row per
    map. Updates are scaled so that they are about as large as AdamW's [2]_, so that one learning
    rate serves both.

    Parameters
    ----------
    params : iterable of torch.nn.Parameter, or of dict
        The weights in the order of the layers, or parameter groups.
    lr : float
        Learning rate.
    weight_decay : float, default=0.0
        Decoupled weight decay, of all weights.
    eps : float, default=1e-8
        Added to the denominator of AdamW.
    """

    def __init__(self, params, lr, *, weight_decay=0.0, eps=1e-8):
        # "fused" is also read by torch's load_state_dict, which then leaves the steps in float32
        settings = {"lr": lr, "weight_decay": weight_decay, "eps": eps, "fused": True}
        super().__init__(params, settings)
        matrices = [w for group in self.param_groups for w in group["params"] if w.ndim >= 2]
        self.hidden = {id(w) for w in matrices[:-1]}

    @torch.no_grad()
    def step(self, closure=None):
        """Do one update of all weights that have a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            trained = [w for w in group["params"] if w.grad is not None]
            for weight in trained:
                if id(weight) in self.hidden:
                    self._update_hidden(weight, group)
            others = [w for w in trained if id(w) not in self.hidden]
            if others:
                self._update_others(others, group)
        return loss

    def _update_hidden(self, weight, group):
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        momentum = state["momentum"].mul_(MOMENTUM).add_(weight.grad)
        update = torch.add(weight.grad, momentum, alpha=MOMENTUM)  # Nesterov's
        update = orthogonalized(update.flatten(1))  # (n_maps, n_inputs)
        size = ADAM_RMS * max(update.shape) ** 0.5
        weight.mul_(1 - group["lr"] * group["weight_decay"])
        weight.sub_(update.view(weight.shape), alpha=group["lr"] * size)

    def _update_others(self, weights, group):
        for weight in weights:
            if not self.state[weight]:
                self.state[weight].update(
                    exp_avg=torch.zeros_like(weight),
                    exp_avg_sq=torch.zeros_like(weight),
                    step=torch.zeros((), dtype=torch.float32, device=weight.device),
                )
        moments = [
            [self.state[w][name] for w in weights] for name in ("exp_avg", "exp_avg_sq", "step")
        ]
        adamw(
            *(weights, [w.grad for w in weights], *moments[:2], [], moments[2]),
            fused=True,
            amsgrad=False,
            maximize=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            **{name: group[name] for name in ("lr", "weight_decay", "eps")},
        )

"""What a training records about its epochs: their means, and the best weights."""

from skfashion.neural_network._engine.fitted import to_arrays, to_tensors

RECORDED_AT_ONCE = 2**15  # samples whose losses and scores are kept until they are summed


class EpochRecord:
    """Mean loss and accuracy of an epoch, aggregated over its batches; weighted, if they are.

    The losses and scores of some thousands of samples at a time are written into preallocated
    memory and then summed. If the small tensors of each batch were kept instead, they would
    fragment the memory between the large ones: CNN 2 would grow by 100 kB per batch.

    Parameters
    ----------
    n_samples : int
        Number of samples in the epoch.
    """

    def __init__(self, n_samples):
        self.size = min(n_samples, RECORDED_AT_ONCE)
        self.n_seen, self.n_waiting = 0, 0
        self.losses = None
        self.loss_sum, self.right_sum, self.weight_sum = 0.0, 0.0, 0.0

    def add(self, loss, scores, y, weight=None):
        """Add a batch: its mean loss, scores (n, n_classes), class indices and weights (n,).

        The loss is weighted already.
        """
        n = len(y)
        if self.n_waiting + n > self.size:
            self._sum()
        if self.losses is None or n > self.size:
            self.size = max(self.size, n)
            self.losses = loss.new_empty(self.size)
            self.scores = scores.new_empty(self.size, scores.shape[1])
            self.labels = y.new_empty(self.size)
            self.weights = loss.new_empty(self.size, device="cpu")
        batch = slice(self.n_waiting, self.n_waiting + n)
        self.losses[batch] = loss.detach()  # one for each sample, so that each counts the same
        self.scores[batch] = scores.detach()
        self.labels[batch] = y
        self.weights[batch] = 1.0 if weight is None else weight
        self.n_waiting += n

    def _sum(self):
        waiting = slice(self.n_waiting)
        if self.n_waiting:
            is_right = self.scores[waiting].argmax(1).cpu() == self.labels[waiting]
            self.loss_sum += self.losses[waiting].cpu().double().sum().item()
            weights = self.weights[waiting].double()
            self.right_sum += weights[is_right].sum().item()
            self.weight_sum += weights.sum().item()
        self.n_seen, self.n_waiting = self.n_seen + self.n_waiting, 0

    def means(self):
        """Return the mean loss and the accuracy."""
        self._sum()
        return self.loss_sum / self.n_seen, self.right_sum / self.weight_sum


class BestWeights:
    """The memory of early stopping: the lowest validation loss and the weights that gave it.

    Parameters
    ----------
    patience : int
        Epochs without a lower loss after which the training ends.
    """

    def __init__(self, patience):
        self.patience = patience
        self.loss, self.epoch, self.n_misses, self.weights = float("inf"), 0, 0, None

    @property
    def is_over(self):
        """Whether there have been `patience` epochs without a lower loss."""
        return self.n_misses >= self.patience

    def memory(self):
        """Return the memory, for `remember`."""
        return {name: value for name, value in vars(self).items() if name != "patience"}

    def remember(self, memory):
        """Go back to what `memory` returned."""
        vars(self).update(memory)

    def update(self, epoch, loss, module):
        """Add the validation loss of an epoch, and return whether the training ends."""
        if loss < self.loss:
            self.loss, self.epoch, self.n_misses = loss, epoch, 0
            self.weights = to_arrays(module.state_dict())
        else:
            self.n_misses += 1
        return self.is_over

    def restore(self, module, epoch):
        """Restore the best weights, and return True, unless `epoch` is the best one."""
        is_other = self.weights is not None and self.epoch != epoch
        if is_other:
            module.load_state_dict(to_tensors(self.weights))
        return is_other

"""What a training remembers of its epochs: their means, and the best weights."""

from skfashion.neural_network._engine.fitted import to_arrays, to_tensors

RECORDED_AT_ONCE = 2**15  # samples whose losses and scores are kept until they are summed


class EpochRecord:
    """Mean loss and accuracy of an epoch, from what its batches gave.

    Some thousands of samples at a time are written into memory that is set aside at the first of
    them, and summed. Kept as they come, the small tensors of each batch would lie between the large
    ones of the next and keep their memory from being used again: CNN 2 would grow by 100 kB a
    batch.

    Parameters
    ----------
    n_samples : int
        In the epoch.
    """

    def __init__(self, n_samples):
        self.size = min(n_samples, RECORDED_AT_ONCE)
        self.n_seen, self.n_waiting = 0, 0
        self.losses = None
        self.loss_sum, self.n_right = 0.0, 0

    def add(self, loss, scores, y):
        """Take a batch: its mean loss, scores (n, n_classes) and class indices (n,)."""
        n = len(y)
        if self.n_waiting + n > self.size:
            self._sum()
        if self.losses is None or n > self.size:
            self.size = max(self.size, n)
            self.losses = loss.new_empty(self.size)
            self.scores = scores.new_empty(self.size, scores.shape[1])
            self.labels = y.new_empty(self.size)
        batch = slice(self.n_waiting, self.n_waiting + n)
        self.losses[batch] = loss.detach()  # one for each sample, so that each counts the same
        self.scores[batch] = scores.detach()
        self.labels[batch] = y
        self.n_waiting += n

    def _sum(self):
        waiting = slice(self.n_waiting)
        if self.n_waiting:
            is_right = self.scores[waiting].argmax(1).cpu() == self.labels[waiting]
            self.loss_sum += self.losses[waiting].cpu().double().sum().item()
            self.n_right += int(is_right.sum())
        self.n_seen, self.n_waiting = self.n_seen + self.n_waiting, 0

    def means(self):
        """Return the mean loss and the accuracy."""
        self._sum()
        return self.loss_sum / self.n_seen, self.n_right / self.n_seen


class BestWeights:
    """What early stopping remembers: the lowest validation loss, and the weights that gave it.

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
        """Whether there were so many epochs without a lower loss."""
        return self.n_misses >= self.patience

    def memory(self):
        """Return what is to be remembered, for `remember`."""
        return {name: value for name, value in vars(self).items() if name != "patience"}

    def remember(self, memory):
        """Go back to what `memory` returned."""
        vars(self).update(memory)

    def update(self, epoch, loss, module):
        """Take the validation loss of an epoch, and return whether the training ends."""
        if loss < self.loss:
            self.loss, self.epoch, self.n_misses = loss, epoch, 0
            self.weights = to_arrays(module.state_dict())
        else:
            self.n_misses += 1
        return self.is_over

    def restore(self, module, epoch):
        """Bring the best weights back, if those of `epoch` are others."""
        if self.weights is not None and self.epoch != epoch:
            module.load_state_dict(to_tensors(self.weights))

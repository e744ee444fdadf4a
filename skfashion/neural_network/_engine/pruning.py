"""Leaving out easy images: most epochs of a training do without some that it has learnt.

References
----------
.. [1] Jiang et al., "Accelerating deep learning by focusing on the biggest losers",
   arXiv:1910.00762 (2019).
.. [2] Qin et al., "InfoBatch: lossless training speed up by unbiased dynamic data pruning",
   arXiv:2303.04947 (2023).
"""

import numpy as np
import torch

LARGEST = 0.7  # of the easy images, so many are left out of an epoch


def n_left_out(n_samples, fraction):
    """Return how many images an epoch leaves out; batch normalisation needs two of them."""
    return max(0, min(round(fraction * n_samples), n_samples - 2))


def epoch_sizes(n_samples, n_epochs, fraction):
    """Return the number of images of each epoch: all of them in the first and in the last one.

    Parameters
    ----------
    n_samples, n_epochs : int
    fraction : float or None
        Fraction of the images that the other epochs leave out.
    """
    left_out = 0 if fraction is None else n_left_out(n_samples, fraction)
    return [n_samples - left_out * (0 < k < n_epochs - 1) for k in range(n_epochs)]


def easiest(confidence, n_easy, rng):
    """Return the positions of the images of the highest confidence.

    Which of equal ones are among them is drawn, as many may have a confidence of exactly one, and
    their order may be that of their classes.

    Parameters
    ----------
    confidence : ndarray of shape (n,)
    n_easy : int
        How many there are to be.
    rng : numpy.random.Generator
    """
    order = np.argsort(-confidence, kind="stable")
    sorted_ = confidence[order]
    if not 0 < n_easy < len(order) or sorted_[n_easy] != sorted_[n_easy - 1]:
        return order[:n_easy]
    easier, tied = order[sorted_ > sorted_[n_easy]], order[sorted_ == sorted_[n_easy]]
    return np.r_[easier, rng.permutation(tied)[: n_easy - len(easier)]]


class Pruning:
    """Chooses the images of an epoch, by what the network made of them when it last saw them.

    Parameters
    ----------
    confidence : tensor of shape (n_samples,)
        Probability of each image's own class in the last training step that it was a part of.
    """

    def __init__(self, confidence):
        self.confidence = confidence

    @classmethod
    def of(cls, n_samples, device="cpu"):
        """Return one for images that have not been seen."""
        return cls(torch.zeros(n_samples, device=device))

    def add(self, positions, scores, y):
        """Record a batch: its positions (n,), scores (n, n_classes) and class indices (n,)."""
        probabilities = scores.detach().float().softmax(1)
        own = probabilities.gather(1, y.to(scores.device)[:, None])[:, 0]
        self.confidence[torch.as_tensor(positions, device=own.device)] = own

    def choose(self, fraction, rng):
        """Return the positions of the images that are not left out, in ascending order.

        They are left out at random from the easy ones, those of the highest confidence, so that
        these are seen now and then: of these, 70 % are left out.

        Parameters
        ----------
        fraction : float
            Fraction of all images to leave out.
        rng : numpy.random.Generator
        """
        confidence = self.confidence.cpu().numpy()
        n = len(confidence)
        easy = easiest(confidence, min(n, round(fraction / LARGEST * n)), rng)
        is_used = np.ones(n, bool)
        is_used[rng.permutation(easy)[: n_left_out(n, fraction)]] = False
        return np.flatnonzero(is_used)

    def state(self):
        """Return the confidence as an array."""
        return self.confidence.cpu().numpy().copy()

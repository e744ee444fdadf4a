"""Which network is meant by an estimator."""

from sklearn.utils.validation import check_is_fitted

from skfashion._estimators import final_step
from skfashion.neural_network._base import BaseImageClassifier


def network_of(estimator):
    """Return the fitted network that an estimator is, or that its Pipeline or search ends in.

    Raises
    ------
    NotFittedError
        If it is not fitted.
    ValueError
        If it is not a network of this package.
    """
    check_is_fitted(estimator)
    network = final_step(estimator)
    if not isinstance(network, BaseImageClassifier):
        raise ValueError(
            f"{type(network).__name__} is not a network of skfashion: pass one, or a Pipeline that "
            "ends in one."
        )
    check_is_fitted(network)
    return network

"""What a failed call undoes."""

from contextlib import contextmanager


@contextmanager
def as_it_was_on_error(estimator, *, goes_on):
    """Leave an estimator as it was if the block raises anything, Ctrl-C included.

    Parameters
    ----------
    estimator : BaseImageClassifier
    goes_on : bool
        Whether the block trains the existing network in place. A copy of its weights and of the
        optimiser's state is then kept meanwhile; otherwise attributes are all that changes.
    """
    attributes = dict(vars(estimator))
    restore = estimator._restorer() if goes_on else None
    try:
        yield
    except BaseException:
        for name in vars(estimator).keys() - attributes.keys():
            delattr(estimator, name)
        vars(estimator).update(attributes)
        if restore:
            restore()
        raise

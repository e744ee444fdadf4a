"""How far a training is: a network tells it after each epoch, and whoever asked for it listens."""

from contextlib import contextmanager
from contextvars import ContextVar

_listener = ContextVar("listener", default=None)


@contextmanager
def listening(listener):
    """Have `listener` called with epoch and number of epochs while networks train in this thread.

    It is called with 0 when a training starts, then after each epoch. What it raises does not reach
    the training: it is called no more, and the error is raised at the end of the block.

    Parameters
    ----------
    listener : callable or None
        None listens to nothing.
    """
    errors = []

    def call(epoch, n_epochs):
        if not errors:
            try:
                listener(epoch, n_epochs)
            except Exception as error:
                errors.append(error)

    token = _listener.set(listener and call)
    try:
        yield
    finally:
        _listener.reset(token)
    if errors:
        raise errors[0]


def tell_epoch(epoch, n_epochs):
    """Tell whoever listens that so many epochs are done, out of `n_epochs`."""
    if listener := _listener.get():
        listener(epoch, n_epochs)

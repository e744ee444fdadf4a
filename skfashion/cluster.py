"""Trainings on the machines of a cluster."""

from concurrent.futures import CancelledError
from contextlib import contextmanager

import joblib

from skfashion._compat import dask_backend
from skfashion._dask import LOST, LastingClient

__all__ = ["on_dask"]


@contextmanager
def on_dask(address, *, timeout=5):
    """Run what has `n_jobs` on a Dask cluster: searches, cross-validations and comparisons.

    It sets joblib's backend for the block, as ``joblib.parallel_config(backend="dask")`` does.
    But data that a worker holds are sent to another one if it dies, a call whose workers die again
    and again raises :class:`distributed.KilledWorker` instead of being waited for, and a cluster of
    a single worker is used too.

    Parameters
    ----------
    address : str
        Address of Dask's scheduler, such as "tcp://192.168.0.1:8786".
    timeout : float, default=5
        Seconds to wait for the scheduler to answer.

    Yields
    ------
    client : distributed.Client
        The connection to the cluster, closed at the end of the block.

    Raises
    ------
    ImportError
        If Dask is not installed: ``pip install "skfashion[cluster]"``.
    ConnectionError
        If no scheduler answers, or the connection to it is lost.

    See Also
    --------
    skfashion.compare : Train and measure several classifiers.
    skfashion.memory.TrainingMemory : Keeps trainings, so that a search continues.

    Notes
    -----
    Every worker needs skfashion and the classes of the estimators. Data are sent to the scheduler
    once per call of a method such as `fit`, and from there to each worker once; the scheduler holds
    them meanwhile, so that it can send them again.

    Examples
    --------
    >>> from skfashion.cluster import on_dask
    >>> with on_dask("tcp://192.168.0.1:8786"):  # doctest: +SKIP
    ...     search = GridSearchCV(network, {"lr": [0.01, 0.1]}).fit(X, y)
    """
    try:
        from distributed import Client
        from distributed.comm import CommClosedError
    except ImportError as error:
        raise ImportError(
            'A cluster needs Dask, which is not installed: pip install "skfashion[cluster]".'
        ) from error
    try:
        client = Client(address, timeout=timeout, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"No Dask scheduler answers at {address}. Start one with dask scheduler, and give the "
            "address that it prints, such as tcp://192.168.0.1:8786."
        ) from error
    backend = dask_backend(LastingClient(client))
    with client, joblib.parallel_config(backend=backend):
        try:
            yield client
        except (CancelledError, CommClosedError) as error:
            raise ConnectionError(LOST) from error

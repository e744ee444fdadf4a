"""Data and calls on a Dask cluster: a worker that dies costs time, but nothing that was sent to it.

Importing this module does not import Dask.
"""

from contextlib import suppress

from joblib.parallel import get_active_backend

NO_THRESHOLD = 2**62  # bytes
LOST = (
    "The connection to the Dask cluster is lost: its scheduler may have ended. Start it again, and "
    "call the same once more. Results of a comparison with out= are kept."
)


def active_client():
    """Return the client of the cluster that joblib's active backend uses, or None without one."""
    backend, _ = get_active_backend()
    return getattr(backend, "client", None)


def unchanged(value):
    """Return the value: the task that brings data to a cluster."""
    return value


def sent(client, value):
    """Return a future of a value that is sent to a cluster once, and from there to its workers.

    What `Client.scatter` sends is lost with the worker that holds it. This is the result of a task
    instead, which Dask repeats.
    """
    import dask

    # No warning that `scatter` would be better. Not by a filter of warnings: this runs in a thread
    # of Dask's too, and such a filter could then stay for the whole process.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": NO_THRESHOLD}):
        return client.submit(unchanged, value, pure=False)


class LastingClient:
    """A Dask client whose data are not lost with a worker.

    Parameters
    ----------
    client : distributed.Client
    """

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        return getattr(self._client, name)

    def scatter(self, data, asynchronous=False, **_):
        """Send values as joblib asks for it: a list of them, or one in a coroutine."""
        if not asynchronous:
            return [sent(self._client, value) for value in data]

        async def send():
            return sent(self._client, data)

        return send()


class DaskCalls:
    """Calls on a Dask cluster, whose errors do not stop the others.

    Parameters
    ----------
    client : distributed.Client
    """

    def __init__(self, client):
        self.client = client
        self.futures = {}  # with the key of the call; those whose results were not handed out

    def __call__(self, calls):
        """Yield the key and the result of each call, or the exception, in the order of arrival.

        Parameters
        ----------
        calls : dict of tuple
            Function, arguments, and keyword arguments by a key of one's own. An argument that is
            a future is replaced by its value.

        Raises
        ------
        ConnectionError
            If the connection to the cluster is lost.
        """
        from distributed import as_completed

        for key, (function, arguments, options) in calls.items():
            future = self.client.submit(function, *arguments, **options, pure=False)
            self.futures[future] = key
        for future in as_completed(list(self.futures), loop=self.client.loop):
            outcome = outcome_of(future)
            yield self.futures.pop(future), outcome

    def arrived(self):
        """Return the results that arrived and were not handed out, and cancel the other calls.

        If the connection to the cluster is lost, these are the results that came before.
        """
        results = []
        with suppress(Exception):  # of many types, without a connection; calls have ended then
            for future in self.futures:
                if future.status == "finished":
                    results.append(future.result())
            self.client.cancel(list(self.futures))
        self.futures = {}
        return results


def outcome_of(future):
    """Return the result of a call that has ended, or its exception.

    Raises
    ------
    ConnectionError
        If it was cancelled, or its result cannot be fetched: the scheduler has probably ended.
    """
    try:
        return future.exception() if future.status == "error" else future.result()
    except Exception as error:  # of many types: of the connection, or of a cancelled call
        raise ConnectionError(LOST) from error

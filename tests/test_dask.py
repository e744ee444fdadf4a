"""What is kept of calls on a cluster; tests/test_cluster.py has a real one."""

import asyncio
import warnings
from concurrent.futures import CancelledError

import dask
import pytest

from skfashion._dask import DaskCalls, LastingClient, active_client, outcome_of, unchanged


class Future:
    def __init__(self, status, value=None):
        self.status, self.value = status, value

    def result(self):
        if self.status == "cancelled":
            raise CancelledError("a key")
        if isinstance(self.value, Exception):
            raise self.value
        return self.value

    def exception(self):
        return self.value


class Client:
    """Notes what it is asked for."""

    def __init__(self):
        self.submitted, self.cancelled = [], []

    def submit(self, function, *arguments, **options):
        self.submitted.append((function, *arguments))
        return Future("finished", function(*arguments))

    def cancel(self, futures):
        self.cancelled += futures


def test_results_that_arrived_are_kept_and_the_other_calls_cancelled():
    calls = DaskCalls(client := Client())
    waiting, lost = Future("pending"), Future("cancelled")
    calls.futures = {waiting: "a", Future("finished", 3): "b", lost: "c", Future("error"): "d"}
    assert calls.arrived() == [3]
    assert {waiting, lost} <= set(client.cancelled)
    assert calls.arrived() == []


def test_a_result_that_cannot_be_fetched_hides_no_other():
    calls = DaskCalls(client := Client())
    gone = Future("finished", OSError("in <TCP (closed)>"))
    calls.futures = {Future("finished", 3): "a", gone: "b", Future("finished", 4): "c"}
    assert calls.arrived() == [3]
    assert client.cancelled == []


def test_a_lost_connection_is_told_as_such():
    assert outcome_of(Future("finished", 3)) == 3
    error = ValueError("of the call")
    assert outcome_of(Future("error", error)) is error
    for future in (Future("cancelled"), Future("finished", OSError("in <TCP (closed)>"))):
        with pytest.raises(ConnectionError, match=r"is lost: .* Start it again"):
            outcome_of(future)


def test_data_are_results_of_tasks():
    client = Client()
    first, second = LastingClient(client).scatter(["x", "y"], broadcast=True)
    assert (first.result(), second.result()) == ("x", "y")
    assert client.submitted == [(unchanged, "x"), (unchanged, "y")]
    sending = LastingClient(client).scatter("z", asynchronous=True, hash=False)
    assert asyncio.run(sending).result() == "z"
    assert LastingClient(client).cancelled == []


def test_no_warning_is_filtered_while_data_are_sent():
    """Filters of warnings are the whole process's, and data are sent in another thread too."""
    filters = warnings.filters
    found = []

    class Looking(Client):
        def submit(self, *arguments, **options):
            threshold = dask.config.get("distributed.admin.large-graph-warning-threshold")
            found.append((warnings.filters is filters, threshold > 10**15))
            return super().submit(*arguments, **options)

    LastingClient(Looking()).scatter(["x"])
    assert found == [(True, True)]


def test_without_a_cluster_there_is_no_client():
    assert active_client() is None

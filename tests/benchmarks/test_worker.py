"""A worker answers, says what went wrong, and ends; it serves this very file."""

import os
import sys

import pytest

from tests.benchmarks.worker import SideError, Worker, serve


class Stub:
    """A side that only talks."""

    def double(self, number):
        print("a library prints")
        return 2 * number

    def threads(self):
        return os.environ["OMP_NUM_THREADS"]

    def fail(self):
        raise ValueError("no such network")

    def die(self):
        print("last words", file=sys.stderr, flush=True)
        os._exit(3)


@pytest.fixture
def worker(tmp_path):
    with Worker("tests.benchmarks.test_worker", tmp_path, threads=1) as worker:
        yield worker


def test_a_worker_answers_until_it_dies(worker):
    assert worker.call("double", number=3) == 6
    assert worker.call("threads") == "1"
    with pytest.raises(SideError, match="ValueError: no such network"):
        worker.call("fail")
    assert worker.call("double", number=4) == 8  # an error is not the end
    with pytest.raises(SideError, match=r"code 3.*last words"):
        worker.call("die")
    with pytest.raises(SideError, match="code 3"):
        worker.call("double", number=4)


def test_a_closed_worker_has_ended(worker):
    worker.close()
    assert worker.process.returncode == 0


if __name__ == "__main__":
    serve(Stub())
